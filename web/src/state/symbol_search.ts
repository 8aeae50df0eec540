// Finding an instrument by what a person types: code first, then name.

export interface Candidate {
  readonly id: string
  readonly symbol: string
  readonly name: string
}

const MOST = 12

/** The best matches: exact code, code beginning so, name containing it, code containing it; shorter codes first. */
export function findSymbols(candidates: readonly Candidate[], text: string): Candidate[] {
  const wanted = text.trim().toLowerCase()
  const ranked = candidates
    .map((candidate) => ({ candidate, rank: rankOf(candidate, wanted) }))
    .filter(({ rank }) => rank < Infinity)
  return ranked
    .toSorted((a, b) => a.rank - b.rank || a.candidate.symbol.localeCompare(b.candidate.symbol, 'en', { numeric: true }))
    .slice(0, MOST)
    .map(({ candidate }) => candidate)
}

function rankOf(candidate: Candidate, wanted: string): number {
  if (wanted === '') return 0
  const symbol = candidate.symbol.toLowerCase()
  if (symbol === wanted || candidate.id.toLowerCase() === wanted) return 0
  if (symbol.startsWith(wanted)) return 1
  if (candidate.name.toLowerCase().includes(wanted)) return 2
  return candidate.id.toLowerCase().includes(wanted) ? 3 : Infinity
}
