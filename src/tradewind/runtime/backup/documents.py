"""The store of documents that the settings name, as a backup reads and fills it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from tradewind.runtime.infoway import document_store
from tradewind.stores.documents.copies import MongoCopies, SqliteCopies
from tradewind.stores.documents.sqlite import FILE_NAME

if TYPE_CHECKING:
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.stores.documents.copies import DocumentCopies


def document_copies(settings: TradewindSettings) -> DocumentCopies:
    """Return what copies documents.

    Raises: ConfigError: the address is none, or its driver is missing.
    """
    if not settings.documents.url:
        return SqliteCopies(Path(settings.data_dir) / FILE_NAME, settings.documents)
    document_store(settings)  # says what is wrong with the address or the driver
    return MongoCopies(settings.documents)


def make_collections(settings: TradewindSettings) -> None:
    """Make the tables, or the collections with their indexes, that documents are written into.

    Raises: StoreAwayError: the store does not answer.
    """

    async def make() -> None:
        store = document_store(settings)
        try:
            await store.open()
        finally:
            await store.close()

    asyncio.run(make())
