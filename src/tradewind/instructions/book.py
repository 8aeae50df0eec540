"""The instruction book as managers and approvers meet it: write, amend, hand in, approve, reject, take back.

Who wrote, amended or handed in an instruction does not approve it. Where the settings ask for no second person, handing
in approves what the gate would let pass; what it would refuse waits for somebody all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.domain.book import Act, Step
from tradewind.domain.book_messages import (
    AmendInstruction,
    ApproveInstruction,
    Draft,
    DraftInstruction,
    RejectInstruction,
    SubmitInstruction,
    WithdrawInstruction,
)  # fmt: skip
from tradewind.domain.instruction import AT_WORK, Instruction, InstructionStatus
from tradewind.domain.order import Origin
from tradewind.domain.step_notes import NOTHING, said
from tradewind.errors import NotAllowedError, StateConflictError
from tradewind.instructions.acting import acted
from tradewind.instructions.amending import amended_at_work
from tradewind.instructions.targets import Owner, Targets, changed_money, totals

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.instructions.book_work import BookWork
    from tradewind.instructions.keeper import Keeper, Signed

_S = InstructionStatus
_MOST_MAKERS: Final = 50


def nobody_judges(_told: Instruction) -> tuple[str, ...]:
    """Stand where no gate is connected: nothing is approved."""
    return ("NO_GATE",)


class InstructionBook:
    """Commands of those who want positions changed and of those who let them.

    `judge` returns the codes for which the gate would refuse the whole of an instruction; the wiring connects it.
    """

    def __init__(
        self,
        *,
        keeper: Keeper,
        targets: Targets,
        work: BookWork,
        instruments: InstrumentLookup,
        calendar: TradingCalendar | None,
    ) -> None:
        self._keeper = keeper
        self._targets = targets
        self._work = work
        self._instruments = instruments
        self._calendar = calendar
        self.judge: Callable[[Instruction], tuple[str, ...]] = nobody_judges

    def draft(self, do: DraftInstruction, *, cause: str = "") -> Instruction:
        """Write an instruction with a snapshot of what is held; the same request again is the same instruction.

        Raises: InputError: a wish that means nothing, or too many open ones. UnknownInstrumentError: no such contract.
        """
        known = self._keeper.written_by(do)
        if known is None:
            known = self._keeper.worker.tell(self._written(do, cause))
        if do.is_submitted and known.status is _S.DRAFT:
            aimed = SubmitInstruction(
                actor=do.actor,
                source=do.source,
                request_id=do.request_id,
                instruction_id=known.instruction_id,
                reason=do.draft.reason,
            )
            return self.submit(aimed)
        return known

    def written_by(self, do: Signed) -> Instruction | None:
        """Return what this very request wrote before, `None` if it is new."""
        return self._keeper.written_by(do)

    def amend(self, do: AmendInstruction) -> Instruction:
        """Write an instruction anew; of one that is worked only what was not asked for yet may change.

        Raises: StateConflictError: not in this state, stale, or more than may change. InputError: as `draft`.
        """
        if self._keeper.is_repeated(do, Act.AMEND):
            return self._keeper.find(do.instruction_id).instruction
        told, status = self._keeper.may(do, Act.AMEND)
        owner = _owner(told)
        if told.status in AT_WORK:
            amended, note = amended_at_work(told, do.draft, self._targets, owner)
            if amended.raised and self._needs_approval(amended.instruction):
                message = (
                    f"{amended.raised} would be raised while {told.instruction_id} is worked: that needs an approval;"
                    " write another instruction for the difference"
                )
                raise StateConflictError(message)
            fields = {"adjustments": amended.instruction.adjustments, "expires_at": amended.instruction.expires_at}
            return self._keeper.act(do, Act.AMEND, note, **fields, **totals(amended.instruction.adjustments))
        draft = do.draft
        adjustments = self._targets.adjustments(owner, draft.wishes, draft.basis)
        changed = msgspec.structs.replace(
            told,
            status=status,
            adjustments=adjustments,
            makers=_with(told.makers, do.actor),
            reason_code="",
            **_terms(draft),
            **totals(adjustments),
        )
        note = said("contracts", count=len(adjustments))
        if status is _S.SUBMITTED:
            return self._handed_in(changed, self._keeper.step(do, Act.AMEND, note))
        return self._keeper.worker.tell(acted(changed, self._keeper.step(do, Act.AMEND, note)))

    def submit(self, do: SubmitInstruction) -> Instruction:
        """Hand a draft in; without need of a second person it is approved at once, if the gate would let it pass.

        Raises: StateConflictError: it is no draft, or stale.
        """
        if self._keeper.is_repeated(do, Act.SUBMIT):
            return self._keeper.find(do.instruction_id).instruction
        told, status = self._keeper.may(do, Act.SUBMIT)
        makers = _with(told.makers, do.actor)
        changed = msgspec.structs.replace(told, status=status, makers=makers, trading_day=self._day_of(told))
        return self._handed_in(changed, self._keeper.step(do, Act.SUBMIT))

    def approve(self, do: ApproveInstruction) -> Instruction:
        """Let it be traded.

        Raises:
            NotAllowedError: they wrote, amended or handed it in, or may not override the gate.
            StateConflictError: not in this state, stale, or the gate would refuse it.
        """
        if self._keeper.is_repeated(do, Act.APPROVE):
            return self._keeper.find(do.instruction_id).instruction
        told, _ = self._keeper.may(do, Act.APPROVE)
        if do.actor in told.makers:
            message = f"{do.actor} wrote, amended or handed in {told.instruction_id}; somebody else must approve it"
            raise NotAllowedError(message)
        if do.overrides_risk and not self._keeper.settings.may_override_risk:
            message = "nobody may approve what the gate would refuse (instructions.may_override_risk is off)"
            raise NotAllowedError(message)
        refusals = self.judge(told)
        if refusals and not do.overrides_risk:
            message = f"the gate would refuse {told.instruction_id}: {', '.join(refusals)}; amend or reject it"
            raise StateConflictError(message)
        note = said("overridden", codes=", ".join(refusals)) if refusals else NOTHING
        return self._work.begin_if_due(self._keeper.act(do, Act.APPROVE, note), "approval", do.actor)

    def reject(self, do: RejectInstruction) -> Instruction:
        """Refuse it for good. Raises: StateConflictError: not in this state, or stale."""
        if self._keeper.is_repeated(do, Act.REJECT):
            return self._keeper.find(do.instruction_id).instruction
        return self._keeper.act(do, Act.REJECT, reason_code="rejected", reason=do.reason)

    def withdraw(self, do: WithdrawInstruction) -> Instruction:
        """Take it back: nothing more is sent, live orders are cancelled. Raises as `reject`."""
        if self._keeper.is_repeated(do, Act.WITHDRAW):
            return self._keeper.find(do.instruction_id).instruction
        self._keeper.may(do, Act.WITHDRAW)
        parent = self._keeper.find(do.instruction_id)
        step = self._keeper.step(do, Act.WITHDRAW)
        return self._keeper.worker.cancel(parent, actor=do.actor, reason=do.reason, code="withdrawn", by=step)

    def _written(self, do: DraftInstruction, cause: str) -> Instruction:
        owner = Owner(do.account_id, do.product_code, do.strategy)
        adjustments = self._targets.adjustments(owner, do.draft.wishes, do.draft.basis)
        step = self._keeper.step(do, Act.DRAFT, said("contracts", count=len(adjustments)))
        return Instruction(
            instruction_id=self._keeper.next_id(),
            origin=Origin.MANAGER,
            account_id=do.account_id,
            product_code=do.product_code,
            strategy=do.strategy,
            actor=do.actor,
            status=_S.DRAFT,
            version=1,
            lines=(),
            trading_day=0,
            created_at=step.ts,
            updated_at=step.ts,
            reason_code="",
            cause=cause or f"draft:{do.request_id}",
            adjustments=adjustments,
            makers=(do.actor,),
            step=step,
            **_terms(do.draft),
            **totals(adjustments),
        )

    def _handed_in(self, told: Instruction, step: Step) -> Instruction:
        """Publish what waits for an approval from now on, and approve it where none is needed."""
        if self._needs_approval(told):
            return self._keeper.worker.tell(acted(told, step))
        refusals = self.judge(told)
        if refusals:
            waits = said("gate_waits", codes=", ".join(refusals))
            noted = msgspec.structs.replace(step, **waits._asdict())
            return self._keeper.worker.tell(acted(told, noted, reason_code=refusals[0][:64]))
        told = self._keeper.worker.tell(acted(told, step))
        note = said("no_second", policy=self._keeper.settings.approval)
        approved = acted(told, Step(Act.APPROVE, "", self._keeper.clock.now_ns(), **note._asdict()), status=_S.APPROVED)
        return self._work.begin_if_due(self._keeper.worker.tell(approved), "approval", step.actor)

    def _needs_approval(self, told: Instruction) -> bool:
        settings = self._keeper.settings
        if settings.approval != "above":
            return settings.approval == "always"
        money = changed_money(told)
        return money is None or money > settings.approval_above

    def _day_of(self, told: Instruction) -> int:
        """Return the trading day that is or begins next: the latest among its contracts, 0 where nobody knows."""
        days = [0]
        for adjustment in told.adjustments:
            instrument = self._instruments.find(adjustment.instrument_id)
            market = self._keeper.worker.market(adjustment.instrument_id)
            if self._calendar is not None and instrument is not None and instrument.hours_id:
                days.append(self._calendar.day_at(instrument.hours_id, self._keeper.clock.now_ns()).trading_day)
            elif market is not None:
                days.append(market.trading_day)
        return max(days)


def _owner(told: Instruction) -> Owner:
    return Owner(told.account_id, told.product_code, told.strategy)


def _with(makers: tuple[str, ...], actor: str) -> tuple[str, ...]:
    return makers if actor in makers else (*makers[-_MOST_MAKERS:], actor)


def _terms(draft: Draft) -> dict[str, Any]:
    return {
        "reason": draft.reason,
        "handling": draft.handling,
        "trader": draft.trader,
        "expires_at": draft.expires_at,
    }
