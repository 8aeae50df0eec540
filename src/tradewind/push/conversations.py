"""What is said to clients: the native protocol's answers, and the older stream that listens to nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from tradewind.push.commands import Ping, Refusal, Subscribe, Unsubscribe, read_command
from tradewind.push.dialects.native import message_frame
from tradewind.push.frames import ping_frame

if TYPE_CHECKING:
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
        self._welcome = message_frame(
            "welcome",
            protocol=PROTOCOL,
            server=server,
            epoch=hub.epoch,
            topics=list(hub.feeds),
            limits={
                "frame_bytes": settings.frame_bytes,
                "commands_per_minute": settings.commands_per_minute,
                "subscriptions": settings.subscriptions,
                "instruments": settings.instruments,
                "queued_bytes": settings.queued_bytes,
            },
            heartbeat_s=settings.heartbeat_s,
        )

    def opened(self, session: Session) -> None:
        """Say who we are and what may be asked."""
        session.write(self._welcome)

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

    def _subscribe(self, session: Session, wish: Subscribe) -> None:
        topic = wish.topic.name
        if topic not in session.subscriptions and len(session.subscriptions) >= self._settings.subscriptions:
            message = f"too many subscriptions on one connection: {len(session.subscriptions) + 1}"
            allowed = (f"at most {self._settings.subscriptions}",)
            self._refuse(session, Refusal(wish.id, "too_many_subscriptions", message, allowed))
            return
        session.drop(topic)
        subscription, offset, is_recovered = self._hub.subscribe(session, wish)
        session.write(
            message_frame(
                "subscribed",
                id=wish.id,
                topic=topic,
                epoch=self._hub.feeds[topic].epoch,
                offset=offset,
                recovered=is_recovered,
                mode=wish.mode,
                interval_ms=wish.interval_ms if wish.mode == "latest" else None,
            )
        )
        session.hold(topic, subscription)

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

    def beat(self) -> bytes:
        """Ping and nothing else: its clients were promised `opportunity` messages only."""
        return ping_frame()
