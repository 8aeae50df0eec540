// What the rows of each topic are.

import type { Account, Fill, Instruction, LimitWarning, Order, Plan, Position, TradingState, Trigger } from './desk.js'
import type { AccountFigures, OrderStatistic, PositionFigures, PositionGroup, TradeStatistic } from './figures.js'
import type { Job, Module } from './fleet.js'
import type { Row } from './messages.js'
import type { Bar, FeatureSnapshot, Opportunity, RiskAlert, Signal, Tick } from './model.js'
import type { ChatMessage, Notice } from './talk.js'

/** A field that has its default may be left out of a pushed row, such as `flags` when it is 0. */
export interface TopicRows {
  readonly quotes: Tick
  readonly features: FeatureSnapshot
  readonly bars: Bar
  readonly signals: Signal
  readonly opportunities: Opportunity
  readonly risk_alerts: RiskAlert
  readonly positions: Position
  readonly accounts: Account
  readonly orders: Order
  readonly fills: Fill
  readonly instructions: Instruction
  readonly plans: Plan
  readonly triggers: Trigger
  readonly trading_states: TradingState
  readonly limit_warnings: LimitWarning
  readonly notices: Notice
  readonly chat: ChatMessage
  readonly position_figures: PositionFigures
  readonly account_figures: AccountFigures
  readonly trade_statistics: TradeStatistic
  readonly order_statistics: OrderStatistic
  readonly position_groups: PositionGroup
  readonly modules: Module
  readonly jobs: Job
  /** The whole process once a second; what it holds depends on which services run. */
  readonly system: Row
}
