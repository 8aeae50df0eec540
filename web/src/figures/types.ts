// The desk's figures, as the package names them (`client/src/figures.ts`).

export { GROUPINGS } from '@tradewind/client'
export type {
  PositionFigures, AccountFigures, TradeStatistic, OrderStatistic, Grouping, PositionGroup,
} from '@tradewind/client'
