"""Test ticks in one process: `tradewind trigger` asks for one, the marked strategy answers it, each hop is timed.

The same tick, strategy and opportunity as `tradewind test` sends through services that run apart (`domain/trial.py`),
and heard by the same: the rooms of the line hear all of it, push the opportunity at its end, and nobody else anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.api.trials import TrialHop, TrialView
from tradewind.bus.topics import CLEAN_TICKS, FEATURES, OPPORTUNITIES, SIGNALS
from tradewind.domain.trial import TRIAL_ID
from tradewind.errors import StateConflictError
from tradewind.kernel.clock import NS_PER_S, Clock, perf_ns
from tradewind.market.trial import TrialTicks

if TYPE_CHECKING:
    from tradewind.runtime.wiring import Line

_ROOMS: Final = ("features", "strategies", "signals", "risk")
_HOPS: Final = {
    CLEAN_TICKS.name: ("market", "the test tick on the line"),
    FEATURES.name: ("features", "its features"),
    SIGNALS.name: ("strategies", "the test strategy's signal"),
    OPPORTUNITIES.name: ("signals", "the opportunity, opened and closed at once"),
}
_AUDIENCE: Final = dict.fromkeys(_HOPS, _ROOMS) | {OPPORTUNITIES.name: (*_ROOMS, "push")}
_STRATEGY: Final = "line_test"


class LineTrials:
    """`api.ports.TrialCommands`."""

    def __init__(self, line: Line, *, rooms: tuple[str, ...], clock: Clock, is_live: bool) -> None:
        self._line = line
        self._missing = [room for room in _ROOMS if room not in rooms]
        self._clock = clock
        self._ticks = TrialTicks(bus=line.bus, line_clock=line.clock, clock=clock, is_live=is_live)
        self._last = 0
        self._begun_ns = 0
        self._seen: dict[str, int] = {}
        self._opportunity_id = ""

    async def send(self) -> TrialView:
        """Send one and return what came of it. Raises: StateConflictError: it has no way through the line now."""
        if self._missing:
            message = f"the test tick needs every room of the line, and rooms leaves out {', '.join(self._missing)}"
            raise StateConflictError(message)
        # Above those of an earlier life of this process, as rooms may have seen them.
        seq = self._last = max(self._last + 1, self._clock.now_ns() // NS_PER_S)
        self._seen, self._opportunity_id = {}, ""
        strategies = self._line.strategies
        strategies.load_trial()
        try:
            with self._line.bus.narrowed(_AUDIENCE, first=self._note):
                self._begun_ns = perf_ns()
                if not self._ticks.send(seq):
                    message = "the line stands before its first tick, so that a test tick has no time; try again later"
                    raise StateConflictError(message)
                took_ns = perf_ns() - self._begun_ns
        finally:
            strategies.unload(_STRATEGY)
        hops = [
            TrialHop(service, sees, self._seen[topic] / 1e3 if topic in self._seen else None)
            for topic, (service, sees) in _HOPS.items()
        ]
        is_through = all(hop.after_us is not None for hop in hops)
        hops.append(
            TrialHop("risk", "every room of the line is through with it", took_ns / 1e3 if is_through else None)
        )
        return TrialView(seq, TRIAL_ID, _STRATEGY, self._opportunity_id, tuple(hops))

    def _note(self, topic: str, event: Any) -> None:  # noqa: ANN401 - of any topic
        self._seen.setdefault(topic, perf_ns() - self._begun_ns)
        if topic == OPPORTUNITIES.name:
            self._opportunity_id = event.opportunity_id
