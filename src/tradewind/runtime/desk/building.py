"""Builds the order line that the settings describe: store, journal, broker, rooms, office. Adapters are named here."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from tradewind.audit.files import AnchorFile
from tradewind.audit.service import AuditService
from tradewind.bus.routed import RoutedBus
from tradewind.kernel.clock import SystemClock
from tradewind.market.rate_file import read_rates_file
from tradewind.market.rates import RateTable
from tradewind.runtime.desk.brokers import BrokerPlace
from tradewind.runtime.desk.office import Office
from tradewind.runtime.desk.rooms import DeskFacts, DeskRooms
from tradewind.runtime.desk.service import DeskService
from tradewind.runtime.desk.threshold import Threshold
from tradewind.runtime.rooms import HandlerFailures
from tradewind.stores.sql.chain_rows import SqlChain
from tradewind.stores.sql.journal import SqlJournal
from tradewind.stores.sql.queries import SqlRecords
from tradewind.stores.sql.store import SqlStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.ports import Bus
    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.kernel.clock import LineClock
    from tradewind.kernel.metrics import Metrics
    from tradewind.pretrade.ports import Releases
    from tradewind.runtime.settings import TradewindSettings

ANCHORS = "anchors.jsonl"


class LinePost:
    """Runs what another thread wants done on the thread of the line: the loop that served the first call."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def bind(self) -> None:
        """Take the running loop as the line's."""
        self._loop = asyncio.get_running_loop()

    def __call__(self, call: Callable[[], None]) -> None:
        """Have it done soon; before there is a loop, and after it has closed, nobody waits for it."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)


class Desk:
    """Everything of one order line, made and connected; nothing is opened before `service` runs."""

    def __init__(
        self,
        settings: TradewindSettings,
        *,
        line: Bus,
        clock: LineClock,
        metrics: Metrics,
        instruments: InstrumentLookup,
        calendar: TradingCalendar,
        releases: Releases | None = None,
        is_beside_the_line: bool = False,
    ) -> None:
        """Without `releases` all is one process, and so of one release.

        `is_beside_the_line`: the line goes on while the desk is not open, and its newest prices are remembered for it.

        Raises: ConfigError: the settings do not work.
        """
        rates = _rates_of(settings, instruments)
        facts = DeskFacts(instruments, rates, calendar)
        post = LinePost()
        store = SqlStore(settings.store, Path(settings.data_dir))
        self.journal = journal = SqlJournal(store, clock=SystemClock(), post=post)
        place = BrokerPlace(settings, clock=clock, facts=facts, rates=rates)
        threshold = Threshold(line, on_failure=HandlerFailures(metrics).report) if is_beside_the_line else None
        self.rooms = DeskRooms(
            settings,
            line=threshold or line,
            clock=clock,
            metrics=metrics,
            facts=facts,
            journal=journal,
            broker=place.broker,
            releases=releases,
        )
        audit = _audit_of(settings, bus=self.rooms.bus, store=store)
        self.records = SqlRecords(store)
        self.office = Office(self.rooms, audit)
        place.tie(self.rooms, audit)
        self.service = DeskService(self.rooms, journal, audit=audit, post=post, beside=place.beside)
        if threshold is not None:
            self.service.on_open = threshold.open
        self.bus: Bus = RoutedBus(line=line, desk=self.rooms.bus)
        """Where others hear both the line of ticks and the order line."""


def _rates_of(settings: TradewindSettings, instruments: InstrumentLookup) -> RateTable:
    """Raises: ConfigError: the operator's file of rates cannot be read."""
    market = settings.market
    return RateTable(
        instruments,
        operator=read_rates_file(Path(market.rates_file)) if market.rates_file else (),
        holds_before=market.rates_hold_before,
        is_told_only=market.rates_told_only and settings.execution.broker == "ctp",
    )


def _audit_of(settings: TradewindSettings, *, bus: Bus, store: SqlStore) -> AuditService:
    anchors = AnchorFile(
        Path(settings.audit.anchor_file or Path(settings.data_dir) / ANCHORS), is_told_to_syslog=settings.audit.syslog
    )
    chain = SqlChain(store, settings.store.chain)
    return AuditService(settings=settings.audit, bus=bus, clock=SystemClock(), chain=chain, anchors=anchors)
