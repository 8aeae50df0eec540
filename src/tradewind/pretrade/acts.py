"""Halting and resuming: by whom it comes in (a call, the stop file, a request left on disk), it is done here.

A halt takes effect in memory first, then goes to the bus and so to the journal, then to the disk: nothing that fails
later takes it back. A reset goes the other way round: it is done when the stop file is gone, and told last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.trading_state import Scope, TradingMode, TradingState
from tradewind.pretrade.halt import RESET, ResetRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.kernel.clock import Clock
    from tradewind.pretrade.files import HaltFiles, HaltRequest
    from tradewind.pretrade.gatekeeper import Gatekeeper

EMERGENCY_STOP: Final = "EMERGENCY_STOP"


class HaltAnswer(msgspec.Struct, frozen=True):
    """What became of an act. `state` is the scope's now; `code` "" when it was done, else why not.

    `problem` tells what of it could not be written to the disk: a halt holds all the same, for as long as the process
    lives and the journal remembers.
    """

    state: TradingState | None
    code: str = ""
    reason: str = ""
    problem: str = ""

    @property
    def is_done(self) -> bool:
        """True when the act took effect."""
        return not self.code


class Acts:
    """Changes the modes of a gate; `publish` tells the others, `on_problem` hears what the disk refused."""

    def __init__(
        self,
        gate: Gatekeeper,
        *,
        clock: Clock,
        files: HaltFiles | None,
        publish: Callable[[TradingState], None],
        on_problem: Callable[[str], None],
    ) -> None:
        self._gate = gate
        self._clock = clock
        self._files = files
        self._publish = publish
        self._on_problem = on_problem
        self._last_problem = ""

    def halt(
        self,
        scope: Scope,
        key: str,
        *,
        actor: str,
        reason_code: str,
        reason: str = "",
        mode: TradingMode = TradingMode.HALTED,
    ) -> HaltAnswer:
        """Make a scope stricter; the next order already meets it."""
        latch = self._gate.desk.latch
        state = latch.tighten(
            scope, key, mode, actor=actor, reason_code=reason_code, reason=reason, ts_event=self._clock.now_ns()
        )
        if state is None:
            return HaltAnswer(latch.state(scope, key))
        return HaltAnswer(state, problem=self._tell(state))

    def reset(
        self, scope: Scope, key: str, *, actor: str, phrase: str, reason: str = "", asked_ns: int = 0
    ) -> HaltAnswer:
        """Let a scope trade again, if a person says so in the right words; `asked_ns` is when, if it was earlier."""
        latch = self._gate.desk.latch
        found = latch.reset(scope, key, actor=actor, phrase=phrase, ts_event=self._clock.now_ns(), reason=reason)
        if isinstance(found, ResetRefused):
            return HaltAnswer(latch.state(scope, key), found.code, found.reason)
        if found.reason_code == RESET and scope is Scope.PLATFORM and self._files is not None:
            refused = self._lift(self._files, asked_ns)
            if refused is not None:
                return HaltAnswer(latch.state(scope, key), refused.code, refused.reason)
        return HaltAnswer(found, problem=self._tell(found))

    def look(self) -> None:
        """Do what the files ask for: the stop file first, then the requests, oldest first."""
        files = self._files
        if files is None:
            return
        self.look_at_stop()
        for request in files.take_requests():
            if isinstance(request, str):
                self._complain(request)
            elif request.act == "halt":
                self.halt(
                    request.scope, request.key, actor=request.actor, reason_code=EMERGENCY_STOP,
                    reason=request.reason, mode=request.mode,
                )  # fmt: skip
            else:
                self._reset_by_file(request)

    def look_at_stop(self) -> None:
        """Halt the platform if the stop file lies there."""
        files = self._files
        if files is None or not files.is_stopped():
            return
        if self._gate.desk.latch.mode(Scope.PLATFORM, "") is not TradingMode.HALTED:
            order = files.stop_order()
            self.halt(Scope.PLATFORM, "", actor=order.actor, reason_code=EMERGENCY_STOP, reason=order.reason)

    def recall(self) -> None:
        """Take from the disk what the journal did not know: either of them that says halted is right."""
        files, latch = self._files, self._gate.desk.latch
        if files is None:
            return
        states, problem = files.load()
        if problem:
            self._complain(problem)
        for state in latch.merge(states, ts_event=self._clock.now_ns()):
            self._tell(state)
        self.look()
        if latch.states():
            self._keep()

    def _reset_by_file(self, request: HaltRequest) -> None:
        answer = self.reset(
            request.scope, request.key, actor=request.actor, phrase=request.phrase, reason=request.reason,
            asked_ns=request.asked_ns,
        )  # fmt: skip
        if answer.code:
            self._complain(f"reset by {request.actor} refused: {answer.code}: {answer.reason}")

    def _lift(self, files: HaltFiles, asked_ns: int) -> ResetRefused | None:
        pressed = files.stop_order().pressed_ns
        if asked_ns and pressed > asked_ns:
            return ResetRefused("STOPPED_SINCE", "the stop file was made after this reset was asked for; ask again")
        problem = files.lift()
        return ResetRefused("STOP_FILE_STAYS", problem) if problem else None

    def _tell(self, state: TradingState) -> str:
        self._gate.on_state(state)
        self._publish(state)
        return self._keep()

    def _keep(self) -> str:
        if self._files is None:
            return ""
        problem = self._files.keep(self._gate.desk.latch.states())
        if problem:
            self._complain(problem)
        return problem

    def _complain(self, problem: str) -> None:
        if problem != self._last_problem:
            self._last_problem = problem
            self._on_problem(problem)
