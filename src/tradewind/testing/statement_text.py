"""Writes a statement as brokers print it, for tests and for who builds a front: one or both languages, any widths.

The other direction of `ctp.statement`; the pieces are cut as a front cuts them, wherever 500 bytes end.
"""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tradewind.ctp.statement.words import COLUMNS, FUNDS
from tradewind.domain.account import Direction
from tradewind.domain.order import Offset, Side

if TYPE_CHECKING:
    from tradewind.domain.statement import Statement

PIECE_BYTES: Final = 500
_ENGLISH: Final = {
    "funds": "Account Summary", "cash": "Deposit/Withdrawal", "trades": "Transaction Record",
    "closes": "Position Closed", "lots": "Positions Detail", "positions": "Positions",
}  # fmt: skip
_CHINESE: Final = {
    "funds": "资金状况", "cash": "出入金明细", "trades": "成交记录", "closes": "平仓明细", "lots": "持仓明细",
    "positions": "持仓汇总",
}  # fmt: skip
_EXCHANGES: Final = {
    "SHFE": "上期所", "INE": "能源中心", "DCE": "大商所", "CZCE": "郑商所", "CFFEX": "中金所", "GFEX": "广期所",
}  # fmt: skip
_OFFSETS: Final = {
    Offset.OPEN: "开", Offset.CLOSE: "平", Offset.CLOSE_TODAY: "平今", Offset.CLOSE_YESTERDAY: "平昨",
}  # fmt: skip
_CURRENCIES: Final = {"CNY": "人民币", "USD": "美元", "HKD": "港币"}


def statement_text(statement: Statement, *, is_bilingual: bool = True, room: int = 2) -> str:
    """Return the statement as text; `room` is how much wider than their longest cell columns are."""
    way = "逐笔" if statement.counting == "by_trade" else "盯市"
    title = f"交易结算月报({way})" if statement.is_monthly else f"交易结算单({way})"
    client, name = _named("客户号", "Client ID", is_bilingual), _named("客户名称", "Client Name", is_bilingual)
    lines = [
        " " * 40 + "测试期货有限公司",
        "-" * 100,
        " " * 30 + title + (" Settlement Statement" if is_bilingual else ""),
        f"{client}：  {statement.client_id}          {name}：{statement.client_name}",
        f"{_named('日期', 'Date', is_bilingual)}：{statement.day or statement.period}",
        "",
        *_funds(statement, is_bilingual=is_bilingual),
    ]
    for section in ("cash", "trades", "closes", "lots", "positions"):
        rows = getattr(statement, section)
        if section in statement.sections:
            lines += ["", " " * 30 + _named(_CHINESE[section], _ENGLISH[section], is_bilingual)]
            lines += _table(section, rows, is_bilingual=is_bilingual, room=room)
    for other in statement.others:
        lines += ["", " " * 20 + other.title, "-" * 60, *("|" + "|".join(row) + "|" for row in other.rows), "-" * 60]
    return "\r\n".join(lines) + "\r\n"


def statement_pieces(
    text: str, *, trading_day: int, settlement_id: int = 1, size: int = PIECE_BYTES
) -> list[dict[str, Any]]:
    """Return the text as the rows that a query answers: GB18030, cut every `size` bytes."""
    data = text.encode("gb18030")
    return [
        {
            "TradingDay": str(trading_day),
            "SettlementID": settlement_id,
            "SequenceNo": number,
            "Content": data[start : start + size],
        }
        for number, start in enumerate(range(0, len(data), size), start=1)
    ]


def _funds(statement: Statement, *, is_bilingual: bool) -> list[str]:
    if "funds" not in statement.sections:
        return []
    funds = statement.funds
    title = f"资金状况  币种：{_CURRENCIES[statement.currency]}"
    pairs = []
    for name, words in FUNDS.items():
        amount = getattr(funds, name)
        if amount is not None:
            shown = f"{amount * 100}%" if name == "risk_degree" else str(amount)
            pairs.append((_named(words[0], words[-1], is_bilingual), shown))
    pairs += [(name, str(amount)) for name, amount in funds.other.items()]
    lines = [" " * 20 + _named(title, f"Account Summary  Currency：{statement.currency}", is_bilingual), "-" * 80]
    return lines + [
        "  ".join(f"{name}：{amount:>20}" for name, amount in pairs[at : at + 2]) for at in range(0, len(pairs), 2)
    ]


def _table(section: str, rows: tuple[Any, ...], *, is_bilingual: bool, room: int) -> list[str]:
    columns = COLUMNS[section]
    header = [words[0] for words in columns.values()]
    english = [words[-1] for words in columns.values()]
    cells = [[_cell(name, getattr(row, name)) for name in columns] for row in rows]
    total = [f"共{len(rows):>4}条", *("" for _ in header[1:])]
    table = [header, *([english] if is_bilingual else []), *cells, *([total] if rows else [])]
    widths = [max(_width(row[at]) for row in table) + room for at in range(len(header))]
    rule = "-" * (sum(widths) + len(widths) + 1)
    lines = [
        "|" + "|".join(_filled(cell, width) for cell, width in zip(row, widths, strict=True)) + "|" for row in table
    ]
    heads = 2 if is_bilingual else 1
    return [rule, *lines[:heads], rule, *lines[heads:], rule]


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    if name == "exchange":
        return _EXCHANGES[value] if isinstance(value, str) and value else ""
    if isinstance(value, Side):
        return "买" if value is Side.BUY else "卖"
    if isinstance(value, Direction):
        return "买" if value is Direction.LONG else "卖"
    if isinstance(value, Offset):
        return _OFFSETS[value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


def _named(chinese: str, english: str, is_bilingual: bool) -> str:  # noqa: FBT001 - of this module alone
    return f"{chinese} {english}" if is_bilingual else chinese


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _filled(cell: str, width: int) -> str:
    left = (width - _width(cell)) // 2
    return " " * left + cell + " " * (width - _width(cell) - left)
