"""What people may say to the instruction book: write, approve, take, work, close; and what they may ask of it.

Each command that changes an instruction may name the version it was decided on: where a person has changed it since,
it is refused as stale, so that nobody approves or amends what they have not seen. Orders and fills make nothing stale.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tradewind.domain.book import AdjustmentStatus
from tradewind.domain.instruction import Execution, Handling, InstructionStatus
from tradewind.domain.message import AccountId, Ask, Directive, InstrumentId, Lots, Name, Text
from tradewind.domain.order import Offset
from tradewind.domain.prices import require_amount
from tradewind.domain.rights import Permission

if TYPE_CHECKING:
    from collections.abc import Mapping

InstructionId = Annotated[str, Meta(min_length=1, max_length=200)]
Position = Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]
Version = Annotated[int, Meta(ge=0, description="the version that was looked at; 0: whichever it is now")]
SeenVersion = Annotated[int, Meta(ge=1, description="the version that was looked at")]
Number = Annotated[int, Meta(ge=0, le=100_000)]
Basis = Literal["account", "product"]
MAX_LINES: Final = 1_000
_MAX_WEIGHT: Final = 100


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One contract's position as it is wanted, in one of three ways.

    `target` lots to hold (long − short), `delta` lots to add (negative: to take away), or `weight`: part of the equity,
    negative for short, rounded towards zero to whole lots. `held`: the lots that its writer saw held; where others are
    held by the time it is written, it is refused.
    """

    instrument_id: InstrumentId
    target: Position | None = None
    delta: Position | None = None
    weight: Decimal | None = None
    limit_price: Decimal | None = None
    held: Position | None = None

    def __post_init__(self) -> None:
        """Refuse what is no single wish.

        Raises: ValueError: none or several of the three ways, or a number that can be none.
        """
        ways = [name for name in ("target", "delta", "weight") if getattr(self, name) is not None]
        if len(ways) != 1:
            given = ", ".join(ways) or "none"
            message = f"exactly one of target, delta, weight is needed, was {given} ({self.instrument_id})"
            raise ValueError(message)
        if self.weight is not None and abs(require_amount(self.weight, "weight")) > _MAX_WEIGHT:
            message = f"weight must be from -{_MAX_WEIGHT} to {_MAX_WEIGHT}, was {self.weight} ({self.instrument_id})"
            raise ValueError(message)
        if self.limit_price is not None and require_amount(self.limit_price, "limit_price") <= 0:
            message = f"limit_price must be above 0, was {self.limit_price} ({self.instrument_id})"
            raise ValueError(message)


Wishes = Annotated[tuple[Wish, ...], Meta(min_length=1, max_length=MAX_LINES)]


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an instruction is to be; written anew by each amendment.

    `basis` says whose equity weights are parts of. `expires_at` in ns UTC, 0: at the end of the trading day.
    """

    wishes: Wishes
    basis: Basis = "account"
    handling: Handling | None = None
    trader: Annotated[str, Meta(max_length=64)] = ""
    """Who is asked to work it; "": any trader may take it."""
    expires_at: Annotated[int, Meta(ge=0)] = 0
    reason: Text = ""


class AskBook(Ask, frozen=True, kw_only=True, tag="book"):
    """Instructions of the book at hand, the newest first; `after` is the last id of the page before."""

    status: tuple[InstructionStatus, ...] = ()
    product_code: Annotated[str, Meta(max_length=32)] = ""
    account_id: Annotated[str, Meta(max_length=50)] = ""
    instrument_id: Annotated[str, Meta(max_length=40)] = ""
    person: Annotated[str, Meta(max_length=64)] = ""
    """Who wrote it or works it."""
    after: Annotated[str, Meta(max_length=200)] = ""
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


class AskBookEntry(Ask, frozen=True, kw_only=True, tag="book_entry"):
    """One instruction with the progress of each adjustment, and what may be done with it."""

    instruction_id: InstructionId


class AskTimeline(Ask, frozen=True, kw_only=True, tag="book_timeline"):
    """Who did what with an instruction, when, by which door and why; each step with the version it made."""

    instruction_id: InstructionId


class AskDetails(Ask, frozen=True, kw_only=True, tag="book_details"):
    """The orders and the fills made elsewhere that an instruction's progress consists of."""

    instruction_id: InstructionId


class AskBookWhatIf(Ask, frozen=True, kw_only=True, tag="book_what_if"):
    """Would what is left of an instruction pass, and what would margin, funds and limits be: the gate's own code."""

    instruction_id: InstructionId


class AskToAdjust(Ask, frozen=True, kw_only=True, tag="book_to_adjust"):
    """Contracts whose positions approved instructions still want changed. Source: C-004-4."""


class AskToTrade(Ask, frozen=True, kw_only=True, tag="book_to_trade"):
    """Adjustments that wait for a trader, line by line. Source: C-004-3."""

    status: AdjustmentStatus | None = None


class DraftInstruction(Directive, frozen=True, kw_only=True, tag="draft_instruction"):
    """Write an instruction; `is_submitted` hands it in at once."""

    account_id: AccountId
    draft: Draft
    product_code: Annotated[str, Meta(max_length=32)] = ""
    strategy: Annotated[str, Meta(max_length=64)] = ""
    is_submitted: bool = False


class DraftFromOpportunity(Directive, frozen=True, kw_only=True, tag="draft_from_opportunity"):
    """Write an instruction that follows an opportunity: its contract and side, its price as the limit if wanted."""

    account_id: AccountId
    opportunity_id: Annotated[str, Meta(min_length=1, max_length=200)]
    quantity: Lots
    is_limited: bool = False
    """With the opportunity's entry price as the worst one allowed."""
    product_code: Annotated[str, Meta(max_length=32)] = ""
    strategy: Annotated[str, Meta(max_length=64)] = ""
    handling: Handling | None = None
    trader: Annotated[str, Meta(max_length=64)] = ""
    is_submitted: bool = False
    reason: Text = ""


class _Aimed(Directive, frozen=True, kw_only=True):
    """A command about one instruction."""

    instruction_id: InstructionId
    expected_version: Version = 0
    reason: Text = ""


class AmendInstruction(Directive, frozen=True, kw_only=True, tag="amend_instruction"):
    """Write an instruction anew.

    What was handed in must be approved again; of what is worked only lots not yet asked for may change.
    """

    instruction_id: InstructionId
    expected_version: SeenVersion
    draft: Draft


class SubmitInstruction(_Aimed, frozen=True, kw_only=True, tag="submit_instruction"):
    """Hand a draft in."""


class WithdrawInstruction(_Aimed, frozen=True, kw_only=True, tag="withdraw_instruction"):
    """Take it back, whoever has it; its live orders are cancelled, what was done stays done."""


class ApproveInstruction(Directive, frozen=True, kw_only=True, tag="approve_instruction"):
    """Let it be traded. What the gate would refuse is not approved, unless the settings let an approver say so."""

    instruction_id: InstructionId
    expected_version: SeenVersion
    overrides_risk: bool = False
    reason: Text = ""


class RejectInstruction(Directive, frozen=True, kw_only=True, tag="reject_instruction"):
    """Refuse it for good, with a reason."""

    instruction_id: InstructionId
    expected_version: SeenVersion
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class AcceptInstruction(_Aimed, frozen=True, kw_only=True, tag="accept_instruction"):
    """Take it to work; slippage is counted from the prices of this moment."""


class DeclineInstruction(_Aimed, frozen=True, kw_only=True, tag="decline_instruction"):
    """Give it back before anything was sent; another trader may take it."""


class ReassignInstruction(_Aimed, frozen=True, kw_only=True, tag="reassign_instruction"):
    """Give it to another trader."""

    trader: Name


class SendAdjustment(_Aimed, frozen=True, kw_only=True, tag="send_adjustment"):
    """Send an adjustment, or part of it, to the market; without `quantity` all that is left."""

    adjustment: Number
    quantity: Lots | None = None
    execution: Execution = Execution()


class StopSend(_Aimed, frozen=True, kw_only=True, tag="stop_send"):
    """Ask for nothing more and take back what is live, of one send or (`send` null) of all."""

    send: Number | None = None


class ResumeSend(_Aimed, frozen=True, kw_only=True, tag="resume_send"):
    """Go on with a stopped send."""

    send: Number


class RecordFill(_Aimed, frozen=True, kw_only=True, tag="record_fill"):
    """Record a fill made elsewhere. It counts as progress; `is_booked`: the ledger counts it too, once for ever."""

    adjustment: Number
    trade_id: Annotated[str, Meta(min_length=1, max_length=50)]
    quantity: Lots
    price: Decimal
    offset: Offset
    is_booked: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be a price."""
        if require_amount(self.price, "price") <= 0:
            message = f"price must be above 0, was {self.price}"
            raise ValueError(message)


class WaiveAdjustment(_Aimed, frozen=True, kw_only=True, tag="waive_adjustment"):
    """Say that what is left of an adjustment will not be done."""

    adjustment: Number


class CloseInstruction(_Aimed, frozen=True, kw_only=True, tag="close_instruction"):
    """Put it away: what is done is done, what is left will not be."""


BookQuestion = AskBook | AskBookEntry | AskTimeline | AskDetails | AskBookWhatIf | AskToAdjust | AskToTrade
AboutOne = (
    AmendInstruction | SubmitInstruction | WithdrawInstruction | ApproveInstruction | RejectInstruction
    | AcceptInstruction | DeclineInstruction | ReassignInstruction | SendAdjustment | StopSend | ResumeSend | RecordFill
    | WaiveAdjustment | CloseInstruction
)  # fmt: skip
"""Commands about an instruction that there is."""
BookCommand = DraftInstruction | DraftFromOpportunity | AboutOne

_P = Permission
BOOK_NEEDS: Final[Mapping[type[Ask | Directive], Permission]] = {
    **dict.fromkeys((AskBook, AskBookEntry, AskTimeline, AskDetails, AskBookWhatIf, AskToAdjust, AskToTrade), _P.VIEW),
    **dict.fromkeys((DraftInstruction, DraftFromOpportunity, AmendInstruction), _P.INSTRUCT),
    **dict.fromkeys((SubmitInstruction, WithdrawInstruction), _P.INSTRUCT),
    **dict.fromkeys((ApproveInstruction, RejectInstruction), _P.APPROVE),
    **dict.fromkeys((AcceptInstruction, DeclineInstruction, ReassignInstruction, SendAdjustment), _P.TRADE),
    **dict.fromkeys((StopSend, ResumeSend, RecordFill, WaiveAdjustment, CloseInstruction), _P.TRADE),
}
"""The permission each message asks for, merged into `domain.desk.NEEDS`."""
