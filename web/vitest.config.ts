// Tests of the page's own logic; what a browser shows is tested in tests/browser of the repository.
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [vue()],
  resolve: { tsconfigPaths: true },
  test: { environment: 'happy-dom', include: ['tests/**/*.test.ts', 'client/tests/**/*.test.ts'] },
})
