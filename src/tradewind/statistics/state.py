"""What the room folds from the record, as bytes; positions and accounts are told again by the ledger."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.account import Direction
from tradewind.domain.order import Side
from tradewind.errors import StoreError
from tradewind.statistics.trades import TradeSum
from tradewind.statistics.working import OrderSum, WorkingOrder

if TYPE_CHECKING:
    from tradewind.statistics.summary import Summary

FORM = 1
"""Raised whenever the form below changes; a snapshot of another form is not read, the journal is."""


class TradeState(msgspec.Struct, frozen=True, array_like=True):
    """One row of trades."""

    key: tuple[str, str, str, str, Side, int]
    multiplier: int
    fills: int
    quantity: int
    value: Decimal
    commission: Decimal
    ts_event: int


class WorkingState(msgspec.Struct, frozen=True, array_like=True):
    """One live order."""

    name: str
    key: tuple[str, str, str, str, Side]
    trading_day: int
    version: int
    quantity: int
    filled_quantity: int
    frozen_margin: Decimal


class TradersState(msgspec.Struct, frozen=True, array_like=True):
    """Whose lots one position is made of, the oldest first."""

    key: tuple[str, str, str, Direction]
    lots: dict[str, int]


class SummaryState(msgspec.Struct, frozen=True, array_like=True):
    """Everything."""

    form: int
    trades: list[TradeState]
    seen: dict[int, list[tuple[str, int, str, str]]]
    trades_ended: dict[str, int]
    orders: list[WorkingState]
    order_times: list[tuple[tuple[str, str, str, str, Side], int]]
    over: dict[str, tuple[int, int]]
    orders_ended: dict[str, int]
    traders: list[TradersState]
    actors: dict[str, tuple[str, int]]


def dump(summary: Summary) -> bytes:
    """Return the state of the room."""
    trades, working = summary.trades, summary.working
    state = SummaryState(
        form=FORM,
        trades=[
            TradeState(key, row.multiplier, row.fills, row.quantity, row.value, row.commission, row.ts_event)
            for key, row in trades.sums.items()
        ],
        seen={day: sorted(names) for day, names in trades.seen.items()},
        trades_ended=trades.ended,
        orders=[
            WorkingState(
                name, each.key, each.trading_day, each.version, each.quantity, each.filled_quantity, each.frozen_margin
            )
            for name, each in working.orders.items()
        ],
        order_times=[(key, row.ts_event) for key, row in working.sums.items()],
        over=working.over,
        orders_ended=working.ended,
        traders=[TradersState(key, lots) for key, lots in summary.traders.lots.items()],
        actors=summary.actors,
    )
    return msgspec.msgpack.encode(state)


def load(summary: Summary, data: bytes) -> None:
    """Bring an empty room to that state.

    Raises: StoreError: it is no state of ours, or of another form: read the journal from its beginning instead.
    """
    try:
        state = msgspec.msgpack.decode(data, type=SummaryState)
    except msgspec.DecodeError as error:
        message = f"the snapshot of the statistics cannot be read ({error}); delete it: the journal has everything"
        raise StoreError(message) from error
    if state.form != FORM:
        message = f"the snapshot of the statistics is of form {state.form}, readable is {FORM}; delete it"
        raise StoreError(message)
    trades, working = summary.trades, summary.working
    for row in state.trades:
        trades.sums[row.key] = TradeSum(
            row.multiplier, row.fills, row.quantity, row.value, row.commission, row.ts_event
        )
    trades.seen = {day: set(names) for day, names in state.seen.items()}
    trades.ended = state.trades_ended
    for key, ts_event in state.order_times:
        working.sums[key] = OrderSum(ts_event=ts_event)
    for each in state.orders:
        order = WorkingOrder(
            each.key, each.trading_day, each.version, each.quantity, each.filled_quantity, each.frozen_margin
        )
        working.orders[each.name] = order
        working.sums[each.key].add(order, 1)
    working.over = state.over
    working.ended = state.orders_ended
    summary.traders.lots = {each.key: each.lots for each in state.traders}
    summary.actors = state.actors
