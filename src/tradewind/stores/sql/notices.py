"""`stores.notices.NoticeStore` in SQL: each call is one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec
from sqlalchemy import delete, insert, select, update

from tradewind.domain.notice import Delivery, DeliveryState, Notice, Preferences, Wishes
from tradewind.errors import StateConflictError
from tradewind.stores.sql import deliveries, told
from tradewind.stores.sql.notice_tables import NOTICE_CURSORS, NOTICE_PREFERENCES, NOTICE_STATES
from tradewind.stores.sql.transactions import in_reading, in_transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from tradewind.stores.notices import Outcome, Step, Telling
    from tradewind.stores.sql.store import SqlStore

R = TypeVar("R")


class _NotOursError(Exception):
    """Somebody else has what we wanted to take: the transaction is undone."""


class SqlNotices:
    """`stores.notices.NoticeStore` on one store."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    # ── what the follower writes ────────────────────────────────────────────────────────────────────────────────
    def begin(self, name: str, at: int) -> int:
        """Return how far the follower has read."""

        def work(connection: Connection) -> int:
            cursors = NOTICE_CURSORS.c
            found = select(cursors.position).where(cursors.name == name).with_for_update()
            position: int | None = connection.execute(found).scalar()
            if position is None:
                connection.execute(insert(NOTICE_CURSORS).values(name=name, position=at))
                return at
            return position

        return in_transaction(self._store, work)

    def states(self, keys: Collection[str]) -> dict[str, str]:
        """Return where those stand that are known."""
        if not keys:
            return {}
        known = NOTICE_STATES.c
        found = select(known.state_key, known.state).where(known.state_key.in_(list(keys)))
        return self._read(lambda connection: {row.state_key: row.state for row in connection.execute(found)})

    def take(self, step: Step, now: int) -> list[Notice]:
        """Write a follower's step."""

        def work(connection: Connection) -> list[Notice]:
            own = (NOTICE_CURSORS.c.name == step.name, NOTICE_CURSORS.c.position == step.after)
            # First, so that the row is locked: two followers of one name never write at the same time.
            if connection.execute(update(NOTICE_CURSORS).where(*own).values(position=step.through)).rowcount != 1:
                message = f"the follower {step.name!r} does not stand at {step.after}: another one is at work"
                raise StateConflictError(message)
            _write_states(connection, step.states, now)
            return told.write(connection, step.tellings, now)

        return in_transaction(self._store, work)

    def tell(self, tellings: Sequence[Telling], now: int) -> list[Notice]:
        """Write what no follower read."""
        return in_transaction(self._store, lambda connection: told.write(connection, tellings, now))

    # ── a person's own ──────────────────────────────────────────────────────────────────────────────────────────
    def notices(self, username: str, *, before: int, limit: int, is_unread: bool) -> list[Notice]:
        """Return a page of somebody's notices."""
        return self._read(
            lambda connection: told.read(connection, username, before=before, limit=limit, is_unread=is_unread)
        )

    def newest(self, limit: int) -> list[Notice]:
        """Return the newest notices of all people, the oldest first."""
        return self._read(lambda connection: told.newest(connection, limit))

    def unread(self, username: str) -> int:
        """Return how many are not read."""
        return self._read(lambda connection: told.unread(connection, username))

    def mark(self, username: str, ids: Sequence[int], *, through: int, now: int) -> int:
        """Count somebody's own notices as read."""
        return in_transaction(
            self._store, lambda connection: told.mark(connection, username, ids, through=through, now=now)
        )

    def preferences(self, usernames: Collection[str]) -> dict[str, Preferences]:
        """Return what those of them chose who chose something."""
        if not usernames:
            return {}
        kept = NOTICE_PREFERENCES.c
        found = select(kept.username, kept.wishes, kept.version).where(kept.username.in_(list(usernames)))
        return self._read(
            lambda connection: {
                name: Preferences(username=name, wishes=msgspec.convert(wishes, Wishes), version=version)
                for name, wishes, version in connection.execute(found)
            }
        )

    def keep_preferences(self, preferences: Preferences, now: int) -> Preferences:
        """Keep what somebody chose."""
        kept = NOTICE_PREFERENCES.c
        new = msgspec.structs.replace(preferences, version=preferences.version + 1)
        values = {"wishes": msgspec.to_builtins(new.wishes), "version": new.version, "updated_at": now}

        def work(connection: Connection) -> Preferences:
            own = kept.username == new.username
            found = connection.execute(select(kept.version).where(own).with_for_update()).scalar()
            if (found or 0) != preferences.version:
                message = f"these preferences are at version {found or 0}, not {preferences.version}; read them again"
                raise StateConflictError(message)
            if found is None:
                connection.execute(insert(NOTICE_PREFERENCES).values(username=new.username, **values))
            else:
                connection.execute(update(NOTICE_PREFERENCES).where(own).values(**values))
            return new

        return in_transaction(self._store, work)

    # ── what is on its way ──────────────────────────────────────────────────────────────────────────────────────
    def due(self, channel: str, now: int, *, limit: int) -> list[Delivery]:
        """Return what should be sent now."""
        return self._read(lambda connection: deliveries.due(connection, channel, now, limit=limit))

    def sent_since(self, channel: str, usernames: Collection[str], since: int) -> dict[str, list[int]]:
        """Return when messages went out to each."""
        return self._read(lambda connection: deliveries.sent_since(connection, channel, usernames, since))

    def claim(self, ids: Sequence[int], *, message_id: str, until: int, now: int) -> bool:
        """Take deliveries for sending, all or none."""

        def work(connection: Connection) -> None:
            if not deliveries.claim(connection, ids, message_id=message_id, until=until, now=now):
                raise _NotOursError

        try:
            in_transaction(self._store, work)
        except _NotOursError:
            return False
        return True

    def settle(self, ids: Sequence[int], *, message_id: str, outcome: Outcome) -> None:
        """Note what came of a try."""
        in_transaction(
            self._store,
            lambda connection: deliveries.settle(connection, ids, message_id=message_id, outcome=outcome),
        )

    def postpone(self, ids: Sequence[int], due_at: int) -> None:
        """Let what waits become due later."""
        in_transaction(self._store, lambda connection: deliveries.postpone(connection, ids, due_at))

    def retry(self, delivery_id: int, now: int) -> bool:
        """Let one that was given up wait again."""
        return in_transaction(self._store, lambda connection: deliveries.retry(connection, delivery_id, now))

    def deliveries(self, *, state: DeliveryState | None, before: int, limit: int) -> list[Delivery]:
        """Return a page of deliveries."""
        return self._read(lambda connection: deliveries.listed(connection, state=state, before=before, limit=limit))

    def counts(self) -> dict[tuple[str, DeliveryState], int]:
        """Return how many are not sent."""
        return self._read(deliveries.counts)

    def prune(self, before: int, *, most: int) -> int:
        """Forget what is old."""
        return in_transaction(self._store, lambda connection: told.prune(connection, before, most=most))

    def _read(self, question: Callable[[Connection], R]) -> R:
        return in_reading(self._store, question)


def _write_states(connection: Connection, states: Mapping[str, str | None], now: int) -> None:
    if not states:
        return
    key = NOTICE_STATES.c.state_key
    connection.execute(delete(NOTICE_STATES).where(key.in_(list(states))))
    kept = [{"state_key": name, "state": state, "updated_at": now} for name, state in states.items() if state]
    if kept:
        connection.execute(insert(NOTICE_STATES), kept)
