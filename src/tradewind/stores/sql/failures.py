"""What a driver's error asks for: one reading of SQLite's and MariaDB's codes for the whole store."""

from __future__ import annotations

import sqlite3
from enum import Enum
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import DBAPIError, StatementError

from tradewind.errors import ConfigError, CorruptJournalError, SchemaError, StoreAwayError, StoreError
from tradewind.stores.chain import REMEDY

if TYPE_CHECKING:
    from tradewind.errors import TradewindError


class Reaction(Enum):
    """What to do about a failed statement."""

    RETRY = "another transaction was in the way; it was rolled back: try again"
    AWAY = "the connection is gone, what became of a commit is not known: connect again and look"
    FULL = "nothing more can be written for now: wait for space"
    STOP = "the disk broke its word: nothing may be written any more"
    BROKEN = "the file is damaged"
    BAD_ROW = "this row cannot be stored"
    REFUSED = "the database does not let us in"
    WRONG = "the statement cannot work"


_MYSQL: Final[dict[int, Reaction]] = (
    dict.fromkeys((1205, 1213, 1020), Reaction.RETRY)
    | dict.fromkeys((2002, 2003, 2005, 2006, 2013, 2014, 2055, 1053, 1152, 1158, 1159, 1160, 1161), Reaction.AWAY)
    | dict.fromkeys((1040, 1203, 1927, 1290, 3170, 4031), Reaction.AWAY)
    | dict.fromkeys((1021, 1114, 1041), Reaction.FULL)
    | dict.fromkeys((1030, 1026, 1180), Reaction.STOP)
    | dict.fromkeys((1034, 1035, 1712, 1932), Reaction.BROKEN)
    | dict.fromkeys((1264, 1265, 1366, 1406, 1048, 1062, 1292, 3140, 4025, 3819, 1153), Reaction.BAD_ROW)
    | dict.fromkeys((1044, 1045, 1049, 1698, 1142, 1227, 1130), Reaction.REFUSED)
)
_FSYNC_FAILED: Final = frozenset({sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC})
_SQLITE: Final[dict[int, Reaction]] = {
    sqlite3.SQLITE_BUSY: Reaction.RETRY,
    sqlite3.SQLITE_LOCKED: Reaction.RETRY,
    sqlite3.SQLITE_FULL: Reaction.FULL,
    sqlite3.SQLITE_IOERR: Reaction.FULL,
    sqlite3.SQLITE_CANTOPEN: Reaction.AWAY,
    sqlite3.SQLITE_READONLY: Reaction.FULL,
    sqlite3.SQLITE_PERM: Reaction.REFUSED,
    sqlite3.SQLITE_AUTH: Reaction.REFUSED,
    sqlite3.SQLITE_CORRUPT: Reaction.BROKEN,
    sqlite3.SQLITE_NOTADB: Reaction.BROKEN,
    sqlite3.SQLITE_CONSTRAINT: Reaction.BAD_ROW,
    sqlite3.SQLITE_TOOBIG: Reaction.BAD_ROW,
    sqlite3.SQLITE_MISMATCH: Reaction.BAD_ROW,
}


def reaction(error: BaseException) -> Reaction:
    """Read an error of either driver, plain or wrapped by SQLAlchemy."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return Reaction.AWAY
    origin = error.orig if isinstance(error, StatementError) and error.orig is not None else error
    if isinstance(origin, sqlite3.Error):
        code = getattr(origin, "sqlite_errorcode", None)
        if code is None:  # raised by Python's module itself: what was bound, or a connection that was closed
            return Reaction.BAD_ROW if isinstance(origin, sqlite3.InterfaceError) else Reaction.WRONG
        # After a failed fsync nobody knows which pages reached the disk: to try again would be to hope.
        return Reaction.STOP if code in _FSYNC_FAILED else _SQLITE.get(code & 0xFF, Reaction.WRONG)
    if isinstance(origin, OSError | EOFError):
        return Reaction.AWAY
    if isinstance(origin, ValueError | OverflowError):
        return Reaction.BAD_ROW
    code = origin.args[0] if origin.args else None
    # PyMySQL says 0 when its own end of the connection is closed already.
    return Reaction.AWAY if code == 0 else _MYSQL.get(code, Reaction.WRONG) if isinstance(code, int) else Reaction.WRONG


def explain(error: BaseException, place: str) -> TradewindError:
    """Return our error for a driver's: what was wrong, where, and what to do."""
    origin = error.orig if isinstance(error, StatementError) and error.orig is not None else error
    said = " ".join(str(part) for part in origin.args) or type(origin).__name__
    match reaction(error):
        case Reaction.AWAY:
            message = (
                f"the database {place} does not answer ({said}); start it, or correct store.url; it is tried again"
            )
            return StoreAwayError(message)
        case Reaction.FULL:
            return StoreError(
                f"the database {place} cannot write ({said}); make room on its disk, or let it write there"
            )
        case Reaction.REFUSED:
            return ConfigError(f"the database {place} does not let us in ({said}); {_how_to_enter(origin)}")
        case Reaction.BROKEN:
            return CorruptJournalError(f"the database {place} is damaged ({said}); {REMEDY}")
        case Reaction.RETRY:
            return StoreAwayError(f"the database {place} is busy ({said}); another process holds its lock; tried again")
        case _:
            is_schema = "no such table" in said or "no such column" in said or origin.args[:1] in ((1146,), (1054,))
            if is_schema:
                return SchemaError(f"the database {place} has no such table ({said}); run `tradewind db upgrade`")
            return StoreError(f"the database {place} refused a statement ({said})")


def _how_to_enter(origin: BaseException) -> str:
    code = origin.args[0] if origin.args else 0
    if code == 1049:  # noqa: PLR2004 - MariaDB's number of "unknown database"
        return "create it: CREATE DATABASE <name> CHARACTER SET utf8mb4"
    if code in {1044, 1142, 1227}:
        return "grant the user what it needs: GRANT ALL ON <name>.* TO <user>"
    return "check the user in store.url and store.password"
