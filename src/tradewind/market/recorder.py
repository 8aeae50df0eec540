"""Records what a source sends, one recording per trading day: `20210104_simulator.twr` in the folder of recordings.

The calendar says to which trading day a tick belongs, by the hours of its instrument: on a Friday evening gold's night
session is Monday's, while a late settlement price of an index future is still Friday's. So a few recordings may be
open at once. Nothing that goes wrong here reaches the line: it is told in `failure` and counted, and what the disk
does not take waits in memory until it does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from tradewind.errors import ReplayFileError
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.log import get_log
from tradewind.market.calendar import china_date
from tradewind.market.recording import FLUSH_S, FRAME_TICKS, RecordingWriter
from tradewind.market.recording_disk import SPOOL_BYTES, InlineHand
from tradewind.native import compiled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.tick import RawTick
    from tradewind.kernel.metrics import Metrics
    from tradewind.market.calendar import ExchangeCalendar, RoundTheClockCalendar
    from tradewind.market.recording_disk import DiskHand

_LOG = get_log("market.recorder")
_MAX_OPEN: Final = 16
"""Days recorded at once; beyond it the one begun first is closed, and gone on with should more of it come."""
_MAX_LANES: Final = 4_096
"""Instruments whose day is remembered; when full all are forgotten, which costs each one more look-up."""


class _Lane(NamedTuple):
    """Where an instrument's ticks go while their receive time is in (after_ns, until_ns]."""

    after_ns: int
    until_ns: int
    append: Callable[[RawTick], None]
    waiting: list[RawTick]
    """Those that the next one may simply join, while the frame is neither full nor due."""


class DayRecorder:
    """The recordings of one source; a `Recorder`. Never raises, whatever the tick."""

    def __init__(
        self,
        folder: Path,
        *,
        source: str,
        instruments: InstrumentLookup,
        calendar: ExchangeCalendar | RoundTheClockCalendar,
        metrics: Metrics,
        hand: DiskHand | None = None,
        spool_bytes: int = SPOOL_BYTES,
    ) -> None:
        """Write below `folder`, which is made with the first recording, by `hand` (default: in the caller's time)."""
        self._folder = folder
        self._hand = InlineHand() if hand is None else hand
        self._spool_bytes = spool_bytes
        self._source = source
        self._instruments = instruments
        self._calendar = calendar
        self._metrics = metrics
        self._open: dict[int, RecordingWriter] = {}
        self._lanes: dict[str, _Lane] = {}
        self._newest: RecordingWriter | None = None
        self._written = 0
        self._dropped = 0
        if compiled is not None:
            self.append = compiled.TickRecorder(  # type: ignore[method-assign,assignment]  # the same, compiled
                plainly=self.append,
                lanes=self._lanes,
                lane_type=_Lane,
                flush_ns=round(FLUSH_S * NS_PER_S),
                frame_ticks=FRAME_TICKS,
            )

    @property
    def failure(self) -> str | None:
        """What is wrong with the disk under the recordings; `None` while it takes what it gets."""
        if self._newest is not None and self._newest.failure is not None:
            return self._newest.failure
        return next((told for writer in self._open.values() if (told := writer.failure) is not None), None)

    def append(self, raw: RawTick) -> None:
        """Record one tick in its day's recording."""
        try:
            lane = self._lanes.get(raw[0])
            if lane is None or not lane.after_ns < raw[2] <= lane.until_ns:
                lane = self._lane(raw[0], raw[2])
            lane.append(raw)
        except (TypeError, LookupError, ValueError, OverflowError):
            self._dropped += 1  # no tick at all, or of a time that no calendar has

    def advance_to(self, now_ns: int) -> None:
        """Write what has waited long enough while no tick came."""
        for writer in self._open.values():
            writer.advance_to(now_ns)

    def flush(self) -> None:
        """Bring the metrics up to date."""
        writers = self._open.values()
        self._metrics.ticks_recorded.raise_to(self._written + sum(writer.written for writer in writers))
        self._metrics.ticks_not_recorded.raise_to(self._dropped + sum(writer.dropped for writer in writers))
        self._metrics.ticks_waiting_for_disk.set(sum(writer.spooled for writer in writers))

    def close(self) -> None:
        """Write everything and end the recordings; a tick that comes later goes on with its day's."""
        self._lanes.clear()
        while self._open:
            self._close(next(iter(self._open)))
        self.flush()

    def _lane(self, instrument_id: str, ts: int) -> _Lane:
        if type(ts) is not int:
            message = f"a receive time is a whole number of ns, was {ts!r}"
            raise TypeError(message)
        instrument = self._instruments.find(instrument_id)
        if instrument is None:
            # Nobody knows its hours: with the others, in the recording begun last.
            writer = next(reversed(self._open.values()), None) or self._recording(china_date(ts), ts)
            return _Lane(ts, ts, writer.append, writer.waiting)
        day = self._calendar.day_at(instrument.hours_id, ts)
        writer = self._recording(self._calendar.trading_day_at(instrument.hours_id, ts), ts)
        is_begun = ts >= day.auction_ns
        lane = _Lane(
            day.auction_ns if is_begun else ts,
            day.close_ns if is_begun else day.auction_ns - 1,
            writer.append,
            writer.waiting,
        )
        if len(self._lanes) >= _MAX_LANES:
            self._lanes.clear()
        self._lanes[instrument_id] = lane
        return lane

    def _recording(self, trading_day: int, first_ns: int) -> RecordingWriter:
        writer = self._open.get(trading_day)
        if writer is None:
            if len(self._open) >= _MAX_OPEN:
                self._lanes.clear()
                self._close(next(iter(self._open)))
            writer = self._newest = self._open[trading_day] = self._begin(trading_day, first_ns)
            if writer.failure is None:
                _LOG.info("recording_begun", path=str(writer.path), trading_day=trading_day)
        return writer

    def _begin(self, trading_day: int, first_ns: int) -> RecordingWriter:
        """Go on with the day's last recording, or begin a further one where that is later than `first_ns` or damaged.

        A market that is simulated or replayed again begins anew in the past: in one file its time would run backwards.
        """
        number = self._last_number(trading_day)
        try:
            writer = self._writer(trading_day, number)
        except ReplayFileError as error:
            _LOG.warning("recording_passed_over", reason=str(error))
        else:
            if writer.resumed_after_ns < first_ns:
                return writer
            writer.close()
        return self._writer(trading_day, number + 1)

    def _writer(self, trading_day: int, number: int) -> RecordingWriter:
        suffix = f"-{number}" if number > 1 else ""
        return RecordingWriter(
            self._folder / f"{trading_day}_{self._source}{suffix}.twr",
            trading_day=trading_day,
            source=self._source,
            hand=self._hand,
            spool_bytes=self._spool_bytes,
            on_failure=lambda reason: _LOG.error("recording_refused", reason=reason),
            on_relief=lambda: _LOG.info("recording_goes_on", trading_day=trading_day),
        )

    def _last_number(self, trading_day: int) -> int:
        form = re.compile(rf"{trading_day}_{re.escape(self._source)}(?:-(\d+))?\.twr")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            names = [path.name for path in self._folder.iterdir()]
        except OSError:
            return 1  # the writer will meet the same refusal, and tell it
        found = (form.fullmatch(name) for name in names)
        return max((int(match[1] or 1) for match in found if match), default=1)

    def _close(self, trading_day: int) -> None:
        writer = self._open.pop(trading_day)
        writer.close()
        self._written += writer.written
        self._dropped += writer.dropped
        _LOG.info("recording_closed", path=str(writer.path), ticks=writer.written, dropped=writer.dropped)
