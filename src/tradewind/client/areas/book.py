"""The instruction book: write, approve, take, work and close instructions, and follow how far they got."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from tradewind.client.answers.book import BookEntry, BookPage, Detail, TimelineStep, ToAdjust, ToTrade
from tradewind.client.answers.judged import WhatIf
from tradewind.client.calls import Call, Pages, act, ask, at
from tradewind.client.modes import Area, M, paged, route
from tradewind.domain.book import AdjustmentStatus
from tradewind.domain.book_messages import Draft, Wish
from tradewind.domain.instruction import Execution, InstructionStatus
from tradewind.domain.order import Offset

_HOME = "/api/v1/instruction-book"
_ONE = f"{_HOME}/{{}}"
_AS_IT_COMES = Execution()


class Book(Area[M]):
    """A decision names the `version` it was made on; where somebody has changed the instruction, it is a conflict."""

    @paged
    def entries(
        self,
        *,
        status: InstructionStatus | None = None,
        product: str = "",
        account: str = "",
        instrument: str = "",
        person: str = "",
        page_size: int = 100,
    ) -> Pages[BookEntry]:
        """Go through the instructions at hand, the newest first; older ones are in the record."""
        page = partial(
            ask,
            _HOME,
            BookPage,
            status=status,
            product=product,
            account=account,
            instrument=instrument,
            person=person,
            limit=page_size,
        )
        return Pages(
            page=lambda after: page(after=after), rows=lambda told: told.entries, next_of=lambda told: told.next
        )

    @route
    def entry(self, instruction_id: str) -> Call[BookEntry]:
        """Return one instruction: each line's progress, its sends, what may be done with it."""
        return ask(at(_ONE, instruction_id), BookEntry)

    @route
    def timeline(self, instruction_id: str) -> Call[list[TimelineStep]]:
        """List who did what with it, when, by which door and why."""
        return ask(at(f"{_ONE}/timeline", instruction_id), list[TimelineStep])

    @route
    def details(self, instruction_id: str) -> Call[list[Detail]]:
        """List its orders and the fills made elsewhere, of which its progress consists."""
        return ask(at(f"{_ONE}/details", instruction_id), list[Detail])

    @route
    def what_if(self, instruction_id: str) -> Call[WhatIf]:
        """Judge what is left of it without sending anything."""
        return ask(at(f"{_ONE}/what-if", instruction_id), WhatIf)

    @route
    def to_adjust(self) -> Call[list[ToAdjust]]:
        """List the contracts whose positions approved instructions still want changed."""
        return ask(f"{_HOME}/to-adjust", list[ToAdjust])

    @route
    def to_trade(self, *, status: AdjustmentStatus | None = None) -> Call[list[ToTrade]]:
        """List the adjustments that wait for a trader, line by line."""
        return ask(f"{_HOME}/to-trade", list[ToTrade], status=status)

    @route
    def write(
        self,
        account_id: str,
        draft: Draft | Sequence[Wish],
        *,
        product_code: str = "",
        strategy: str = "",
        is_submitted: bool = False,
        key: str = "",
    ) -> Call[BookEntry]:
        """Write an instruction by targets, changes in lots or weights; `is_submitted` hands it in at once."""
        told = draft if isinstance(draft, Draft) else Draft(wishes=tuple(draft))
        body = {"account_id": account_id, "draft": told, "product_code": product_code, "strategy": strategy}
        return act(f"{_HOME}/drafts", BookEntry, {**body, "is_submitted": is_submitted}, key=key)

    @route
    def follow_opportunity(
        self,
        account_id: str,
        opportunity_id: str,
        quantity: int,
        *,
        is_limited: bool = False,
        product_code: str = "",
        strategy: str = "",
        is_submitted: bool = False,
        reason: str = "",
        key: str = "",
    ) -> Call[BookEntry]:
        """Write an instruction that follows an opportunity: its contract, its side, its price if wanted."""
        body = {
            "account_id": account_id,
            "opportunity_id": opportunity_id,
            "quantity": quantity,
            "is_limited": is_limited,
            "product_code": product_code,
            "strategy": strategy,
            "is_submitted": is_submitted,
            "reason": reason,
        }
        return act(f"{_HOME}/from-opportunity", BookEntry, body, key=key)

    @route
    def amend(self, instruction_id: str, draft: Draft, *, version: int, key: str = "") -> Call[BookEntry]:
        """Write it anew; what was handed in must be approved again."""
        return _act(instruction_id, "amend", {"draft": draft, "expected_version": version}, key)

    @route
    def submit(self, instruction_id: str, *, version: int = 0, reason: str = "", key: str = "") -> Call[BookEntry]:
        """Hand a draft in."""
        return _act(instruction_id, "submit", _why(version, reason), key)

    @route
    def withdraw(self, instruction_id: str, *, version: int = 0, reason: str = "", key: str = "") -> Call[BookEntry]:
        """Take it back; its live orders are cancelled, what was done stays done."""
        return _act(instruction_id, "withdraw", _why(version, reason), key)

    @route
    def approve(self, instruction_id: str, *, version: int, reason: str = "", key: str = "") -> Call[BookEntry]:
        """Approve just the version that was looked at."""
        return _act(instruction_id, "approve", _why(version, reason), key)

    @route
    def reject(self, instruction_id: str, *, version: int, reason: str, key: str = "") -> Call[BookEntry]:
        """Refuse it for good, with a reason."""
        return _act(instruction_id, "reject", _why(version, reason), key)

    @route
    def accept(self, instruction_id: str, *, version: int = 0, reason: str = "", key: str = "") -> Call[BookEntry]:
        """Take it to work; slippage is counted from the prices of this moment."""
        return _act(instruction_id, "accept", _why(version, reason), key)

    @route
    def decline(self, instruction_id: str, *, version: int = 0, reason: str = "", key: str = "") -> Call[BookEntry]:
        """Give it back before anything was sent."""
        return _act(instruction_id, "decline", _why(version, reason), key)

    @route
    def reassign(self, instruction_id: str, trader: str, *, version: int = 0, key: str = "") -> Call[BookEntry]:
        """Give it to another trader."""
        return _act(instruction_id, "reassign", {"trader": trader, "expected_version": version}, key)

    @route
    def send(
        self,
        instruction_id: str,
        adjustment: int,
        *,
        quantity: int | None = None,
        execution: Execution = _AS_IT_COMES,
        version: int = 0,
        key: str = "",
    ) -> Call[BookEntry]:
        """Send an adjustment or part of it to the market; each order passes the risk gate."""
        body = {"adjustment": adjustment, "execution": execution, "expected_version": version, "quantity": quantity}
        return _act(instruction_id, "sends", body, key)

    @route
    def stop_send(self, instruction_id: str, send: int | None = None, *, key: str = "") -> Call[BookEntry]:
        """Stop one send or all: nothing more is asked for, what is live comes back."""
        return _act(instruction_id, "sends/stop", {"send": send}, key)

    @route
    def resume_send(self, instruction_id: str, send: int, *, key: str = "") -> Call[BookEntry]:
        """Go on with a stopped send."""
        return _act(instruction_id, "sends/resume", {"send": send}, key)

    @route
    def record_fill(
        self,
        instruction_id: str,
        adjustment: int,
        *,
        trade_id: str,
        quantity: int,
        price: Decimal,
        offset: Offset | str,
        is_booked: bool = False,
        key: str = "",
    ) -> Call[BookEntry]:
        """Record a fill made elsewhere: as progress, and with `is_booked` in the ledger too."""
        body = {
            "adjustment": adjustment,
            "trade_id": trade_id,
            "quantity": quantity,
            "price": price,
            "offset": offset,
            "is_booked": is_booked,
        }
        return _act(instruction_id, "fills", body, key)

    @route
    def waive(self, instruction_id: str, adjustment: int, *, reason: str = "", key: str = "") -> Call[BookEntry]:
        """Say that what is left of an adjustment will not be done."""
        return _act(instruction_id, "waive", {"adjustment": adjustment, "reason": reason}, key)

    @route
    def close(self, instruction_id: str, *, version: int = 0, reason: str = "", key: str = "") -> Call[BookEntry]:
        """Put it away: what is done is done, what is left will not be."""
        return _act(instruction_id, "close", _why(version, reason), key)


def _act(instruction_id: str, verb: str, body: dict[str, Any], key: str) -> Call[BookEntry]:
    return act(f"{at(_ONE, instruction_id)}/{verb}", BookEntry, body, key=key)


def _why(version: int, reason: str) -> dict[str, Any]:
    return {"expected_version": version, "reason": reason}
