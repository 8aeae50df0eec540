"""The features room's shell: clean ticks in, snapshots and closed bars out, one small machine per instrument."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from tradewind.bus.topics import BARS, CLEAN_TICKS, FEATURES
from tradewind.domain.tick import Tick, TickFlag
from tradewind.domain.trial import TRIAL_ID, TRIAL_INSTRUMENT
from tradewind.errors import UnknownInstrumentError
from tradewind.features.bars import BarBuilder
from tradewind.features.snapshots import snapshot_builder
from tradewind.native import compiled

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.ports import Bus, Subscription
    from tradewind.domain.bar import Bar
    from tradewind.domain.feature import FeatureSnapshot
    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import Instrument, InstrumentLookup
    from tradewind.features.settings import FeatureSettings
    from tradewind.kernel.clock import LineClock
    from tradewind.kernel.metrics import Metrics

ROOM: Final = "features"
_LAST: Final = int(TickFlag.LAST)


class FeatureCounts(msgspec.Struct, frozen=True):
    """What the room has passed over: ticks after their bar was closed, outside trading, of too many instruments."""

    late_ticks: int
    off_session_ticks: int
    refused_ticks: int


class _Ended(NamedTuple):
    """What stays of a contract that nobody subscribes to any more: its last number, and the bar its timer closes."""

    seq: int
    bars: BarBuilder


class FeatureService:
    """Reads CLEAN_TICKS; writes FEATURES after each tick and BARS as they close."""

    def __init__(
        self,
        *,
        settings: FeatureSettings,
        instruments: InstrumentLookup,
        calendar: TradingCalendar,
        bus: Bus,
        clock: LineClock,
        metrics: Metrics,
    ) -> None:
        """Prepare; nothing happens before `attach`."""
        self._settings = settings
        self._instruments = instruments
        self._calendar = calendar
        self._bus = bus
        self._clock = clock
        self._metrics = metrics
        self._publish_features = bus.publisher(FEATURES)
        self._publish_bars = bus.publisher(BARS)
        self._subscription: Subscription | None = None
        self._handlers: dict[str, Callable[[Tick], None]] = {}
        self._bars: dict[str, BarBuilder] = {}
        self._ended: dict[str, _Ended] = {}
        self._refused_ticks = 0
        self._flushed: dict[str, int] = {}
        """What of `counts` the metrics have; other rooms of the process, of other shards, add to the same ones."""
        self.latest: dict[str, FeatureSnapshot] = {}
        """Newest snapshot of each instrument; at most `max_instruments`."""

    def attach(self) -> None:
        """Begin to listen."""
        if self._subscription is None:
            on_tick: Callable[[Tick], None] = self._on_tick
            if compiled is not None:
                on_tick = compiled.Dispatcher(
                    handlers=self._handlers,
                    open_handler=self._open,
                    forget=self._end,
                    event_type=Tick,
                    last_flag=_LAST,
                )
            self._subscription = self._bus.subscribe(CLEAN_TICKS, on_tick, group=ROOM)

    def detach(self) -> None:
        """Stop listening and give up the bars under way; they are not published half done."""
        if self._subscription is not None:
            self._subscription.cancel()
            self._subscription = None
        self.flush()
        for bar in self._all_bars():
            bar.cancel()
        self._bars.clear()
        self._ended.clear()
        self._handlers.clear()
        self._flushed = msgspec.structs.asdict(self.counts())

    def counts(self) -> FeatureCounts:
        """Return what was passed over since `attach`."""
        bars = self._all_bars()
        return FeatureCounts(
            late_ticks=sum(bar.late_ticks for bar in bars),
            off_session_ticks=sum(bar.off_session_ticks for bar in bars),
            refused_ticks=self._refused_ticks,
        )

    def flush(self) -> None:
        """Bring the metrics up to date with `counts`; ticks that are passed over are not worth more than this."""
        passed_over = self._metrics.features_passed_over
        for reason, count in msgspec.structs.asdict(self.counts()).items():
            missing = count - self._flushed.get(reason, 0)
            if missing > 0:
                passed_over.add(reason.removesuffix("_ticks"), missing)
                self._flushed[reason] = count

    def _all_bars(self) -> list[BarBuilder]:
        return [*self._bars.values(), *(ended.bars for ended in self._ended.values())]

    def _on_tick(self, tick: Tick) -> None:
        if tick.flags & _LAST:
            self._end(tick)
            return
        handler = self._handlers.get(tick.instrument_id)
        if handler is None:
            handler = self._open(tick.instrument_id)
        handler(tick)

    def _end(self, tick: Tick) -> None:
        """Forget a contract that nobody subscribes to any more; the bar under way is closed when its minute is over."""
        instrument_id = tick.instrument_id
        latest = self.latest.get(instrument_id)
        if latest is None or latest.seq >= tick.seq or self._handlers.pop(instrument_id, None) is None:
            return
        bars = self._bars.pop(instrument_id)
        del self.latest[instrument_id]
        if len(self._ended) >= self._settings.max_instruments:
            del self._ended[next(iter(self._ended))]
        self._ended[instrument_id] = _Ended(tick.seq, bars)

    def _open(self, instrument_id: str) -> Callable[[Tick], None]:
        """Begin to follow an instrument.

        Raises: UnknownInstrumentError: no table knows it, or `max_instruments` are followed already.
        """
        if len(self._handlers) >= self._settings.max_instruments:
            self._refused_ticks += 1
            message = (
                f"features follows {len(self._handlers)} instruments already, {instrument_id} is one too many; "
                "raise features.max_instruments"
            )
            raise UnknownInstrumentError(message)
        if instrument_id == TRIAL_ID:
            handler = self._handlers[instrument_id] = self._trial_handler()
            return handler
        instrument = self._instruments.require(instrument_id)
        ended = self._ended.pop(instrument_id, None)
        bars = self._bars[instrument_id] = ended.bars if ended is not None else self._bar_builder(instrument)
        advance = snapshot_builder(instrument, self._settings)
        handler = self._handlers[instrument_id] = self._handler(
            instrument_id, bars, advance, after=0 if ended is None else ended.seq
        )
        return handler

    def _bar_builder(self, instrument: Instrument) -> BarBuilder:
        return BarBuilder(
            instrument,
            settings=self._settings,
            calendar=self._calendar,
            clock=self._clock,
            publish=self._on_bar,
        )

    def _trial_handler(self) -> Callable[[Tick], None]:
        """Return the handler of test ticks: they make features and nothing that stays, no bar least of all."""
        advance, publish = snapshot_builder(TRIAL_INSTRUMENT, self._settings), self._publish_features
        newest = 0

        def on_tick(tick: Tick) -> None:
            nonlocal newest
            if tick.seq > newest:
                newest = tick.seq
                publish(advance(tick))

        return on_tick

    def _on_bar(self, bar: Bar) -> None:
        self._metrics.bars.add()
        self._publish_bars(bar)

    def _handler(
        self, instrument_id: str, bars: BarBuilder, advance: Callable[[Tick], FeatureSnapshot], *, after: int
    ) -> Callable[[Tick], None]:
        """Return one instrument's handler: a tick seen before is passed over, a gap in sequence counted.

        Numbers up to `after` were seen before it ended, 0 for an instrument that is new.
        """
        expected = after + 1 if after else 0
        latest, publish, gaps = self.latest, self._publish_features, self._metrics.gaps
        counts = self._metrics.features.counts
        counts.setdefault("", 0)
        add_to_bar = bars.add
        if compiled is not None:
            return compiled.FeatureHandler(
                bar=bars,
                add=add_to_bar,
                advance=advance,
                latest=latest,
                counts=counts,
                publish=publish,
                on_gap=partial(gaps.add, ROOM),
                instrument_id=instrument_id,
                tick_type=Tick,
                expected=expected,
            )

        def on_tick(tick: Tick) -> None:
            nonlocal expected
            seq = tick.seq
            if seq != expected:
                if seq < expected:
                    return
                if expected:
                    gaps.add(ROOM)
            expected = seq + 1
            add_to_bar(tick)
            snapshot = latest[instrument_id] = advance(tick)
            counts[""] += 1
            publish(snapshot)

        return on_tick
