// Brings the words of performance, reports and the history of signals with the first part that needs them.

import './desk'
import { addWords } from './index'
import { moneyZh } from './money_zh'

addWords(moneyZh)
