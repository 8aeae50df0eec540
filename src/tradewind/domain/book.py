"""The words of the instruction book (指令): acts, adjustments of positions, sends, fills made elsewhere.

An adjustment is one contract of an instruction: what was held when it was written, and what is to be held. A send is a
part of it that is asked of the market; how far an adjustment got follows from its sends and its fills made elsewhere,
and from nothing else. Source: C-004-7 (PositionAdjustment, InstructionDetail).
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from tradewind.domain.order import Offset, Side

BOOK: Final = "B"
"""How ids of the book's instructions begin; those of tickets, buttons and plans begin otherwise."""


def is_of_book(instruction_id: str) -> bool:
    """Say whether an instruction went through the book: `B` and six digits or more."""
    return instruction_id[:1] == BOOK and instruction_id[1:].isdecimal()


class Act(StrEnum):
    """What somebody, or the platform, does with an instruction; which states allow it is a table of the book's room."""

    DRAFT = "draft"
    AMEND = "amend"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    REJECT = "reject"
    ACCEPT = "accept"
    DECLINE = "decline"
    """A trader gives it back to whoever takes it."""
    REASSIGN = "reassign"
    START = "start"
    """Automatic execution begins."""
    SEND = "send"
    STOP = "stop"
    RESUME = "resume"
    FILL = "fill"
    """A fill made elsewhere is recorded."""
    WAIVE = "waive"
    """What is left of an adjustment will not be done."""
    CLOSE = "close"
    EXPIRE = "expire"
    PROGRESS = "progress"
    """Orders and fills have changed where it stands; nobody does this."""


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of an instruction's timeline: who did what, when (ns UTC), by which door, why.

    `note_code` and `note_args` say what changed, `note` the same in English (`domain.step_notes`); `request_id` lets an
    act happen once.
    """

    act: Act
    actor: str
    ts: int
    source: str = ""
    reason: str = ""
    note: str = ""
    request_id: str = ""
    note_code: str = ""
    note_args: dict[str, str] = {}


class Send(msgspec.Struct, frozen=True, omit_defaults=True):
    """What makes a worked line a part of an adjustment: which, sent by whom and when, within which bounds.

    Times in ns UTC, 0: none. `participation` is the largest part of the market's volume since the send that it may be.
    """

    adjustment: int
    sent_by: str
    started_at: int
    is_stopped: bool = False
    begins_at: int = 0
    ends_at: int = 0
    max_order_quantity: int = 0
    participation: Decimal | None = None
    volume_before: int = 0
    """The contract's volume of the day when it began."""


class ManualFill(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fill made elsewhere, by phone or at another desk, as a trader recorded it.

    `is_booked`: the ledger counts it too, as a fill of an order that is not ours; else it counts as progress alone.
    """

    trade_id: str
    side: Side
    offset: Offset
    quantity: int
    price: Decimal
    trading_day: int
    recorded_by: str
    ts: int
    is_booked: bool = False


class AdjustmentStatus(StrEnum):
    """Where an adjustment stands; it follows from its fills and sends."""

    WAITING = "waiting"
    WORKING = "working"
    PARTLY_DONE = "partly_done"
    DONE = "done"
    WAIVED = "waived"


class Adjustment(msgspec.Struct, frozen=True, omit_defaults=True):
    """One contract's position to be changed. Lots; `adjusted_position` is signed (long − short), prices per unit.

    `current_long` and `current_short` are what was held when it was written; `wish` says in which words it was asked
    for, and what was rounded; `weighed` says it with an account's equity, which is for those alone who see all of the
    account (`domain.whose.as_seen`). `arrival_price` is the last price when a trader took it: slippage is counted from
    there.
    """

    instrument_id: str
    current_long: int
    current_short: int
    adjusted_position: int
    contract_multiplier: int
    price_tick: Decimal
    wish: str = ""
    weighed: str = ""
    limit_price: Decimal | None = None
    reference_price: Decimal | None = None
    current_delta_value: Decimal = Decimal(0)
    adjusted_delta_value: Decimal = Decimal(0)
    arrival_price: Decimal | None = None
    is_waived: bool = False
    manual_fills: tuple[ManualFill, ...] = ()
    working_quantity: int = 0
    """Lots sent and not filled yet, those still to be asked for included."""
    filled_quantity: int = 0
    refused_quantity: int = 0
    turnover: Decimal = Decimal(0)

    @property
    def current_position(self) -> int:
        """Return the lots held when it was written, long − short."""
        return self.current_long - self.current_short

    @property
    def side(self) -> Side:
        """Return what it takes to get there."""
        return Side.BUY if self.adjusted_position >= self.current_position else Side.SELL

    @property
    def quantity(self) -> int:
        """Return the lots to buy or sell."""
        return abs(self.adjusted_position - self.current_position)

    @property
    def left_quantity(self) -> int:
        """Return the lots neither done nor sent, that somebody may still send."""
        return 0 if self.is_waived else max(self.quantity - self.filled_quantity - self.working_quantity, 0)

    @property
    def is_complete(self) -> bool:
        """True when nothing more will be done for it."""
        return self.filled_quantity >= self.quantity or (self.is_waived and not self.working_quantity)

    @property
    def status(self) -> AdjustmentStatus:
        """Return where it stands."""
        if self.filled_quantity >= self.quantity:
            return AdjustmentStatus.DONE
        if self.is_waived and not self.working_quantity:
            return AdjustmentStatus.WAIVED
        if self.filled_quantity:
            return AdjustmentStatus.PARTLY_DONE
        return AdjustmentStatus.WORKING if self.working_quantity else AdjustmentStatus.WAITING

    @property
    def average_price(self) -> Decimal | None:
        """Return the average price of what was done, `None` before the first fill."""
        return self.turnover / self.filled_quantity if self.filled_quantity else None

    @property
    def slippage(self) -> Decimal | None:
        """Return money lost (positive) or won against the arrival price on what was done; `None` where unknown."""
        if self.arrival_price is None or not self.filled_quantity:
            return None
        sign = 1 if self.side is Side.BUY else -1
        return sign * (self.turnover - self.arrival_price * self.filled_quantity) * self.contract_multiplier

    @property
    def slippage_ticks(self) -> Decimal | None:
        """Return the same per lot, in price steps."""
        average = self.average_price
        if self.arrival_price is None or average is None:
            return None
        sign = 1 if self.side is Side.BUY else -1
        return sign * (average - self.arrival_price) / self.price_tick
