// How a benchmark is called.

import { t } from '../i18n'
import '../i18n/money'
import { nameOf, symbolOf } from '../state/market'
import type { Benchmark } from './benchmark'

export function nameOfBenchmark({ kind, id }: Benchmark): string {
  if (kind === 'main') return t('money.benchmarkMain', { product: id.split('.')[0] ?? id })
  return [symbolOf(id), nameOf(id)].filter((each) => each !== '').join(' ')
}
