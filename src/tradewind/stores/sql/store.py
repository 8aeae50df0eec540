"""One database of record, opened: its engine, its name for people, and the checks before anybody relies on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from tradewind.stores.sql import probe, schema
from tradewind.stores.sql.engine import make_engine, place, reading, shown
from tradewind.stores.sql.failures import explain

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import Engine

    from tradewind.stores.settings import StoreSettings


class SqlStore:
    """Where the journal and the tables live."""

    def __init__(self, settings: StoreSettings, data_dir: Path, *, patience_s: int = 60) -> None:
        """Name the database; nothing is opened yet.

        Raises: ConfigError: the address is none, or the driver is not installed.
        """
        url = place(settings, data_dir)
        self.settings = settings
        self.shown = shown(url)
        self.engine: Engine = make_engine(url, settings, patience_s=patience_s)

    def open(self) -> None:
        """Connect, see that the database keeps its word and that the tables are the right ones.

        Raises:
            StoreAwayError: it does not answer; try again.
            ConfigError, SchemaError: only a person can help; the message says how.
            CorruptJournalError: the file is damaged.
        """
        try:
            with reading(self.engine) as connection:
                probe.check(connection, must_be_durable=self.settings.must_be_durable, shown=self.shown)
        except SQLAlchemyError as error:
            raise explain(error, self.shown) from error
        schema.prepare(self.engine, self.shown)

    def close(self) -> None:
        """Let go of every connection; safe to call twice."""
        self.engine.dispose()
