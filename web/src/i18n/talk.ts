// Brings the words of the office's frame, of chat and of notices.

import { addWords } from './index'
import { talkZh } from './talk_zh'

addWords(talkZh)
