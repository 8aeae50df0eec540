// Brings the words of the panel of links to brokers.

import { brokerZh } from './broker_zh'
import { addWords } from './index'

addWords(brokerZh)
