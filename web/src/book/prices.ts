// Prices and contracts as the book's forms need them: the newest price as text, a contract by what a person wrote.

import { digitsOf, instruments, quotes } from '../state/market'

/** The newest price, written as the contract writes it; '' before its first quote. */
export function lastPriceOf(instrumentId: string): string {
  const row = quotes.rowOf(instrumentId)
  return row >= 0 && quotes.has(row) ? quotes.at(row, 'last_price').toFixed(digitsOf(instrumentId)) : ''
}

/** `rb2605`, `RB2605.SHFE` → `rb2605.SHFE`; `undefined` for what is no contract, or several. */
export function contractOf(text: string): string | undefined {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return undefined
  const found = [...instruments.value.values()].filter((each) => each.instrument_id.toLowerCase() === wanted || each.symbol.toLowerCase() === wanted || each.name === text.trim())
  return found.length === 1 ? found[0]!.instrument_id : undefined
}
