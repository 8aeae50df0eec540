"""The life of an order as a table: every state, every thing that can happen, and what comes of it.

A cell is the next state; `.` means the order stays as it is; `!` asks for a person's attention, because our belief and
the exchange's word differ. `lost` is a rejected order whose end is our own conclusion, asked for and found nowhere: it
alone may come back to life by a mere report. Everything else that is over moves only for money: a late fill.
A broker that is busy is no event: the order is pending as before. CTP sends reports of orders and fills in any order.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from tradewind.domain.order import Order, OrderStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

LOST: Final = "lost"
"""Reason code of an order that a complete query did not find."""

State = Literal["pending", "sent", "unknown", "accepted", "partial", "filled", "cancelled", "rejected", "lost"]


class OrderEvent(StrEnum):
    """What can happen to an order."""

    SENT = "sent"
    """The broker took it for sending."""
    SEND_UNKNOWN = "send_unknown"
    """The broker cannot say whether it went out."""
    SEND_REFUSED = "send_refused"
    TIMED_OUT = "timed_out"
    """No answer in time."""
    CUT = "cut"
    """The connection it was sent over is gone."""
    RESTARTED = "restarted"
    """We are a new process; the journal says that it may have been sent."""
    WITHDRAWN = "withdrawn"
    """Taken back before it was sent."""
    VENUE_LIVE = "venue_live"
    """The exchange has it."""
    VENUE_CANCELLED = "venue_cancelled"
    VENUE_REJECTED = "venue_rejected"
    FILL = "fill"
    """Lots were done and some remain."""
    LAST_FILL = "last_fill"
    OVERFILL = "overfill"
    """More was done than was asked."""
    NOT_FOUND = "not_found"
    """A complete query, asked long enough after it was sent, does not have it."""


class Reaction(msgspec.Struct, frozen=True):
    """What comes of an event: the next state, `None` to stay, and whether a person must look."""

    state: State | None
    is_alarm: bool


_TABLE: Final = """
                 pending    sent       unknown    accepted   partial    filled   cancelled  rejected  lost
sent             sent       .          .          .          .          .        .          .         .
send_unknown     unknown    unknown    .          .          .          .        .          .         .
send_refused     rejected   rejected   rejected   .!         .!         .!       .          .         rejected
timed_out        .          unknown    .          .          .          .        .          .         .
cut              .          unknown    .          .          .          .        .          .         .
restarted        unknown    unknown    .          .          .          .        .          .         .
withdrawn        cancelled  .          .          .          .          .        .          .         .
venue_live       accepted!  accepted   accepted   .          .          .        .          .         accepted!
venue_cancelled  cancelled! cancelled  cancelled  cancelled  cancelled  .        .          .         cancelled!
venue_rejected   rejected   rejected   rejected   rejected   cancelled! .!       .          .         rejected
fill             partial!   partial    partial    partial    partial    .!       partial!   partial!  partial!
last_fill        filled!    filled     filled     filled     filled     .!       filled!    filled!   filled!
overfill         filled!    filled!    filled!    filled!    filled!    .!       filled!    filled!   filled!
not_found        .          .          lost!      cancelled! cancelled! .        .          .         .
"""


def _read(table: str) -> dict[tuple[State, OrderEvent], Reaction]:
    head, *rows = [line.split() for line in table.strip().splitlines()]
    cells: dict[tuple[State, OrderEvent], Reaction] = {}
    states: list[State] = [msgspec.convert(name, State) for name in head]
    for name, *row in rows:
        for state, cell in zip(states, row, strict=True):
            to = cell.removesuffix("!")
            following = None if to == "." else msgspec.convert(to, State)
            cells[state, OrderEvent(name)] = Reaction(following, cell.endswith("!"))
    return cells


REACTIONS: Final[Mapping[tuple[State, OrderEvent], Reaction]] = _read(_TABLE)
_STATE_OF: Final[Mapping[OrderStatus, State]] = {status: msgspec.convert(status.value, State) for status in OrderStatus}


def state_of(order: Order) -> State:
    """Return the row of the table an order stands in."""
    if order.status is OrderStatus.REJECTED and order.reason_code == LOST:
        return "lost"
    return _STATE_OF[order.status]


def react(order: Order, event: OrderEvent) -> Reaction:
    """Look up what comes of `event`; every pair has an answer."""
    return REACTIONS[state_of(order), event]


def status_of(state: State) -> OrderStatus:
    """Return the status that others see."""
    return OrderStatus.REJECTED if state == "lost" else OrderStatus(state)


def moved(order: Order, state: State, *, ts: int, reason_code: str = "", reason: str = "") -> Order:
    """Return the next version of an order in another state; a state that is over asks for no cancel any more."""
    is_live = state in {"pending", "sent", "unknown", "accepted", "partial"}
    return msgspec.structs.replace(
        order,
        status=status_of(state),
        version=order.version + 1,
        reason_code=LOST if state == "lost" else reason_code,
        reason=reason,
        ts_event=max(ts, order.ts_event),
        is_cancel_sent=order.is_cancel_sent and is_live,
        is_cancel_unknown=order.is_cancel_unknown and is_live,
    )


def fill_event(order: Order, quantity: int) -> OrderEvent:
    """Tell which of the three kinds of fill `quantity` more lots are."""
    remaining = order.remaining_quantity - quantity
    if remaining > 0:
        return OrderEvent.FILL
    return OrderEvent.LAST_FILL if remaining == 0 else OrderEvent.OVERFILL
