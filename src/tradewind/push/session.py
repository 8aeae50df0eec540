"""One client: what it hears, how full its socket is, whether it is still there, and why it is sent away.

Nothing here waits. When the socket takes no more, the session's places in its audiences are parked and cost nothing
but a cursor or a conflated map until the socket drains; a socket that takes nothing for too long is closed.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

from tradewind.push.budget import CommandBudget
from tradewind.push.frames import pong_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.rights import Principal
    from tradewind.kernel.metrics import Metrics
    from tradewind.push.audience import Subscription
    from tradewind.push.commands import Subscribe
    from tradewind.push.ports import Wire
    from tradewind.push.settings import PushSettings
    from tradewind.push.wanted import Wanted


class CloseCode(IntEnum):
    """Why push closes a connection; docs/push-protocol.md says what a client does about each."""

    BAD_PROTOCOL = 4400
    SESSION_ENDED = 4401
    NOT_ALLOWED = 4403
    TOO_SLOW = 4408
    TOO_MANY = 4429
    STOPPING = 4503
    NOT_UTF8 = 1007
    TOO_BIG = 1009
    INTERNAL = 1011


class Conversation(Protocol):
    """What is said to a client that arrives, and to what it says."""

    @property
    def dialect(self) -> str:
        """Return the name under which its clients are counted."""
        ...

    def opened(self, session: Session) -> None:
        """Greet."""
        ...

    def heard(self, session: Session, text: str) -> None:
        """Answer."""
        ...

    def beat(self) -> bytes:
        """Return the frames that say we are still there."""
        ...

    def may_enter(self, principal: Principal) -> bool:
        """Say whether somebody may have this conversation at all."""
        ...

    def moving(self) -> bytes | None:
        """Return the frame that tells a client to go on at another instance, `None` where its dialect has no words."""
        ...

    def seat(self, session: Session) -> None:
        """Hold every subscription against what the client may see now: what it sees differently begins anew."""
        ...


class Session:
    """One connection, from handshake to close; the listener tells it what the socket does."""

    __slots__ = (
        "_beat_due_s",
        "_budget",
        "_buffered",
        "_conversation",
        "_heard_s",
        "_metrics",
        "_now_s",
        "_parts",
        "_progress_s",
        "_settings",
        "_wire",
        "closed_with",
        "is_closing",
        "is_paused",
        "narrowed",
        "principal",
        "session_id",
        "subscriptions",
        "wishes",
        "write",
    )

    def __init__(
        self,
        wire: Wire,
        conversation: Conversation,
        *,
        principal: Principal,
        session_id: str | None,
        settings: PushSettings,
        metrics: Metrics,
        now_s: Callable[[], float],
    ) -> None:
        self.principal = principal
        self.session_id = session_id
        self.write: Callable[[bytes], None] = wire.write
        self.subscriptions: dict[str, Subscription] = {}
        self.wishes: dict[str, Subscribe] = {}
        """What each subscription was asked for with, where the client asked."""
        self.narrowed: Wanted | None = None
        """What a client of a channel wants of it; `None`: everything it may see."""
        self.is_paused = False
        self.is_closing = False
        self.closed_with: int | None = None
        """The code we closed with; `None` while open, and when the client went by itself."""
        now = now_s()
        self._wire = wire
        self._conversation = conversation
        self._settings = settings
        self._metrics = metrics
        self._now_s = now_s
        self._budget = CommandBudget(settings.commands_per_minute, now)
        self._parts: list[bytes] = []
        self._heard_s = now
        self._progress_s = now
        self._buffered = 0
        self._beat_due_s = now + settings.heartbeat_s

    @property
    def identity(self) -> str:
        """Return the name by which the client is known and recorded."""
        return self.principal.username

    @property
    def dialect(self) -> str:
        """Return the name under which this client is counted."""
        return self._conversation.dialect

    def opened(self) -> None:
        """Begin the conversation: the handshake is done."""
        self._conversation.opened(self)

    def hold(self, topic: str, subscription: Subscription, wish: Subscribe | None = None) -> None:
        """Take a new place in an audience and be brought to its present."""
        self.subscriptions[topic] = subscription
        if wish is not None:
            self.wishes[topic] = wish
        subscription.audience.catch_up(subscription)

    def drop(self, topic: str) -> bool:
        """Give up the place on a topic; say whether there was one."""
        subscription = self.subscriptions.pop(topic, None)
        self.wishes.pop(topic, None)
        if subscription is None:
            return False
        subscription.audience.leave(subscription)
        return True

    # what the socket does

    def on_text(self, payload: bytes, *, is_final: bool = True) -> None:
        """Hear one text frame, or a part of a message sent in several."""
        self._heard_s = now_s = self._now_s()
        if self.is_closing:
            return
        self._parts.append(payload)
        if sum(map(len, self._parts)) > self._settings.frame_bytes:
            self.close(CloseCode.TOO_BIG, f"a command may have {self._settings.frame_bytes} bytes")
            return
        if not self._budget.take(now_s):
            self.close(CloseCode.TOO_MANY, f"more than {self._settings.commands_per_minute} commands a minute")
            return
        if is_final:
            message, self._parts = b"".join(self._parts), []
            try:
                text = message.decode()
            except UnicodeDecodeError:
                self.close(CloseCode.NOT_UTF8, "a text frame must be UTF-8")
                return
            self._conversation.heard(self, text)

    def on_continuation(self, payload: bytes, *, is_final: bool) -> None:
        """Hear a further part of a message."""
        if self._parts:
            self.on_text(payload, is_final=is_final)
        else:
            self.close(CloseCode.BAD_PROTOCOL, "a continuation of nothing")

    def on_foreign(self, what: str) -> None:
        """Refuse what the protocol has no use for."""
        self.close(CloseCode.BAD_PROTOCOL, f"only text frames are understood, this was {what}")

    def on_ping(self, payload: bytes) -> None:
        """Answer the WebSocket's own ping, unless the client does not read or overdoes it."""
        self._heard_s = now_s = self._now_s()
        if self.is_closing or self.is_paused:
            return
        if self._budget.take(now_s):
            self.write(pong_frame(payload))
        else:
            self.close(CloseCode.TOO_MANY, f"more than {self._settings.commands_per_minute} pings a minute")

    def on_pong(self) -> None:
        """Note that the peer is there."""
        self._heard_s = self._now_s()

    def on_full(self) -> None:
        """Park: the socket takes no more."""
        self.is_paused = True
        self._buffered = self._wire.buffered()
        self._progress_s = self._now_s()
        for subscription in self.subscriptions.values():
            subscription.audience.park(subscription)

    def on_drained(self) -> None:
        """Catch up, topic by topic, as far as the socket takes it."""
        if self.is_closing:
            return
        self.is_paused = False
        for subscription in tuple(self.subscriptions.values()):
            subscription.audience.catch_up(subscription)

    def on_gone(self) -> None:
        """Leave every audience: the socket is closed."""
        self.is_closing = True
        self.is_paused = True
        for topic in tuple(self.subscriptions):
            self.drop(topic)

    # what we do

    def change_rights(self, principal: Principal) -> None:
        """Go on under other rights: nothing beyond them is said from here on."""
        self.principal = principal
        self.seat()

    def seat(self) -> None:
        """Begin anew what the client sees differently now; send it away where nothing is left for it."""
        if self.is_closing:
            return
        if self._conversation.may_enter(self.principal):
            self._conversation.seat(self)
        else:
            self.close(CloseCode.NOT_ALLOWED, "your permissions no longer cover anything that is pushed here")

    def ask_to_move(self) -> bool:
        """Tell the client to go on at another instance; `False` where it would not understand."""
        said = None if self.is_closing else self._conversation.moving()
        if said is not None:
            self.write(said)
        return said is not None

    def close(self, code: CloseCode, reason: str) -> None:
        """Send the client away; nothing is written to it after the close frame."""
        if self.is_closing:
            return
        self.closed_with = code
        if code in {CloseCode.BAD_PROTOCOL, CloseCode.NOT_UTF8, CloseCode.TOO_BIG, CloseCode.TOO_MANY}:
            self._metrics.push_commands_refused.add(f"closed_{int(code)}")
        elif code is CloseCode.TOO_SLOW:
            self._metrics.push_dropped.add("client_too_slow")
        self.on_gone()
        self._wire.close(code, reason)

    def drop_connection(self) -> None:
        """Cut the connection without a word."""
        self.on_gone()
        self._wire.abort()

    def note_refused_by_wire(self, code: int) -> None:
        """Count a connection that the frame parser ended before we saw what the client sent."""
        self.closed_with = code
        self._metrics.push_commands_refused.add(f"closed_{code}")

    def buffered(self) -> int:
        """Return the bytes handed over that the socket has not taken yet."""
        return self._wire.buffered()

    def sweep(self, now_s: float, beat: bytes) -> None:
        """Send the heartbeat when it is due; give up on a client that takes nothing or is no longer there."""
        if self.is_closing:
            return
        if now_s - self._heard_s > 2 * self._settings.heartbeat_s and not self.is_paused:
            self._metrics.push_dropped.add("client_lost")
            self.drop_connection()
            return
        if self.is_paused:
            self._watch_progress(now_s)
        elif now_s >= self._beat_due_s:
            self._beat_due_s = now_s + self._settings.heartbeat_s
            self.write(beat)

    def _watch_progress(self, now_s: float) -> None:
        buffered = self._wire.buffered()
        if buffered < self._buffered:
            self._progress_s = now_s
        self._buffered = buffered
        if now_s - self._progress_s > self._settings.stalled_s:
            self.close(CloseCode.TOO_SLOW, f"took no data for {self._settings.stalled_s:g} s")
