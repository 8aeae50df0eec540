// Tests against a server that somebody started: tests/contract/js_client of the repository does, with the packed package.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: import.meta.dirname,
  // Order matters in one file alone; what a busy machine makes slow is bounded by whoever started us.
  test: { environment: 'node', include: ['*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
})
