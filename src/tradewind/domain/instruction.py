"""Instructions: the parent of every order. Somebody, or a strategy by its policy, wants a position changed.

An instruction has lines, one a contract; each line is worked by an algorithm that asks for orders until it is done.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tradewind.domain.book import Adjustment, Send, Step
from tradewind.domain.order import Origin, Side, TimeInForce
from tradewind.domain.prices import require_amount
from tradewind.errors import StateConflictError

if TYPE_CHECKING:
    from collections.abc import Mapping


class InstructionStatus(StrEnum):
    """Where an instruction stands. The book's workflow comes before WORKING; tickets and plans begin there."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    ACCEPTED = "accepted"
    """A trader has taken it; nothing is sent yet."""
    WORKING = "working"
    PARTLY_DONE = "partly_done"
    """As WORKING, with the first lots filled."""
    CANCELLING = "cancelling"
    """Nothing more is sent; its orders are being taken back."""
    DONE = "done"
    CLOSED = "closed"
    """Somebody looked at what came of it and put it away."""
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"


_S = InstructionStatus
_ENDS: Final = frozenset({_S.DONE, _S.CLOSED, _S.CANCELLING, _S.CANCELLED, _S.REJECTED, _S.EXPIRED})
TRANSITIONS: Final[Mapping[InstructionStatus, frozenset[InstructionStatus]]] = {
    _S.DRAFT: frozenset({_S.SUBMITTED, _S.CANCELLED, _S.WORKING, _S.EXPIRED}),
    _S.SUBMITTED: frozenset({_S.APPROVED, _S.REJECTED, _S.CANCELLED, _S.EXPIRED, _S.DRAFT}),
    _S.APPROVED: frozenset({_S.SUBMITTED, _S.ACCEPTED, _S.WORKING, _S.CANCELLED, _S.EXPIRED, _S.REJECTED}),
    _S.ACCEPTED: frozenset({_S.SUBMITTED, _S.APPROVED, _S.WORKING, _S.PARTLY_DONE, _S.DONE, _S.CANCELLED, _S.EXPIRED}),
    _S.WORKING: _ENDS | {_S.PARTLY_DONE},
    _S.PARTLY_DONE: _ENDS,
    _S.CANCELLING: frozenset({_S.CANCELLED, _S.DONE, _S.EXPIRED}),
    _S.DONE: frozenset({_S.CLOSED}),
    _S.CLOSED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.REJECTED: frozenset(),
    _S.EXPIRED: frozenset(),
}
AT_WORK: Final = frozenset({_S.WORKING, _S.PARTLY_DONE})
"""Its lines are worked: orders are asked for."""
OVER: Final = frozenset({_S.DONE, _S.CLOSED, _S.CANCELLED, _S.REJECTED, _S.EXPIRED})


def advance(status: InstructionStatus, to: InstructionStatus) -> InstructionStatus:
    """Return `to` if the table allows the move.

    Raises: StateConflictError: it does not.
    """
    if to not in TRANSITIONS[status]:
        allowed = ", ".join(sorted(TRANSITIONS[status])) or "nothing"
        message = f"an instruction cannot go from {status} to {to}; allowed: {allowed}"
        raise StateConflictError(message)
    return to


class Intent(StrEnum):
    """What a line wants of the position; which lots it closes is decided when orders are made."""

    OPEN = "open"
    CLOSE = "close"
    AUTO = "auto"
    """Close what stands against it first, open the rest."""


class Algorithm(StrEnum):
    """How a line is worked."""

    DIRECT = "direct"
    TWAP = "twap"
    VWAP = "vwap"
    ICEBERG = "iceberg"
    SNIPER = "sniper"


class Execution(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to work a line: algorithm, price and patience.

    `limit_price` is the worst price allowed, `None` for the market's. `duration_s` and `slices` for TWAP and VWAP,
    `display_quantity` for iceberg; `slip_ticks` how far beyond the opposite price an order may reach.
    """

    algorithm: Algorithm = Algorithm.DIRECT
    limit_price: Decimal | None = None
    slip_ticks: Annotated[int, Meta(ge=0, le=1_000)] = 2
    duration_s: Annotated[int, Meta(ge=0, le=86_400)] = 0
    slices: Annotated[int, Meta(ge=0, le=1_000)] = 0
    display_quantity: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    time_in_force: TimeInForce = TimeInForce.DAY
    patience_s: Annotated[int, Meta(ge=0, le=86_400)] = 0
    """Seconds after which a resting order is taken back and asked for anew at the market's price; 0: it rests."""

    def __post_init__(self) -> None:
        """Refuse what cannot be a price."""
        if self.limit_price is not None and require_amount(self.limit_price, "limit_price") <= 0:
            message = f"limit_price must be above 0, was {self.limit_price}"
            raise ValueError(message)


class Handling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the platform works an instruction of the book by itself: algorithm, bounds, and when it may begin.

    It begins when a trader accepts it, or at the approval; a line's own limit price goes before the execution's.
    Times in ns UTC, 0: at once, and until the day's end.
    """

    execution: Execution = Execution()
    starts: Literal["acceptance", "approval"] = "acceptance"
    max_order_quantity: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    """Lots of the largest order; 0: as many as the exchange takes."""
    participation: Decimal | None = None
    """Largest part of the market's volume since the beginning, above 0, at most 1."""
    begins_at: Annotated[int, Meta(ge=0)] = 0
    ends_at: Annotated[int, Meta(ge=0)] = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be a part or a stretch of time."""
        part = self.participation
        if part is not None and not 0 < require_amount(part, "participation") <= 1:
            message = f"participation must be above 0 and at most 1, was {part}"
            raise ValueError(message)
        if self.ends_at and self.ends_at <= self.begins_at:
            message = f"ends_at must be after begins_at ({self.begins_at}), was {self.ends_at}"
            raise ValueError(message)


class InstructionLine(msgspec.Struct, frozen=True):
    """One contract of an instruction, and how far it got; in the book one `send` of an adjustment."""

    instrument_id: str
    side: Side
    intent: Intent
    quantity: int
    execution: Execution
    working_quantity: int = 0
    """Lots of its live orders not filled yet."""
    filled_quantity: int = 0
    refused_quantity: int = 0
    """Lots the gate or the exchange refused, or that somebody took back: they are not asked for again."""
    missing_quantity: int = 0
    """Lots that could not be closed because none stood there."""
    turnover: Decimal = Decimal(0)
    arrival_price: Decimal | None = None
    reason_code: str = ""
    """Why a part of it will not be done."""
    send: Send | None = None

    @property
    def is_stopped(self) -> bool:
        """True for a send that somebody stopped: nothing more is asked for it until it is resumed."""
        return self.send is not None and self.send.is_stopped

    @property
    def unasked_quantity(self) -> int:
        """Return the lots neither filled, nor asked for, nor given up."""
        done = self.filled_quantity + self.working_quantity + self.refused_quantity + self.missing_quantity
        return 0 if self.is_stopped else self.quantity - done


class Instruction(msgspec.Struct, frozen=True, omit_defaults=True):
    """The wish to change positions; every change is a new `version` of the same `instruction_id`.

    `cause` names what it goes back to: an opportunity id, a button, another instruction. Times in ns UTC of the line.
    What follows after it belongs to the book: `adjustments` are what is wanted, `lines` what was sent of them.
    """

    instruction_id: str
    origin: Origin
    account_id: str
    product_code: str
    strategy: str
    actor: str
    status: InstructionStatus
    version: int
    lines: tuple[InstructionLine, ...]
    trading_day: int
    """Day it is for; what is left of it at that day's end expires. 0 until a quote told the day."""
    created_at: int
    updated_at: int
    reason_code: str
    reason: str
    cause: str
    adjustments: tuple[Adjustment, ...] = ()
    trader: str = ""
    """Who is asked to work it, or has taken it."""
    makers: tuple[str, ...] = ()
    """Who wrote, amended or submitted it: none of them may approve it."""
    handling: Handling | None = None
    """How the platform works it by itself, `None`: a trader sends."""
    expires_at: int = 0
    """When what is left of it expires, 0: at the end of its trading day."""
    total_current_delta_value: Decimal = Decimal(0)
    total_adjusted_delta_value: Decimal = Decimal(0)
    acted_version: int = 1
    """The version that the last act of a person made: who saw that one or a later one saw what people agreed on."""
    step: Step | None = None
    """The act that made just this version."""
    touched: tuple[int, ...] | None = None
    """The adjustments that this version changed, `None`: all."""

    @property
    def is_over(self) -> bool:
        """True when nothing more will come of it."""
        return self.status in OVER

    @property
    def is_of_book(self) -> bool:
        """True where it went through the book: its progress is counted by its adjustments."""
        return bool(self.adjustments)


class TriggerAction(StrEnum):
    """What a strategy's policy did about an opportunity."""

    BUY = "buy"
    SELL = "sell"
    CLOSE = "close"
    HOLD = "hold"


class TriggerResult(StrEnum):
    """What came of it."""

    SUCCESS = "success"
    FAILED = "failed"
    PENDING = "pending"


class Trigger(msgspec.Struct, frozen=True):
    """A strategy's condition came true: what, at which price, what was done and what came of it. Source: seed 001."""

    trigger_id: str
    strategy: str
    instrument_id: str
    condition: str
    price: Decimal | None
    action: TriggerAction
    result: TriggerResult
    version: int
    order_id: str
    """The client order id of its first order, "" where none was made."""
    error: str
    ts_event: int
    updated_at: int
    instruction_id: str
    cause: str
