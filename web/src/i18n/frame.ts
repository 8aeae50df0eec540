// Brings the words of the frame: palette, keys, layouts, the market's day.

import { addWords } from './index'
import { frameZh } from './frame_zh'

addWords(frameZh)
