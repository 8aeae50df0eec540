"""All clients that hear the same thing, so that it is framed once: those that keep up, and those that lag.

A client that keeps up costs one write per frame. One whose socket is full is parked: nothing is written to it until
the socket takes data again, and then it is brought to where the others are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.push.feed import Feed


class Client(Protocol):
    """A connection as audiences see it."""

    @property
    def write(self) -> Callable[[bytes], None]:
        """Return the function that hands a frame to the socket."""
        ...

    @property
    def is_paused(self) -> bool:
        """True while the socket takes nothing more."""
        ...


class Subscription:
    """One client's place in one audience, and how far it is behind the others while parked."""

    __slots__ = ("audience", "client", "cursor", "missed")

    def __init__(self, client: Client, audience: Audience) -> None:
        self.client = client
        self.audience = audience
        self.cursor: int | None = None
        """Offset written so far (mode `every`); `None` until the first snapshot."""
        self.missed: dict[str, Any] | None = None
        """Newest values not written yet (mode `latest`); `None` until the first snapshot."""


class Audience(Protocol):
    """What a session asks of the audiences it is in."""

    @property
    def feed(self) -> Feed:
        """Return the topic."""
        ...

    @property
    def members(self) -> Members:
        """Return who is in it."""
        ...

    def catch_up(self, subscription: Subscription) -> None:
        """Bring a parked client to where the others are, as far as its socket takes it."""
        ...

    def park(self, subscription: Subscription) -> None:
        """Write no more to a client whose socket is full."""
        ...

    def leave(self, subscription: Subscription) -> None:
        """Forget the client; safe to call twice."""
        ...


class Members:
    """Who is in an audience: those that keep up, and those that lag."""

    __slots__ = ("_writers", "lagging", "live")

    def __init__(self) -> None:
        self.live: dict[Subscription, None] = {}
        self.lagging: dict[Subscription, None] = {}
        self._writers: tuple[Callable[[bytes], None], ...] | None = ()

    def __len__(self) -> int:
        return len(self.live) + len(self.lagging)

    def writers(self) -> tuple[Callable[[bytes], None], ...]:
        """Return how to reach every client that keeps up, as of now: the tuple never changes, the next may differ."""
        writers = self._writers
        if writers is None:
            writers = self._writers = tuple(subscription.client.write for subscription in self.live)
        return writers

    def add_lagging(self, subscription: Subscription) -> None:
        """Let a client in at the back."""
        self.lagging[subscription] = None

    def promote(self, subscription: Subscription) -> None:
        """A client has caught up."""
        self.lagging.pop(subscription, None)
        self.live[subscription] = None
        self._writers = None

    def demote(self, subscription: Subscription) -> bool:
        """A client fell behind; say whether it was among those that keep up."""
        if subscription not in self.live:
            return False
        del self.live[subscription]
        self.lagging[subscription] = None
        self._writers = None
        return True

    def remove(self, subscription: Subscription) -> None:
        """Forget a client."""
        if self.live.pop(subscription, False) is None:
            self._writers = None
        self.lagging.pop(subscription, None)
