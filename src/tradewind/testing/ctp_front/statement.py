"""The statement of a day (结算单) as a broker's front prints it, from the front's own books.

Tables of full-width letters count double; lines end with CR LF; the sections are those that brokers send.
"""

from __future__ import annotations

import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from tradewind.testing.ctp_front.lots import BUY, CENT, LONG, OPEN, ZERO, Lot, position_pnl

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tradewind.testing.ctp_front.investor import Investor
    from tradewind.testing.ctp_front.market import FrontMarket

_EXCHANGES: Final = {
    "SHFE": "上期所", "INE": "能源中心", "DCE": "大商所", "CZCE": "郑商所", "CFFEX": "中金所", "GFEX": "广期所",
}  # fmt: skip
_OFFSETS: Final = {OPEN: "开", "1": "平", "3": "平今", "4": "平昨"}
_HEDGES: Final = {"1": "投", "2": "套利", "3": "保"}
_WIDTH: Final = 120
_TRADES: Final = (
    ("成交日期", "Date"), ("交易所", "Exchange"), ("品种", "Product"), ("合约", "Instrument"), ("买/卖", "B/S"),
    ("投/保", "S/H"), ("成交价", "Price"), ("手数", "Lots"), ("成交额", "Turnover"), ("开平", "O/C"), ("手续费", "Fee"),
    ("平仓盈亏", "Realized P/L"), ("权利金收支", "Premium Received/Paid"), ("成交序号", "Trans.No."),
)  # fmt: skip
_CLOSED: Final = (
    ("平仓日期", "Close Date"), ("交易所", "Exchange"), ("品种", "Product"), ("合约", "Instrument"),
    ("开仓日期", "Open Date"), ("买/卖", "B/S"),
    ("手数", "Lots"), ("开仓价", "Pos. Open Price"), ("昨结算", "Prev. Sttl"),
    ("成交价", "Trans. Price"), ("平仓盈亏", "Realized P/L"), ("权利金收支", "Premium Received/Paid"),
)  # fmt: skip
_LOTS: Final = (
    ("交易所", "Exchange"), ("品种", "Product"), ("合约", "Instrument"), ("开仓日期", "Open Date"), ("投/保", "S/H"),
    ("买/卖", "B/S"), ("持仓量", "Positon"), ("开仓价", "Pos. Open Price"), ("昨结算", "Prev. Sttl"),
    ("结算价", "Settlement Price"), ("浮动盈亏", "Accum. P/L"), ("盯市盈亏", "MTM P/L"), ("保证金", "Margin"),
    ("期权市值", "Market Value(Options)"),
)  # fmt: skip
_SUMS: Final = (
    ("品种", "Product"), ("合约", "Instrument"), ("买持", "Long Pos."), ("买均价", "Avg Buy Price"),
    ("卖持", "Short Pos."), ("卖均价", "Avg Sell Price"), ("昨结算", "Prev. Sttl"), ("今结算", "Sttl Today"),
    ("持仓盯市盈亏", "MTM P/L"), ("保证金占用", "Margin Occupied"),
    ("投/保", "S/H"), ("多头期权市值", "Market Value(Long)"),
    ("空头期权市值", "Market Value(Short)"),
)  # fmt: skip
_MOVED: Final = (
    ("发生日期", "Date"), ("出入金类型", "Type"), ("入金", "Deposit"), ("出金", "Withdrawal"),
    ("汇率", "Exchange Rate"), ("资金账号", "AccountID"), ("说明", "Note"),
)  # fmt: skip
Header = tuple[tuple[str, str], ...]


def statement_text(investor: Investor, market: FrontMarket, broker: str) -> str:
    """Return the statement of the day that is being settled: every quote has its settlement price."""
    day = market.trading_day
    lines = [
        broker.center(_WIDTH).rstrip(),
        "-" * _WIDTH,
        "交易结算单(盯市) Settlement Statement(MTM)".center(_WIDTH - 20).rstrip(),
        f"客户号 Client ID：  {investor.user_id}          客户名称 Client Name：  {investor.name}",
        f"日期 Date：{day}",
        "",
        *_funds(investor),
        *_section("出入金明细 Deposit/Withdrawal", _MOVED, _moved(investor)),
        *_section("成交记录 Transaction Record", _TRADES, _trades(investor)),
        *_section("平仓明细 Position Closed", _CLOSED, _closed(investor, market)),
        *_section("持仓明细 Positions Detail", _LOTS, _lots(investor, market)),
        *_section("持仓汇总 Positions", _SUMS, _sums(investor, market)),
    ]
    return "\r\n".join(lines) + "\r\n"


def _funds(investor: Investor) -> list[str]:
    money, margin, balance = investor.books.money, investor.margin(), investor.balance()
    available = balance - margin
    risk = margin / balance * 100 if balance else ZERO
    pairs = (
        ("期初结存 Balance b/f", _cents(money.pre_balance), "基础保证金 Initial Margin", "0.00"),
        (
            "出 入 金 Deposit/Withdrawal",
            _cents(money.deposit - money.withdraw),
            "期末结存 Balance c/f",
            _cents(balance),
        ),
        ("平仓盈亏 Realized P/L", _cents(money.close_pnl), "质 押 金 Pledge Amount", "0.00"),
        ("持仓盯市盈亏 MTM P/L", _cents(investor.position_pnl()), "客户权益 Client Equity", _cents(balance)),
        ("期权执行盈亏 Exercise P/L", "0.00", "货币质押保证金占用 FX Pledge Occ.", "0.00"),
        ("手 续 费 Commission", _cents(money.commission), "保证金占用 Margin Occupied", _cents(margin)),
        ("行权手续费 Exercise Fee", "0.00", "交割保证金 Delivery Margin", "0.00"),
        ("交割手续费 Delivery Fee", "0.00", "多头期权市值 Market value(long)", "0.00"),
        ("货币质入 New FX Pledge", "0.00", "空头期权市值 Market value(short)", "0.00"),
        ("货币质出 FX Redemption", "0.00", "市值权益 Market value(equity)", _cents(balance)),
        ("质押变化金额 Chg in Pledge Amt", "0.00", "可用资金 Fund Avail.", _cents(available)),
        ("权利金收入 Premium received", "0.00", "风 险 度 Risk Degree", f"{risk.quantize(CENT, ROUND_HALF_UP)}%"),
        ("权利金支出 Premium paid", "0.00", "应追加资金 Margin Call", _cents(max(-available, ZERO))),
    )
    lines = ["资金状况  币种：人民币  Account Summary  Currency：CNY".center(_WIDTH - 20).rstrip(), "-" * _WIDTH]
    return lines + [f"{_left(a + '：', 34)}{b:>18}    {_left(c + '：', 40)}{d:>18}" for a, b, c, d in pairs]


def _moved(investor: Investor) -> list[list[str]]:
    return [
        [day, "银期转账", _cents(max(amount, ZERO)), _cents(max(-amount, ZERO)), "1.0000", investor.user_id, "银行转账"]
        for day, amount in investor.books.moved
    ]


def _trades(investor: Investor) -> list[list[str]]:
    return [
        [
            done.day, _EXCHANGES[done.contract.exchange], done.contract.product, done.contract.symbol,
            "买" if done.direction == BUY else "卖", _HEDGES.get(done.hedge, "投"), _price(done.price),
            str(done.quantity), _cents(done.price * done.contract.multiplier * done.quantity), _OFFSETS[done.offset],
            _cents(done.commission), _cents(done.pnl), "0.00", done.trade_id,
        ]
        for done in investor.books.trades
    ]  # fmt: skip


def _closed(investor: Investor, market: FrontMarket) -> list[list[str]]:
    return [
        [
            part.day, _EXCHANGES[part.exchange_id], part.lot.contract.product, part.lot.contract.symbol,
            part.lot.open_day, "卖" if part.lot.direction == LONG else "买", str(part.quantity),
            _price(part.lot.open_price), _price(market.quote_of(part.lot.contract.symbol).pre_settlement),
            _price(part.price), _cents(part.pnl_by_day), "0.00",
        ]
        for part in investor.books.closed
    ]  # fmt: skip


def _lots(investor: Investor, market: FrontMarket) -> list[list[str]]:
    rows = []
    for lot in investor.books.lots:
        quote, mark = market.quote_of(lot.contract.symbol), market.mark(lot.contract.symbol)
        floating = (mark - lot.open_price) * lot.contract.multiplier * lot.quantity * lot.sign
        rows.append([
            _EXCHANGES[lot.contract.exchange], lot.contract.product, lot.contract.symbol, lot.open_day,
            _HEDGES.get(lot.hedge, "投"), _side(lot), str(lot.quantity), _price(lot.open_price),
            _price(quote.pre_settlement), _price(mark), _cents(floating), _cents(position_pnl(lot, mark)),
            _cents(_margin(investor, lot, mark)), "0.00",
        ])  # fmt: skip
    return rows


def _sums(investor: Investor, market: FrontMarket) -> list[list[str]]:
    rows = []
    for symbol in dict.fromkeys(lot.contract.symbol for lot in investor.books.lots):
        lots = [lot for lot in investor.books.lots if lot.contract.symbol == symbol]
        long, short = ([lot for lot in lots if (lot.direction == LONG) is is_long] for is_long in (True, False))
        quote, mark, contract = market.quote_of(symbol), market.mark(symbol), lots[0].contract
        margin = sum((_margin(investor, lot, mark) for lot in lots), ZERO)
        rows.append([
            contract.product, symbol, str(_held(long)), _average(long), str(_held(short)), _average(short),
            _price(quote.pre_settlement), _price(mark), _cents(sum((position_pnl(lot, mark) for lot in lots), ZERO)),
            _cents(margin), "投", "0.00", "0.00",
        ])  # fmt: skip
    return rows


def _margin(investor: Investor, lot: Lot, mark: Decimal) -> Decimal:
    return ZERO if investor.is_delivered(lot) else lot.contract.margin(lot.direction, mark, lot.quantity)


def _side(lot: Lot) -> str:
    return "买" if lot.direction == LONG else "卖"


def _held(lots: Sequence[Lot]) -> int:
    return sum(lot.quantity for lot in lots)


def _average(lots: Sequence[Lot]) -> str:
    if not lots:
        return "0.000"
    total = sum((lot.open_price * lot.quantity for lot in lots), ZERO)
    return str((total / _held(lots)).quantize(Decimal("0.001"), ROUND_HALF_UP))


def _section(title: str, header: Header, rows: list[list[str]]) -> list[str]:
    if not rows:
        return []
    chinese, english = ([pair[at] for pair in header] for at in (0, 1))
    total = [f"共 {len(rows)}条", *("" for _ in header[1:])]
    widths = [max(_width(row[at]) for row in (chinese, english, total, *rows)) + 2 for at in range(len(header))]
    rule = "-" * (sum(widths) + len(widths) + 1)
    lines = [_line(row, widths) for row in (chinese, english)]
    body = [_line(row, widths) for row in rows]
    return ["", title.center(_WIDTH - 20).rstrip(), rule, *lines, rule, *body, rule, _line(total, widths), rule]


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    return "|" + "|".join(_middle(cell, width) for cell, width in zip(cells, widths, strict=True)) + "|"


def _middle(cell: str, width: int) -> str:
    left = (width - _width(cell)) // 2
    return " " * left + cell + " " * (width - _width(cell) - left)


def _left(text: str, width: int) -> str:
    return text + " " * max(1, width - _width(text))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _cents(amount: Decimal) -> str:
    return f"{amount.quantize(CENT, ROUND_HALF_UP):.2f}"


def _price(price: Decimal) -> str:
    return f"{price:.3f}"
