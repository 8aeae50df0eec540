"""What is said to clients: the native protocol's answers, and the older stream that listens to nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

import msgspec

from tradewind.domain.rights import Permission
from tradewind.push.commands import Ping, Refusal, Subscribe, Unsubscribe, read_command
from tradewind.push.dialects.native import message_frame
from tradewind.push.frames import ping_frame
from tradewind.push.topics import PUSH_TOPICS

if TYPE_CHECKING:
    from tradewind.domain.rights import Principal
    from tradewind.kernel.clock import Clock
    from tradewind.kernel.metrics import Metrics
    from tradewind.push.hub import Hub
    from tradewind.push.session import Session
    from tradewind.push.settings import PushSettings

PROTOCOL: Final = 1


class NativeConversation:
    """Speaks docs/push-protocol.md."""

    dialect = "native"

    def __init__(self, hub: Hub, *, settings: PushSettings, metrics: Metrics, clock: Clock, server: str) -> None:
        self._hub = hub
        self._settings = settings
        self._metrics = metrics
        self._clock = clock
        self._server = server
        self._welcomes: dict[tuple[str, ...], bytes] = {}

    def opened(self, session: Session) -> None:
        """Say who we are and what may be asked."""
        topics = _topics_for(session.principal)
        welcome = self._welcomes.get(topics)
        if welcome is None:
            welcome = self._welcomes[topics] = self._welcome(topics)
        session.write(welcome)

    def may_enter(self, principal: Principal) -> bool:
        """Let in whoever may subscribe to something."""
        return bool(_topics_for(principal))

    def seat(self, session: Session) -> None:
        """End what the client may no longer have, begin anew what it sees differently; say so unasked."""
        for topic, wish in tuple(session.wishes.items()):
            viewers = wish.topic.viewers
            if not viewers.admits(session.principal):
                session.drop(topic)
                message = f"the subscription to {topic} has ended: {viewers.refusal}"
                self._refuse(session, Refusal(None, "not_allowed", message))
                session.write(message_frame("unsubscribed", id=None, topic=topic))
            elif self._hub.feed_for(wish.topic, session.principal) is not session.subscriptions[topic].audience.feed:
                session.drop(topic)
                self._begin(session, msgspec.structs.replace(wish, id=None, resume=None))

    def _welcome(self, topics: tuple[str, ...]) -> bytes:
        settings = self._settings
        return message_frame(
            "welcome",
            protocol=PROTOCOL,
            server=self._server,
            epoch=self._hub.epoch,
            topics=list(topics),
            limits={
                "frame_bytes": settings.frame_bytes,
                "commands_per_minute": settings.commands_per_minute,
                "subscriptions": settings.subscriptions,
                "instruments": settings.instruments,
                "queued_bytes": settings.queued_bytes,
            },
            heartbeat_s=settings.heartbeat_s,
        )

    def heard(self, session: Session, text: str) -> None:
        """Carry out one command, or say why not."""
        command = read_command(text, self._settings)
        match command:
            case Subscribe():
                self._subscribe(session, command)
            case Unsubscribe():
                self._unsubscribe(session, command)
            case Ping():
                session.write(message_frame("pong", id=command.id, ts=self._clock.now_ns()))
            case Refusal():
                self._refuse(session, command)
            case _:
                assert_never(command)

    def beat(self) -> bytes:
        """Ping for the library at the other end, and say so to its program, which does not see pings in a browser."""
        return ping_frame() + message_frame("heartbeat", ts=self._clock.now_ns())

    def moving(self) -> bytes:
        """Ask to come again at a moment of the client's choice, and to keep this connection until it is there."""
        return message_frame("move", within_s=self._settings.move_s, gone_in_s=self._settings.leave_s)

    def _subscribe(self, session: Session, wish: Subscribe) -> None:
        topic = wish.topic.name
        viewers = wish.topic.viewers
        if not viewers.admits(session.principal):
            message = f"{topic}: {viewers.refusal}"
            self._refuse(session, Refusal(wish.id, "not_allowed", message, _topics_for(session.principal)))
            return
        if topic not in session.subscriptions and len(session.subscriptions) >= self._settings.subscriptions:
            message = f"too many subscriptions on one connection: {len(session.subscriptions) + 1}"
            allowed = (f"at most {self._settings.subscriptions}",)
            self._refuse(session, Refusal(wish.id, "too_many_subscriptions", message, allowed))
            return
        session.drop(topic)
        self._begin(session, wish)

    def _begin(self, session: Session, wish: Subscribe) -> None:
        topic = wish.topic.name
        subscription, offset, is_recovered = self._hub.subscribe(session, wish, session.principal)
        session.write(
            message_frame(
                "subscribed",
                id=wish.id,
                topic=topic,
                epoch=subscription.audience.feed.epoch,
                offset=offset,
                recovered=is_recovered,
                mode=wish.mode,
                interval_ms=wish.interval_ms if wish.mode == "latest" else None,
            )
        )
        session.hold(topic, subscription, wish)

    def _unsubscribe(self, session: Session, command: Unsubscribe) -> None:
        topic = command.topic.name
        if session.drop(topic):
            session.write(message_frame("unsubscribed", id=command.id, topic=topic))
            return
        held = tuple(session.subscriptions)
        self._refuse(session, Refusal(command.id, "not_subscribed", f"not subscribed to {topic}", held))

    def _refuse(self, session: Session, refusal: Refusal) -> None:
        self._metrics.push_commands_refused.add(refusal.code)
        allowed = list(refusal.allowed) or None
        session.write(
            message_frame("error", id=refusal.id, code=refusal.code, message=refusal.message, allowed=allowed)
        )


class OpportunityConversation:
    """The stream of system 003: everything is said unasked, and what the client says is not heard (C-003-7)."""

    dialect = "opportunities"

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def opened(self, session: Session) -> None:
        """Tell what is open, then every change."""
        session.hold("opportunities", self._hub.follow_opportunities(session))

    def heard(self, session: Session, text: str) -> None:
        """Let it pass: some of its clients send keep-alive words."""

    def may_enter(self, principal: Principal) -> bool:
        """Let in whoever may see the market."""
        return principal.may_somewhere(Permission.MARKET)

    def seat(self, session: Session) -> None:
        """Go on: whoever may see the market sees every opportunity."""

    def moving(self) -> None:
        """Say nothing: its clients were promised `opportunity` messages only."""

    def beat(self) -> bytes:
        """Ping and nothing else: its clients were promised `opportunity` messages only."""
        return ping_frame()


def _topics_for(principal: Principal) -> tuple[str, ...]:
    return tuple(topic.name for topic in PUSH_TOPICS if topic.viewers.admits(principal))
