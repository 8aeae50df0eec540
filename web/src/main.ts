// Where the page begins.

import { createApp, watch } from 'vue'
import App from './app/App.vue'
import { hasPendingToken, takeTokenFromAddress } from './app/login_link'
import { start } from './app/session'
import { applySettings, locale } from './app/settings'
import { loadLanguage } from './i18n'
import { record } from './state/journal'
import './styles/tokens.css'
import './styles/shell.css'
import './styles/panels.css'
import './styles/grid.css'

takeTokenFromAddress()
applySettings()

// What the policy of this page forbids was tried: the browser says so on the console, the page in its own log.
document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) => {
  record({ code: 'policy', level: 'error', params: { directive: effectiveDirective, what: sample || blockedURI } })
})

const app = createApp(App)
app.config.errorHandler = (error) => {
  const message = error instanceof Error ? error.message : String(error)
  record({ code: 'page_error', level: 'error', params: { message } })
  // Shown in the log panel and kept loud for whoever has the console open.
  globalThis.reportError(error)
}
await loadLanguage(locale.value)
watch(locale, (wanted) => void loadLanguage(wanted))
app.mount('#app')
// With a login link in hand, asking who we are would only be answered "nobody".
if (!hasPendingToken()) void start()
