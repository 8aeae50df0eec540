"""Answers people at the instruction book: its room decides, the gate judges, the ledger books fills made elsewhere.

Every answer is held to the reach of whoever asks: product × account of the instruction. Commands are held to it before
they come here (`Deeds.require`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.domain import book_messages as book
from tradewind.domain.account import Direction
from tradewind.domain.order import Offset, Side
from tradewind.domain.prices import exact_price
from tradewind.domain.whose import as_seen
from tradewind.errors import InputError, NotAllowedError
from tradewind.instructions.book_queries import entry_of, lines_left

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.domain.instruction import Instruction
    from tradewind.domain.order import OrderRequest
    from tradewind.domain.rights import Reach
    from tradewind.domain.whose import Owner
    from tradewind.instructions.book_queries import BookEntry
    from tradewind.instructions.children import Taken
    from tradewind.runtime.desk.bounds import Bounds
    from tradewind.runtime.desk.rooms import DeskRooms

    Handler = Callable[[Any, Reach], object]
    AskedOne = book.AskBookEntry | book.AskTimeline | book.AskDetails | book.AskBookWhatIf

OF_THE_MOMENT: Final = frozenset(
    {"hours", "stale_data", "order_rate", "cancel_rate", "duplicate", "client_id", "fat_finger", "price_band"}
)
"""Rules about one order or one moment: an instruction that waits for the open, or is to be split, is not worse for it.

Each of its orders meets them all the same.
"""


class TimelineStep(msgspec.Struct, frozen=True):
    """One line of a timeline: the act, who and when, and the version and state that followed."""

    version: int
    status: str
    act: str
    actor: str
    ts: int
    source: str
    reason: str
    note: str
    """What changed, in English; `note_code` with `note_args` says the same for pages in other languages."""
    note_code: str
    note_args: dict[str, str]


class BookOffice:
    """The book's part of the office: handlers by message, each with the reach of whoever asks."""

    def __init__(self, rooms: DeskRooms, bounds: Bounds) -> None:
        self._rooms = rooms
        self._bounds = bounds
        room = rooms.instructions
        room.book.judge = self._judge
        queries, writes, work = room.book_queries, room.book, room.work
        self.answers: Mapping[type, Handler] = {
            book.AskBook: queries.page,
            book.AskBookEntry: lambda ask, reach: _entry(self._told(ask, reach), reach),
            book.AskTimeline: self._timeline,
            book.AskDetails: self._details,
            book.AskBookWhatIf: self._what_if,
            book.AskToAdjust: lambda _ask, reach: queries.to_adjust(reach),
            book.AskToTrade: lambda ask, reach: queries.to_trade(ask.status, reach),
        }
        self.deeds: Mapping[type, Handler] = {
            book.DraftInstruction: self._draft,
            book.DraftFromOpportunity: self._draft_from_opportunity,
            book.RecordFill: self._record,
            book.AmendInstruction: self._amend,
            book.SubmitInstruction: self._aimed(writes.submit),
            book.WithdrawInstruction: self._aimed(writes.withdraw),
            book.ApproveInstruction: self._aimed(writes.approve),
            book.RejectInstruction: self._aimed(writes.reject),
            book.AcceptInstruction: self._aimed(work.accept),
            book.DeclineInstruction: self._aimed(work.decline),
            book.ReassignInstruction: self._aimed(work.reassign),
            book.SendAdjustment: self._aimed(work.send),
            book.StopSend: self._aimed(work.stop),
            book.ResumeSend: self._aimed(work.resume),
            book.WaiveAdjustment: self._aimed(work.waive),
            book.CloseInstruction: self._aimed(work.close),
        }

    # questions

    def _timeline(self, ask: book.AskTimeline, reach: Reach) -> list[TimelineStep]:
        self._told(ask, reach)
        return [_shown(taken) for taken in self._rooms.instructions.book_queries.timeline(ask.instruction_id)]

    def _details(self, ask: book.AskDetails, reach: Reach) -> object:
        self._told(ask, reach)
        return self._rooms.instructions.book_queries.details(ask.instruction_id)

    def _what_if(self, ask: book.AskBookWhatIf, reach: Reach) -> object:
        judged = self._rooms.pretrade.what_if(self._requests(self._told(ask, reach)))
        return self._bounds.own_part(judged, reach)

    # deeds

    def _draft(self, do: book.DraftInstruction, reach: Reach) -> object:
        self._bounds.require_account(do.account_id, reach)
        self._require_earlier(do, reach)
        self._require_weighable(do.draft, do.account_id, reach)
        return _entry(self._rooms.instructions.book.draft(do), reach)

    def _draft_from_opportunity(self, do: book.DraftFromOpportunity, reach: Reach) -> object:
        self._bounds.require_account(do.account_id, reach)
        self._require_earlier(do, reach)
        rooms = self._rooms
        found = rooms.instructions.opportunities.require(do.opportunity_id, rooms.clock.now_ns())
        instrument = rooms.instruments.require(found.instrument_id)
        wish = book.Wish(
            instrument_id=found.instrument_id,
            delta=do.quantity if found.side == "buy" else -do.quantity,
            limit_price=exact_price(found.entry_price, instrument.price_digits) if do.is_limited else None,
        )
        reason = do.reason or f"opportunity {found.opportunity_id}, confidence {found.confidence:.2f}"
        written = book.DraftInstruction(
            actor=do.actor,
            source=do.source,
            request_id=do.request_id,
            account_id=do.account_id,
            product_code=do.product_code,
            strategy=do.strategy,
            draft=book.Draft(wishes=(wish,), handling=do.handling, trader=do.trader, reason=reason),
            is_submitted=do.is_submitted,
        )
        return _entry(rooms.instructions.book.draft(written, cause=found.opportunity_id), reach)

    def _amend(self, do: book.AmendInstruction, reach: Reach) -> object:
        told = self._rooms.instructions.find_in_book(do.instruction_id)
        self._require_weighable(do.draft, told.account_id, reach)
        return _entry(self._rooms.instructions.book.amend(do), reach)

    def _require_weighable(self, draft: book.Draft, account_id: str, reach: Reach) -> None:
        """Refuse weights of an account's equity to whoever does not see it: the lots would tell it."""
        is_weighed = draft.basis == "account" and any(wish.weight is not None for wish in draft.wishes)
        if is_weighed and not reach.covers("", account_id):
            message = (
                "what the whole account is worth is beyond your reach: take weights of the product's (basis product)"
            )
            raise NotAllowedError(message)

    def _require_earlier(self, do: book.DraftInstruction | book.DraftFromOpportunity, reach: Reach) -> None:
        """Tell nobody of what the same request wrote while they reached further."""
        earlier = self._rooms.instructions.book.written_by(do)
        if earlier is not None:
            self._bounds.require(reach, do, ((earlier.product_code, earlier.account_id),))

    def _record(self, do: book.RecordFill, reach: Reach) -> object:
        told = self._rooms.instructions.find_in_book(do.instruction_id)
        if do.is_booked and do.adjustment < len(told.adjustments):
            self._require_closable(told, do, reach)
        told = self._rooms.instructions.work.record(do)
        if do.is_booked:
            self._rooms.book_elsewhere()
        return _entry(told, reach)

    def _require_closable(self, told: Instruction, do: book.RecordFill, reach: Reach) -> None:
        """Refuse a fill that closes more than the account holds: the ledger could not book it."""
        adjustment = told.adjustments[do.adjustment]
        if do.offset is Offset.OPEN:
            return
        closed = Direction.SHORT if adjustment.side is Side.BUY else Direction.LONG
        held = sum(
            position.quantity
            for position in self._rooms.portfolio.queries.positions(told.account_id)
            if (position.instrument_id, position.direction) == (adjustment.instrument_id, closed)
        )
        if do.quantity > held:
            # Others' part of a shared account is not told.
            lots = str(held) if reach.covers("", told.account_id) else "fewer"
            message = (
                f"account {told.account_id} holds {lots} lots {closed} of {adjustment.instrument_id} to close,"
                f" was {do.quantity}; record it without booking it, or as an opening fill"
            )
            raise InputError(message)

    def _aimed(self, act: Callable[[Any], Instruction]) -> Handler:
        """Return a handler for a command about one instruction; whose it is was asked before."""
        return lambda do, reach: _entry(act(do), reach)

    def owners(self, instruction_id: str) -> tuple[Owner, ...]:
        """Return whose an instruction of the book is; nobody's where there is none."""
        try:
            told = self._rooms.instructions.find_in_book(instruction_id)
        except InputError:
            return ()
        return ((told.product_code, told.account_id),)

    def _told(self, ask: AskedOne, reach: Reach) -> Instruction:
        """Return the instruction a question is about.

        Raises: NotAllowedError: it is beyond the reach. InputError: there is none.
        """
        self._bounds.require(reach, ask, self.owners(ask.instruction_id))
        return self._rooms.instructions.find_in_book(ask.instruction_id)

    # the gate's opinion

    def _judge(self, told: Instruction) -> tuple[str, ...]:
        """Return the codes for which the gate would refuse the whole of an instruction, each once."""
        try:
            judged = self._rooms.pretrade.what_if(self._requests(told))
        except InputError as error:
            return (f"NO_QUOTE ({error})",)
        refusals = (no for line in judged.lines for no in line.refusals if no.rule not in OF_THE_MOMENT)
        return tuple(dict.fromkeys(no.code for no in refusals))

    def _requests(self, told: Instruction) -> list[OrderRequest]:
        return self._rooms.instructions.desk.rehearse(
            f"{told.instruction_id}?",
            account_id=told.account_id,
            lines=lines_left(told),
            product_code=told.product_code,
            strategy=told.strategy,
        )


def _entry(told: Instruction, reach: Reach) -> BookEntry:
    """Return an instruction as somebody sees it."""
    return entry_of(as_seen(reach, told))


def _shown(taken: Taken) -> TimelineStep:
    step = taken.step
    return TimelineStep(
        taken.version,
        taken.status,
        step.act,
        step.actor,
        step.ts,
        step.source,
        step.reason,
        step.note,
        step.note_code,
        step.note_args,
    )
