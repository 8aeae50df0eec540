"""Quotes of a broker's market fronts, through CTP's library in a child process of its own.

The child copies each quote into a ring that both see; here they are read in slices, so that a flood holds nobody up. A
crash of the library ends the child, and the next one goes on.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from tradewind.ctp.channel import CtpChannel
from tradewind.ctp.messages import Raised
from tradewind.ctp.ring import RingReader
from tradewind.domain.instrument import instrument_id_of
from tradewind.errors import ConfigError, InputError
from tradewind.kernel.clock import NS_PER_S, SystemClock, monotonic_s
from tradewind.kernel.log import get_log
from tradewind.market.calendar import china_date
from tradewind.market.feed_watch import FeedState, FeedStatus, FeedWatch
from tradewind.market.sources.ctp_choice import EXCHANGES, ContractChoice, is_expired
from tradewind.market.sources.ctp_hours import SessionHours
from tradewind.market.sources.ctp_session import MarketSession
from tradewind.market.sources.ctp_ticks import TickReader

if TYPE_CHECKING:
    from tradewind.ctp.channel import Places
    from tradewind.ctp.messages import FromChild
    from tradewind.ctp.settings import CtpSettings
    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import Instrument
    from tradewind.domain.told_rates import ToldContract
    from tradewind.kernel.clock import Clock
    from tradewind.kernel.metrics import Metrics
    from tradewind.market.contract_days import ContractDays
    from tradewind.market.contracts import InstrumentTable
    from tradewind.market.ctpwire.refusals import QuarantinedFrame
    from tradewind.market.ports import Intake
    from tradewind.market.sources.settings import CtpFeedSettings

_LOG = get_log("market.ctp")
_FLOOD_PER_S: Final = 10_000
_LOOKS: Final = 16
"""How often the ring is looked at in a flood before we sleep: some 50 µs."""


class CtpSource:
    """Market data through CTP; a `Source` that never ends."""

    name = "ctp"

    def __init__(
        self,
        feed: CtpFeedSettings,
        settings: CtpSettings,
        *,
        places: Places,
        instruments: InstrumentTable,
        calendar: TradingCalendar,
        metrics: Metrics,
        clock: Clock | None = None,
        has_real_days: bool = True,
        told: ContractDays | None = None,
    ) -> None:
        """Start nothing yet. With `has_real_days` the calendar's trading days are held against the front's.

        `told` are the brokers' lists: what appears in a newer one is asked for too, what has expired no more.

        A quote was received when the child says, by the machine's clock; when `clock` says, where one is given.

        Raises: ConfigError: there is no front, or no contract to subscribe.
        """
        self._feed = _with_fronts(feed)
        self._settings = settings
        self._places = places
        self._instruments = instruments
        self._metrics = metrics
        self._clock = clock or SystemClock()
        self._is_machine_time = clock is None
        self._has_real_days = has_real_days
        now_ns = self._clock.now_ns()
        self._watch = _watch_of(feed, calendar, now_ns)
        self._hours = SessionHours(calendar, before_s=settings.before_open_s, after_s=settings.after_close_s)
        self._reader = TickReader(feed.quarantine, stamps_arrival=feed.quote_time == "arrival")
        self._choice = ContractChoice(feed, instruments)
        self._told = told
        self._followed: dict[str, str] = {}
        self._connections: dict[str, int] = {}
        self._wake = asyncio.Event()
        self._looks = self._looks_of_rate = self._ticks_before = 0
        self._is_due = False
        self._channel: CtpChannel | None = None
        self._session = MarketSession(
            feed,
            settings,
            flow_dir=str(places.flow_dir),
            send=self._send,
            on_state=self._note,
            on_trading_day=self._take_day,
        )
        self._begin(china_date(now_ns))

    async def is_subscribed(self, instrument_id: str) -> bool:
        """Say whether this contract is asked of the front."""
        return instrument_id in self._followed.values()

    async def subscribe(self, instrument_id: str) -> None:
        """Ask the front for this contract from now on.

        Raises: InputError: it is traded on no exchange that CTP reaches.
        """
        instrument = self._instruments.find(instrument_id)
        if instrument is None or instrument.exchange not in EXCHANGES:
            message = f"{instrument_id} cannot be had through CTP: contracts of {', '.join(sorted(EXCHANGES))} can"
            raise InputError(message)
        if instrument.symbol not in self._followed:
            self._follow(instrument)
            self._reader.want(self._followed)
            self._session.add(instrument.symbol)

    def unsubscribe(self, instrument_id: str) -> None:
        """Let go of this contract."""
        instrument = self._instruments.find(instrument_id)
        if instrument is not None and self._followed.pop(instrument.symbol, None) is not None:
            self._reader.want(self._followed)
            self._session.drop(instrument.symbol)

    async def run(self, intake: Intake) -> None:
        """Feed `intake` until cancelled.

        Raises: ConfigError: the library cannot be loaded.
        """
        ring = RingReader(self._feed.ring_ticks)
        self._channel = CtpChannel(
            "market",
            self._settings,
            self._places,
            name="market",
            ring=ring,
            on_message=self._hear,
            on_end=self._child_ended,
        )
        self._watch.note_reopened(self._clock.now_ns())
        loop = asyncio.get_running_loop()
        loop.add_reader(ring.wake_fd, self._wake.set)
        child = asyncio.create_task(self._channel.run(), name="ctp-child")
        child.add_done_callback(lambda _task: self._wake.set())
        ticker = asyncio.create_task(self._ring_bell(), name="ctp-timer")
        lists = asyncio.create_task(self._follow_lists(), name="ctp-contracts")
        try:
            while not child.done():
                await self._take(ring, intake)
            child.result()
        finally:
            for task in (ticker, lists, child):
                task.cancel()
            await asyncio.gather(ticker, lists, child, return_exceptions=True)
            self._channel = None
            self._session.child_ended()
            loop.remove_reader(ring.wake_fd)
            self._flush(ring.dropped)
            ring.close()

    def status(self) -> FeedStatus:
        """Return how the feed is."""
        watch, reader, session = self._watch, self._reader, self._session
        last_ns = watch.last_message_ns
        return FeedStatus(
            endpoints=self._feed.fronts,
            state=watch.state,
            is_alarm=watch.is_alarm,
            since_ns=watch.since_ns,
            connected=watch.connected,
            connections=dict(self._connections),
            messages=reader.ticks + reader.filtered + reader.quarantine.total,
            ticks=reader.ticks,
            filtered=reader.filtered,
            variants={"ctp": reader.ticks},
            framings={},
            recoded=0,
            refused={reason.value: count for reason, count in reader.quarantine.counts.items()},
            missing=self._connections.get("dropped", 0),
            gaps=0,
            out_of_order=0,
            publisher_restarts=self._connections.get("child_ended", 0),
            quarantined=reader.quarantine.kept,
            last_message_ns=last_ns,
            silence_s=None if last_ns is None else round((self._clock.now_ns() - last_ns) / NS_PER_S, 3),
            silence_limit_s=self._feed.silence_s,
            detail=session.detail(),
            front=session.front,
            trading_day=session.trading_day or None,
            subscribed=session.subscribed,
        )

    def quarantined(self, limit: int = 50) -> list[QuarantinedFrame]:
        """Return the newest structs that could not be read, newest first."""
        return self._reader.quarantine.latest(limit)

    @property
    def child_pid(self) -> int | None:
        """The child process, while there is one that is ready."""
        return self._channel.pid if self._channel is not None else None

    def _follow(self, instrument: Instrument) -> None:
        self._followed[instrument.symbol] = instrument_id_of(instrument.symbol, instrument.exchange)
        self._watch.expect(instrument.hours_id)
        self._hours.expect(instrument.hours_id)

    async def _follow_lists(self) -> None:
        """Take each newer list of contracts, and look at every new day for what has expired."""
        day = china_date(self._clock.now_ns())
        while True:
            await asyncio.sleep(self._feed.list_look_s)
            contracts = None if self._told is None else await asyncio.to_thread(self._told.newest)
            today = china_date(self._clock.now_ns())
            if contracts is not None or today != day:
                day = today
                self._learn(contracts)
                self._renew(today)

    def _begin(self, today: int) -> None:
        """Follow what is wanted on the day of the start."""
        self._learn(self._told.newest() if self._told is not None else None)
        for instrument in self._choice.of_day(today):
            self._follow(instrument)
        self._reader.want(self._followed)
        self._session.want(self._followed)

    def _learn(self, contracts: list[ToldContract] | None) -> None:
        if contracts:
            self._instruments.tell(contracts)

    def _renew(self, today: int) -> None:
        """Ask for the contracts of a day that are new, and no more for those that have expired."""
        try:
            wanted = self._choice.of_day(today)
        except ConfigError as error:
            _LOG.error("ctp_contracts_not_renewed", reason=str(error))
            return
        added = [one for one in wanted if one.symbol not in self._followed]
        known = [(symbol, self._instruments.find(each)) for symbol, each in self._followed.items()]
        expired = [symbol for symbol, one in known if one is not None and is_expired(one, today)]
        if not added and not expired:
            return
        for instrument in added:
            self._follow(instrument)
        for symbol in expired:
            del self._followed[symbol]
        self._reader.want(self._followed)
        self._session.change(added=[one.symbol for one in added], dropped=expired)
        for event, count in (("contracts_added", len(added)), ("contracts_expired", len(expired))):
            self._connections[event] = self._connections.get(event, 0) + count
        _LOG.info("ctp_contracts_renewed", added=len(added), expired=len(expired), contracts=len(self._followed))

    def _send(self, message: object) -> bool:
        return self._channel is not None and self._channel.send(message)  # type: ignore[arg-type]

    async def _take(self, ring: RingReader, intake: Intake) -> None:
        """Feed what the ring holds, up to a turn's share; wait for more when it is empty."""
        most = self._feed.turn_ticks
        records = ring.take(most)
        if records:
            accept, now_ns = intake.accept, self._clock.now_ns()
            for raw in self._reader.read(records, now_ns=0 if self._is_machine_time else now_ns):
                accept(raw)  # type: ignore[arg-type]  # a plain tuple of RawTick's shape
            self._watch.last_message_ns = now_ns
        if self._is_due:
            self._is_due = False
            self._tend(ring, intake)
        self._looks = self._looks_of_rate if records else self._looks - 1
        if len(records) == most or self._looks > 0 or not ring.wait():
            # More waits already, or will in a moment: go on after the others' turn.
            await asyncio.sleep(0)
            return
        await self._wake.wait()
        self._wake.clear()
        ring.hush()

    async def _ring_bell(self) -> None:
        """Say at every step that the source should look around, whether or not quotes come."""
        step_s = self._feed.timer_step_ms / 1_000
        while True:
            await asyncio.sleep(step_s)
            self._is_due = True
            self._wake.set()

    def _tend(self, ring: RingReader, intake: Intake) -> None:
        now_ns = self._clock.now_ns()
        intake.advance_to(now_ns)
        came, self._ticks_before = self._reader.ticks - self._ticks_before, self._reader.ticks
        # Going to sleep and being woken costs both sides more than a quote: in a flood we only look again.
        self._looks_of_rate = _LOOKS if came * 1_000 >= _FLOOD_PER_S * self._feed.timer_step_ms else 0
        self._session.tend(monotonic_s(), is_due=self._hours.is_due(now_ns))
        if self._watch.check(now_ns):
            say = _LOG.warning if self._watch.is_alarm else _LOG.info
            remedy = {"remedy": "look at market.ctp.fronts"} if self._watch.state is FeedState.ABSENT else {}
            say(f"feed_{self._watch.state.value}", source=self.name, detail=self._session.detail(), **remedy)
        self._flush(ring.dropped)

    def _hear(self, message: FromChild) -> None:
        if isinstance(message, Raised):
            self._count("callback_raised")
        self._session.hear(message, monotonic_s())
        # What follows from it should not wait for the next step of the timer.
        self._is_due = True
        self._wake.set()

    def _child_ended(self, reason: str) -> None:
        del reason
        self._count("child_ended")
        self._session.child_ended()
        self._watch.note_reopened(self._clock.now_ns())

    def _note(self, event: str, front: str) -> None:
        self._count(event)
        now_ns = self._clock.now_ns()
        if event == "signed_in":
            self._watch.note_connected(front, now_ns)
        elif event == "lost":
            self._watch.note_lost(front, now_ns)

    def _count(self, event: str) -> None:
        self._connections[event] = self._connections.get(event, 0) + 1

    def _take_day(self, trading_day: int) -> None:
        """Take the front's day for every quote, and say so where our calendar has another."""
        self._reader.trading_day = trading_day
        ours = self._hours.trading_days(self._clock.now_ns())
        if self._has_real_days and ours and trading_day not in ours:
            self._count("trading_day_differs")
            _LOG.warning(
                "ctp_trading_day_differs",
                front=trading_day,
                calendar=sorted(ours),
                remedy="bring the holidays up to date",
            )

    def _flush(self, dropped: int) -> None:
        """Bring the metrics up to what is counted apart."""
        if dropped:
            self._connections["dropped"] = dropped
        metrics, reader = self._metrics, self._reader
        metrics.feed_messages.raise_to(reader.ticks, "ctp")
        metrics.feed_filtered.raise_to(reader.filtered)
        metrics.feed_missing.raise_to(dropped)
        for reason, count in reader.quarantine.counts.items():
            metrics.feed_refused.raise_to(count, reason.value)
        for event, count in self._connections.items():
            metrics.feed_connections.raise_to(count, event)
        metrics.feed_alarm.set(float(self._watch.is_alarm))


def _with_fronts(feed: CtpFeedSettings) -> CtpFeedSettings:
    """Return settings that name a front.

    Raises: ConfigError: they name none.
    """
    if not feed.fronts:
        message = 'market.ctp.fronts must name at least one front, for example ["tcp://180.168.146.187:10211"]'
        raise ConfigError(message)
    return feed


def _watch_of(feed: CtpFeedSettings, calendar: TradingCalendar, now_ns: int) -> FeedWatch:
    return FeedWatch(
        calendar=calendar,
        usual_hours=(),
        silence_ns=round(feed.silence_s * NS_PER_S),
        absent_ns=round(feed.absent_s * NS_PER_S),
        now_ns=now_ns,
    )
