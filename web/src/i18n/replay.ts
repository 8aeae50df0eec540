// Brings the words of the replay bar.

import { addWords } from './index'
import { replayZh } from './replay_zh'

addWords(replayZh)
