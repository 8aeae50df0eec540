"""The servers that keep something for us: Redis, the database of record, the databases of others, documents."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy.dialects.mysql import pymysql as _dialect  # noqa: F401 - before several threads would
from sqlalchemy.exc import SQLAlchemyError

from tradewind.bus.redis.resp import ReplyError
from tradewind.errors import ConfigError, StoreError, TradewindError
from tradewind.ops import judging
from tradewind.ops.findings import Found, fail, ok, warn
from tradewind.runtime.infoway import document_store
from tradewind.runtime.lifecycle.redis_facts import asking
from tradewind.stores.documents.sqlite import FILE_NAME
from tradewind.stores.sql import probe, schema
from tradewind.stores.sql.engine import make_engine, place, reading, shown
from tradewind.stores.sql.failures import explain
from tradewind.stores.sql.read_only import ReadOnlyStore

with contextlib.suppress(ImportError):
    import pymysql  # noqa: F401 - as for the dialect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from tradewind.bus.settings import BusSettings
    from tradewind.kernel.settings import Loaded
    from tradewind.runtime.settings import TradewindSettings

_PATIENCE_S: Final = 4
_MONGO_S: Final = 1.0
"""The driver waits up to four times as long for an answer."""
_START_REDIS: Final = "start Redis 7 or newer there (Debian: apt-get install redis-server), or correct bus.url"


def redis(loaded: Loaded[TradewindSettings]) -> list[Found]:
    """Ask Redis who it is and how full."""
    try:
        return asyncio.run(_redis(loaded.settings.bus))
    except ConfigError as error:
        return [fail(str(error), "correct [bus] in the settings; docs/config.md names its keys")]
    except (TradewindError, OSError, TimeoutError, ReplyError) as error:
        return [fail(str(error) or "Redis does not answer", _START_REDIS)]


async def _redis(settings: BusSettings) -> list[Found]:
    async with asking(settings, name="doctor") as (control, address):
        raw: bytes = await control.call("INFO")
        facts = dict(line.partition(":")[::2] for line in raw.decode(errors="replace").splitlines())
    used, limit = int(facts.get("used_memory", 0)), int(facts.get("maxmemory", 0) or 0)
    version, clients = facts.get("redis_version", "?"), facts.get("connected_clients", "?")
    found = [ok(f"Redis {version} at {address.shown}, {used / 1e6:,.0f} MB used, {clients} clients")]
    found += judging.redis_memory(used, limit, facts.get("maxmemory_policy", "noeviction"))
    if facts.get("rdb_last_bgsave_status", "ok") != "ok" or facts.get("aof_last_write_status", "ok") != "ok":
        found.append(warn("Redis could not write its file the last time", "look at its log and its disk"))
    return found


def database(loaded: Loaded[TradewindSettings]) -> list[Found]:
    """See that the tables are those of this program and that the database keeps its word."""
    settings = loaded.settings

    try:
        url = place(settings.store, Path(settings.data_dir))
        if url.drivername == "sqlite" and not Path(str(url.database)).exists():
            return [ok(f"SQLite {url.database} is made at the first start")]
        with sql_connection(settings) as connection:
            version, told = schema.version(connection), probe.doubts(connection)
    except TradewindError as error:
        what, _, remedy = str(error).partition("; ")
        return [fail(what, remedy or "correct [store] in the settings")]
    name = shown(url)
    found = [fail(f"{name}: {doubt.setting} is {doubt.actual}, must be {doubt.wanted}", doubt.remedy) for doubt in told]
    if version == schema.HEAD:
        return [ok(f"the tables of {name} are at version {version}"), *found]
    was = "there are no tables yet" if version is None else f"the tables are at version {version}"
    if version is not None and version not in schema.REVISIONS:
        remedy = "start the newer program that made them, or go back with its `tradewind db downgrade`"
    else:
        remedy = "run `tradewind db upgrade`"
    return [fail(f"{name}: {was}, this program needs {schema.HEAD}", remedy), *found]


def databases(loaded: Loaded[TradewindSettings]) -> Iterator[Found]:
    """Connect to each database that is only read, and see that it cannot be written."""
    others = loaded.settings.databases
    for name, settings in (("pms_monitor", others.pms_monitor), ("dataweb_read", others.dataweb_read)):
        if not settings.url:
            continue
        try:
            store = ReadOnlyStore(f"databases.{name}", settings)
            store.open()
            store.close()
        except TradewindError as error:
            what, _, remedy = str(error).partition("; ")
            yield fail(what, remedy or f"correct databases.{name} in the settings")
        else:
            yield ok(f"databases.{name} answers at {store.shown}, read only")


def documents(loaded: Loaded[TradewindSettings]) -> list[Found]:
    """Ask MongoDB, or look at SQLite's file."""
    settings = loaded.settings

    if settings.documents.url:
        try:
            return [asyncio.run(_mongo(settings))]
        except (ConfigError, StoreError) as error:
            return [fail(str(error), "start MongoDB, or correct documents.url (MONGODB_HOST), its user and password")]
    file = Path(settings.data_dir) / FILE_NAME
    if not file.exists():
        return [ok("documents go to SQLite, whose file is made when the first one comes")]
    try:
        with closing(sqlite3.connect(f"file:{file.absolute()}?mode=ro", uri=True, timeout=1.0)) as connection:
            connection.execute("SELECT name FROM sqlite_master").fetchall()
    except sqlite3.Error as error:
        return [fail(f"{file} cannot be read: {error}", "restore it from a backup, or move it away: it is made anew")]
    return [ok(f"documents are in {file}")]


async def _mongo(settings: TradewindSettings) -> Found:
    quicker = msgspec.structs.replace(settings.documents, timeout_s=min(settings.documents.timeout_s, _MONGO_S))
    store = document_store(msgspec.structs.replace(settings, documents=quicker))
    try:
        count = await store.count("realtime")
    finally:
        await store.close()
    return ok(f"MongoDB answers, {count:,} documents in {settings.documents.database}.{settings.documents.realtime}")


def is_server(settings: TradewindSettings) -> bool:
    """Tell whether the database of record is on a server with a clock of its own."""
    return settings.store.url.startswith(("mysql", "mariadb"))


@contextmanager
def sql_connection(settings: TradewindSettings) -> Iterator[Connection]:
    """Give a connection to the database of record that only reads, its errors told as ours.

    Raises: TradewindError: it is away, does not let us in, or its address is none.
    """
    url = place(settings.store, Path(settings.data_dir))
    engine = make_engine(url, settings.store, patience_s=_PATIENCE_S)
    try:
        with reading(engine) as connection:
            yield connection
    except SQLAlchemyError as error:
        raise explain(error, shown(url)) from error
    finally:
        engine.dispose()
