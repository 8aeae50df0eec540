"""What an operator may choose about the store of record."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from tradewind.kernel.settings import SECRET


class StoreSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the journal and the tables are, and how hard they are held to their word."""

    url: Annotated[
        str,
        Meta(
            description="empty: SQLite, the file tradewind.db in data_dir; sqlite:///path; "
            "mysql://user@host:3306/database for MariaDB and MySQL (install tradewind[mysql])",
            extra={SECRET: True},
        ),
    ] = ""
    password: Annotated[
        str, Meta(description="password of the database; wins over the one in the url", extra={SECRET: True})
    ] = ""
    chain: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=32,
            pattern=r"^[A-Za-z0-9_.-]+$",
            description="name of this set of accounts' journal; each set has a process and a chain of its own",
        ),
    ] = "desk"
    connections: Annotated[
        int, Meta(ge=1, le=64, description="connections for queries, beside the one that writes the journal")
    ] = 4
    connect_s: Annotated[float, Meta(gt=0, description="seconds a connection may take to come about")] = 3.0
    busy_s: Annotated[float, Meta(gt=0, description="seconds a statement waits for a lock of somebody else")] = 5.0
    commit_latency_ms: Annotated[
        float,
        Meta(
            ge=0, le=1_000, description="how long a group of entries waits for more; 0: what waits is written at once"
        ),
    ] = 0.0
    stall_s: Annotated[
        float, Meta(gt=0, description="seconds one group may take to be written before trading is refused")
    ] = 3.0
    group: Annotated[int, Meta(ge=1, le=100_000, description="entries written in one transaction at most")] = 2_000
    buffer: Annotated[
        int,
        Meta(ge=1_000, description="entries that may wait for the disk; one more stops the journal until a restart"),
    ] = 100_000
    lease_s: Annotated[
        float,
        Meta(gt=0, description="seconds after which another process may take the journal from one that is silent"),
    ] = 10.0
    project_ms: Annotated[
        int, Meta(ge=1, description="how often positions and accounts are written to their tables at most")
    ] = 500
    equity_s: Annotated[int, Meta(ge=1, description="seconds between two points of the equity curve")] = 60
    snapshots: Annotated[int, Meta(ge=1, le=100, description="snapshots that are kept; older ones go")] = 3
    must_be_durable: Annotated[
        bool,
        Meta(description="refuse a database whose settings may lose what it acknowledged; false: warn"),
    ] = True

    def __repr__(self) -> str:
        """Show what may be shown."""
        return f"StoreSettings(url={'***' if self.url else ''!r}, chain={self.chain!r})"
