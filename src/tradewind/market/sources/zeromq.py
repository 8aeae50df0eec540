"""A live `ctpmarket` feed over ZeroMQ: subscribes, reads every form of message, watches over the feed's health.

The socket's file descriptor wakes the loop; messages are then drained in slices, so that a flood holds nobody up.
Connecting again is ZeroMQ's business; a connection that stays silent in trading hours is made anew.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from tradewind.kernel.clock import NS_PER_S, SystemClock
from tradewind.kernel.log import get_log
from tradewind.market.ctpwire.decoder import DecoderLimits, FrameDecoder
from tradewind.market.ctpwire.moments import Moments
from tradewind.market.ctpwire.names import ContractNames
from tradewind.market.feed_watch import FeedState, FeedStatus, FeedWatch
from tradewind.market.sources.zeromq_socket import FeedSocket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import Instrument, InstrumentLookup
    from tradewind.kernel.clock import Clock
    from tradewind.kernel.metrics import Counter, Metrics
    from tradewind.market.ctpwire.refusals import QuarantinedFrame
    from tradewind.market.ports import Intake
    from tradewind.market.sources.settings import ZeromqSettings

_LOG = get_log("market.zeromq")
_BEHIND_NS: Final = NS_PER_S
"""Without marks, line time follows a feed of recordings at this distance, so that no quote comes too late for it."""
_SEEN_LIMIT: Final = 10_000


class ZeromqSource:
    """Market data from publishers; a `Source` that never ends."""

    name = "zeromq"

    def __init__(
        self,
        settings: ZeromqSettings,
        *,
        instruments: InstrumentLookup,
        find_symbol: Callable[[str], Instrument | None],
        calendar: TradingCalendar,
        is_round_the_clock: bool,
        usual_hours: Iterable[str],
        metrics: Metrics,
        clock: Clock | None = None,
    ) -> None:
        """Take the tables that name contracts and hours; `find_symbol` knows the exchange of a bare symbol."""
        self._settings = settings
        self._instruments = instruments
        self._clock = clock or SystemClock()
        self._metrics = metrics
        self._is_live = settings.receive_time == "wall"
        self._names = ContractNames(find_symbol, wanted=settings.symbols, unwanted=settings.exclude_symbols)
        self._decoder = FrameDecoder(
            names=self._names,
            moments=Moments(trusts_action_day=is_round_the_clock),
            quarantine=settings.quarantine,
            limits=DecoderLimits(max_frame_bytes=settings.max_frame_bytes, max_batch=settings.max_batch),
            stamps_own_time=not self._is_live,
        )
        self._watch = FeedWatch(
            calendar=calendar,
            usual_hours=usual_hours,
            silence_ns=round(settings.silence_s * NS_PER_S) if self._is_live else 0,
            absent_ns=round(settings.absent_s * NS_PER_S),
            now_ns=self._clock.now_ns(),
        )
        self._seen: set[str] = set()
        self._connections: dict[str, int] = {}
        self._reached_ns = 0
        self._last_ts = 0
        self._reopen_ns = 0
        self._is_due = False
        self._wake = asyncio.Event()

    async def is_subscribed(self, instrument_id: str) -> bool:
        """Say whether this contract's quotes are let through; whether the feed sends any is the feed's business."""
        return self._names.wants(instrument_id)

    async def subscribe(self, instrument_id: str) -> None:
        """Let this contract's quotes through, whatever the settings' patterns say."""
        self._names.choose(instrument_id, is_wanted=True)

    def unsubscribe(self, instrument_id: str) -> None:
        """Let no more of its quotes through."""
        self._names.choose(instrument_id, is_wanted=False)

    async def run(self, intake: Intake) -> None:
        """Feed `intake` until cancelled.

        Raises: ConfigError: an endpoint is none.
        """
        self._is_due = False
        self._watch.note_reopened(self._clock.now_ns())
        socket = self._open()
        ticker = asyncio.create_task(self._ring(), name="zeromq-timer")
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                if self._drain(socket, intake):
                    # No edge comes for what already waits: call again, after the others' turn.
                    self._wake.set()
                    await asyncio.sleep(0)
                if self._is_due:
                    self._is_due = False
                    self._tend(socket, intake)
                    socket = self._reopen_if_silent(socket)
        finally:
            ticker.cancel()
            self._close(socket)
            self._flush()

    def status(self) -> FeedStatus:
        """Return how the feed is."""
        decoder, watch = self._decoder, self._watch
        sequence, last_ns = decoder.sequence, watch.last_message_ns
        silence_s = None if last_ns is None else round((self._clock.now_ns() - last_ns) / NS_PER_S, 3)
        return FeedStatus(
            endpoints=self._settings.endpoints,
            state=watch.state,
            is_alarm=watch.is_alarm,
            since_ns=watch.since_ns,
            connected=watch.connected,
            connections=dict(self._connections),
            messages=decoder.messages,
            ticks=decoder.ticks,
            filtered=decoder.filtered,
            variants=dict(decoder.variants),
            framings=dict(decoder.framings),
            recoded=decoder.recoded,
            refused={reason.value: count for reason, count in decoder.quarantine.counts.items()},
            missing=sequence.missing,
            gaps=sequence.gaps,
            out_of_order=sequence.out_of_order,
            publisher_restarts=sequence.restarts,
            quarantined=decoder.quarantine.kept,
            last_message_ns=last_ns,
            silence_s=silence_s,
            silence_limit_s=self._settings.silence_s if self._is_live else 0.0,
        )

    def quarantined(self, limit: int = 50) -> list[QuarantinedFrame]:
        """Return the newest messages that could not be read, newest first."""
        return self._decoder.quarantine.latest(limit)

    async def _ring(self) -> None:
        """Say at every step that the source should look around, whether or not messages come."""
        step_s = self._settings.timer_step_ms / 1000
        while True:
            await asyncio.sleep(step_s)
            self._is_due = True
            self._wake.set()

    def _open(self) -> FeedSocket:
        socket = FeedSocket(self._settings)
        loop = asyncio.get_running_loop()
        loop.add_reader(socket.fd, self._wake.set)
        # What came between connecting and listening has had its edge already.
        self._wake.set()
        _LOG.info("feed_opened", endpoints=self._settings.endpoints, topics=self._settings.topics)
        return socket

    def _close(self, socket: FeedSocket) -> None:
        asyncio.get_running_loop().remove_reader(socket.fd)
        socket.close()

    def _drain(self, socket: FeedSocket, intake: Intake) -> bool:
        """Read what waits, up to a turn's share; return whether there may be more."""
        receive, decode, accept = socket.receive, self._decoder.decode, intake.accept
        now_of, seen = self._clock.now_ns, self._seen
        count = 0
        for _ in range(self._settings.turn_messages):
            frames = receive()
            if frames is None:
                break
            count += 1
            for raw in decode(frames, now_of()):
                if raw[0] not in seen:
                    self._meet(raw[0])
                accept(raw)  # type: ignore[arg-type]  # a plain tuple of RawTick's shape
                self._last_ts = raw[2]
            if not self._is_live and self._decoder.line_ns > self._reached_ns:
                self._reached_ns = self._decoder.line_ns
                intake.advance_to(self._reached_ns)
        if count:
            self._watch.last_message_ns = now_of()
        return count == self._settings.turn_messages

    def _meet(self, instrument_id: str) -> None:
        """Learn whose hours the feed should follow; names of nobody are looked up once each."""
        if len(self._seen) < _SEEN_LIMIT:
            self._seen.add(instrument_id)
        instrument = self._instruments.find(instrument_id)
        if instrument is not None:
            self._watch.expect(instrument.hours_id)

    def _tend(self, socket: FeedSocket, intake: Intake) -> None:
        """Move line time on, take note of connections, tell what changed."""
        now_ns = self._clock.now_ns()
        if self._is_live:
            intake.advance_to(now_ns)
        elif not self._reached_ns and self._last_ts and self._watch.last_message_ns is not None:
            intake.advance_to(self._last_ts + max(now_ns - self._watch.last_message_ns - _BEHIND_NS, 0))
        for event, endpoint in socket.events():
            self._connections[event] = self._connections.get(event, 0) + 1
            if event == "connected":
                self._watch.note_connected(endpoint, now_ns)
                _LOG.info("feed_connected", endpoint=endpoint)
            elif event == "lost":
                self._watch.note_lost(endpoint, now_ns)
                _LOG.warning("feed_lost", endpoint=endpoint, remedy="it is connected again by itself")
        if self._watch.check(now_ns):
            self._tell()
        self._flush()

    def _tell(self) -> None:
        watch = self._watch
        endpoints = ", ".join(self._settings.endpoints)
        if watch.state is FeedState.ABSENT:
            say = _LOG.warning if watch.is_alarm else _LOG.info
            say("feed_absent", endpoints=endpoints, remedy="start the publisher or set market.zeromq.endpoints")
        elif watch.state is FeedState.SILENT:
            quiet_s = self._settings.silence_s
            _LOG.warning("feed_silent", endpoints=endpoints, silence_s=quiet_s, remedy="look at the publisher")
        else:
            _LOG.info(f"feed_{watch.state.value}", endpoints=endpoints)

    def _reopen_if_silent(self, socket: FeedSocket) -> FeedSocket:
        now_ns = self._clock.now_ns()
        if self._watch.state is not FeedState.SILENT or not self._watch.connected:
            self._reopen_ns = now_ns
            return socket
        if now_ns - self._reopen_ns < self._settings.reopen_s * NS_PER_S:
            return socket
        self._reopen_ns = now_ns
        self._connections["reopened"] = self._connections.get("reopened", 0) + 1
        self._close(socket)
        self._watch.note_reopened(now_ns)
        return self._open()

    def _flush(self) -> None:
        """Bring the metrics up to the decoder's counts."""
        metrics, decoder = self._metrics, self._decoder
        _lift(metrics.feed_messages, decoder.variants)
        _lift(metrics.feed_refused, {reason.value: count for reason, count in decoder.quarantine.counts.items()})
        _lift(metrics.feed_connections, self._connections)
        _lift(metrics.feed_filtered, {"": decoder.filtered})
        _lift(metrics.feed_missing, {"": decoder.sequence.missing})
        metrics.feed_alarm.set(float(self._watch.is_alarm))


def _lift(counter: Counter, totals: dict[str, int]) -> None:
    """Raise a counter to totals that are kept elsewhere; they never fall."""
    for label, total in totals.items():
        if more := total - counter.counts.get(label, 0):
            counter.add(label, more)
