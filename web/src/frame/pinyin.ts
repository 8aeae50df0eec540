// The pinyin initials of a Chinese name, by the order in which the browser's own collation puts its characters.

/** The first character of each letter, in pinyin order; i, u and v begin no syllable. */
const FIRST = '阿八嚓哒妸发旮哈讥咔垃妈拿噢妑七然撒他挖夕丫匝'
const LETTERS = 'abcdefghjklmnopqrstwxyz'
const order = new Intl.Collator('zh-CN-u-co-pinyin')

function initialOf(character: string): string {
  if (!/\p{Script=Han}/u.test(character)) return character.toLowerCase()
  let letter = ''
  for (const [at, first] of [...FIRST].entries()) {
    if (order.compare(character, first) < 0) break
    letter = LETTERS[at]!
  }
  return letter
}

/** `螺纹钢` → `lwg`; letters and digits stay. A character of two readings counts by the commoner one. */
export function initialsOf(name: string): string {
  return [...name].map(initialOf).join('')
}
