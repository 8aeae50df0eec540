"""Notices and chat in memory: for tests and simulation; what they promise is `stores.notices`."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.chat import ChatMessage
from tradewind.domain.notice import Delivery, DeliveryState, Happening, Notice, Preferences
from tradewind.errors import StateConflictError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from tradewind.stores.notices import NewMessage, Outcome, Step, Telling

_S = DeliveryState
_change = msgspec.structs.replace


class MemoryNotices:
    """`stores.notices.NoticeStore`; every method is one step for itself."""

    def __init__(self) -> None:
        self._positions: dict[str, int] = {}
        self._states: dict[str, tuple[str, int]] = {}
        self._happened: dict[str, tuple[Happening, bool, int]] = {}
        self._notices: dict[int, Notice] = {}
        self._deliveries: dict[int, Delivery] = {}
        self._claims: dict[int, int] = {}
        self._preferences: dict[str, Preferences] = {}
        self._ids = itertools.count(1)

    def begin(self, name: str, at: int) -> int:
        """Return how far the follower has read."""
        return self._positions.setdefault(name, at)

    def states(self, keys: Collection[str]) -> dict[str, str]:
        """Return where those stand that are known."""
        return {key: self._states[key][0] for key in keys if key in self._states}

    def take(self, step: Step, now: int) -> list[Notice]:
        """Write a follower's step."""
        if self._positions.get(step.name) != step.after:
            message = f"the follower {step.name!r} does not stand at {step.after}: another one is at work"
            raise StateConflictError(message)
        self._positions[step.name] = step.through
        for key, state in step.states.items():
            self._states.pop(key, None)
            if state:
                self._states[key] = (state, now)
        return self.tell(step.tellings, now)

    def tell(self, tellings: Sequence[Telling], now: int) -> list[Notice]:
        """Write what was not told before."""
        new = []
        for telling in tellings:
            one = telling.happening
            if one.event_id in self._happened:
                continue
            self._happened[one.event_id] = (one, telling.is_urgent, now)
            new += [self._noticed(one, username, now, is_urgent=telling.is_urgent) for username in telling.usernames]
            for way in telling.ways:
                made = Delivery(
                    delivery_id=next(self._ids),
                    channel=way.channel,
                    username=way.username,
                    state=_S.WAITING,
                    attempts=0,
                    due_at=way.due_at,
                    message_id="",
                    error="",
                    created_at=now,
                    ended_at=0,
                    happening=one,
                )
                self._deliveries[made.delivery_id] = made
        return new

    def notices(self, username: str, *, before: int, limit: int, is_unread: bool) -> list[Notice]:
        """Return a page of somebody's notices."""
        own = (one for one in reversed(self._notices.values()) if one.username == username)
        wanted = (one for one in own if (not before or one.notice_id < before) and not (is_unread and one.is_read))
        return list(itertools.islice(wanted, limit))

    def newest(self, limit: int) -> list[Notice]:
        """Return the newest notices of all people, the oldest first."""
        return list(self._notices.values())[-limit:]

    def unread(self, username: str) -> int:
        """Return how many are not read."""
        return sum(one.username == username and not one.is_read for one in self._notices.values())

    def mark(self, username: str, ids: Sequence[int], *, through: int, now: int) -> int:  # noqa: ARG002 - the port's signature
        """Count somebody's own notices as read."""
        own = [
            one
            for one in self._notices.values()
            if one.username == username and not one.is_read and (one.notice_id in ids or one.notice_id <= through)
        ]
        for one in own:
            self._notices[one.notice_id] = _change(one, is_read=True)
        return len(own)

    def preferences(self, usernames: Collection[str]) -> dict[str, Preferences]:
        """Return what those of them chose who chose something."""
        return {name: self._preferences[name] for name in usernames if name in self._preferences}

    def keep_preferences(self, preferences: Preferences, now: int) -> Preferences:  # noqa: ARG002 - the port's signature
        """Keep what somebody chose."""
        found = self._preferences.get(preferences.username, Preferences(username=preferences.username))
        if found.version != preferences.version:
            message = f"these preferences are at version {found.version}, not {preferences.version}; read them again"
            raise StateConflictError(message)
        new = _change(preferences, version=preferences.version + 1)
        self._preferences[new.username] = new
        return new

    def due(self, channel: str, now: int, *, limit: int) -> list[Delivery]:
        """Return what should be sent now."""
        free = [one for one in self._deliveries.values() if one.channel == channel and self._is_free(one, now)]
        return sorted(free, key=lambda one: (one.due_at, one.message_id, one.delivery_id))[:limit]

    def sent_since(self, channel: str, usernames: Collection[str], since: int) -> dict[str, list[int]]:
        """Return when messages went out to each."""
        sent: dict[str, dict[str, int]] = {}
        for one in self._deliveries.values():
            if one.channel == channel and one.username in usernames and one.state is _S.SENT and one.ended_at > since:
                sent.setdefault(one.username, {})[one.message_id] = one.ended_at
        return {username: sorted(moments.values()) for username, moments in sent.items()}

    def claim(self, ids: Sequence[int], *, message_id: str, until: int, now: int) -> bool:
        """Take deliveries for sending, all or none."""
        wanted = [self._deliveries[one] for one in ids]
        if not all(self._is_free(one, now) and one.message_id in {"", message_id} for one in wanted):
            return False
        for one in wanted:
            self._claims[one.delivery_id] = until
            self._deliveries[one.delivery_id] = _change(one, state=_S.SENDING, message_id=message_id, due_at=now)
        return True

    def settle(self, ids: Sequence[int], *, message_id: str, outcome: Outcome) -> None:
        """Note what came of a try."""
        is_over = outcome.state in {_S.SENT, _S.DEAD}
        for one in self._among(ids, _S.SENDING):
            if one.message_id == message_id:
                self._deliveries[one.delivery_id] = _change(
                    one,
                    state=outcome.state,
                    due_at=outcome.due_at,
                    error=outcome.error[:500],
                    attempts=one.attempts + outcome.is_counted,
                    ended_at=outcome.now if is_over else 0,
                )

    def postpone(self, ids: Sequence[int], due_at: int) -> None:
        """Let what waits become due later."""
        for one in self._among(ids, _S.WAITING):
            self._deliveries[one.delivery_id] = _change(one, due_at=max(one.due_at, due_at))

    def retry(self, delivery_id: int, now: int) -> bool:
        """Let one that was given up wait again."""
        named = self._deliveries.get(delivery_id)
        shared = named.message_id if named is not None else ""
        dead = [
            one
            for one in self._among(list(self._deliveries), _S.DEAD)
            if one.delivery_id == delivery_id or (shared and one.message_id == shared)
        ]
        for one in dead:
            self._deliveries[one.delivery_id] = _change(
                one, state=_S.WAITING, due_at=now, created_at=now, attempts=0, ended_at=0, error=""
            )
        return bool(dead)

    def deliveries(self, *, state: DeliveryState | None, before: int, limit: int) -> list[Delivery]:
        """Return a page of deliveries."""
        wanted = (
            one
            for one in reversed(self._deliveries.values())
            if (state is None or one.state is state) and (not before or one.delivery_id < before)
        )
        return list(itertools.islice(wanted, limit))

    def counts(self) -> dict[tuple[str, DeliveryState], int]:
        """Return how many are not sent."""
        return dict(Counter((d.channel, d.state) for d in self._deliveries.values() if d.state is not _S.SENT))

    def prune(self, before: int, *, most: int) -> int:
        """Forget what is old."""
        own: dict[str, list[int]] = {}
        for one in self._notices.values():
            own.setdefault(one.username, []).append(one.notice_id)
        crowded = {one for ids in own.values() for one in sorted(ids)[:-most]}
        gone = [one for one in self._notices.values() if one.created_at < before or one.notice_id in crowded]
        for notice in gone:
            del self._notices[notice.notice_id]
        for delivery in self._among(list(self._deliveries), _S.SENT, _S.DEAD):
            if delivery.created_at < before:
                del self._deliveries[delivery.delivery_id]
        needed = {one.event_id for one in self._notices.values()}
        needed |= {one.happening.event_id for one in self._deliveries.values()}
        self._happened = {k: v for k, v in self._happened.items() if k in needed or v[2] >= before}
        self._states = {key: state for key, state in self._states.items() if state[1] >= before}
        return len(gone)

    def _noticed(self, one: Happening, username: str, now: int, *, is_urgent: bool) -> Notice:
        told = {name: getattr(one, name) for name in Happening.__struct_fields__}
        notice = Notice(notice_id=next(self._ids), username=username, is_urgent=is_urgent, created_at=now, **told)
        self._notices[notice.notice_id] = notice
        return notice

    def _among(self, ids: Iterable[int], *states: DeliveryState) -> list[Delivery]:
        return [one for i in ids if (one := self._deliveries.get(i)) is not None and one.state in states]

    def _is_free(self, one: Delivery, now: int) -> bool:
        if one.state is _S.SENDING:
            return self._claims[one.delivery_id] <= now
        return one.state is _S.WAITING and one.due_at <= now


class MemoryChat:
    """`stores.notices.ChatStore`."""

    def __init__(self) -> None:
        self._versions: dict[int, list[ChatMessage]] = {}
        self._requests: dict[tuple[str, str], int] = {}
        self._through: dict[tuple[str, str], int] = {}

    def say(self, new: NewMessage) -> tuple[ChatMessage, bool]:
        """Keep a message, once for each request of a person."""
        key = (new.message.username, new.request_id)
        if key in self._requests:
            return self._versions[self._requests[key]][-1], False
        said = _change(new.message, message_id=len(self._versions) + 1)
        self._requests[key] = said.message_id
        self._versions[said.message_id] = [said]
        return said, True

    def message(self, message_id: int) -> ChatMessage | None:
        """Return a message as it is now."""
        return self._versions[message_id][-1] if message_id in self._versions else None

    def change(self, changed: ChatMessage) -> ChatMessage:
        """Keep a new version."""
        versions = self._versions.get(changed.message_id, [])
        if not versions or versions[-1].version != changed.version - 1:
            message = f"message {changed.message_id} was changed meanwhile; read it again"
            raise StateConflictError(message)
        versions.append(changed)
        return changed

    def messages(self, room: str, *, before: int, limit: int) -> list[ChatMessage]:
        """Return a page of a room, the newest first."""
        newest = (versions[-1] for versions in reversed(self._versions.values()))
        wanted = (one for one in newest if one.room == room and (not before or one.message_id < before))
        return list(itertools.islice(wanted, limit))

    def newest(self, limit: int) -> list[ChatMessage]:
        """Return the newest messages of all rooms, the oldest first."""
        return [versions[-1] for versions in self._versions.values()][-limit:]

    def history(self, message_id: int) -> list[ChatMessage]:
        """Return every version, the oldest first."""
        return list(self._versions.get(message_id, []))

    def rooms(self, username: str, rooms: Collection[str]) -> dict[str, tuple[int, int]]:
        """Return unread messages of others, and the newest id, by room."""
        found: dict[str, tuple[int, int]] = {}
        for versions in self._versions.values():
            one = versions[-1]
            if one.room in rooms:
                through = self._through.get((username, one.room), 0)
                is_unread = one.username != username and not one.deleted_at and one.message_id > through
                found[one.room] = (found.get(one.room, (0, 0))[0] + is_unread, one.message_id)
        return found

    def mark(self, username: str, room: str, through: int) -> None:
        """Count a room as read through a message."""
        self._through[(username, room)] = max(through, self._through.get((username, room), 0))
