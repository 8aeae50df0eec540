// Grants as the matrix shows them: who has which roles for which product.

import { EVERY, type Grant, type User } from './types'

export interface Cell {
  readonly role: string
  /** '' where the role is for every account. */
  readonly account: string
}

export interface MatrixRow {
  readonly user: User
  /** By product; `*` is the column of every product. */
  readonly cells: ReadonlyMap<string, readonly Cell[]>
}

/** Columns: every product first, then those there are, then those that only a grant still names. */
export function columnsOf(users: readonly User[], products: readonly { readonly code: string }[]): string[] {
  const known = products.map((product) => product.code).toSorted()
  const named = users.flatMap((user) => user.grants.map((grant) => grant.product_code)).filter((code) => code !== EVERY && !known.includes(code))
  return [EVERY, ...known, ...[...new Set(named)].toSorted()]
}

export function matrixOf(users: readonly User[]): MatrixRow[] {
  return users.map((user) => {
    const cells = new Map<string, Cell[]>()
    for (const { role, product_code: product, account_id: account } of user.grants) {
      cells.set(product, [...(cells.get(product) ?? []), { role, account: account === EVERY ? '' : account }])
    }
    return { user, cells }
  })
}

export function sameGrant(left: Grant, right: Grant): boolean {
  return left.role === right.role && left.product_code === right.product_code && left.account_id === right.account_id
}

function keyOf(grant: Grant): string {
  return `${grant.product_code} ${grant.account_id} ${grant.role}`
}

/** Each grant once, in a steady order; empty fields stand for everything. */
export function tidied(grants: readonly Grant[]): Grant[] {
  const full = grants.map((grant) => ({
    role: grant.role,
    product_code: grant.product_code.trim() === '' ? EVERY : grant.product_code.trim(),
    account_id: grant.account_id.trim() === '' ? EVERY : grant.account_id.trim(),
  }))
  const once = full.filter((grant, at) => full.findIndex((other) => sameGrant(grant, other)) === at)
  return once.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

/** No letters that are taken for others: it is read out or typed once. */
const LETTERS = 'ABCDEFGHJKMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789'
const LENGTH = 16

/** A password for one sign-in; the person must change it there. */
export function oneTimePassword(random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array = (bytes) => crypto.getRandomValues(bytes)): string {
  let text = ''
  while (text.length < LENGTH) {
    // What does not fit evenly is thrown away, so that no letter is likelier than another.
    for (const byte of random(new Uint8Array(LENGTH))) {
      if (byte < 256 - (256 % LETTERS.length) && text.length < LENGTH) text += LETTERS[byte % LETTERS.length]
    }
  }
  return text
}
