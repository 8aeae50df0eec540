// Brings the words of the system page, of the page's own log and counters, and of the main contract.

import { addWords } from './index'
import { systemZh } from './system_zh'

addWords(systemZh)
