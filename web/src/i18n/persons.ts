// Brings the words for who did something.

import { addWords } from './index'
import { personsZh } from './persons_zh'

addWords(personsZh)
