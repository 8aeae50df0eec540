// Brings the words of the quotes grid with the first page that has it.

import { addWords } from './index'
import { marketZh } from './market_zh'

addWords(marketZh)
