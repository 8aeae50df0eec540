"""The room's shell: the line's mouth, and the service that feeds it from a source.

`MarketLine.accept` moves line time, cleans, publishes, and returns when the tick has gone all the way. Counting
costs it nothing per tick: totals are read from the cleaners when they are wanted, at most every `flush_ms`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.bus.topics import CLEAN_TICKS, QUOTE_SNAPSHOTS
from tradewind.domain.tick import Tick
from tradewind.errors import ConfigError, ReplayFileError
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S, perf_ns
from tradewind.kernel.log import get_log
from tradewind.market.cleaning import TickCleaner
from tradewind.market.reasons import RejectReason
from tradewind.market.recording import RecordingIntake
from tradewind.market.rules import rules_from
from tradewind.native import compiled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tradewind.bus.ports import Bus
    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.tick import RawTick
    from tradewind.kernel.clock import LineClock
    from tradewind.kernel.metrics import Metrics
    from tradewind.market.outcome import Rejection
    from tradewind.market.ports import CountingIntake, Source
    from tradewind.market.recorder import DayRecorder
    from tradewind.market.settings import MarketSettings

_LOG = get_log("market")
_CHECK_EVERY_NS: Final = 86_400 * NS_PER_S


class LineCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What went in and what became of it."""

    ticks_in: int
    accepted: int
    rejected: dict[str, int]
    repaired: dict[str, int]


class MarketLine:
    """The line's mouth; implements `market.ports.Intake`."""

    def __init__(
        self,
        *,
        settings: MarketSettings,
        instruments: InstrumentLookup,
        calendar: TradingCalendar,
        bus: Bus,
        clock: LineClock,
        metrics: Metrics,
        source_name: str,
    ) -> None:
        self._rules = rules_from(settings.cleaning, is_live=settings.source != "replay")
        self.cleaner = TickCleaner(instruments=instruments, calendar=calendar, rules=self._rules)
        self._by_id = self.cleaner.by_id
        self._clock = clock
        self._advance = clock.advance_to
        self._publish_tick = bus.publisher(CLEAN_TICKS)
        self._publish_snapshot = bus.publisher(QUOTE_SNAPSHOTS)
        self._metrics = metrics
        self._observe = metrics.line_latency.observe
        self._source_name = source_name
        self._sample = settings.latency_sample
        self._until_sample = 1
        self._flush_ns = settings.flush_ms * NS_PER_MS
        self._flushed_ns = 0
        # Line time may jump this far without another look at it.
        self._checked_ns = 0
        self._trusted_ns = 0
        if compiled is not None:
            self.accept = compiled.LineIntake(  # type: ignore[method-assign,assignment]  # the same, compiled
                plainly=self.accept,
                trusted=lambda: self._trusted_ns,
                by_id=self._by_id,
                clock=clock,
                advance=self._advance,
                publish=self._publish_tick,
                turn_away=self._turn_away,
                observe=self._observe,
                flush=self.flush,
                tick_type=Tick,
                sample=self._sample,
                flush_ns=self._flush_ns,
            )

    def accept(self, raw: RawTick | tuple[Any, ...]) -> None:
        """Move line time to the tick's `ts_recv`, clean it, publish it or count why not. Never raises for bad input."""
        try:
            clean = self._by_id.get(raw[0])
            is_far = raw[2] > self._trusted_ns
        except (TypeError, LookupError):
            self.cleaner.reject(RejectReason.MALFORMED)
            return
        if is_far and not self._is_time_possible(raw[2]):
            self.cleaner.reject(RejectReason.ABSURD_TIME)
            return
        self._until_sample -= 1
        begun_ns = 0 if self._until_sample else perf_ns()
        self._advance(raw[2])
        outcome = clean(raw) if clean is not None else self.cleaner.admit(raw)
        if type(outcome) is Tick:
            self._publish_tick(outcome)
        else:
            self._turn_away(outcome)  # type: ignore[arg-type]
        if begun_ns:
            self._measure(begun_ns)

    def advance_to(self, now_ns: int) -> None:
        """Move line time on while no tick comes, so that timers fire."""
        if now_ns <= self._trusted_ns or self._is_time_possible(now_ns):
            self._advance(now_ns)

    def send_test(self, instrument_id: str) -> Tick | None:
        """Send an instrument's newest quote down the line once more, marked as a test; `None` if it has none.

        No price is invented and no real tick is disturbed: the test takes the next number and moves nothing else.
        """
        tick = self.cleaner.repeat_as_test(instrument_id, self._clock.now_ns())
        if tick is not None:
            self._publish_tick(tick)
        return tick

    def flowing(self) -> list[str]:
        """Return the instruments that have a quote and have not ended."""
        return self.cleaner.flowing()

    def end(self, instrument_id: str) -> None:
        """Say down the line that nobody subscribes to this instrument any more; nothing if it has no quote.

        It is said by a tick, the newest once more, because only ticks have the same place on the line everywhere.
        """
        tick = self.cleaner.repeat_as_last(instrument_id, self._clock.now_ns())
        if tick is not None:
            self._publish_tick(tick)

    def counts(self) -> LineCounts:
        """Return the totals so far, exactly."""
        accepted, rejected = self.cleaner.accepted(), self.cleaner.rejected()
        return LineCounts(
            ticks_in=accepted + sum(rejected.values()),
            accepted=accepted,
            rejected=rejected,
            repaired=self.cleaner.repaired(),
        )

    def flush(self) -> None:
        """Bring the metrics up to date; called while ticks come, by the queries, and at the end."""
        counts = self.counts()
        metrics = self._metrics
        metrics.ticks_in.raise_to(counts.ticks_in, self._source_name)
        metrics.ticks_clean.raise_to(counts.accepted)
        for reason, count in counts.rejected.items():
            metrics.ticks_rejected.raise_to(count, reason)
        for reason, count in counts.repaired.items():
            metrics.ticks_repaired.raise_to(count, reason)

    def _turn_away(self, rejection: Rejection) -> None:
        if rejection.snapshot is not None:
            self._publish_snapshot(rejection.snapshot)

    def _is_time_possible(self, now_ns: int) -> bool:
        """Keep one absurd receive time from firing every timer until the end of days."""
        if type(now_ns) is not int or (self._checked_ns and now_ns - self._checked_ns > self._rules.max_idle_ns):
            return False
        self._checked_ns = now_ns
        self._trusted_ns = now_ns + _CHECK_EVERY_NS
        return True

    def _measure(self, begun_ns: int) -> None:
        self._until_sample = self._sample
        now_ns = perf_ns()
        self._observe(now_ns - begun_ns)
        if now_ns - self._flushed_ns >= self._flush_ns:
            self._flushed_ns = now_ns
            self.flush()


class MarketService:
    """Feeds the line from one source; runs under the supervisor as `market`."""

    name = "market"

    def __init__(
        self,
        *,
        source: Source,
        line: CountingIntake,
        recorder: DayRecorder | None = None,
        before: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Record what comes in with `recorder`, if there is one.

        `before` is awaited ahead of the first tick: what is to be subscribed besides the settings.
        """
        self._source = source
        self._line = line
        self._recorder = recorder
        self._before = before

    async def run(self) -> None:
        """Feed the line until cancelled or until the source's data ends.

        Raises: ConfigError: the recording cannot be played, and trying again would not help.
        """
        if self._before is not None:
            await self._before()
        _LOG.debug("source_started", source=self._source.name)
        recorder = self._recorder
        try:
            await self._source.run(self._line if recorder is None else RecordingIntake(self._line, recorder))
        except ReplayFileError as error:
            message = f"market.replay.path: {error}"
            raise ConfigError(message) from error
        finally:
            if recorder is not None:
                recorder.close()
            self._line.flush()
            counts = self._line.counts()
            _LOG.info("source_ended", source=self._source.name, ticks_in=counts.ticks_in, rejected=counts.rejected)
