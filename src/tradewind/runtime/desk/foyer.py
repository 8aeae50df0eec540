"""Where the line comes in to an order line that is a process of its own: what is old, or repeated, goes no further.

On Redis a reader begins with what is kept. Of ticks from before its start the order line wants the newest of each
contract and nothing else: nothing may be matched or stopped at a price of the past. An opportunity is heard once,
whatever is read again. What came while nobody listened waits until everything has been read, is judged by its newest
version, and is left alone where it is over: counted, and told in the log.

The line's time is that of its newest tick and what has passed since by a clock that never jumps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.bus.topics import BARS, CLEAN_TICKS, OPPORTUNITIES, QUOTE_SNAPSHOTS, RISK_ALERTS
from tradewind.domain.opportunity import OpportunityState
from tradewind.kernel.clock import NS_PER_S, monotonic_s
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.ports import Bus
    from tradewind.domain.bar import Bar
    from tradewind.domain.opportunity import Opportunity
    from tradewind.domain.risk import RiskAlert
    from tradewind.domain.tick import Tick
    from tradewind.kernel.clock import LineClock
    from tradewind.kernel.metrics import Metrics

_LOG = get_log("desk")
_GROUP: Final = "trading"
_KNOWN: Final = 20_000
"""Contracts and opportunities that are known by their newest; beyond it the oldest are forgotten."""
_BEHIND_NS: Final = NS_PER_S // 10
"""How far time stays behind while no tick comes: one that is under way must not find it gone on."""


class Foyer:
    """Hears the line on `ear` and hands it to the rooms on `line`, as soon as they may have it."""

    def __init__(
        self, ear: Bus, line: Bus, *, clock: LineClock, metrics: Metrics, now_s: Callable[[], float] = monotonic_s
    ) -> None:
        self._ear = ear
        self._clock = clock
        self._metrics = metrics
        self._now_s = now_s
        self._tell_tick = line.publisher(CLEAN_TICKS)
        self._tell_quote = line.publisher(QUOTE_SNAPSHOTS)
        self._tell_bar = line.publisher(BARS)
        self._tell_opportunity = line.publisher(OPPORTUNITIES)
        self._tell_alert = line.publisher(RISK_ALERTS)
        self._ticks: dict[str, Tick] = {}
        self._quotes: dict[str, Tick] = {}
        self._late: dict[str, Opportunity] = {}
        self._newest: dict[str, tuple[int, int]] = {}
        """Contract → receive time and number of its newest tick."""
        self._versions: dict[str, int] = {}
        self._line_ns = 0
        self._at_s = 0.0
        self._begun_ns = 0
        """The line's time when everything was let in for the first time."""
        self._is_open = False
        self._is_level = False
        self._was_level = False
        self.is_memory_whole: Callable[[], bool] = lambda: True
        """Asked when opportunities have waited: is every one that was heard before known not to be among them?"""

    def attach(self) -> None:
        """Begin to hear."""
        self._ear.subscribe(CLEAN_TICKS, self._on_tick, group=_GROUP)
        self._ear.subscribe(QUOTE_SNAPSHOTS, self._on_quote, group=_GROUP)
        self._ear.subscribe(BARS, self._on_bar, group=_GROUP)
        self._ear.subscribe(OPPORTUNITIES, self._on_opportunity, group=_GROUP)
        self._ear.subscribe(RISK_ALERTS, self._on_alert, group=_GROUP)

    def catch_up(self) -> None:
        """Know that more was written than has been read: opportunities wait until `level`."""
        self._is_level = False

    def level(self, *, age_s: float | None) -> None:
        """Know that all has been read, the newest tick of which is so old; `None` where there is none."""
        if self._is_level:
            return
        self._is_level = self._was_level = True
        if age_s is not None:
            self._at_s = self._now_s() - max(age_s, 0.0)
        self.move()
        self._hand_over()

    def begin_time(self, now_ns: int) -> None:
        """Begin with this time where no tick ever told one."""
        if not self._line_ns:
            self._line_ns, self._at_s = now_ns, self._now_s()
            self._clock.advance_to(now_ns)

    def open(self) -> None:
        """Let everything in: the rooms are ready."""
        self._is_open = True
        self._hand_over()

    def close(self) -> None:
        """Let nothing in any more."""
        self._is_open = False

    def move(self) -> None:
        """Let the line's time go on as far as has passed since its newest tick."""
        if self._line_ns:
            passed_ns = round((self._now_s() - self._at_s) * NS_PER_S) - _BEHIND_NS
            self._clock.advance_to(self._line_ns + max(passed_ns, 0))

    @property
    def is_level(self) -> bool:
        """True while nothing is known to be unread."""
        return self._is_level

    def _on_tick(self, tick: Tick) -> None:
        place, known = (tick.ts_recv, tick.seq), self._newest.get(tick.instrument_id)
        if known is None:
            _make_room(self._newest)
        elif place <= known:
            return
        self._newest[tick.instrument_id] = place
        if tick.ts_recv > self._line_ns:
            self._line_ns, self._at_s = tick.ts_recv, self._now_s()
        if self._is_open and self._was_level:
            self._clock.advance_to(tick.ts_recv)
            self._tell_tick(tick)
        else:
            self._ticks[tick.instrument_id] = tick

    def _on_quote(self, quote: Tick) -> None:
        if self._is_open and self._was_level:
            self._tell_quote(quote)
        else:
            self._quotes[quote.instrument_id] = quote

    def _on_bar(self, bar: Bar) -> None:
        # One from before the start may be part of what the rooms remember: a volume counted twice is worse than none.
        if self._is_open and self._is_level:
            self._tell_bar(bar)

    def _on_alert(self, alert: RiskAlert) -> None:
        # Of what is older than the start nobody is told, however often it is read; what comes late is told late.
        if self._is_open and self._begun_ns and alert.ts_event >= self._begun_ns:
            self._tell_alert(alert)

    def _on_opportunity(self, opportunity: Opportunity) -> None:
        name = opportunity.opportunity_id
        known = self._versions.pop(name, 0)
        self._versions[name] = max(known, opportunity.version)
        _make_room(self._versions)
        if opportunity.version <= known:
            return
        if self._is_open and self._is_level:
            self._let_in(opportunity)
        else:
            self._late.pop(name, None)
            self._late[name] = opportunity
            _make_room(self._late)

    def _hand_over(self) -> None:
        """Let in what has waited: prices first, so that nothing is judged by older ones."""
        if not (self._is_open and self._is_level):
            return
        self._begun_ns = self._begun_ns or self._clock.now_ns()
        ticks, self._ticks = self._ticks, {}
        quotes, self._quotes = self._quotes, {}
        late, self._late = self._late, {}
        for tick in ticks.values():
            self._tell_tick(tick)
        for quote in quotes.values():
            self._tell_quote(quote)
        for opportunity in late.values():
            if opportunity.state is OpportunityState.CLOSED:
                self._miss(opportunity, "closed")
                if not self.is_memory_whole():
                    # Perhaps it was heard when it closed; what was opened since must not be closed for it.
                    continue
            self._let_in(opportunity)

    def _let_in(self, opportunity: Opportunity) -> None:
        is_over = opportunity.state is OpportunityState.CLOSED
        if not is_over and opportunity.expires_at <= self._clock.now_ns():
            self._miss(opportunity, "expired")
        else:
            self._tell_opportunity(opportunity)

    def _miss(self, opportunity: Opportunity, reason: str) -> None:
        self._metrics.opportunities_missed.add(reason)
        _LOG.warning(
            "opportunity_missed",
            reason=reason,
            opportunity_id=opportunity.opportunity_id,
            version=opportunity.version,
            expires_at=opportunity.expires_at,
        )


def _make_room(known: dict[str, object] | dict[str, int] | dict[str, tuple[int, int]] | dict[str, Opportunity]) -> None:
    if len(known) > _KNOWN:
        del known[next(iter(known))]
