// Whose instruction an id names.

/** Ids of the book: `B` and a number; tickets, buttons and plans have others. */
export function isOfBook(instructionId: string): boolean {
  return /^B\d+$/.test(instructionId)
}
