"""Market data from a quote table that another system writes, looked at again and again (C-004-9, `pms_monitor`).

A look reads what has come since the last; cleaning then judges duplicates and quotes that go backwards as it does those
of any feed. A database that is away is asked again; meanwhile the source says so.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from tradewind.errors import StoreError, TransientError
from tradewind.kernel.clock import NS_PER_S, SystemClock, monotonic_s
from tradewind.kernel.log import get_log
from tradewind.market.ctpwire.refusals import Quarantine, RefusedFrameError
from tradewind.market.feed_watch import FeedState, FeedStatus, FeedWatch
from tradewind.market.sources.pacing import SLICE_S
from tradewind.market.sources.quote_rows import QuoteRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import Instrument, InstrumentLookup
    from tradewind.kernel.clock import Clock
    from tradewind.kernel.metrics import Metrics
    from tradewind.market.ctpwire.refusals import QuarantinedFrame
    from tradewind.market.ports import Intake
    from tradewind.market.sources.settings import SqlMonitorSettings

_LOG = get_log("market.sql_monitor")
_SEEN_LIMIT: Final = 10_000
_LONGEST_WAIT_S: Final = 5.0


class Look(Protocol):
    """What one look at the table found."""

    @property
    def rows(self) -> Sequence[dict[str, Any]]:
        """Return new rows by our names for the columns, oldest first."""
        ...

    @property
    def is_more(self) -> bool:
        """Say whether more wait."""
        ...

    @property
    def has_begun_anew(self) -> bool:
        """Say whether the table was emptied since the last look."""
        ...


class Table(Protocol):
    """A quote table, read forward (`stores.sql.quote_table`)."""

    @property
    def shown(self) -> str:
        """Return where it is, without secrets."""
        ...

    def look(self) -> Look:
        """Read on; waits. Raises: StoreError, TransientError: not now. ConfigError: never so."""
        ...


class SqlMonitorSource:
    """Market data from a table; a `LiveFeed` that never ends."""

    name = "sql_monitor"

    def __init__(
        self,
        settings: SqlMonitorSettings,
        *,
        table: Table,
        instruments: InstrumentLookup,
        find_symbol: Callable[[str], Instrument | None],
        calendar: TradingCalendar,
        usual_hours: Iterable[str],
        metrics: Metrics,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._table = table
        self._instruments = instruments
        self._clock = clock or SystemClock()
        self._metrics = metrics
        self._rows = QuoteRows(settings, find_symbol)
        self._quarantine = Quarantine(settings.quarantine)
        self._watch = FeedWatch(
            calendar=calendar,
            usual_hours=usual_hours,
            silence_ns=round(settings.silence_s * NS_PER_S),
            absent_ns=round(settings.absent_s * NS_PER_S),
            now_ns=self._clock.now_ns(),
        )
        self._unwanted: set[str] = set()
        self._seen: set[str] = set()
        self._counts = {"rows": 0, "ticks": 0, "filtered": 0}
        self._connections: dict[str, int] = {}

    async def is_subscribed(self, instrument_id: str) -> bool:
        """Say whether this contract's quotes are let through; whether the table has any is another matter."""
        return instrument_id not in self._unwanted

    async def subscribe(self, instrument_id: str) -> None:
        """Let this contract's quotes through."""
        self._unwanted.discard(instrument_id)

    def unsubscribe(self, instrument_id: str) -> None:
        """Let no more of its quotes through."""
        self._unwanted.add(instrument_id)

    async def run(self, intake: Intake) -> None:
        """Feed `intake` until cancelled.

        Raises: ConfigError: the database does not let us in, would let us write, or has no such table or column.
        """
        wait_s = self._settings.poll_ms / 1000
        while True:
            look = await self._look()
            now_ns = self._clock.now_ns()
            if look is not None:
                await self._take(look.rows, intake)
            intake.advance_to(now_ns)
            if self._watch.check(now_ns):
                self._tell()
            self._metrics.feed_alarm.set(float(self._watch.is_alarm))
            if look is None or not look.is_more:
                await asyncio.sleep(wait_s if look is not None else max(wait_s, min(wait_s * 8, _LONGEST_WAIT_S)))

    def status(self) -> FeedStatus:
        """Return how the feed is."""
        watch, counts = self._watch, self._counts
        last_ns = watch.last_message_ns
        return FeedStatus(
            endpoints=(self._table.shown,),
            state=watch.state,
            is_alarm=watch.is_alarm,
            since_ns=watch.since_ns,
            connected=watch.connected,
            connections=dict(self._connections),
            messages=counts["rows"],
            ticks=counts["ticks"],
            filtered=counts["filtered"],
            variants={"sql_row": counts["rows"]},
            framings={},
            recoded=0,
            refused={reason.value: count for reason, count in self._quarantine.counts.items()},
            missing=0,
            gaps=0,
            out_of_order=0,
            publisher_restarts=self._connections.get("begun_anew", 0),
            quarantined=self._quarantine.kept,
            last_message_ns=last_ns,
            silence_s=None if last_ns is None else round((self._clock.now_ns() - last_ns) / NS_PER_S, 3),
            silence_limit_s=self._settings.silence_s,
        )

    def quarantined(self, limit: int = 50) -> list[QuarantinedFrame]:
        """Return the newest rows that could not be read, newest first."""
        return self._quarantine.latest(limit)

    async def _look(self) -> Look | None:
        """Return what is new, `None` while the database is away."""
        place = self._table.shown
        try:
            look = await asyncio.to_thread(self._table.look)
        except (StoreError, TransientError) as error:
            if self._watch.connected:
                self._note("lost")
                self._watch.note_lost(place, self._clock.now_ns())
                _LOG.warning("feed_lost", endpoint=place, reason=str(error), remedy="it is asked again by itself")
            return None
        if not self._watch.connected:
            self._note("connected")
            self._watch.note_connected(place, self._clock.now_ns())
            _LOG.info("feed_connected", endpoint=place)
        if look.has_begun_anew:
            self._note("begun_anew")
            _LOG.warning("feed_began_anew", endpoint=place, reason="the table was emptied; it is read from its start")
        return look

    async def _take(self, rows: Sequence[dict[str, Any]], intake: Intake) -> None:
        """Let rows go down the line, giving others their turn."""
        began_s = monotonic_s()
        for row in rows:
            self._take_one(row, intake)
            if monotonic_s() - began_s > SLICE_S:
                await asyncio.sleep(0)
                began_s = monotonic_s()
        if rows:
            self._watch.last_message_ns = self._clock.now_ns()

    def _take_one(self, row: dict[str, Any], intake: Intake) -> None:
        self._counts["rows"] += 1
        self._metrics.feed_messages.add("sql_row")
        now_ns = self._clock.now_ns()
        try:
            tick = self._rows.tick(row, now_ns)
        except RefusedFrameError as error:
            self._quarantine.add(error, topic=b"", body=_written(row), now_ns=now_ns)
            self._metrics.feed_refused.add(error.reason.value)
            return
        if tick.instrument_id in self._unwanted:
            self._counts["filtered"] += 1
            self._metrics.feed_filtered.add()
            return
        if tick.instrument_id not in self._seen and len(self._seen) < _SEEN_LIMIT:
            self._seen.add(tick.instrument_id)
            instrument = self._instruments.find(tick.instrument_id)
            if instrument is not None:
                self._watch.expect(instrument.hours_id)
        self._counts["ticks"] += 1
        intake.accept(tick)

    def _note(self, event: str) -> None:
        self._connections[event] = self._connections.get(event, 0) + 1
        self._metrics.feed_connections.add(event)

    def _tell(self) -> None:
        state, place = self._watch.state, self._table.shown
        if state is FeedState.ABSENT:
            _LOG.warning("feed_absent", endpoints=place, remedy="start the database or set databases.pms_monitor.url")
        elif state is FeedState.SILENT:
            _LOG.warning("feed_silent", endpoints=place, remedy="look at who writes the table")
        else:
            _LOG.info(f"feed_{state.value}", endpoints=place)


def _written(row: dict[str, Any]) -> bytes:
    """Return a row as it can be looked at."""
    return msgspec.json.encode({name: str(value)[:100] for name, value in row.items()})
