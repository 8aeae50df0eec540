// Brings the words of signing in, of one's own account and of administration.

import { addWords } from './index'
import { peopleZh } from './people_zh'

addWords(peopleZh)
