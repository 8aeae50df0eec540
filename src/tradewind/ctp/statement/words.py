"""The brokers' words: titles of sections, names of columns and of amounts, what stands in a cell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

from tradewind.domain.account import Direction
from tradewind.domain.order import Offset, Side

if TYPE_CHECKING:
    from collections.abc import Mapping

SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "funds": ("资金状况", "Account Summary"),
    "cash": ("出入金明细", "Deposit/Withdrawal"),
    "trades": ("成交记录", "成交明细", "Transaction Record"),
    "closes": ("平仓明细", "Position Closed"),
    "lots": ("持仓明细", "Positions Detail"),
    "positions": ("持仓汇总", "Positions"),
}
"""A title begins with one of these; a longer one is looked at first."""

FUNDS: Final[Mapping[str, tuple[str, ...]]] = {
    "pre_balance": ("期初结存", "上日结存", "Balance b/f"),
    "moved": ("出入金", "当日存取合计", "当日出入金", "Deposit/Withdrawal"),
    "close_pnl": ("平仓盈亏", "当日平仓盈亏", "Realized P/L"),
    "position_pnl": ("持仓盯市盈亏", "当日持仓盈亏", "MTM P/L"),
    "floating_pnl": ("浮动盈亏", "Accum. P/L", "Floating P/L"),
    "commission": ("手续费", "当日手续费", "Commission"),
    "balance": ("期末结存", "当日结存", "Balance c/f"),
    "equity": ("客户权益", "Client Equity"),
    "margin": ("保证金占用", "Margin Occupied"),
    "available": ("可用资金", "Fund Avail.", "Fund Available"),
    "risk_degree": ("风险度", "Risk Degree"),
}

COLUMNS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "cash": {
        "day": ("发生日期", "日期", "Date"),
        "kind": ("出入金类型", "类型", "Type"),
        "deposit": ("入金", "Deposit"),
        "withdraw": ("出金", "Withdrawal"),
        "note": ("说明", "备注", "Note"),
    },
    "trades": {
        "day": ("成交日期", "日期", "Date"),
        "exchange": ("交易所", "Exchange"),
        "symbol": ("合约", "合约代码", "Instrument"),
        "side": ("买/卖", "买卖", "B/S"),
        "hedge": ("投/保", "投保", "S/H"),
        "price": ("成交价", "成交价格", "Price", "Trans. Price"),
        "quantity": ("手数", "成交手数", "Lots"),
        "turnover": ("成交额", "成交金额", "Turnover"),
        "offset": ("开平", "开/平", "O/C"),
        "commission": ("手续费", "Fee", "Commission"),
        "close_pnl": ("平仓盈亏", "Realized P/L"),
        "premium": ("权利金收支", "Premium Received/Paid"),
        "fill_id": ("成交序号", "成交编号", "Trans.No.", "Trans. No."),
    },
    "closes": {
        "day": ("平仓日期", "Close Date"),
        "exchange": ("交易所", "Exchange"),
        "symbol": ("合约", "合约代码", "Instrument"),
        "open_day": ("开仓日期", "Open Date"),
        "side": ("买/卖", "买卖", "B/S"),
        "quantity": ("手数", "平仓手数", "Lots"),
        "open_price": ("开仓价", "Pos. Open Price", "Open Price"),
        "pre_settlement": ("昨结算", "昨结算价", "Prev. Sttl"),
        "price": ("成交价", "平仓价", "Trans. Price"),
        "close_pnl": ("平仓盈亏", "Realized P/L"),
    },
    "lots": {
        "exchange": ("交易所", "Exchange"),
        "symbol": ("合约", "合约代码", "Instrument"),
        "open_day": ("开仓日期", "Open Date"),
        "hedge": ("投/保", "投保", "S/H"),
        "direction": ("买/卖", "买卖", "B/S"),
        "quantity": ("持仓量", "手数", "Positon", "Position"),
        "open_price": ("开仓价", "Pos. Open Price", "Open Price"),
        "pre_settlement": ("昨结算", "昨结算价", "Prev. Sttl"),
        "settlement_price": ("结算价", "今结算", "Settlement Price", "Sttl Today"),
        "floating_pnl": ("浮动盈亏", "Accum. P/L"),
        "position_pnl": ("盯市盈亏", "持仓盯市盈亏", "MTM P/L"),
        "margin": ("保证金", "保证金占用", "Margin", "Margin Occupied"),
    },
    "positions": {
        "exchange": ("交易所", "Exchange"),
        "symbol": ("合约", "合约代码", "Instrument"),
        "long": ("买持", "买持仓", "Long Pos."),
        "long_price": ("买均价", "Avg Buy Price"),
        "short": ("卖持", "卖持仓", "Short Pos."),
        "short_price": ("卖均价", "Avg Sell Price"),
        "pre_settlement": ("昨结算", "昨结算价", "Prev. Sttl"),
        "settlement_price": ("今结算", "结算价", "Sttl Today"),
        "position_pnl": ("持仓盯市盈亏", "盯市盈亏", "MTM P/L"),
        "margin": ("保证金占用", "保证金", "Margin Occupied"),
        "hedge": ("投/保", "投保", "S/H"),
    },
}

NEEDED: Final[Mapping[str, frozenset[str]]] = {
    "cash": frozenset({"day", "deposit", "withdraw"}),
    "trades": frozenset({"symbol", "side", "offset", "price", "quantity", "commission", "fill_id"}),
    "closes": frozenset({"symbol", "side", "quantity", "open_price", "price", "close_pnl"}),
    "lots": frozenset({"symbol", "open_day", "direction", "quantity", "open_price", "settlement_price"}),
    "positions": frozenset({"symbol", "long", "short", "settlement_price"}),
}
"""Columns without which a section's lines say nothing that could be checked."""

_EXCHANGES: Final[Mapping[str, str]] = {
    "上期所": "SHFE", "上海期货": "SHFE", "能源中心": "INE", "上期能源": "INE", "大商所": "DCE", "大连商品": "DCE",
    "郑商所": "CZCE", "郑州商品": "CZCE", "中金所": "CFFEX", "金融期货": "CFFEX", "广期所": "GFEX", "广州期货": "GFEX",
}  # fmt: skip
_SIDES: Final = {"买": Side.BUY, "buy": Side.BUY, "b": Side.BUY, "卖": Side.SELL, "sell": Side.SELL, "s": Side.SELL}
_OFFSETS: Final[Mapping[str, Offset]] = {
    "开": Offset.OPEN, "开仓": Offset.OPEN, "open": Offset.OPEN, "o": Offset.OPEN,
    "平今": Offset.CLOSE_TODAY, "平今仓": Offset.CLOSE_TODAY, "closetoday": Offset.CLOSE_TODAY,
    "平昨": Offset.CLOSE_YESTERDAY, "平昨仓": Offset.CLOSE_YESTERDAY, "closeprev": Offset.CLOSE_YESTERDAY,
    "closeyesterday": Offset.CLOSE_YESTERDAY,
    "平": Offset.CLOSE, "平仓": Offset.CLOSE, "close": Offset.CLOSE, "c": Offset.CLOSE,
    "强平": Offset.CLOSE, "强减": Offset.CLOSE, "本地强平": Offset.CLOSE, "forcedliquidation": Offset.CLOSE,
}  # fmt: skip
Word = TypeVar("Word", Side, Offset)
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]+")
_NOISE: Final = re.compile(r"[\s.:：()（）]+")


def names_of(cell: str) -> tuple[str, ...]:
    """Return the names a header's cell or an amount may be known by: its Chinese alone, all of it, its English."""
    chinese = "".join(_CHINESE.findall(cell))
    english = _CHINESE.sub("", cell)
    plain = (_plain(chinese), _plain(cell), _plain(english), _plain(cell.replace("/", "")))
    return tuple(dict.fromkeys(name for name in plain if name))


def lookup(table: Mapping[str, tuple[str, ...]], cell: str) -> str | None:
    """Return which entry of a table a cell names, `None` for none."""
    wanted = names_of(cell)
    for name in wanted:
        for key, words in table.items():
            if any(_plain(word) == name for word in words):
                return key
    return None


def section_of(line: str) -> str | None:
    """Return which section a line begins, `None` for none: a title has no figures, an amount of that name has."""
    text = _plain(line)
    if any(letter.isdigit() for letter in text):
        return None
    return next((key for word, key in _TITLES if text.startswith(word)), None)


def exchange_of(cell: str) -> str:
    """Return our name of an exchange. Raises: ValueError: no exchange is called that."""
    if cell.upper() in _EXCHANGES.values():
        return cell.upper()
    for word, exchange in _EXCHANGES.items():
        if word in cell:
            return exchange
    message = f"no exchange is called {cell!r}"
    raise ValueError(message)


def side_of(cell: str) -> Side:
    """Return buy or sell. Raises: ValueError: it is neither."""
    return _one_of(_SIDES, cell, "buy or sell")


def direction_of(cell: str) -> Direction:
    """Return which way lots stand. Raises: ValueError: it is neither."""
    return Direction.LONG if side_of(cell) is Side.BUY else Direction.SHORT


def offset_of(cell: str) -> Offset:
    """Return what a trade did to the position. Raises: ValueError: no such word."""
    return _one_of(_OFFSETS, cell, "open or close")


def _one_of(table: Mapping[str, Word], cell: str, what: str) -> Word:
    for name in names_of(cell):
        if name in table:
            return table[name]
    message = f"{cell!r} is no word for {what}"
    raise ValueError(message)


def _plain(text: str) -> str:
    return _NOISE.sub("", text).lower()


_TITLES: Final = sorted(
    ((_plain(word), key) for key, words in SECTIONS.items() for word in words), key=lambda each: -len(each[0])
)
