"""Where the profit of a span of days came from: its parts by contract, kind, product, strategy, book or trader.

The parts sum to the ledger's own profit exactly, whatever the parting. A contract's day knows nothing of traders: each
is given what their fills of the day came to against its last price, and what was carried into the day is nobody's.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.account import book_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tradewind.domain.day_result import DayPart, DayResult, TradeResult

_ZERO: Final = Decimal(0)
_CENT: Final = Decimal("0.01")


class By(StrEnum):
    """What profits are parted by."""

    INSTRUMENT = "instrument"
    KIND = "kind"
    """The letters of a contract: what is traded (品种)."""
    PRODUCT = "product"
    """The fund (产品)."""
    STRATEGY = "strategy"
    BOOK = "book"
    TRADER = "trader"


class Contribution(msgspec.Struct, frozen=True):
    """One part. net = gross − commission, gross = close_pnl + position_pnl where both are known.

    `slippage` is money lost (positive) or won against the prices that the orders' instructions saw; it is within
    `gross`, and `None` where no order knew such a price. `name` is "" for what belongs to nobody.
    """

    name: str
    close_pnl: Decimal | None
    position_pnl: Decimal | None
    gross: Decimal
    commission: Decimal
    net: Decimal
    slippage: Decimal | None
    bought: int
    sold: int
    turnover: Decimal
    fills: int


class Attribution(msgspec.Struct, frozen=True):
    """All parts, the largest gain first; `difference` is the ledger's profit less their sum, 0 or something is wrong.

    `undivided` is what days brought of which the record keeps no parts: those before it kept any.
    """

    rows: tuple[Contribution, ...]
    total: Contribution
    undivided: Decimal
    ledger_net: Decimal
    difference: Decimal
    is_exact: bool


class _Sum:
    """What comes together under one name."""

    def __init__(self) -> None:
        self.close_pnl = self.position_pnl = self.commission = self.turnover = self.gross = _ZERO
        self.slippage: Decimal | None = None
        self.bought = self.sold = self.fills = 0

    def add_part(self, part: DayPart) -> None:
        self.close_pnl += part.close_pnl
        self.position_pnl += part.position_pnl
        self.gross += part.close_pnl + part.position_pnl
        self.commission += part.commission
        self.bought += part.bought
        self.sold += part.sold

    def add_trade(self, trade: TradeResult, slippage: Decimal | None) -> None:
        self.fills += 1
        self.turnover += trade.turnover
        if slippage is not None:
            self.slippage = (self.slippage or _ZERO) + slippage

    def told(self, name: str, *, is_split: bool = True) -> Contribution:
        return Contribution(
            name=name,
            close_pnl=self.close_pnl if is_split else None,
            position_pnl=self.position_pnl if is_split else None,
            gross=self.gross,
            commission=self.commission,
            net=self.gross - self.commission,
            slippage=self.slippage,
            bought=self.bought,
            sold=self.sold,
            turnover=self.turnover,
            fills=self.fills,
        )


def kind_of(instrument_id: str) -> str:
    """Return what is traded: `au2606.SHFE` → `au`; what has no letters in front of digits keeps its whole code."""
    symbol = instrument_id.rpartition(".")[0] or instrument_id
    letters = symbol.rstrip("0123456789")
    return letters or instrument_id


def book_of(trade: TradeResult) -> str:
    """Return the book a fill belongs to."""
    return book_name(trade.product_code, trade.strategy) or "/"


def attribution(
    by: By,
    ledgers: Sequence[DayResult],
    trades: Sequence[TradeResult],
    arrivals: Mapping[tuple[str, str], Decimal],
    *,
    ledger_net: Decimal,
) -> Attribution:
    """Part the profit of `ledgers`: days of books that do not overlap, with their parts.

    `ledger_net` is what the account itself says it was, which the parts are held against. `arrivals` are the prices
    that instructions saw when they were given, by instruction and contract.
    """
    sums: defaultdict[str, _Sum] = defaultdict(_Sum)
    whole = _Sum()
    name_part, name_trade = _NAMES[by]
    for result in ledgers:
        for part in result.parts:
            whole.add_part(part)
            sums[name_part(result, part)].add_part(part)
    if by is By.TRADER:
        sums = _by_trader(whole, ledgers, trades)
    for trade in trades:
        slippage = slippage_of(trade, arrivals)
        whole.add_trade(trade, slippage)
        sums[name_trade(trade)].add_trade(trade, slippage)
    rows = [each.told(name, is_split=by is not By.TRADER) for name, each in sums.items()]
    total = whole.told("")
    undivided = sum((result.net for result in ledgers if not result.parts), _ZERO)
    difference = ledger_net - undivided - sum((row.net for row in rows), _ZERO)
    return Attribution(
        rows=tuple(sorted((row for row in rows if _is_worth_a_row(row)), key=lambda row: (-row.net, row.name))),
        total=total,
        undivided=undivided,
        ledger_net=ledger_net,
        difference=difference.quantize(_CENT),
        is_exact=abs(difference) < _CENT / 2,
    )


def slippage_of(trade: TradeResult, arrivals: Mapping[tuple[str, str], Decimal]) -> Decimal | None:
    """Return money lost (positive) or won against the price its instruction saw; `None` where it saw none."""
    arrival = arrivals.get((trade.instruction_id, trade.instrument_id))
    return None if arrival is None else (trade.price - arrival) * trade.signed_units


def _by_trader(whole: _Sum, ledgers: Sequence[DayResult], trades: Iterable[TradeResult]) -> defaultdict[str, _Sum]:
    """Give each trader what their fills came to by the end of their day; the rest of all is nobody's."""
    prices = {
        (result.trading_day, part.instrument_id): part.price
        for result in ledgers
        for part in result.parts
        if part.price is not None
    }
    sums: defaultdict[str, _Sum] = defaultdict(_Sum)
    rest = sums[""]
    rest.gross, rest.commission, rest.bought, rest.sold = whole.gross, whole.commission, whole.bought, whole.sold
    for trade in trades:
        price = prices.get((trade.trading_day, trade.instrument_id))
        if not trade.trader or price is None:
            continue
        gross = (price - trade.price) * trade.signed_units
        theirs = sums[trade.trader]
        theirs.gross += gross
        theirs.commission += trade.commission
        rest.gross -= gross
        rest.commission -= trade.commission
        if trade.side == "buy":
            theirs.bought += trade.quantity
            rest.bought -= trade.quantity
        else:
            theirs.sold += trade.quantity
            rest.sold -= trade.quantity
    return sums


def _is_worth_a_row(row: Contribution) -> bool:
    return bool(row.gross or row.commission or row.fills or row.bought or row.sold)


_NAMES: Final[Mapping[By, tuple[Callable[[DayResult, DayPart], str], Callable[[TradeResult], str]]]] = {
    By.INSTRUMENT: (lambda _, part: part.instrument_id, lambda trade: trade.instrument_id),
    By.KIND: (lambda _, part: kind_of(part.instrument_id), lambda trade: kind_of(trade.instrument_id)),
    By.PRODUCT: (lambda result, _: result.book.partition("/")[0], lambda trade: trade.product_code),
    By.STRATEGY: (lambda result, _: result.book.partition("/")[2], lambda trade: trade.strategy),
    By.BOOK: (lambda result, _: result.book, book_of),
    By.TRADER: (lambda _result, _part: "", lambda trade: trade.trader),
}
