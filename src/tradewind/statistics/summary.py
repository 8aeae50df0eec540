"""The core of the room: a fold over what the desk does, and the rows that each event changed.

Trades and working orders follow from what is of record; positions and accounts from what the ledger tells, which tells
all of it again after a restart. An event costs the same however many rows there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.account import Account, Booking, Position, Settlement, book_name
from tradewind.statistics.figures import RESIDUAL, Named, account_figures, position_figures
from tradewind.statistics.groups import GroupKey, Groups, PositionKey
from tradewind.statistics.sectors import OTHER, sector_of
from tradewind.statistics.traders import TradersLots
from tradewind.statistics.trades import TradeKey, Trades
from tradewind.statistics.working import OrderKey, WorkingOrders

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.domain.instrument import Instrument, InstrumentLookup
    from tradewind.domain.order import Fill, Order
    from tradewind.domain.statistics import AccountFigures, PositionFigures
    from tradewind.statistics.deltas import Deltas, UnitDelta

AccountKey = tuple[str, str]
"""Account, book."""


class Changes(msgspec.Struct):
    """The rows nobody has been told of yet; whoever tells them clears them. Ordered, each once."""

    trades: dict[TradeKey, None]
    orders: dict[OrderKey, None]
    positions: dict[PositionKey, None]
    accounts: dict[AccountKey, None]
    groups: dict[GroupKey, None]


class Summary:
    """All tables of the desk."""

    def __init__(self, *, instruments: InstrumentLookup, deltas: Deltas, sectors: Mapping[str, str]) -> None:
        """`sectors` are the operator's own, over the shipped ones."""
        self.trades = Trades(self._multiplier)
        self.working = WorkingOrders()
        self.traders = TradersLots()
        self.groups = Groups()
        self.positions: dict[PositionKey, PositionFigures] = {}
        self.accounts: dict[AccountKey, AccountFigures] = {}
        self.actors: dict[str, tuple[str, int]] = {}
        """Who wanted each order of the day, and the day."""
        self.changes = Changes({}, {}, {}, {}, {})
        self.underlyings: dict[str, dict[PositionKey, None]] = {}
        """Held options by what they are on: whom a tick concerns."""
        self._instruments = instruments
        self._deltas = deltas
        self._sectors = sectors
        self._names: dict[str, Named] = {}
        self._told: dict[PositionKey, Position] = {}
        self._funds: dict[AccountKey, Account] = {}
        self._prices: dict[str, float] = {}

    # what is of record

    def follow(self, order: Order) -> None:
        """Take in how far an order got."""
        request = order.request
        self.actors[order.client_order_id] = (request.actor, request.trading_day)
        key = self.working.follow(order)
        if key is not None:
            self.changes.orders[key] = None

    def fill(self, fill: Fill) -> None:
        """Take in a fill; one heard of before changes nothing."""
        if self.trades.has_seen(fill):
            return
        key = self.trades.fill(fill)
        if key is not None:
            self.changes.trades[key] = None
        book = book_name(fill.product_code, fill.strategy) or RESIDUAL
        self.traders.fill(fill, book, self.actors.get(fill.client_order_id, ("", 0))[0])

    def book(self, booking: Booking) -> None:
        """Take in what a fill cost."""
        key = self.trades.charge(booking.fill, booking.commission)
        if key is not None:
            self.changes.trades[key] = None

    def settle(self, settlement: Settlement) -> None:
        """End an account's day: its fills and orders are not today's any more."""
        account_id, day = settlement.account_id, settlement.trading_day
        self.changes.trades.update(dict.fromkeys(self.trades.end_day(account_id, day)))
        self.changes.orders.update(dict.fromkeys(self.working.end_day(account_id, day)))
        self.traders.forget(account_id, settlement.expired)
        for name in [name for name, (_, of_day) in self.actors.items() if of_day < day]:
            del self.actors[name]

    # what follows from it

    def place(self, position: Position, now_ns: int) -> None:
        """Take in a position as it stands."""
        key = (position.account_id, position.book, position.instrument_id, position.direction)
        instrument = self._instruments.find(position.instrument_id)
        self._watch(key, position, instrument)
        row = position_figures(position, self._named(position.instrument_id, instrument), self._unit(position, now_ns))
        self._count(key, row)
        if position.quantity:
            self._told[key] = position
        else:
            self._told.pop(key, None)

    def fund(self, account: Account) -> None:
        """Take in an account's funds as they stand."""
        key = (account.account_id, account.book)
        self._funds[key] = account
        self.accounts[key] = account_figures(account, self.groups.worth(*key))
        self.changes.accounts[key] = None

    def quote(self, instrument_id: str, price: float, ts_event: int) -> None:
        """Take in the price of what held options are on: their deltas move with it."""
        if price == self._prices.get(instrument_id):
            return
        self._prices[instrument_id] = price
        for key in tuple(self.underlyings.get(instrument_id, ())):
            position = msgspec.structs.replace(self._told[key], ts_event=ts_event)
            self.place(position, ts_event)
            for book in dict.fromkeys(((key[0], ""), (key[0], key[1]))):
                funds = self._funds.get(book)
                if funds is not None:
                    self.fund(msgspec.structs.replace(funds, ts_event=max(funds.ts_event, ts_event)))

    def forget_changes(self) -> None:
        """All of them have been told: flat positions are gone for good."""
        changes = self.changes
        for key in changes.positions:
            if not self.positions[key].quantity:
                del self.positions[key]
        for each in (changes.trades, changes.orders, changes.positions, changes.accounts, changes.groups):
            each.clear()

    def _count(self, key: PositionKey, row: PositionFigures) -> None:
        shares = self.traders.split(key, row.quantity) if row.book else []
        self.changes.groups.update(dict.fromkeys(self.groups.change(row, shares)))
        self.positions[key] = row
        self.changes.positions[key] = None

    def _unit(self, position: Position, now_ns: int) -> UnitDelta | None:
        instrument = self._instruments.find(position.instrument_id)
        if instrument is None or not position.quantity:
            return None
        option = instrument.option
        forward = self._prices.get(option.underlying_id) if option is not None else None
        return self._deltas.of(instrument, last_price=position.last_price, underlying_price=forward, now_ns=now_ns)

    def _watch(self, key: PositionKey, position: Position, instrument: Instrument | None) -> None:
        """Let ticks of an option's underlying concern it while it is held."""
        if instrument is None or instrument.option is None:
            return
        held = self.underlyings.setdefault(instrument.option.underlying_id, {})
        if position.quantity:
            held[key] = None
        else:
            held.pop(key, None)

    def _named(self, instrument_id: str, instrument: Instrument | None) -> Named:
        named = self._names.get(instrument_id)
        if named is None:
            exchange = instrument_id.rpartition(".")[2]
            if instrument is None:
                return Named(instrument_id, exchange, OTHER)
            sector = sector_of(exchange, instrument.product_id, self._sectors)
            named = self._names[instrument_id] = Named(instrument.name, exchange, sector)
        return named

    def _multiplier(self, instrument_id: str) -> int | None:
        instrument = self._instruments.find(instrument_id)
        return None if instrument is None else instrument.contract_multiplier
