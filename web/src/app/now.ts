// One second-hand for the whole page: ages, countdowns and clocks read `now` and move together.

import { ref } from 'vue'

export const now = ref(Date.now())

setInterval(() => {
  now.value = Date.now()
}, 500)
