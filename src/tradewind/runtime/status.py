"""What the process says of itself: services, counters, rates, latency per hop, memory; for pages and operators."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind import __version__
from tradewind.api.ports import FeedAlarm, ServiceView, SourceInfo
from tradewind.domain.release import Mixture
from tradewind.kernel.clock import Clock, monotonic_s
from tradewind.kernel.metrics import Counter, Metrics, latency_summary, register
from tradewind.market.feed_watch import FeedState
from tradewind.runtime.process_gauges import ProcessGauges, resident_mb
from tradewind.runtime.services import ROWS, TRADING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tradewind.kernel.service import Supervisor
    from tradewind.market.feed_watch import FeedStatus
    from tradewind.runtime.settings import TradewindSettings

_SAMPLE_S: Final = 1.0


class HopView(msgspec.Struct, frozen=True):
    """How long one room takes for one event of a topic, in µs, without what it set off."""

    topic: str
    room: str
    count: int
    p50_us: float
    p99_us: float


class SystemView(msgspec.Struct, frozen=True):
    """Everything at one moment; counts since the start, rates over the last second.

    Where services run apart it is made of what each told: `told_s` is how many seconds ago, by service.
    """

    version: str
    ts: int
    uptime_s: float
    memory_mb: float
    source: SourceInfo
    services: list[ServiceView]
    strategy_errors: dict[str, str]
    """What could not be loaded and why, by file, folder or entry point."""
    rates: dict[str, float]
    counters: dict[str, dict[str, int]]
    gauges: dict[str, dict[str, float]]
    line_latency: dict[str, float]
    hops: list[HopView]
    feed_alarm: FeedAlarm | None = None
    told_s: dict[str, float] = {}
    line_buckets: dict[str, int] = {}
    """How many ticks took no longer than each upper edge, in seconds."""
    mixed: Mixture | None = None
    """Which releases run side by side, and what may be traded meanwhile; `None` while all agree."""


class SystemStatus:
    """Answers `api.ports.SystemQueries`; as a service it takes the samples that rates are made of."""

    name = "status"

    def __init__(
        self,
        *,
        metrics: Metrics,
        clock: Clock,
        source: SourceInfo,
        refresh: Callable[[], None] = lambda: None,
        strategy_errors: Callable[[], Mapping[str, str]] = dict,
        recording_failure: Callable[[], str | None] = lambda: None,
        feed: Callable[[], FeedStatus | None] = lambda: None,
        desk_trouble: Callable[[], str | None] = lambda: None,
        mixture: Callable[[], Mixture | None] = lambda: None,
        rows: tuple[str, ...] = ROWS,
        folder: Path = Path(),
        certificate: str = "",
    ) -> None:
        """Tell of `rows` of the map, those that this process runs.

        `refresh` is called before counters are read: rooms may count apart and bring metrics up to date in batches.
        `folder` is where data lies, `certificate` the file of the entry's, "" where it has none.
        """
        self.on_taken: Callable[[TradewindSettings], None] = lambda _settings: None
        """Called with the settings in force when a running process takes some over; set by whoever shows them."""
        self._own = ProcessGauges(metrics, folder=folder, certificate=certificate)
        self._rows = rows
        self._refresh = refresh
        self._strategy_errors = strategy_errors
        self._recording_failure = recording_failure
        self._feed = feed
        self._desk_trouble = desk_trouble
        self._mixture = mixture
        self._registry = register(metrics)
        self._metrics = metrics
        self._clock = clock
        self._source = source
        self._begun_s = monotonic_s()
        self._supervisor: Supervisor | None = None
        self._rates: dict[str, float] = {}
        self._totals: dict[str, int] = {}
        self._sampled_s = self._begun_s

    def watch(self, supervisor: Supervisor) -> None:
        """Take the health of services from here."""
        self._supervisor = supervisor

    async def run(self) -> None:
        """Sample totals once a second until cancelled."""
        while True:
            self.sample()
            await asyncio.sleep(_SAMPLE_S)

    def sample(self) -> None:
        """Make rates from what was counted since the sample before."""
        self._refresh()
        now_s = monotonic_s()
        took_s = now_s - self._sampled_s
        for name, counter in self._rated().items():
            total = counter.total()
            if took_s > 0:
                self._rates[name] = round((total - self._totals.get(name, 0)) / took_s, 2)
            self._totals[name] = total
        self._sampled_s = now_s

    def source(self) -> SourceInfo:
        """Return where the ticks come from."""
        return self._source

    def feed_alarm(self) -> FeedAlarm | None:
        """Return what is wrong with the live feed, `None` while it does what it should, or there is none."""
        status = self._feed()
        return None if status is None or not status.is_alarm else alarm_of(status)

    def services(self) -> Sequence[ServiceView]:
        """Return every row of the map, then the supervised parts that are no row.

        A strategy file that cannot be loaded is told with its room, which is well and runs the others; so is a
        recording that stopped, of which the line takes no notice.
        """
        health = self._supervisor.health if self._supervisor is not None else {}
        names = [*self._rows, *(name for name in health if name not in self._rows)]
        views = []
        for name in names:
            entry = health.get(name)
            told = self._told_of(name)
            if entry is None:
                views.append(ServiceView(name, "running", is_healthy=True, last_error=told))
            else:
                error = entry.last_error or told
                views.append(ServiceView(name, entry.state, entry.is_healthy, entry.restarts, error))
        return views

    def system(self) -> SystemView:
        """Return everything at once."""
        self._refresh()
        self._own.refresh()
        metrics = self._metrics
        return SystemView(
            version=__version__,
            ts=self._clock.now_ns(),
            uptime_s=round(monotonic_s() - self._begun_s, 1),
            memory_mb=resident_mb(),
            source=self._source,
            services=list(self.services()),
            strategy_errors=dict(self._strategy_errors()),
            rates=dict(self._rates),
            counters={counter.name: dict(counter.counts) for counter in metrics.counters()},
            gauges={gauge.name: dict(gauge.values) for gauge in metrics.gauges()},
            line_latency=latency_summary(metrics.line_latency),
            hops=[
                HopView(
                    topic, room, histogram.count, histogram.quantile_ns(0.5) / 1e3, histogram.quantile_ns(0.99) / 1e3
                )
                for (topic, room), histogram in sorted(metrics.hops.items())
            ],
            feed_alarm=self.feed_alarm(),
            line_buckets={repr(edge / 1e9): seen for edge, seen in metrics.line_latency.edges()},
            mixed=self._mixture(),
        )

    def prometheus(self) -> bytes:
        """Return every metric in Prometheus' text form."""
        from prometheus_client import generate_latest  # noqa: PLC0415 - heavy, only when scraped

        self._refresh()
        self._own.refresh()
        return generate_latest(self._registry)

    def _told_of(self, name: str) -> str | None:
        """Return what is not well in a service that runs."""
        if name == "strategies":
            return self._told_of_strategies()
        if name == TRADING:
            return self._desk_trouble()
        if name != "market":
            return None
        failure, alarm = self._recording_failure(), self.feed_alarm()
        told = (failure and f"recording: {failure}", alarm and alarm.message)
        return "; ".join(text for text in told if text) or None

    def _told_of_strategies(self) -> str | None:
        """Return the first load error and how many there are, `None` where all is well."""
        errors = self._strategy_errors()
        first = next(iter(errors.values()), None)
        return first if first is None or len(errors) == 1 else f"{first} (and {len(errors) - 1} more)"

    def _rated(self) -> dict[str, Counter]:
        metrics = self._metrics
        return {
            "ticks_in": metrics.ticks_in,
            "ticks_clean": metrics.ticks_clean,
            "ticks_rejected": metrics.ticks_rejected,
            "features": metrics.features,
            "signals": metrics.signals,
            "opportunities": metrics.opportunities,
            "alerts": metrics.alerts,
            "orders": metrics.orders_judged,
            "push_messages": metrics.push_messages,
            "quotes_frames": metrics.quotes_frames,
            "api_requests": metrics.api_requests,
            "control_messages": metrics.control_messages,
            "ticks_recorded": metrics.ticks_recorded,
            "journal_entries": metrics.journal_entries,
        }


def alarm_of(status: FeedStatus) -> FeedAlarm:
    """Return a feed's alarm in words for an operator: what, and what to do about it."""
    if status.state is FeedState.ABSENT and status.detail:
        told = f"feed absent in trading hours: {status.detail}; look at market.ctp.fronts and at the way there"
    elif status.state is FeedState.ABSENT:
        told = "feed absent in trading hours: no publisher answers; start it, or correct market.zeromq.endpoints"
    else:
        silence_s = status.silence_limit_s if status.silence_s is None else status.silence_s
        told = f"feed silent in trading hours: no message for {silence_s:.0f} s; look at the publisher"
    return FeedAlarm(status.state.value, status.since_ns, told)
