"""What the notices room may ask of a store: notices, what is on its way, wishes, and the chat of record.

Every call waits for the database, so none belongs on the loop. What one call writes is one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import msgspec

from tradewind.domain.chat import ChatMessage
from tradewind.domain.notice import Delivery, DeliveryState, Happening, Notice, Preferences

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class Way(msgspec.Struct, frozen=True):
    """One message to be sent: by which channel, to whom ("" for a group), not before `due_at` (ns UTC)."""

    channel: str
    username: str
    due_at: int


class Telling(msgspec.Struct, frozen=True):
    """A happening and whom it is told: on the page, and by the ways out of the house."""

    happening: Happening
    is_urgent: bool
    usernames: tuple[str, ...]
    ways: tuple[Way, ...]


class Step(msgspec.Struct, frozen=True):
    """How far a follower has read, and what it made of it. `states` maps what it tells apart to where each stands.

    A state of `None` is forgotten. `after` is where the follower believes that it stands.
    """

    name: str
    after: int
    through: int
    tellings: tuple[Telling, ...]
    states: Mapping[str, str | None]


class Outcome(msgspec.Struct, frozen=True):
    """What came of a try: the new state, when it is due again, and how many tries count."""

    state: DeliveryState
    now: int
    due_at: int = 0
    error: str = ""
    is_counted: bool = True
    """Whether the try counts against this message: a server that is away says nothing about it."""


class NoticeStore(Protocol):
    """Notices, deliveries, wishes. Raises of every method: StoreError: the database does not answer."""

    def begin(self, name: str, at: int) -> int:
        """Return how far the follower of that name has read; one that never read begins at `at`."""
        ...

    def states(self, keys: Collection[str]) -> dict[str, str]:
        """Return where those of `keys` stand that are known."""
        ...

    def take(self, step: Step, now: int) -> list[Notice]:
        """Write a follower's step, all of it or nothing; return the notices that are new.

        A happening that was told before is not told again.

        Raises: StateConflictError: the follower stands elsewhere, so another one is at work.
        """
        ...

    def tell(self, tellings: Sequence[Telling], now: int) -> list[Notice]:
        """Write what no follower read; return the notices that are new."""
        ...

    def notices(self, username: str, *, before: int, limit: int, is_unread: bool) -> list[Notice]:
        """Return somebody's notices with an id below `before` (0: all), the newest first."""
        ...

    def newest(self, limit: int) -> list[Notice]:
        """Return the newest notices of all people, the oldest first."""
        ...

    def unread(self, username: str) -> int:
        """Return how many of somebody's notices are not read."""
        ...

    def mark(self, username: str, ids: Sequence[int], *, through: int, now: int) -> int:
        """Count somebody's own notices as read, those of `ids` and all through `through`; return how many are new."""
        ...

    def preferences(self, usernames: Collection[str]) -> dict[str, Preferences]:
        """Return what those of them chose who chose something."""
        ...

    def keep_preferences(self, preferences: Preferences, now: int) -> Preferences:
        """Keep what somebody chose, as the version after the given one.

        Raises: StateConflictError: they chose something else meanwhile.
        """
        ...

    def due(self, channel: str, now: int, *, limit: int) -> list[Delivery]:
        """Return what should be sent by a channel now, the oldest first; what fell silent while sending is among it."""
        ...

    def sent_since(self, channel: str, usernames: Collection[str], since: int) -> dict[str, list[int]]:
        """Return when messages (one of several happenings counts once) went out to each, the oldest first."""
        ...

    def claim(self, ids: Sequence[int], *, message_id: str, until: int, now: int) -> bool:
        """Take deliveries for sending under one id, all or none; False where another one has them."""
        ...

    def settle(self, ids: Sequence[int], *, message_id: str, outcome: Outcome) -> None:
        """Note what came of a try that `claim` allowed."""
        ...

    def postpone(self, ids: Sequence[int], due_at: int) -> None:
        """Let deliveries that wait become due later."""
        ...

    def retry(self, delivery_id: int, now: int) -> bool:
        """Let one that was given up wait again, due now, under its old id; False where there is none such."""
        ...

    def deliveries(self, *, state: DeliveryState | None, before: int, limit: int) -> list[Delivery]:
        """Return deliveries with an id below `before` (0: all), the newest first."""
        ...

    def counts(self) -> dict[tuple[str, DeliveryState], int]:
        """Return how many deliveries wait, are being sent or are dead, by channel."""
        ...

    def prune(self, before: int, *, most: int) -> int:
        """Forget what was told and done before a moment, and of each person all but the newest `most` notices."""
        ...


class NewMessage(msgspec.Struct, frozen=True):
    """A chat message that has no id yet; `message.message_id` is 0."""

    message: ChatMessage
    request_id: str


class ChatStore(Protocol):
    """The chat of record. Raises of every method: StoreError: the database does not answer."""

    def say(self, new: NewMessage) -> tuple[ChatMessage, bool]:
        """Keep a message; return it with its id, and whether it is new: the same request of the same person is not."""
        ...

    def message(self, message_id: int) -> ChatMessage | None:
        """Return a message as it is now."""
        ...

    def change(self, changed: ChatMessage) -> ChatMessage:
        """Keep a new version; the one before stays in the history.

        Raises: StateConflictError: it was changed meanwhile.
        """
        ...

    def messages(self, room: str, *, before: int, limit: int) -> list[ChatMessage]:
        """Return a room's messages with an id below `before` (0: all), the newest first."""
        ...

    def newest(self, limit: int) -> list[ChatMessage]:
        """Return the newest messages of all rooms as they are now, the oldest first."""
        ...

    def history(self, message_id: int) -> list[ChatMessage]:
        """Return every version of a message, the oldest first."""
        ...

    def rooms(self, username: str, rooms: Collection[str]) -> dict[str, tuple[int, int]]:
        """Return, by room, how many messages of others somebody has not read, and the newest id."""
        ...

    def mark(self, username: str, room: str, through: int) -> None:
        """Count a room as read through a message; an older one than before changes nothing."""
        ...
