// What the package offers: everything here is public, nothing else is.

export { reachableUrl } from './address'
export { closeCodeOf, CLOSE_CODES, SILENCE_CODE, type CloseCode, type Reaction } from './codes'
export { FEWEST_TRIES, Ladder, LADDER_S, MOST_TRIES } from './ladder'
export { Link, type Socket, type Surroundings } from './link'
export type * from './messages'
export { Subscriptions, type Verdict } from './subscriptions'
