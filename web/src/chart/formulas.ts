// The indicators' arithmetic, one column in, columns of the same length out; NaN where not enough bars have come. Pure.

interface Bar {
  readonly high: number
  readonly low: number
  readonly close: number
}

/** Exponential mean, begun with the plain mean of its first `period` values as the terminals of this trade do. */
export function ema(values: readonly number[], period: number): number[] {
  const out = values.map(() => Number.NaN)
  const share = 2 / (period + 1)
  let sum = 0
  let mean = Number.NaN
  values.forEach((value, at) => {
    sum += value
    if (at < period - 1) return
    mean = at === period - 1 ? sum / period : mean + share * (value - mean)
    out[at] = mean
  })
  return out
}

export function bollinger(values: readonly number[], period: number, width: number): { upper: number[]; middle: number[]; lower: number[] } {
  const upper = values.map(() => Number.NaN)
  const middle = [...upper]
  const lower = [...upper]
  for (let at = period - 1; at < values.length; at += 1) {
    const window = values.slice(at - period + 1, at + 1)
    const mean = window.reduce((sum, value) => sum + value, 0) / period
    const deviation = Math.sqrt(window.reduce((sum, value) => sum + (value - mean) ** 2, 0) / period)
    middle[at] = mean
    upper[at] = mean + width * deviation
    lower[at] = mean - width * deviation
  }
  return { upper, middle, lower }
}

/** `macd` is twice the distance of the two lines, as China's terminals draw it. */
export function macd(values: readonly number[], fast: number, slow: number, signal: number): { dif: number[]; dea: number[]; macd: number[] } {
  const quick = ema(values, fast)
  const steady = ema(values, slow)
  const dif = values.map((_, at) => quick[at]! - steady[at]!)
  const first = Math.max(fast, slow) - 1
  const dea = [...dif.slice(0, first).map(() => Number.NaN), ...ema(dif.slice(first), signal)]
  return { dif, dea, macd: dif.map((value, at) => 2 * (value - dea[at]!)) }
}

export function kdj(bars: readonly Bar[], period: number, kDays: number, dDays: number): { k: number[]; d: number[]; j: number[] } {
  const out = { k: bars.map(() => Number.NaN), d: bars.map(() => Number.NaN), j: bars.map(() => Number.NaN) }
  let k = 50
  let d = 50
  for (let at = period - 1; at < bars.length; at += 1) {
    const window = bars.slice(at - period + 1, at + 1)
    const high = Math.max(...window.map((bar) => bar.high))
    const low = Math.min(...window.map((bar) => bar.low))
    const raw = high === low ? 50 : ((bars[at]!.close - low) / (high - low)) * 100
    k = ((kDays - 1) * k + raw) / kDays
    d = ((dDays - 1) * d + k) / dDays
    out.k[at] = k
    out.d[at] = d
    out.j[at] = 3 * k - 2 * d
  }
  return out
}

/** Wilder's: gains and losses smoothed by 1/period. */
export function rsi(values: readonly number[], period: number): number[] {
  const out = values.map(() => Number.NaN)
  let gain = 0
  let loss = 0
  const share = 1 / period
  for (let at = 1; at < values.length; at += 1) {
    const change = values[at]! - values[at - 1]!
    if (at <= period) {
      gain += Math.max(0, change) * share
      loss += Math.max(0, -change) * share
    } else {
      gain += (Math.max(0, change) - gain) * share
      loss += (Math.max(0, -change) - loss) * share
    }
    if (at >= period) out[at] = gain + loss === 0 ? 50 : (100 * gain) / (gain + loss)
  }
  return out
}
