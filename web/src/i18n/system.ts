// Brings the words of the system page.

import { addWords } from './index'
import { systemZh } from './system_zh'

addWords(systemZh)
