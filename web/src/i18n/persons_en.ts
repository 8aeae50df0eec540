// Who did something, in English.

import type { personsZh } from './persons_zh'

export const personsEn: Readonly<Record<keyof typeof personsZh, string>> = {
  'person.administrator': 'Administrator',
  'person.platform': 'The platform',
  'person.known': '{name} ({username})',
}
