// A chat message as parts: plain text, people it names, instructions and contracts it speaks of. Text stays text: what
// is a link is decided here and never by the message.

export type Part =
  | { readonly kind: 'text' | 'mention'; readonly text: string }
  | { readonly kind: 'instruction' | 'contract'; readonly text: string; readonly id: string }

const TOKEN = /(@[A-Za-z0-9][A-Za-z0-9._-]*)|(#[A-Za-z0-9][A-Za-z0-9_.:-]*)|\b([A-Za-z]{1,3}\d{3,4})\b/g

export interface TextRules {
  readonly mentions: readonly string[]
  /** The contract of a symbol, in whatever letters; `undefined` for what is none. */
  readonly contractOf: (symbol: string) => string | undefined
}

export function partsOf(text: string, { mentions, contractOf }: TextRules): Part[] {
  const named = new Set(mentions.map((name) => name.toLowerCase()))
  const parts: Part[] = []
  let plain = ''
  let at = 0
  for (const found of text.matchAll(TOKEN)) {
    const part = partOf(found[0], named, contractOf)
    plain += text.slice(at, found.index)
    at = found.index + found[0].length
    if (part === null) {
      plain += found[0]
      continue
    }
    if (plain !== '') parts.push({ kind: 'text', text: plain })
    plain = ''
    parts.push(part)
  }
  plain += text.slice(at)
  if (plain !== '') parts.push({ kind: 'text', text: plain })
  return parts
}

function partOf(token: string, named: ReadonlySet<string>, contractOf: TextRules['contractOf']): Part | null {
  if (token.startsWith('@')) return named.has(token.slice(1).toLowerCase()) ? { kind: 'mention', text: token } : null
  if (token.startsWith('#')) return { kind: 'instruction', text: token, id: token.slice(1) }
  const id = contractOf(token)
  return id === undefined ? null : { kind: 'contract', text: token, id }
}

/** The start of a name that is being written at `caret`, `null` where none is. */
export function mentionAt(text: string, caret: number): string | null {
  return /(?:^|\s)@([A-Za-z0-9._-]*)$/.exec(text.slice(0, caret))?.[1] ?? null
}

/** The text with the name that was begun at `caret` written out. */
export function withMention(text: string, caret: number, name: string): { text: string; caret: number } {
  const head = text.slice(0, caret).replace(/@[A-Za-z0-9._-]*$/, `@${name} `)
  return { text: head + text.slice(caret).trimStart(), caret: head.length }
}
