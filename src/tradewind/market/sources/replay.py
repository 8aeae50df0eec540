"""A recording played into the line: at the speed it happened, any factor of it, as fast as it goes, or by hand.

What reaches the line is the same at every speed: every tick in the file's order, and between two ticks only times
before the second one, so timers fire at the same line times whatever the pace.
"""

from __future__ import annotations

import asyncio
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradewind.errors import InputError, ReplayFileError
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.log import get_log
from tradewind.market.control import ReplayControl
from tradewind.market.sources.layouts.picking import open_recording
from tradewind.market.sources.layouts.recording_file import ReadingOptions, ticks_of
from tradewind.market.sources.pacing import LoopWaiter, Schedule, Slice
from tradewind.market.sources.seeking import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.tick import RawTick
    from tradewind.market.ports import Intake
    from tradewind.market.sources.layouts.recording_file import RecordingFile
    from tradewind.market.sources.pacing import Waiter
    from tradewind.market.sources.settings import ReplaySettings

_LOG = get_log("market.replay")
_BURST: Final = 64
"""Ticks played between two looks at the clock and the knobs; a few hundred µs of work."""
_FOREVER: Final = (1 << 63) - 1
_WEEK_NS: Final = 7 * 86_400 * NS_PER_S
_LATE_S: Final = 2.0
"""A replay this far behind (the machine slept, the line cannot keep up) goes on from where it is, without a rush."""

_SHOWN: Final = 20
_AS_GOOD_AS_DUE_S: Final = 1e-6
"""Nobody can wait for less than this."""


class ReplaySource:
    """Plays one recording; a `RecordedSource`."""

    name = "replay"

    def __init__(
        self,
        settings: ReplaySettings,
        *,
        instruments: InstrumentLookup,
        control: ReplayControl | None = None,
        waiter: Waiter | None = None,
    ) -> None:
        """Take the control that the page turns; `waiter` is replaced in tests."""
        begin = place_of(settings.begin) if settings.begin else None
        self.control = control or ReplayControl(speed=settings.speed, is_paused=settings.start_paused, begin=begin)
        self._settings = settings
        self._options = ReadingOptions(
            instruments=instruments,
            instrument=settings.instrument,
            batch_rows=settings.batch_rows,
            bad_rows_percent=settings.bad_rows_percent,
        )
        self._waiter = waiter or LoopWaiter()
        self._tail_ns = round(settings.tail_s * NS_PER_S)
        self._recording: RecordingFile | None = None
        self._prepared: RecordingFile | None = None
        self._muted: set[str] = set()
        self._held: frozenset[str] | None = None

    async def is_subscribed(self, instrument_id: str) -> bool:
        """Say whether the recording holds this contract and lets it through."""
        return instrument_id not in self._muted and instrument_id in await self._instruments_held()

    async def subscribe(self, instrument_id: str) -> None:
        """Let this contract of the recording through again; it is where the recording is by now.

        Raises:
            InputError: the recording does not hold it.
            ReplayFileError: the recording cannot be read.
        """
        held = await self._instruments_held()
        if instrument_id not in held:
            shown = ", ".join(sorted(held)[:_SHOWN])
            message = f"the recording does not hold {instrument_id}; allowed are {shown}"
            raise InputError(message)
        self._muted.discard(instrument_id)

    def unsubscribe(self, instrument_id: str) -> None:
        """Pass over this contract's ticks."""
        self._muted.add(instrument_id)

    async def _instruments_held(self) -> frozenset[str]:
        """Read the recording through, once, for the contracts in it."""
        if self._held is None:
            self._held = await asyncio.to_thread(lambda: frozenset(raw[0] for raw in ticks_of(self._open())))
        return self._held

    @property
    def malformed_rows(self) -> int:
        """Rows of the file, in the reading under way, that could not be read; no tick came of them."""
        return self._recording.malformed_rows if self._recording else 0

    @property
    def remark(self) -> str:
        """What the operator should know of the file as far as it was read; empty when there is nothing."""
        return self._recording.remark if self._recording else ""

    def prepare(self) -> None:
        """Open the recording ahead of `ticks` or `play`, which then do nothing but play it.

        Raises: ReplayFileError: as `ticks`.
        """
        self._prepared = self._open()

    def ticks(self) -> Iterator[RawTick]:
        """Yield every tick once, in the file's order, as fast as they can be read; knows no loop, no pace.

        Raises: ReplayFileError: the file is missing, truncated, foreign or impossible.
        """
        self._recording, self._prepared = self._prepared or self._open(), None
        return ticks_of(self._recording)

    def play(self, intake: Intake) -> int:
        """Send the whole recording through the line without an event loop; return how many ticks it held.

        The line sees exactly what `run` gives it.

        Raises: ReplayFileError: as `ticks`.
        """
        accept = intake.accept
        count = 0
        raw: RawTick | None = None
        for raw in self.ticks():
            accept(raw)
            count += 1
        if raw is None:
            raise self._nothing_readable()
        intake.advance_to(raw[2] + self._tail_ns)
        return count

    async def run(self, intake: Intake) -> None:
        """Play the recording as the control says; return at its end, unless it is to loop.

        Raises: ReplayFileError: the file is missing, truncated, foreign or impossible.
        """
        # Opening imports half a second of libraries on the first time: not on the loop.
        recording = self._recording = await asyncio.to_thread(self._open)
        _LOG.debug("replay_opened", path=str(recording.path), layout=recording.layout, ticks=recording.total)
        lap, shift_ns = 1, 0
        while True:
            playback = _Playback(recording, intake, self.control, self._waiter, self._settings, muted=self._muted)
            self.control.opened(str(recording.path), layout=recording.layout, total=recording.total, lap=lap)
            ticks = ticks_of(recording)
            span = await playback.play(_later(ticks, shift_ns) if shift_ns else ticks)
            if span is None:
                raise self._nothing_readable()
            if recording.remark:
                _LOG.warning("replay_file_imperfect", path=str(recording.path), remark=recording.remark)
            if not self._settings.loop:
                intake.advance_to(span[1] + self._tail_ns)
                self.control.finished()
                _LOG.info("replay_finished", path=str(recording.path), ticks=self.control.status().ticks_played)
                return
            shift_ns += ((span[1] - span[0]) // _WEEK_NS + 1) * _WEEK_NS
            lap += 1

    def _nothing_readable(self) -> ReplayFileError:
        return ReplayFileError(f"{self._settings.path}: holds no readable tick; allowed is a file with at least one")

    def _open(self) -> RecordingFile:
        path = self._settings.path
        return open_recording(Path(path) if path else Path(), self._options)


class _Playback:
    """One lap: hands out ticks when they are due."""

    def __init__(
        self,
        recording: RecordingFile,
        intake: Intake,
        control: ReplayControl,
        waiter: Waiter,
        settings: ReplaySettings,
        *,
        muted: AbstractSet[str],
    ) -> None:
        self._muted = muted
        self._recording = recording
        self._intake = intake
        self._control = control
        self._waiter = waiter
        self._step_s = settings.timer_step_ms / 1000.0
        self._schedule = Schedule(longest_gap_s=settings.skip_gaps_s)
        self._slice = Slice(waiter.now_s)
        self._revision = -1
        self._is_moving = False
        self._line_ns = 0
        self._last_ns = 0
        self._played = 0

    async def play(self, ticks: Iterator[RawTick]) -> tuple[int, int] | None:
        """Play every tick; return the receive times of the first and the last, `None` when there is none."""
        accept = self._intake.accept
        muted = self._muted
        first = next(ticks, None)
        if first is None:
            return None
        self._line_ns = self._last_ns = first[2]
        horizon, credit = 0, 0
        for raw in chain((first,), ticks):
            ts = raw[2]
            if ts > horizon or not credit:
                self._note()
                horizon, credit = await self._permit(ts)
            if raw[0] not in muted:
                accept(raw)
            self._last_ns = ts
            self._played += 1
            credit -= 1
        self._note()
        return first[2], self._last_ns

    async def _permit(self, next_ns: int) -> tuple[int, int]:
        """Wait until the tick of `next_ns` may be played; return up to which time and how many more with it."""
        await self._give_way()
        control = self._control
        self._line_ns = max(self._line_ns, self._last_ns)
        while True:
            if (run := control.hurry(next_ns, at_most=_BURST)) is not None:
                self._is_moving = False
                return run
            self._follow_knobs(next_ns)
            if control.is_paused:
                if steps := control.take_steps(_BURST):
                    return _FOREVER, steps
                await self._let_others_run(None)
            elif control.speed == "max":
                return _FOREVER, _BURST
            else:
                position = self._paced_position(next_ns)
                if position >= next_ns:
                    # What follows a silence is looked at anew: one time far ahead must not let all others through.
                    return position, 1 if self._schedule.is_in_silence else _BURST
                await self._wait_for(next_ns)

    def _follow_knobs(self, next_ns: int) -> None:
        """Lay the schedule anew from where the line stands, when speed or pause changed."""
        control = self._control
        if control.revision == self._revision:
            return
        self._revision = control.revision
        now_s = self._waiter.now_s()
        if self._is_moving:
            self._line_ns = max(self._line_ns, min(self._schedule.position_ns(now_s), next_ns))
        speed = control.speed
        self._is_moving = not control.is_paused and speed != "max"
        if speed != "max":
            self._schedule.anchor(now_s, self._line_ns, speed=speed)

    def _paced_position(self, next_ns: int) -> int:
        schedule = self._schedule
        schedule.toward(self._last_ns, next_ns)
        now_s = self._waiter.now_s()
        late_s = now_s - schedule.due_s(next_ns)
        if late_s > _LATE_S:
            schedule.restart(now_s, next_ns)
            self._line_ns = next_ns
        position = schedule.position_ns(now_s)
        # Rounding may leave the position a nanosecond short for ever.
        return max(position, next_ns) if late_s >= -_AS_GOOD_AS_DUE_S else position

    async def _wait_for(self, next_ns: int) -> None:
        wait_s = self._schedule.due_s(next_ns) - self._waiter.now_s()
        await self._let_others_run(min(max(wait_s, 0.0), self._step_s))
        if self._revision == self._control.revision:
            position = self._schedule.position_ns(self._waiter.now_s())
            self._intake.advance_to(min(position, next_ns - 1))

    async def _give_way(self) -> None:
        """Let others run after a while, and stand still for good where all is about to be begun anew."""
        if self._slice.is_used_up():
            await self._let_others_run(0)
        while self._control.is_ending:
            await self._let_others_run(None)

    async def _let_others_run(self, seconds: float | None) -> None:
        await self._waiter.wait_s(seconds, self._control.wake)
        self._slice.begin()

    def _note(self) -> None:
        self._control.played(self._last_ns, ticks=self._played, malformed=self._recording.malformed_rows)


def _later(ticks: Iterator[RawTick], shift_ns: int) -> Iterator[RawTick]:
    """Move ticks to a later week; their trading day is left to the calendar."""
    for instrument_id, ts_event, ts_recv, _, *rest in ticks:
        yield (instrument_id, ts_event + shift_ns, ts_recv + shift_ns, 0, *rest)  # type: ignore[misc]  # a plain tuple of RawTick's shape
