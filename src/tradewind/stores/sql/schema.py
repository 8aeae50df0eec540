"""The version of the tables: is it the one this program knows, and how to get from one to another.

Alembic does the work and is loaded only then; a start with the right tables reads one row.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from tradewind.errors import SchemaError, StoreError
from tradewind.kernel.log import get_log
from tradewind.stores.sql.engine import reading
from tradewind.stores.sql.failures import explain
from tradewind.stores.sql.undoing import remove_what_was_added, shape_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.config import Config
    from sqlalchemy.engine import Connection, Engine

_LOG = get_log("stores.schema")
REVISIONS: Final = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009")
"""Every step, in order; a test holds them to the files."""
HEAD: Final = REVISIONS[-1]
_PATIENCE_S: Final = 30
_FOLDER: Final = Path(__file__).parent / "migrations"
_PREPARING: Final = threading.Lock()
"""The journal and the identity store of one process open the same file at the same time."""


class Step(msgspec.Struct, frozen=True):
    """One step of the tables' history."""

    revision: str
    what: str
    is_done: bool


def version(connection: Connection) -> str | None:
    """Return the step the tables are at, `None` where there are none of ours.

    Raises: SQLAlchemyError: the database does not answer.
    """
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return str(found) if found else None


def check(connection: Connection, shown: str) -> None:
    """Accept the tables this program was made for and no others.

    Raises: SchemaError: there are none, or they are older or newer.
    """
    found = version(connection)
    if found == HEAD:
        return
    if found is None:
        message = f"the database {shown} has no tables yet; run `tradewind db upgrade`"
    elif found in REVISIONS:
        message = f"the tables of {shown} are at version {found}, this program needs {HEAD}; run `tradewind db upgrade`"
    else:
        message = (
            f"the tables of {shown} are at version {found}, newer than this program, which knows up to {HEAD}; "
            "start the newer program, or go back with its `tradewind db downgrade`"
        )
    raise SchemaError(message)


def prepare(engine: Engine, shown: str) -> None:
    """Make sure that the tables are right; SQLite's are brought up to date at once, after a copy was put aside.

    Raises:
        SchemaError: they are not, and only a person may change them: of a shared database, or a newer program's.
        StoreAwayError, ConfigError: the database does not answer, or not to us.
    """
    with _PREPARING:
        _prepare(engine, shown)


def _prepare(engine: Engine, shown: str) -> None:
    try:
        with reading(engine) as connection:
            found = version(connection)
            is_ours_to_change = engine.dialect.name == "sqlite" and (found is None or found in REVISIONS[:-1])
            if not is_ours_to_change:
                check(connection, shown)
                return
        if found is not None:
            _put_copy_aside(engine, found)
        upgrade(engine)
        _LOG.info("store_upgraded", was=found or "empty", now=HEAD)
    except SQLAlchemyError as error:
        raise explain(error, shown) from error


def upgrade(engine: Engine, to: str = "head") -> None:
    """Go forward to a step; one process at a time does it.

    Raises:
        StoreError: the step is unknown.
        SQLAlchemyError: a step could not be done; the tables are as the last one that could left them.
    """
    _run(engine, to, is_forward=True)


def downgrade(engine: Engine, to: str) -> None:
    """Go back to a step ("base": no tables at all), losing what stands in the tables that go.

    Raises: StoreError: as above.
    """
    _run(engine, to, is_forward=False)


def history(engine: Engine) -> list[Step]:
    """Return every step this program knows, the oldest first."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - loaded only where tables are changed

    with reading(engine) as connection:
        found = version(connection)
    done = REVISIONS.index(found) + 1 if found in REVISIONS else len(REVISIONS) if found else 0
    scripts = ScriptDirectory.from_config(_config(None))
    return [
        Step(revision, str(scripts.get_revision(revision).doc), number < done)
        for number, revision in enumerate(REVISIONS)
    ]


def _run(engine: Engine, to: str, *, is_forward: bool) -> None:
    from alembic.util import CommandError  # noqa: PLC0415 - loaded only where tables are changed

    try:
        if engine.dialect.name == "sqlite":
            with engine.begin() as connection:
                _migrate(_config(connection), to, is_forward=is_forward)
        else:
            with engine.connect() as connection, _alone(connection):
                _migrate_or_undo(connection, to, is_forward=is_forward)
    except CommandError as error:
        message = f"the tables cannot go to {to!r}: {error}; allowed: {', '.join(REVISIONS)}, base, head"
        raise StoreError(message) from error


def _migrate(config: Config, to: str, *, is_forward: bool) -> None:
    from alembic import command  # noqa: PLC0415 - loaded only where tables are changed

    (command.upgrade if is_forward else command.downgrade)(config, to)


def _migrate_or_undo(connection: Connection, to: str, *, is_forward: bool) -> None:
    """Go step by step in a database that cannot take a change of tables back by itself."""
    before, is_done = shape_of(connection), False

    def done(**_told: object) -> None:
        nonlocal before
        connection.commit()
        before = shape_of(connection)

    try:
        _migrate(_config(connection, on_step=done), to, is_forward=is_forward)
        connection.commit()
        is_done = True
    finally:
        if not is_done:
            connection.rollback()
            if is_forward:
                remove_what_was_added(connection, before)
                connection.commit()


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Keep other processes from changing the tables too; a transaction of SQLite has the whole file to itself."""
    if connection.dialect.name == "sqlite":
        yield
        return
    lock = "CONCAT('tradewind tables ', DATABASE())"
    if connection.exec_driver_sql(f"SELECT GET_LOCK({lock}, {_PATIENCE_S})").scalar() != 1:
        message = "another process changes the tables; wait until it is done, then run `tradewind db upgrade` again"
        raise StoreError(message)
    try:
        yield
    finally:
        # The connection goes back to the pool and would keep it.
        connection.exec_driver_sql(f"SELECT RELEASE_LOCK({lock})")


def _config(connection: Connection | None, *, on_step: Callable[..., None] | None = None) -> Config:
    from alembic.config import Config  # noqa: PLC0415 - loaded only where tables are changed

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    attributes: dict[str, Any] = {"connection": connection, "on_step": on_step}
    config.attributes.update(attributes)
    return config


def _put_copy_aside(engine: Engine, found: str) -> None:
    file = Path(str(engine.url.database))
    copy = file.with_name(f"{file.name}.before-{HEAD}-was-{found}")
    copy.unlink(missing_ok=True)
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("VACUUM INTO ?", (str(copy),))  # the driver's own: outside of any transaction
    finally:
        raw.close()
    _LOG.info("store_copied_before_upgrade", copy=str(copy))
