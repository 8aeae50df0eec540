"""Every execution a module was told to do, on disk: what is in it is done once, and its result is told.

An execution is `taken` before it begins, `ended` with its result before that is sent, `told` when the server has
confirmed it. After a kill at any moment what is taken is done, and what is ended is sent. Writing waits for the disk,
a few milliseconds for each step of a job; the file is small, since what was told long ago is forgotten.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import msgspec

from tradewind.errors import ConfigError, StoreError

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS executions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, execution_id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, meta TEXT NOT NULL,
    args TEXT NOT NULL, taken_ms INTEGER NOT NULL, ended_ms INTEGER, result TEXT, sends INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS executions_by_state ON executions (state, seq);
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""
_COLUMNS: Final = "execution_id, state, meta, args, taken_ms, ended_ms, result, sends"


class State(StrEnum):
    """How far an execution is."""

    TAKEN = "taken"
    ENDED = "ended"
    TOLD = "told"
    UNCONFIRMED = "unconfirmed"
    """Sent as often as it may be without a word of the server; it is sent again when the server asks again."""


class Entry(msgspec.Struct, frozen=True):
    """One execution; `result` is the message to the server, as text."""

    execution_id: str
    state: State
    meta: dict[str, Any]
    args: dict[str, Any]
    taken_ms: int
    ended_ms: int | None = None
    result: str | None = None
    sends: int = 0


class Journal:
    """The journal of one module, in one SQLite file. Used by one process at a time; others may read."""

    def __init__(self, file: Path) -> None:
        """Open it, making it where it is missing.

        Raises: ConfigError: it cannot be opened, or is no journal.
        """
        self._file = file
        try:
            self._connection = sqlite3.connect(file, isolation_level=None, timeout=5.0)
            self._connection.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; {_TABLES}")
        except sqlite3.Error as error:
            message = f"the module's journal {file} cannot be opened: {error}; nothing is done without it"
            raise ConfigError(message) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def find(self, execution_id: str) -> Entry | None:
        """Return one execution, or `None` where it was never taken or is forgotten.

        Raises: StoreError: the file cannot be read, here as below; or written.
        """
        found = self._read("WHERE execution_id = ?", (execution_id,))
        return found[0] if found else None

    def take(self, execution_id: str, meta: dict[str, Any], args: dict[str, Any], now_ms: int) -> None:
        """Put down that this is to be done."""
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO executions (execution_id, state, meta, args, taken_ms) VALUES (?, ?, ?, ?, ?)",
                (execution_id, State.TAKEN, _text(meta), _text(args), now_ms),
            )

    def end(self, execution_id: str, result: str, now_ms: int) -> None:
        """Put down what came of it."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE executions SET state = ?, result = ?, ended_ms = ? WHERE execution_id = ? AND state = ?",
                (State.ENDED, result, now_ms, execution_id, State.TAKEN),
            )

    def move(self, execution_id: str, state: State) -> None:
        """Put down that its result was told, or is to be told again."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE executions SET state = ?, sends = 0 WHERE execution_id = ? AND result IS NOT NULL",
                (state, execution_id),
            )

    def count_send(self, execution_id: str) -> None:
        """Put down that its result was sent and not confirmed."""
        with self._writing() as connection:
            connection.execute("UPDATE executions SET sends = sends + 1 WHERE execution_id = ?", (execution_id,))

    def lose(self, execution_id: str) -> None:
        """Forget what has not ended: somebody else does it."""
        with self._writing() as connection:
            connection.execute(
                "DELETE FROM executions WHERE execution_id = ? AND state = ?", (execution_id, State.TAKEN)
            )

    def unfinished(self) -> list[Entry]:
        """Return what was taken and has not ended, oldest first."""
        return self._read("WHERE state = ? ORDER BY seq", (State.TAKEN,))

    def first_untold(self) -> Entry | None:
        """Return what ended longest ago of what the server does not know."""
        found = self._read("WHERE state = ? ORDER BY seq LIMIT 1", (State.ENDED,))
        return found[0] if found else None

    def counts(self) -> dict[str, int]:
        """Return how many executions are in each state."""
        with self._guarded() as connection:
            return dict(connection.execute("SELECT state, count(*) FROM executions GROUP BY state").fetchall())

    def forget(self, keep: int) -> None:
        """Forget what was told, except the newest `keep` executions."""
        with self._writing() as connection:
            connection.execute(
                "DELETE FROM executions WHERE state IN (?, ?) AND seq <= (SELECT max(seq) FROM executions) - ?",
                (State.TOLD, State.UNCONFIRMED, keep),
            )

    def mark(self, name: str, value: int) -> None:
        """Keep a number that only ever grows."""
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO marks VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
                (name, value),
            )

    def marked(self, name: str) -> int:
        """Return such a number, 0 where there is none."""
        with self._guarded() as connection:
            row = connection.execute("SELECT value FROM marks WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def _read(self, where: str, values: Sequence[object]) -> list[Entry]:
        with self._guarded() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM executions {where}", values).fetchall()  # noqa: S608 - our own words
        return [_entry(row) for row in rows]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Write all of it or nothing: what fails on a full disk is not there afterwards."""
        with self._guarded() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except sqlite3.Error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._connection
        except sqlite3.Error as error:
            message = f"the module's journal {self._file.name} cannot be used: {error}"
            raise StoreError(message) from error


def _text(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()


def _entry(row: Sequence[Any]) -> Entry:
    execution_id, state, meta, args, taken_ms, ended_ms, result, sends = row
    return Entry(
        execution_id,
        State(state),
        msgspec.json.decode(meta),
        msgspec.json.decode(args),
        taken_ms,
        ended_ms,
        result,
        sends,
    )
