"""Reads back at start what the database promises; settings that are written down and not in force protect nobody.

Source: the durable settings of docs/decisions/0012.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.errors import ConfigError
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_LOG = get_log("stores.probe")
_SYNC_FULL = 2


class Doubt(msgspec.Struct, frozen=True):
    """One setting that is not as it must be: its name, what it is, what it must be and how to get there."""

    setting: str
    actual: str
    wanted: str
    remedy: str

    def __str__(self) -> str:
        """Say it in a sentence."""
        return f"{self.setting} is {self.actual}, must be {self.wanted} ({self.remedy})"


def doubts(connection: Connection) -> list[Doubt]:
    """Return what of the database may lose or twist what it acknowledged."""
    return _sqlite_doubts(connection) if connection.dialect.name == "sqlite" else _mysql_doubts(connection)


def check(connection: Connection, *, must_be_durable: bool, shown: str) -> list[Doubt]:
    """Read the settings back; each doubt is logged.

    Raises: ConfigError: there are doubts, and `must_be_durable`.
    """
    found = doubts(connection)
    if found and must_be_durable:
        told = "; ".join(str(doubt) for doubt in found)
        message = f"the database {shown} may lose what it acknowledged: {told}; or set store.must_be_durable = false"
        raise ConfigError(message)
    for doubt in found:
        _LOG.warning("store_may_lose_data", setting=doubt.setting, actual=doubt.actual, wanted=doubt.wanted)
    return found


def _sqlite_doubts(connection: Connection) -> list[Doubt]:
    wanted: tuple[tuple[str, object, str], ...] = (
        ("journal_mode", "wal", "put the file on a local disk; WAL needs shared memory"),
        ("synchronous", _SYNC_FULL, "no other program may change it"),
        ("foreign_keys", 1, "this SQLite was built without them"),
    )
    found = []
    for name, value, remedy in wanted:
        actual = connection.exec_driver_sql(f"PRAGMA {name}").scalar()
        if actual != value:
            found.append(Doubt(name, str(actual), str(value), remedy))
    return found


def _mysql_doubts(connection: Connection) -> list[Doubt]:
    def variable(name: str) -> str:
        row = connection.exec_driver_sql(f"SHOW VARIABLES WHERE Variable_name = '{name}'").first()
        return str(row[1]) if row is not None else ""

    found = []
    flush = variable("innodb_flush_log_at_trx_commit")
    if flush != "1":
        remedy = "SET GLOBAL innodb_flush_log_at_trx_commit = 1, and in my.cnf"
        found.append(Doubt("innodb_flush_log_at_trx_commit", flush, "1", remedy))
    sync = variable("sync_binlog")
    if variable("log_bin") == "ON" and sync != "1":
        found.append(Doubt("sync_binlog", sync, "1", "SET GLOBAL sync_binlog = 1, and in my.cnf"))
    if "STRICT_ALL_TABLES" not in variable("sql_mode"):
        found.append(Doubt("sql_mode", variable("sql_mode") or "empty", "strict", "no proxy may change the session"))
    isolation = variable("transaction_isolation") or variable("tx_isolation")
    if isolation != "READ-COMMITTED":
        found.append(Doubt("transaction_isolation", isolation, "READ-COMMITTED", "no proxy may change the session"))
    return found
