"""What a snapshot of the gate holds: all that events of record have built, and the highest equity seen.

Positions, money and prices are not in it: the ledger and the market tell them anew after a start.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.order import OrderRequest
from tradewind.domain.trading_state import Scope, TradingState
from tradewind.pretrade.counters import Bursts, DayCount
from tradewind.pretrade.losses import Equity
from tradewind.pretrade.nearing import Mark
from tradewind.pretrade.working import Working

if TYPE_CHECKING:
    from tradewind.pretrade.gatekeeper import Gatekeeper

Window = tuple[Scope, str, list[int]]


class Kept(msgspec.Struct, frozen=True):
    """One snapshot."""

    number: int
    known: list[tuple[str, int]]
    undecided: list[OrderRequest]
    working: list[Working]
    states: list[TradingState]
    warned: list[Mark]
    warned_day: int
    orders: list[Window]
    cancels: list[Window]
    equals: list[tuple[str, str, str, str, Decimal | None, int, list[int]]]
    refusals: dict[str, list[int]]
    counts: list[tuple[str, str, DayCount]]
    bursts: dict[str, Bursts]
    fills: dict[str, dict[str, str]]
    equities: list[Equity]


def kept_of(gate: Gatekeeper) -> Kept:
    """Return the state as it stands."""
    desk = gate.desk
    pace, counters = desk.pace, desk.counters
    return Kept(
        number=gate.number,
        known=list(desk.known_ids.items()),
        undecided=list(gate.undecided.values()),
        working=list(desk.working.all()),
        states=list(desk.latch.states()),
        warned=list(gate.nearing.warned),
        warned_day=gate.nearing.trading_day,
        orders=[(*place, list(window)) for place, window in pace.orders.items()],
        cancels=[(*place, list(window)) for place, window in pace.cancels.items()],
        equals=[(*key, list(window)) for key, window in pace.equals.items()],
        refusals={strategy: list(window) for strategy, window in pace.refusals.items()},
        counts=[(*place, count) for place, count in counters.counts.items()],
        bursts=counters.bursts,
        fills=counters.fills,
        equities=list(desk.losses.equities.values()),
    )


def restore(gate: Gatekeeper, kept: Kept) -> None:
    """Bring a gate that has heard nothing yet to that state."""
    desk = gate.desk
    pace, counters = desk.pace, desk.counters
    gate.number = kept.number
    desk.known_ids.update(kept.known)
    gate.undecided.update((request.client_order_id, request) for request in kept.undecided)
    for working in kept.working:
        is_cancellable = working.is_cancellable
        gate.hold(working)
        working.is_cancellable = is_cancellable
    for state in kept.states:
        desk.latch.apply(state)
    gate.nearing.trading_day = kept.warned_day
    gate.nearing.warned.update(dict.fromkeys(kept.warned))
    for windows, rows in ((pace.orders, kept.orders), (pace.cancels, kept.cancels)):
        for scope, key, times in rows:
            pace.restore(windows, (scope, key), times)
    for *names, price, quantity, times in kept.equals:
        account, instrument_id, side, offset = names
        pace.equals[(account, instrument_id, side, offset, price, quantity)] = deque(times, pace.duplicates)
    for strategy, moments in kept.refusals.items():
        pace.refusals[strategy] = deque(moments, pace.refusals_limit)
    # Holding the orders has counted them into the day; the day's own counts are the snapshot's.
    counters.counts = {(account, instrument_id): count for account, instrument_id, count in kept.counts}
    counters.bursts = dict(kept.bursts)
    counters.fills = dict(kept.fills)
    for equity in kept.equities:
        desk.losses.restore(equity)
