"""Which view lives in which database (C-004-9): our own, `strategy`; `pms_monitor`; `dataweb_read`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from tradewind.errors import ConfigError
from tradewind.stores.sql.read_only import ReadOnlyStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.stores.read_settings import DatabasesSettings

Database = Literal["strategy", "pms_monitor", "dataweb_read"]
VIEWS: Final[Mapping[str, Database]] = {
    "journal": "strategy",
    "instructions": "strategy",
    "orders": "strategy",
    "fills": "strategy",
    "positions": "strategy",
    "accounts": "strategy",
    "users": "strategy",
    "quotes": "pms_monitor",
    "contracts": "pms_monitor",
    "people": "dataweb_read",
}
"""`users` are ours, who may sign in; `people` are those of the other database, from whom users can be made."""


class DatabaseRouter:
    """The databases of others by view, each connected when it is first asked."""

    def __init__(self, settings: DatabasesSettings) -> None:
        """Raises: ConfigError: an address that is none."""
        places = {"pms_monitor": settings.pms_monitor, "dataweb_read": settings.dataweb_read}
        self._stores = {name: ReadOnlyStore(f"databases.{name}", place) for name, place in places.items() if place.url}

    def has(self, view: str) -> bool:
        """Say whether the database of a view is set. Raises: KeyError: there is no such view."""
        return VIEWS[view] in self._stores

    def reader(self, view: str) -> ReadOnlyStore:
        """Return where a view is read.

        Raises:
            KeyError: there is no such view, or it is our own store's.
            ConfigError: its database is not set.
        """
        database = VIEWS[view]
        if database == "strategy":
            raise KeyError(view)
        store = self._stores.get(database)
        if store is None:
            message = f"{view} are in the database {database}, which is not set; set databases.{database}.url"
            raise ConfigError(message)
        return store

    def open(self) -> None:
        """Connect to all that are set, and see that none can be written. Waits. Raises: as `ReadOnlyStore.open`."""
        for store in self._stores.values():
            store.open()

    def close(self) -> None:
        """Let all connections go."""
        for store in self._stores.values():
            store.close()
