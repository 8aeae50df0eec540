"""The front's own books: lots, money and what each trade did to them, exact, and independent of the platform's ledger.

Written from CTP's documents alone, so that a statement made from it can disagree with us.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tradewind.testing.ctp_front.contracts import Contract

LONG: Final = "2"
SHORT: Final = "3"
BUY: Final = "0"
OPEN: Final = "0"
CLOSE_TODAY: Final = "3"
CENT: Final = Decimal("0.01")
ZERO: Final = Decimal(0)


@dataclass
class Lot:
    """Lots of one opening trade that are still held. `basis` is what profit is counted from: 盯市."""

    contract: Contract
    direction: str
    open_day: str
    trade_id: str
    open_price: Decimal
    basis: Decimal
    quantity: int
    hedge: str = "1"

    @property
    def sign(self) -> int:
        """Return 1 for long, -1 for short."""
        return 1 if self.direction == LONG else -1


class Closed(NamedTuple):
    """A part of a lot that a trade closed."""

    lot: Lot
    quantity: int
    price: Decimal
    trade_id: str
    pnl_by_day: Decimal
    pnl_by_trade: Decimal
    day: str
    exchange_id: str


class Done(NamedTuple):
    """A trade of the day as the books keep it."""

    contract: Contract
    trade_id: str
    direction: str
    offset: str
    price: Decimal
    quantity: int
    commission: Decimal
    pnl: Decimal
    day: str
    hedge: str


@dataclass
class Money:
    """An account's money of one trading day."""

    pre_balance: Decimal
    deposit: Decimal = ZERO
    withdraw: Decimal = ZERO
    commission: Decimal = ZERO
    close_pnl: Decimal = ZERO


@dataclass
class Books:
    """One investor's."""

    money: Money
    lots: list[Lot] = field(default_factory=list)
    trades: list[Done] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)
    moved: list[tuple[str, Decimal]] = field(default_factory=list)

    def held(self, symbol: str, direction: str) -> Iterator[Lot]:
        """Yield lots of a contract held one way, the oldest first."""
        return (lot for lot in self.lots if lot.contract.symbol == symbol and lot.direction == direction)

    def move(self, day: str, amount: Decimal) -> None:
        """Let money come (positive) or go."""
        self.moved.append((day, amount))
        if amount > 0:
            self.money.deposit += amount
        else:
            self.money.withdraw -= amount

    def trade(
        self, contract: Contract, *, trade_id: str, direction: str, offset: str, price: Decimal, quantity: int,
        day: str, hedge: str = "1",
    ) -> None:  # fmt: skip
        """Take a trade in."""
        pnl = ZERO
        if offset == OPEN:
            held = LONG if direction == BUY else SHORT
            self.lots.append(Lot(contract, held, day, trade_id, price, price, quantity, hedge))
            commission = contract.fee("open", price, quantity)
        else:
            held = SHORT if direction == BUY else LONG
            commission = ZERO
            for part in self._take(contract, held, offset, quantity=quantity, day=day):
                lot, lots = part
                closed = self._close(lot, lots, price=price, trade_id=trade_id, day=day)
                pnl += closed.pnl_by_day
                commission += contract.fee("close_today" if lot.open_day == day else "close", price, lots)
        commission = commission.quantize(CENT, ROUND_HALF_UP)
        self.money.commission += commission
        self.money.close_pnl += pnl
        self.trades.append(Done(contract, trade_id, direction, offset, price, quantity, commission, pnl, day, hedge))

    def position_pnl(self, prices: dict[str, Decimal]) -> Decimal:
        """Return what the lots won since they were last counted, at these prices."""
        return sum((position_pnl(lot, prices.get(lot.contract.symbol, lot.basis)) for lot in self.lots), ZERO)

    def _close(self, lot: Lot, lots: int, *, price: Decimal, trade_id: str, day: str) -> Closed:
        units = lot.contract.multiplier * lots * lot.sign
        by_day, by_trade = (price - lot.basis) * units, (price - lot.open_price) * units
        lot.quantity -= lots
        if lot.quantity == 0:
            self.lots.remove(lot)
        closed = Closed(lot, lots, price, trade_id, by_day, by_trade, day, lot.contract.exchange)
        self.closed.append(closed)
        return closed

    def _take(self, contract: Contract, held: str, offset: str, *, quantity: int, day: str) -> list[tuple[Lot, int]]:
        lots = list(self.held(contract.symbol, held))
        today, older = [lot for lot in lots if lot.open_day == day], [lot for lot in lots if lot.open_day != day]
        if contract.is_date_kept:
            order = today if offset == CLOSE_TODAY else older
        else:
            order = [*today, *older] if contract.closes_today_first else [*older, *today]
        taken, left = [], quantity
        for lot in order:
            part = min(left, lot.quantity)
            if part:
                taken.append((lot, part))
            left -= part
        if left:
            message = f"{contract.symbol}: {left} lots to close are not held"
            raise ValueError(message)
        return taken


def position_pnl(lot: Lot, price: Decimal) -> Decimal:
    """Return the profit of a lot since it was last counted, at this price."""
    return (price - lot.basis) * lot.contract.multiplier * lot.quantity * lot.sign


def margin(lots: Iterable[Lot], price_of: Callable[[Lot], Decimal]) -> Decimal:
    """Return the margin of lots, each at its price; the larger side alone where their product says so."""
    sides: dict[tuple[str, str], Decimal] = {}
    for lot in lots:
        contract = lot.contract
        group = contract.product if contract.is_larger_side_only else f"{contract.symbol}/{lot.direction}"
        key = (group, lot.direction)
        sides[key] = sides.get(key, ZERO) + contract.margin(lot.direction, price_of(lot), lot.quantity)
    largest: dict[str, Decimal] = {}
    for (group, _), amount in sides.items():
        largest[group] = max(largest.get(group, ZERO), amount)
    return sum(largest.values(), ZERO)
