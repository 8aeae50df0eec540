// What the package offers: everything here is public, nothing else is.

export { Act } from './act.js'
export { reachableUrl } from './address.js'
export { CLOSE_CODES, closeCodeOf, SILENCE_CODE, type CloseCode, type Reaction } from './codes.js'
export * from './desk.js'
export { Feed, type FeedOptions, type RowListener, type Subscription } from './feed.js'
export * from './figures.js'
export type * from './fleet.js'
export type * from './forms.js'
export { FEWEST_TRIES, Ladder, LADDER_S, MOST_TRIES } from './ladder.js'
export { Link, type Socket, type Surroundings } from './link.js'
export type {
  Command, FromWorker, Gap, LinkState, Meters, Mode, Note, Phase, Position as StreamPosition, Row, ServerFrame,
  SubscribeCommand, TopicName, TopicUpdate, ToWorker, Wish,
} from './messages.js'
export type * from './model.js'
export type { About, Chunk } from './reading.js'
export { ApiError, newKey, Rest, type Fetch, type RestOptions } from './rest.js'
export { Subscriptions, type Verdict } from './subscriptions.js'
export type * from './talk.js'
export type { TopicRows } from './topics.js'
export { Tradewind, type Proof, type TradewindOptions } from './tradewind.js'
