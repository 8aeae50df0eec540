// Brings the words of instructions, of the trader's blotter and of the manager's overview.

import './desk'
import { bookZh } from './book_zh'
import { addWords } from './index'
import { workZh } from './work_zh'

addWords({ ...bookZh, ...workZh })
