// The emergency stop as the header knows it: that somebody asks for it, and how many scopes are stopped. What it does
// is loaded after the page stands.

import { ref } from 'vue'

export const isStopAsked = ref(false)
export const stoppedScopes = ref(0)
