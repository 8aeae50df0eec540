// Brings the words of the fleet of collector modules.

import './desk'
import { fleetZh } from './fleet_zh'
import { addWords } from './index'

addWords(fleetZh)
