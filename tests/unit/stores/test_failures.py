"""What a driver's error asks for, whichever driver's it is."""

from __future__ import annotations

import sqlite3

import pymysql
import pytest
from sqlalchemy.exc import DBAPIError, StatementError

from tradewind.errors import (
    ConfigError,
    CorruptJournalError,
    SchemaError,
    StoreAwayError,
    StoreError,
    TradewindError,
)
from tradewind.stores.sql.failures import Reaction, explain, reaction


def sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("said by sqlite")
    error.sqlite_errorcode = code
    return error


def mysql_error(code: int) -> Exception:
    error: Exception = pymysql.err.OperationalError(code, "said by mariadb")
    return error


CASES = [
    (sqlite_error(sqlite3.SQLITE_BUSY), Reaction.RETRY, StoreAwayError),
    (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), Reaction.RETRY, StoreAwayError),
    (sqlite_error(sqlite3.SQLITE_FULL), Reaction.FULL, StoreError),
    (sqlite_error(sqlite3.SQLITE_IOERR_WRITE), Reaction.FULL, StoreError),
    (sqlite_error(sqlite3.SQLITE_IOERR_FSYNC), Reaction.STOP, StoreError),
    (sqlite_error(sqlite3.SQLITE_CORRUPT), Reaction.BROKEN, CorruptJournalError),
    (sqlite_error(sqlite3.SQLITE_NOTADB), Reaction.BROKEN, CorruptJournalError),
    (sqlite_error(sqlite3.SQLITE_CONSTRAINT_CHECK), Reaction.BAD_ROW, StoreError),
    (sqlite_error(sqlite3.SQLITE_CANTOPEN), Reaction.AWAY, StoreAwayError),
    (sqlite_error(sqlite3.SQLITE_ERROR), Reaction.WRONG, StoreError),
    (sqlite3.OperationalError("no such table: journal"), Reaction.WRONG, SchemaError),
    (mysql_error(1213), Reaction.RETRY, StoreAwayError),
    (mysql_error(1205), Reaction.RETRY, StoreAwayError),
    (mysql_error(1020), Reaction.RETRY, StoreAwayError),
    (mysql_error(2013), Reaction.AWAY, StoreAwayError),
    (mysql_error(2003), Reaction.AWAY, StoreAwayError),
    (pymysql.err.InterfaceError(0, ""), Reaction.AWAY, StoreAwayError),
    (mysql_error(1021), Reaction.FULL, StoreError),
    (mysql_error(1264), Reaction.BAD_ROW, StoreError),
    (mysql_error(1045), Reaction.REFUSED, ConfigError),
    (mysql_error(1049), Reaction.REFUSED, ConfigError),
    (mysql_error(1146), Reaction.WRONG, SchemaError),
    (ConnectionResetError(104, "reset"), Reaction.AWAY, StoreAwayError),
    (ValueError("too large"), Reaction.BAD_ROW, StoreError),
]


@pytest.mark.parametrize(("error", "wanted", "kind"), CASES, ids=lambda value: str(value)[:40])
def test_an_error_asks_for_one_reaction_plain_or_wrapped(
    error: Exception, wanted: Reaction, kind: type[TradewindError]
) -> None:
    wrapped = StatementError("failed", "SELECT 1", None, error)
    for one in (error, wrapped):
        assert reaction(one) is wanted
        told = explain(one, "db.example/tradewind")
        assert type(told) is kind
        assert "db.example/tradewind" in str(told)


def test_a_connection_the_engine_gave_up_is_away_whatever_was_said() -> None:
    error = DBAPIError("SELECT 1", None, mysql_error(1054), connection_invalidated=True)
    assert reaction(error) is Reaction.AWAY


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (1045, "check the user in store.url and store.password"),
        (1049, "create it: CREATE DATABASE"),
        (1044, "GRANT ALL"),
        (1146, "run `tradewind db upgrade`"),
        (1021, "make room on its disk"),
        (2003, "start it, or correct store.url"),
    ],
)
def test_a_refusal_says_what_to_do(code: int, remedy: str) -> None:
    assert remedy in str(explain(mysql_error(code), "x"))
