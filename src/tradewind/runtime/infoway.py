"""Makes the client of the data provider Infoway and the store of what it tells, for whoever asks in this process."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradewind.collector.closes import CloseKeeper
from tradewind.collector.day_ends import HOURS, market_with_calendar
from tradewind.collector.infoway import InfowayCollector
from tradewind.collector.infoway_streams import InfowayStreams
from tradewind.errors import ConfigError
from tradewind.infoway.budget import LocalBudget
from tradewind.infoway.codes import market_of
from tradewind.infoway.rest import InfowayRest
from tradewind.kernel.clock import SystemClock
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.service import Supervisor
from tradewind.market.calendar import ExchangeCalendar
from tradewind.stores.documents.spool import Spool
from tradewind.stores.documents.spooled import SpooledDocuments

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tradewind.collector.ports import QuoteFetcher
    from tradewind.infoway.budget import Budget
    from tradewind.kernel.service import Service
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.stores.documents.ports import DocumentStore

_SPOOL: Final = "documents-spool"
_BUDGET: Final = LocalBudget()
"""One for the process: whoever asks in it asks with the same key."""


@asynccontextmanager
async def open_fetcher(settings: TradewindSettings) -> AsyncIterator[QuoteFetcher]:
    """Yield who fetches from Infoway, listens to it and stores; meanwhile what waits follows and closes are kept.

    Raises: ConfigError: there is no key, the store cannot be used, or of a code in `closes.codes` nothing is known.
    """
    rest, documents = infoway_client(settings), build_documents(settings)
    calendar = ExchangeCalendar()
    streams = InfowayStreams(settings.infoway, documents, is_open=lambda code: _is_open(calendar, code))
    collector = InfowayCollector(rest, documents, streams=streams)
    services: list[Service] = [documents]
    if settings.closes.enabled:
        services.append(CloseKeeper(settings.closes, collector, documents, calendar=calendar))
    try:
        await documents.open()
    except ConfigError:
        await documents.close()
        raise
    beside = asyncio.create_task(Supervisor(services, Metrics()).run())
    try:
        yield collector
    finally:
        beside.cancel()
        await asyncio.wait([beside])
        await rest.close()
        await documents.close()


def _is_open(calendar: ExchangeCalendar, code: str) -> bool:
    """Tell whether trades of a code may be expected now: of coins always, where no calendar is known never."""
    market = market_with_calendar(code)
    if not market:
        return market_of(code) == "crypto"
    return calendar.section_at(HOURS[market], SystemClock().now_ns()) is not None


def infoway_client(settings: TradewindSettings) -> InfowayRest:
    """Return a client of the provider; every client of one process shares the key's budget.

    Raises: ConfigError: there is no key, or an address is none.
    """
    return InfowayRest(settings.infoway, _budget(settings))


def build_documents(settings: TradewindSettings) -> SpooledDocuments:
    """Return the store of documents, with its place on disk for when it is away; not opened yet.

    Raises:
        ConfigError: the address is none, or its driver is not installed.
        SpoolFullError: the folder for what waits cannot be used.
    """
    return SpooledDocuments(document_store(settings), build_spool(settings), scale=settings.documents.retry_scale)


def build_spool(settings: TradewindSettings) -> Spool:
    """Return the place on disk of documents that wait.

    Raises: SpoolFullError: the folder cannot be used.
    """
    return Spool.in_free_place(Path(settings.data_dir) / _SPOOL, max_bytes=settings.documents.spool_bytes)


def document_store(settings: TradewindSettings) -> DocumentStore:
    """Return the store that the settings name, not opened.

    Raises: ConfigError: the address is none, or its driver is missing.
    """
    documents = settings.documents
    if not documents.url:
        from tradewind.stores.documents.sqlite import SqliteDocuments  # noqa: PLC0415 - the one that is chosen

        return SqliteDocuments(documents, Path(settings.data_dir))
    if not documents.url.startswith(("mongodb://", "mongodb+srv://")):
        message = "documents.url (MONGODB_HOST) must begin with mongodb:// or mongodb+srv://, or be empty for SQLite"
        raise ConfigError(message)
    try:
        from tradewind.stores.documents.mongo import MongoDocuments  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = "documents.url names MongoDB, whose driver is not here; pip install 'tradewind[mongo]'"
        raise ConfigError(message) from error
    return MongoDocuments(documents)


def _budget(settings: TradewindSettings) -> Budget:
    if settings.infoway.budget == "process":
        return _BUDGET
    from tradewind.bus.redis.quota import RedisQuota  # noqa: PLC0415 - only where Redis is chosen

    return RedisQuota(settings.bus)
