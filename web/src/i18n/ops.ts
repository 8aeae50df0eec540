// Brings the words of the operator's pages.

import { addWords } from './index'
import { opsZh } from './ops_zh'
import './replay'
import './system'

addWords(opsZh)
