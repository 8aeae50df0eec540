// Brings the words of what is done to strategies, and of the limits beside them.

import './desk'
import { addWords } from './index'
import { strategiesZh } from './strategies_zh'

addWords(strategiesZh)
