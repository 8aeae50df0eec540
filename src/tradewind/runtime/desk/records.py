"""The record where nobody here writes it: read from the database itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tradewind.stores.sql.queries import SqlRecords
from tradewind.stores.sql.store import SqlStore

if TYPE_CHECKING:
    from tradewind.runtime.settings import TradewindSettings


def records_of(settings: TradewindSettings) -> SqlRecords:
    """Return what may be asked of the record.

    Raises: ConfigError: the address of the database is none, or its driver is not installed.
    """
    return SqlRecords(SqlStore(settings.store, Path(settings.data_dir)))
