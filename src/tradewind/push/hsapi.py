"""What is said to the clients of system 004 (C-004-1): a plain WebSocket per channel, everything unasked.

A client may narrow a channel by one message and ask whether we are there; it needs to do neither. A slow one gets the
newest of what it missed, as everybody of mode `latest`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from tradewind.bus.hsapi_forms import CHANNELS
from tradewind.domain.rights import Permission
from tradewind.errors import NotAllowedError
from tradewind.push.dialects.hsapi import HsapiLatest
from tradewind.push.frames import ping_frame, text_frame
from tradewind.push.wanted import Wanted

if TYPE_CHECKING:
    from tradewind.domain.rights import Principal
    from tradewind.kernel.clock import Clock
    from tradewind.kernel.metrics import Metrics
    from tradewind.push.hub import Hub
    from tradewind.push.session import Session
    from tradewind.push.settings import PushSettings

PREFIX: Final = "/hsapi/ws/"
_SHOWN: Final = 200
_UNPUBLISHED: Final = Permission.CHAT
"""What the one channel asks for that has no topic everywhere."""
_NS_PER_MS: Final = 1_000_000
Names = Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=2_000)]


class HsapiCommand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a client may say: `subscribe` sets the filters anew (left out: everything), `ping` is answered `pong`."""

    action: Literal["subscribe", "ping"]
    instruments: Names | None = None
    products: Names | None = None
    accounts: Names | None = None


_DECODER: Final = msgspec.json.Decoder(HsapiCommand)
_ENCODER: Final = msgspec.json.Encoder()


class HsapiConversation:
    """One channel; a channel whose topic nobody publishes yet says so and stays silent."""

    def __init__(self, hub: Hub, channel: str, *, settings: PushSettings, metrics: Metrics, clock: Clock) -> None:
        self.dialect = f"hsapi_{channel}"
        topic, form = CHANNELS[channel]
        self._channel = channel
        self._topic = topic
        self._form = HsapiLatest(channel, form)
        self._hub = hub
        self._settings = settings
        self._metrics = metrics
        self._clock = clock

    def opened(self, session: Session) -> None:
        """Tell everything there is for this client, then every change."""
        self._follow(session)

    def may_enter(self, principal: Principal) -> bool:
        """Let in whoever the channel's topic admits."""
        feed = self._hub.feeds.get(self._topic)
        return principal.may_somewhere(_UNPUBLISHED) if feed is None else feed.topic.viewers.admits(principal)

    def seat(self, session: Session) -> None:
        """Begin the channel anew, with a snapshot, where the client sees it differently now."""
        whole, held = self._hub.feeds.get(self._topic), session.subscriptions.get(self._topic)
        if whole is None:
            return
        if held is None or held.audience.feed is not self._hub.feed_for(whole.topic, session.principal):
            self._follow(session)

    def heard(self, session: Session, text: str) -> None:
        """Carry out one command, or say why not."""
        try:
            command = _DECODER.decode(text)
        except msgspec.ValidationError as error:
            self._refuse(session, "bad_command", str(error), allowed=list(HsapiCommand.__struct_fields__))
        except (msgspec.DecodeError, RecursionError) as error:
            self._refuse(session, "bad_json", f"a message must be one JSON object: {error}")
        else:
            self._carry_out(session, command)

    def moving(self) -> None:
        """Say nothing: its clients know no other messages than those of their channel."""

    def beat(self) -> bytes:
        """Ping and nothing else: its clients know no other messages than those of their channel."""
        return ping_frame()

    def _carry_out(self, session: Session, command: HsapiCommand) -> None:
        if command.action == "ping":
            session.write(_message(type="pong", channel=self._channel, ts=self._clock.now_ns() // _NS_PER_MS))
        elif len(command.instruments or ()) > self._settings.instruments:
            most = self._settings.instruments
            self._refuse(session, "too_many_instruments", f"at most {most}, were {len(command.instruments or ())}")
        else:
            session.narrowed = _wanted(command)
            self._follow(session)

    def _follow(self, session: Session) -> None:
        """Begin the channel, from its snapshot; whatever was told before ends first."""
        session.drop(self._topic)
        if self._topic not in self._hub.feeds:
            self._refuse(session, "unavailable", f"nothing is published on {self._channel} here")
            return
        try:
            subscription = self._hub.follow(
                session,
                self._topic,
                self._form,
                principal=session.principal,
                wanted=session.narrowed,
                interval_ms=self._settings.hsapi_interval_ms,
            )
        except NotAllowedError as error:
            self._refuse(session, "not_allowed", f"{self._channel}: {error}")
        else:
            session.hold(self._topic, subscription)

    def _refuse(self, session: Session, code: str, message: str, **more: object) -> None:
        self._metrics.push_commands_refused.add(code)
        session.write(_message(type="error", channel=self._channel, code=code, message=message[:_SHOWN], **more))


def hsapi_conversations(
    hub: Hub, *, settings: PushSettings, metrics: Metrics, clock: Clock
) -> dict[str, HsapiConversation]:
    """Return the conversation of each channel by path, with the slash at the end and without."""
    made = {
        channel: HsapiConversation(hub, channel, settings=settings, metrics=metrics, clock=clock)
        for channel in CHANNELS
    }
    return {
        path: conversation
        for channel, conversation in made.items()
        for path in (f"{PREFIX}{channel}/", f"{PREFIX}{channel}")
    }


def _wanted(command: HsapiCommand) -> Wanted | None:
    """Return the filters, `None` where everything is wanted."""
    filters = [
        None if names is None else frozenset(names)
        for names in (command.instruments, command.products, command.accounts)
    ]
    return Wanted(*filters) if any(each is not None for each in filters) else None


def _message(**fields: Any) -> bytes:  # noqa: ANN401 - what JSON can hold
    return text_frame(_ENCODER.encode(fields))
