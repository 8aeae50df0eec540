"""Databases of others: asked by a user that may only read, on connections that refuse to write besides."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from tradewind.errors import ConfigError, SchemaError
from tradewind.kernel.log import get_log
from tradewind.stores.sql.engine import shown
from tradewind.stores.sql.failures import explain
from tradewind.stores.sql.grants import writing_grants

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Engine
    from sqlalchemy.sql import Executable

    from tradewind.errors import TradewindError
    from tradewind.stores.read_settings import ReadDatabase

_LOG = get_log("stores.read_only")
_MYSQL_NAMES: Final = frozenset({"mysql", "mariadb", "mysql+pymysql", "mariadb+pymysql"})
_READ_ONLY: Final = ("SET SESSION TRANSACTION READ ONLY", "SET SESSION time_zone = '+00:00'")


class ReadOnlyStore:
    """One such database; opened by the first question, and judged then."""

    def __init__(self, name: str, settings: ReadDatabase) -> None:
        """`name` is the setting's, to be named in errors.

        Raises: ConfigError: an address that is none.
        """
        self.name = name
        self._settings = settings
        self._url = _place(name, settings)
        self.shown = shown(self._url)
        self._engine: Engine | None = None
        self._opening = threading.Lock()

    def open(self) -> None:
        """Connect, and see that nothing can be written; waits for the database.

        Raises: ConfigError: it can, or we are not let in. StoreAwayError: the database does not answer.
        """
        with self._opening:
            if self._engine is not None:
                return
            engine = self._made()
            try:
                self._judge(engine)
            except SQLAlchemyError as error:
                engine.dispose()
                raise self._explained(error) from error
            except ConfigError:
                engine.dispose()
                raise
            self._engine = engine

    @property
    def is_open(self) -> bool:
        """True once it was connected to and judged."""
        return self._engine is not None

    def rows(self, statement: Executable, values: Mapping[str, Any] | None = None) -> list[Any]:
        """Return what a question finds; waits for it. Opens first.

        Raises: StoreError, ConfigError: as `open`, or the tables are not as the settings say.
        """
        self.open()
        engine = self._engine
        if engine is None:
            message = f"{self.name} was closed"
            raise ConfigError(message)
        try:
            with engine.connect() as connection:
                return list(connection.execute(statement, dict(values or {})).all())
        except SQLAlchemyError as error:
            raise self._explained(error) from error

    def close(self) -> None:
        """Let the connections go."""
        with self._opening:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def _explained(self, error: SQLAlchemyError) -> TradewindError:
        """Return our error for a driver's, with the settings of this database and not of our own."""
        found = explain(error, f"{self.name} ({self.shown})")
        if isinstance(found, SchemaError):
            said = str(found).rpartition("; run")[0]
            return ConfigError(f"{said}; correct the names of tables and columns in the settings")
        said = str(found).replace("store.", f"{self.name}.").replace("GRANT ALL ON", "GRANT SELECT ON")
        return type(found)(said)

    def _made(self) -> Engine:
        settings = self._settings
        try:
            if self._url.drivername == "sqlite":
                place = f"file:{Path(str(self._url.database)).absolute()}?mode=ro&uri=true"
                url = self._url.set(database=place)
                return create_engine(url, connect_args={"timeout": settings.statement_s, "uri": True})
            wait = max(1, round(settings.statement_s))
            engine = create_engine(
                self._url,
                connect_args={
                    "connect_timeout": max(1, round(settings.connect_s)),
                    "read_timeout": wait,
                    "write_timeout": wait,
                },
                isolation_level="READ COMMITTED",
                pool_size=settings.connections,
                max_overflow=0,
                pool_timeout=settings.statement_s,
                pool_recycle=3_600,
                pool_pre_ping=True,
            )
        except (ImportError, NoSuchModuleError) as error:
            message = f"{self.name}.url names MariaDB or MySQL, whose driver is missing; pip install 'tradewind[mysql]'"
            raise ConfigError(message) from error
        event.listen(engine, "connect", _forbid_writing)
        return engine

    def _judge(self, engine: Engine) -> None:
        """See what the user might do. SQLite's file was opened for reading: there is nothing to judge."""
        with engine.connect() as connection:
            if self._url.drivername == "sqlite":
                connection.execute(text("SELECT 1"))
                return
            grants = [str(row[0]) for row in connection.execute(text("SHOW GRANTS FOR CURRENT_USER()"))]
        more = writing_grants(grants)
        if not more:
            return
        user, database = self._url.username, self._url.database
        message = (
            f"the user {user!r} of {self.name} ({self.shown}) may do more than read: {'; '.join(more)}; give it a user "
            f"that may not: CREATE USER reader IDENTIFIED BY '…'; GRANT SELECT ON `{database}`.* TO reader; or set "
            f"{self.name}.if_writable=warn"
        )
        if self._settings.if_writable == "refuse":
            raise ConfigError(message)
        _LOG.warning("database_is_writable", database=self.name, grants=more)


def _place(name: str, settings: ReadDatabase) -> URL:
    allowed = "mysql://user@host:3306/database or sqlite:///path"
    try:
        url = make_url(settings.url)
    except (ArgumentError, ValueError) as error:
        message = f"{name}.url must be {allowed}, was something that is no address"
        raise ConfigError(message) from error
    if settings.password:
        url = url.set(password=settings.password)
    if url.drivername in _MYSQL_NAMES and url.host and url.database:
        return url.set(drivername="mysql+pymysql", query={**url.query, "charset": "utf8mb4"})
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return url
    message = f"{name}.url must be {allowed}, was {url.render_as_string(hide_password=True)}"
    raise ConfigError(message)


def _forbid_writing(raw: Any, _record: object) -> None:  # noqa: ANN401 - the driver's connection
    cursor = raw.cursor()
    for statement in _READ_ONLY:
        cursor.execute(statement)
    cursor.close()
