"""Makes the client of the data provider Infoway and the store of what it tells, for whoever asks in this process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradewind.errors import ConfigError
from tradewind.infoway.budget import LocalBudget
from tradewind.infoway.rest import InfowayRest
from tradewind.stores.documents.spool import Spool
from tradewind.stores.documents.spooled import SpooledDocuments

if TYPE_CHECKING:
    from tradewind.infoway.budget import Budget
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.stores.documents.ports import DocumentStore

_SPOOL: Final = "documents-spool"
_BUDGET: Final = LocalBudget()
"""One for the process: whoever asks in it asks with the same key."""


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
    documents = settings.documents
    spool = Spool(Path(settings.data_dir) / _SPOOL, max_bytes=documents.spool_bytes)
    return SpooledDocuments(_store(settings), spool, scale=documents.retry_scale)


def _store(settings: TradewindSettings) -> DocumentStore:
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
