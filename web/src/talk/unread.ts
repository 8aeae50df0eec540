// How much nobody has read yet: the header shows it, whatever page is open.

import { ref } from 'vue'

export const unreadNotices = ref(0)
export const unreadMessages = ref(0)
