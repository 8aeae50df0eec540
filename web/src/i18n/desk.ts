// Brings the words of the trading pages with the first of them that is opened.

import { deskZh } from './desk_zh'
import { addWords } from './index'
import { planZh } from './plan_zh'

addWords({ ...deskZh, ...planZh })
