// Brings the words of charts, book, trades, quality and contracts with the first of them that is opened.

import { chartZh } from './chart_zh'
import { addWords } from './index'
import './market'

addWords(chartZh)
