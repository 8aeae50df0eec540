// The one width at which the page changes from desk to phone; the same number stands in the styles.

import { ref } from 'vue'

const query = globalThis.matchMedia?.('(max-width: 760px)')

export const isPhone = ref(query?.matches ?? false)

query?.addEventListener('change', (event) => {
  isPhone.value = event.matches
})
