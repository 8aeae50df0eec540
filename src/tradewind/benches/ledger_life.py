"""A trading life for `bench ledger`: contracts with shipped rates, 1 000 positions, days of orders and fills."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.bus.desk_topics import APPROVED_ORDERS, CASH_MOVES, FILLS, ORDERS, SETTLEMENTS
from tradewind.domain.account import CashMove, Settlement
from tradewind.domain.order import (
    Fill,
    Offset,
    Order,
    OrderRequest,
    OrderStatus,
    Origin,
    PriceType,
    Side,
    TimeInForce,
)
from tradewind.domain.tick import Tick
from tradewind.kernel.clock import NS_PER_S
from tradewind.market import InstrumentTable, RateTable
from tradewind.market.calendar import RoundTheClockCalendar, china_date
from tradewind.portfolio import AccountSettings, PortfolioSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.domain.instrument import Instrument

BOOKS: Final = tuple(f"fund{number // 6}/strategy{number % 6}" for number in range(24))
START_NS: Final = 1_767_600_000 * NS_PER_S
FIRST_DAY: Final = china_date(START_NS)
SETTINGS: Final = PortfolioSettings(accounts=(AccountSettings(id="bench", initial_deposit=10**12),))
CALENDAR: Final = RoundTheClockCalendar()
_ORDERS_A_DAY: Final = 5_000
_PRICE: Final = Decimal(4_000)
_MARGIN, _FEE = Decimal(40_000), Decimal(12)


@cache
def tables() -> tuple[InstrumentTable, RateTable]:
    """Return the shipped tables."""
    instruments = InstrumentTable()
    return instruments, RateTable(instruments)


@cache
def contracts() -> tuple[Instrument, ...]:
    """Return 20 contracts of different products whose rates are shipped."""
    instruments, rates = tables()
    known: dict[str, Instrument] = {}
    for instrument in instruments.all():
        if rates.find(instrument.instrument_id, FIRST_DAY) is not None:
            known.setdefault(f"{instrument.exchange}.{instrument.product_id}", instrument)
    return tuple(known.values())[:20]


def opening() -> CashMove:
    """Return the first deposit."""
    return CashMove("open:bench", "bench", "", Decimal(10**12), "bench", "", FIRST_DAY, START_NS)


def fill(number: int, instrument_id: str, side: Side, offset: Offset, *, book: str, day: int = FIRST_DAY) -> Fill:
    """Return a fill of one lot; prices differ from fill to fill."""
    product, _, strategy = book.partition("/")
    return Fill(
        fill_id=str(number),
        order_id=str(number),
        client_order_id=f"c{number}",
        instruction_id="i",
        account_id="bench",
        product_code=product,
        strategy=strategy,
        instrument_id=instrument_id,
        side=side,
        offset=offset,
        quantity=1,
        price=_PRICE + number % 50,
        trading_day=day,
        ts_event=START_NS + number,
        ts_recv=START_NS + number,
    )


def thousand_positions() -> Iterator[Fill]:
    """Yield fills that give the account and 24 books both sides of 20 contracts: 1 000 positions of 3 lots or more."""
    number = 0
    for _ in range(3):
        for book in BOOKS:
            for instrument in contracts():
                for side in Side:
                    number += 1
                    yield fill(number, instrument.instrument_id, side, Offset.OPEN, book=book)


def tick(instrument: Instrument, step: int) -> Tick:
    """Return a tick of a contract, `step` price steps up; every few steps the price comes again."""
    price = round(4_000 + step % 64 * instrument.price_tick, instrument.price_digits)
    return Tick(
        instrument_id=instrument.instrument_id,
        seq=step + 1,
        ts_event=START_NS,
        ts_recv=START_NS,
        trading_day=FIRST_DAY,
        last_price=price,
        volume=1_000 + step,
        turnover=0.0,
        open_interest=0.0,
        bid_price=price,
        bid_volume=1,
        ask_price=price + instrument.price_tick,
        ask_volume=1,
        open_price=None,
        high_price=None,
        low_price=None,
        pre_settlement_price=None,
        pre_close_price=None,
        pre_open_interest=None,
        limit_up=None,
        limit_down=None,
        settlement_price=None,
        depth=None,
        volume_delta=1,
        turnover_delta=0.0,
    )


def life(events: int) -> Iterator[tuple[str, object]]:
    """Yield about that many events of record: orders that open and close in turn, each with its approval and fill."""
    yield CASH_MOVES.name, opening()
    count, number, day = 1, 0, FIRST_DAY
    while count < events:
        for _ in range(min(_ORDERS_A_DAY, (events - count) // 4 + 1)):
            number += 1
            yield from _order(number, day)
            count += 4
        prices = {instrument.instrument_id: _PRICE + day % 7 for instrument in contracts()}
        yield SETTLEMENTS.name, Settlement("bench", day, day + 1, prices, (), "bench", START_NS + number)
        count += 1
        day += 1


def _order(number: int, day: int) -> Iterator[tuple[str, object]]:
    pair = (number - 1) // 2
    instrument = contracts()[pair % 20]
    is_opening = number % 2 == 1 or pair % 200 == 0
    done = fill(
        number,
        instrument.instrument_id,
        Side.BUY if is_opening else Side.SELL,
        Offset.OPEN if is_opening else Offset.CLOSE_TODAY,
        book=BOOKS[pair % 24],
        day=day,
    )
    request = OrderRequest(
        client_order_id=done.client_order_id,
        instruction_id="i",
        account_id="bench",
        product_code=done.product_code,
        strategy=done.strategy,
        instrument_id=done.instrument_id,
        side=done.side,
        offset=done.offset,
        quantity=1,
        price=done.price,
        price_type=PriceType.LIMIT,
        time_in_force=TimeInForce.DAY,
        origin=Origin.STRATEGY,
        actor="",
        trading_day=day,
        ts_event=done.ts_event,
        cause="",
    )
    # As a journal gives it back: only the gate makes one.
    told = {"order": request, "decision_id": "d", "margin": _MARGIN if is_opening else Decimal(0)}
    told |= {"commission": _FEE, "ts_event": done.ts_event}
    yield APPROVED_ORDERS.name, msgspec.convert(told, APPROVED_ORDERS.event, from_attributes=True)
    accepted = _version(request, OrderStatus.ACCEPTED, 1, filled=0)
    yield ORDERS.name, accepted
    yield FILLS.name, done
    yield ORDERS.name, _version(request, OrderStatus.FILLED, 2, filled=1)


def _version(request: OrderRequest, status: OrderStatus, version: int, *, filled: int) -> Order:
    return Order(
        request=request,
        status=status,
        version=version,
        filled_quantity=filled,
        turnover=_PRICE * filled,
        order_id=request.client_order_id,
        margin=_MARGIN,
        commission=_FEE,
        is_cancel_sent=False,
        is_cancel_unknown=False,
        reason_code="",
        reason="",
        ts_event=request.ts_event,
    )
