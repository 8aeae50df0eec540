// The timeline's notes as the book writes them (`instructions/book.py`, `book_work.py`, `worker.py`), in the reader's words.
import { expect, test } from 'vitest'
import '../src/i18n/book'
import { sayNote } from '../src/book/notes'

const SAID: readonly (readonly [act: string, note: string, said: string])[] = [
  ['draft', '2 contracts', '2 个合约'],
  ['send', 'send 0: buy 2 au2604.SHFE direct', '第 1 次：买入 au2604 2 手，直接'],
  ['stop', 'send 1', '第 2 次发出'],
  ['stop', 'all sends', '全部在途部分'],
  ['stop', 'the end time of send 0 is over', '第 1 次发出的截止时间已到'],
  ['stop', 'trading is halted', '交易已停止'],
  ['fill', 'sell 3 au2604.SHFE at 952.02, trade T 1, booked', '卖出 au2604 3 手，成交价 952.02，成交编号 T 1 · 已入账'],
  ['fill', 'sell 3 au2604.SHFE at 952.02, trade T1', '卖出 au2604 3 手，成交价 952.02，成交编号 T1'],
  ['reassign', 'nobody → tian', '无人 → tian'],
  ['amend', 'au2604.SHFE buy 4 → 6; rb2605.SHFE sell 2 → 1', '买入 au2604 4 手 → 6、卖出 rb2605 2 手 → 1'],
  ['submit', 'waits for an approval: the gate says JOURNAL_UNAVAILABLE', '须由另一个人批准，风控会拒绝：日志写不进去：不再发出任何新单'],
  ['approve', "over the gate's JOURNAL_UNAVAILABLE", '虽然风控会拒绝：日志写不进去：不再发出任何新单'],
  ['approve', 'needs no second person (instructions.approval = never)', '不需要第二个人批准'],
  ['start', 'direct from acceptance', '直接 · 交易员接收时'],
  ['withdraw', 'made 2000 orders (instructions.max_children)', '已下 2000 张委托，到了上限'],
  ['expire', 'day_end', '当日收盘'],
  ['expire', 'expired', '过了有效期'],
  ['waive', 'au2604.SHFE', 'au2604'],
  ['progress', 'working → partly_done', '执行中 → 部分完成'],
]

test.each(SAID)('%s: %s', (act, note, said) => {
  expect(sayNote({ act, note })).toBe(said)
})

test('what somebody wrote in words of their own stays as it was written', () => {
  expect(sayNote({ act: 'amend', note: 'as discussed by telephone' })).toBe('as discussed by telephone')
})
