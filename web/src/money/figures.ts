// The figures of a span in groups, each with what it says and how it is worked out.

import { money, percentOf, signedMoney, signedPercentOf } from '../desk/exact'
import { duration } from '../format/times'
import { ABSENT } from '../format/numbers'
import type { StatisticsView } from './types'

export interface Figure {
  readonly id: string
  readonly text: string
  readonly tone?: string
}

export interface FigureGroup {
  readonly id: 'return' | 'trades' | 'activity'
  readonly figures: readonly Figure[]
}

export function figureGroups(view: StatisticsView): FigureGroup[] {
  const told = view.figures
  const trades = told.trades
  const seconds = trades.holding_s
  return [
    {
      id: 'return',
      figures: [
        { id: 'total_return', text: signedPercentOf(told.total_return), tone: told.total_return },
        { id: 'annual_return', text: signedPercentOf(told.annual_return), tone: told.annual_return ?? '0' },
        { id: 'volatility', text: percentOf(told.volatility) },
        { id: 'sharpe', text: money(told.sharpe) },
        { id: 'sortino', text: money(told.sortino) },
        { id: 'calmar', text: money(told.calmar) },
        { id: 'win_days', text: `${told.winning_days} / ${told.losing_days}` },
      ],
    },
    {
      id: 'trades',
      figures: [
        { id: 'closed', text: String(trades.closed) },
        { id: 'win_rate', text: percentOf(trades.win_rate, 1) },
        { id: 'profit_factor', text: money(trades.profit_factor) },
        { id: 'payoff', text: money(trades.payoff) },
        { id: 'best', text: signedMoney(trades.best), tone: trades.best },
        { id: 'worst', text: signedMoney(trades.worst), tone: trades.worst },
        { id: 'losing_run', text: String(trades.losing_run) },
        { id: 'winning_run', text: String(trades.winning_run) },
        { id: 'holding', text: seconds === null ? ABSENT : duration(seconds * 1000) },
      ],
    },
    {
      id: 'activity',
      figures: [
        { id: 'fills', text: String(trades.fills) },
        { id: 'turnover', text: money(trades.turnover) },
        { id: 'turnover_ratio', text: money(told.turnover_ratio) },
        { id: 'commission', text: money(trades.commission) },
      ],
    },
  ]
}
