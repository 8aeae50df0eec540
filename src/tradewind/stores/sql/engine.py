"""Connections to the database of record, each set up to keep its word before anybody uses it.

SQLite: WAL, a full sync at each commit, locks waited for, write transactions that take their lock at once. MariaDB and
MySQL: strict, READ COMMITTED, UTC. Without the driver the error says what to install.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from tradewind.errors import ConfigError
from tradewind.kernel.clock import monotonic_s
from tradewind.stores.sql.sums import teach

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

    from tradewind.stores.settings import StoreSettings

FILE_NAME: Final = "tradewind.db"
READING: Final = "tradewind_reading"
"""Execution option of connections that only read: their transactions take no lock."""
_ALLOWED: Final = "sqlite:///path or mysql://user@host:3306/database"
_TURN_S: Final = 0.005
"""How long one waits who was turned away while several set up a new file."""
_MYSQL_NAMES: Final = frozenset({"mysql", "mariadb", "mysql+pymysql", "mariadb+pymysql"})
MYSQL_SESSION: Final = (
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO', "
    "SESSION time_zone = '+00:00', SESSION innodb_lock_wait_timeout = {wait}, SESSION wait_timeout = 28800"
)


def place(settings: StoreSettings, data_dir: Path) -> URL:
    """Return where the database is.

    Raises: ConfigError: an address that is neither SQLite's nor MariaDB's.
    """
    if not settings.url:
        return URL.create("sqlite", database=str(data_dir / FILE_NAME))
    try:
        url = make_url(settings.url)
    except (ArgumentError, ValueError) as error:
        message = f"store.url must be {_ALLOWED}, was something that is no address"
        raise ConfigError(message) from error
    if settings.password:
        url = url.set(password=settings.password)
    if url.drivername in _MYSQL_NAMES and url.host and url.database:
        return url.set(drivername="mysql+pymysql", query={**url.query, "charset": "utf8mb4"})
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return url
    message = f"store.url must be {_ALLOWED}, was {url.render_as_string(hide_password=True)}"
    raise ConfigError(message)


def shown(url: URL) -> str:
    """Return an address as people may see it."""
    if url.drivername == "sqlite":
        return str(url.database)
    return f"{url.host}:{url.port or 3306}/{url.database} (user {url.username or 'none'})"


def make_engine(url: URL, settings: StoreSettings, *, patience_s: int = 60) -> Engine:
    """Return an engine whose every connection is set up as this page says.

    `patience_s` is how long a server may take to answer a statement before it counts as away.

    Raises: ConfigError: the driver is not installed, or the folder of the file cannot be made.
    """
    is_sqlite = url.drivername == "sqlite"
    if is_sqlite:
        _make_folder(Path(str(url.database)))
        arguments: dict[str, Any] = {"timeout": settings.busy_s, "check_same_thread": False, "isolation_level": None}
    else:
        arguments = {"connect_timeout": max(1, round(settings.connect_s)), "read_timeout": patience_s}
        arguments["write_timeout"] = patience_s
    try:
        engine = create_engine(
            url,
            connect_args=arguments,
            isolation_level=None if is_sqlite else "READ COMMITTED",
            pool_size=settings.connections + 2,
            max_overflow=0,
            pool_timeout=settings.busy_s,
            pool_recycle=3_600,
        )
    except (ImportError, NoSuchModuleError) as error:
        message = "store.url names MariaDB or MySQL, whose driver is not here; pip install 'tradewind[mysql]'"
        raise ConfigError(message) from error
    if is_sqlite:
        event.listen(engine, "do_connect", lambda *_told: _make_private(Path(str(url.database))))
        event.listen(engine, "connect", lambda raw, _record: _set_up_sqlite(raw, settings.busy_s))
        event.listen(engine, "begin", _begin_sqlite)
    else:
        wait = max(1, round(settings.busy_s))
        event.listen(engine, "connect", lambda raw, _record: _set_up_mysql(raw, wait))
    return engine


def reading(engine: Engine) -> Connection:
    """Return a connection that only reads: it takes no lock that a writer would feel."""
    return engine.connect().execution_options(**{READING: True})


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"the folder of the database, {file.parent}, cannot be made ({error.strerror}); change data_dir"
        raise ConfigError(message) from error


def _make_private(file: Path) -> None:
    """Make the file for its owner alone before SQLite would for everybody; its companions take after it.

    One that is there is not even opened: closing it again would give back every lock that this process has on it, and
    the next program to look in and leave would take itself for the last and remove the log we write to.
    """
    with contextlib.suppress(OSError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _set_up_sqlite(raw: Any, busy_s: float) -> None:  # noqa: ANN401 - the driver's connection
    cursor = raw.cursor()
    cursor.execute(f"PRAGMA busy_timeout={round(busy_s * 1000)}")
    _turn_to_wal(cursor, busy_s)
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-16000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    teach(raw)


def _turn_to_wal(cursor: Any, busy_s: float) -> None:  # noqa: ANN401 - the driver's cursor
    """Give the file its log beside it; of several that do so to a new file SQLite turns some away without waiting.

    Each has begun to read and wants to write: whoever waited would wait for somebody who waits for it.
    """
    until_s = monotonic_s() + busy_s
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic_s() > until_s:
                raise
            time.sleep(_TURN_S)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that begins by reading and then writes could find the lock taken and what it read outdated.
    is_reading = connection.get_execution_options().get(READING, False)
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


def _set_up_mysql(raw: Any, wait: int) -> None:  # noqa: ANN401 - the driver's connection
    cursor = raw.cursor()
    cursor.execute(MYSQL_SESSION.format(wait=wait))
    cursor.close()
