"""An aggregator on a line clock of its own, with everything it emitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from signals_builders import make_signal, make_snapshot
from tradewind.domain.opportunity import Opportunity, OpportunityState
from tradewind.kernel.clock import NS_PER_S, LineClock
from tradewind.signals.aggregator import Aggregator
from tradewind.signals.settings import SignalsSettings

from builders import MORNING_NS


class Line:
    """Speaks to an aggregator in seconds since 09:30; `events` are the versions it emitted."""

    def __init__(self, *, wall_ns: Callable[[], int] | None = None, **settings: Any) -> None:
        self.clock = LineClock(MORNING_NS)
        self.events: list[Opportunity] = []
        self.gaps = 0
        self.aggregator = Aggregator(
            settings=SignalsSettings(**settings),
            clock=self.clock,
            emit=self.events.append,
            on_gap=self._gap,
            wall_ns=wall_ns,
        )
        self._seq = 0

    def _gap(self) -> None:
        self.gaps += 1

    def at(self, seconds: float) -> None:
        """Move line time to `seconds` after 09:30."""
        self.clock.advance_to(MORNING_NS + round(seconds * NS_PER_S))

    def signal(self, strategy: str = "rapid_rise", **changes: Any) -> list[Opportunity]:
        """Send a signal stamped now and return what it caused."""
        self._seq += 1
        before = len(self.events)
        fields = {"strategy": strategy, "seq": self._seq, "ts_event": self.clock.now_ns(), **changes}
        self.aggregator.on_signal(make_signal(**fields))
        return self.events[before:]

    def price(self, price: float, **changes: Any) -> list[Opportunity]:
        """Send the features of the next tick and return what they caused."""
        self._seq += 1
        before = len(self.events)
        fields = {"last_price": price, "seq": self._seq, "ts_event": self.clock.now_ns(), **changes}
        self.aggregator.on_price(make_snapshot(**fields))
        return self.events[before:]

    @property
    def states(self) -> list[OpportunityState]:
        """The state of each version emitted."""
        return [event.state for event in self.events]

    @property
    def last(self) -> Opportunity:
        """The version emitted last."""
        return self.events[-1]
