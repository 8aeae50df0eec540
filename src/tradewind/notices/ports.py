"""What the notices room asks of others: who there is, what is on record, and the ways out of the house."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import msgspec

from tradewind.domain.notice import Happening, Language

if TYPE_CHECKING:
    from tradewind.domain.rights import Principal
    from tradewind.domain.user import User
    from tradewind.stores.ports import Entry


class People(Protocol):
    """Who there is and what they may do right now; the identity room's. Asked often: no call waits."""

    def users(self) -> Sequence[User]:
        """Return everybody, shut out or not."""
        ...

    def principal(self, username: str) -> Principal | None:
        """Return what somebody may do; `None` where there is nobody of that name."""
        ...

    def products(self) -> Sequence[str]:
        """Return the codes of all products, in the order to show them."""
        ...


class Entries(Protocol):
    """The journal, to be read behind its writer: `stores.ports.Journal` is one."""

    @property
    def durable_seq(self) -> int:
        """Return the newest entry that no crash can take."""
        ...

    def read(self, after: int) -> Iterator[Entry]:
        """Yield the durable entries with seq > `after`, in order; waits for the database."""
        ...


class Trouble(msgspec.Struct, frozen=True):
    """Something outside the record that people should know: an event id of its own, and the words of its kind."""

    event_id: str
    state: str
    message: str
    ts_event: int


class Parcel(msgspec.Struct, frozen=True):
    """One message to be sent: what happened (several in a digest), in which language, under which id.

    `address` is somebody's e-mail, "" for a group. `sent_at` in ns UTC is when the newest of it happened.
    """

    message_id: str
    address: str
    name: str
    language: Language
    happenings: tuple[Happening, ...]
    sent_at: int


class Result(StrEnum):
    """What came of a try."""

    SENT = "sent"
    LATER = "later"
    """This message was not taken now; it may be the next time."""
    REFUSED = "refused"
    """This message will never be taken."""
    AWAY = "away"
    """The other side does not answer, or to nobody: it says nothing about the message."""


class Sent(msgspec.Struct, frozen=True):
    """A try's result with what was said; secrets never stand in it."""

    result: Result
    reason: str = ""


class Courier(Protocol):
    """One way out of the house: a mail server, a group's robot, a program of somebody's."""

    @property
    def name(self) -> str:
        """Return the channel's name, as the settings and the pages have it."""
        ...

    async def send(self, parcel: Parcel) -> Sent:
        """Try once, within the channel's own time limit; never raises for what the other side does."""
        ...

    async def rest(self) -> None:
        """Let go of connections: there is nothing more to send for now. Safe to call twice."""
        ...
