"""What an operator may choose about documents: where they are, what the collections are called, what waits on disk."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from tradewind.errors import ConfigError
from tradewind.kernel.settings import SECRET
from tradewind.stores.documents.ports import COLLECTIONS, Collection

Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")]


class DocumentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the trades, books and bars that collectors fetch are kept."""

    url: Annotated[
        str,
        Meta(
            description="empty: SQLite, the file documents.db in data_dir; mongodb://… or mongodb+srv://… for MongoDB "
            "(install tradewind[mongo])",
            extra={SECRET: True},
        ),
    ] = ""
    database: Annotated[Name, Meta(description="name of the database in MongoDB")] = "forecast_platform"
    realtime: Annotated[Name, Meta(description="name of the collection of trades as they come")] = "realtime"
    close: Annotated[Name, Meta(description="name of the collection of each day's last trades")] = "close"
    depth: Annotated[Name, Meta(description="name of the collection of books")] = "depth"
    kline: Annotated[Name, Meta(description="name of the collection of bars")] = "kline"
    timeout_s: Annotated[float, Meta(gt=0, le=120, description="seconds the store may take to answer")] = 5.0
    spool_bytes: Annotated[
        int,
        Meta(ge=1 << 16, description="room on disk for what waits while the store is away; beyond it nothing is taken"),
    ] = 1 << 28
    retry_scale: Annotated[
        float, Meta(gt=0, le=10, description="factor on the waits before a store that is away is tried again")
    ] = 1.0

    def __repr__(self) -> str:
        """Show what may be shown."""
        return f"DocumentSettings(url={'***' if self.url else ''!r}, database={self.database!r})"

    def name_of(self, collection: Collection) -> str:
        """Return what a collection is called in the store."""
        names: dict[Collection, str] = {
            "realtime": self.realtime, "close": self.close, "depth": self.depth, "kline": self.kline,
        }  # fmt: skip
        return names[collection]

    def refuse_same_names(self) -> None:
        """Accept four different names. Raises: ConfigError."""
        seen: dict[str, Collection] = {}
        for collection in COLLECTIONS:
            name = self.name_of(collection)
            if name in seen:
                message = f"documents.{seen[name]} and documents.{collection} must differ, both were {name}"
                raise ConfigError(message)
            seen[name] = collection
