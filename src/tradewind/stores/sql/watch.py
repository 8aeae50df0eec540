"""Looks through a SQLite file after a life that did not end in order, beside the start and not before it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from tradewind.kernel.log import get_log
from tradewind.stores.chain import REMEDY
from tradewind.stores.sql.engine import reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Engine

_LOG = get_log("stores.watch")


class FileWatch:
    """One look; `on_damage` hears of what it found, from its thread."""

    def __init__(self, engine: Engine, on_damage: Callable[[str], None]) -> None:
        self._engine = engine
        self._on_damage = on_damage
        self._raw: Any = None
        self._is_stopped = False
        self._thread = threading.Thread(target=self._look, name="journal file watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Give up the look, if it is still going on."""
        self._is_stopped = True
        raw = self._raw
        if raw is not None:
            raw.interrupt()
        self._thread.join()

    def _look(self) -> None:
        try:
            with reading(self._engine) as connection:
                self._raw = connection.connection.driver_connection
                found = None if self._is_stopped else connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
                self._raw = None
        except SQLAlchemyError as error:
            found = None if self._is_stopped else str(error).partition("\n")[0]
        if found not in {None, "ok"}:
            self._on_damage(f"the database file is damaged ({found}); {REMEDY}")
        _LOG.info("journal_file_looked_through", outcome=found or "given up")
