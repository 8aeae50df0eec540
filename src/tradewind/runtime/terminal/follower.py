"""Follows topics of push for as long as it is wanted: reconnects, resumes where it was, says how it goes.

The protocol is docs/push-protocol.md. What cannot get better by itself, a refusal, ends it; all else is tried again.
"""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import msgspec
from picows import WSError, WSFrame, WSHandshakeError, WSListener, WSMsgType, WSTransport, ws_connect

from tradewind.errors import InputError, NotAllowedError, TransientError
from tradewind.kernel.backoff import Backoff
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.rng import named_rng

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.runtime.terminal.door import Door

    Events = list[dict[str, Any]]

_CONNECT_S: Final = 5.0
_LONGEST_WAIT_S: Final = 30.0
_SILENCE_S: Final = 40.0
_LOOK_S: Final = 0.5
_GIVE_UP: Final = frozenset({1007, 1009, 4400, 4403})
_NO_CODE: Final = 1006
_LONGEST_BODY: Final = 300


class LinkState(StrEnum):
    """How the connection is."""

    CONNECTING = "connecting"
    LIVE = "live"
    LOST = "lost"


class _Ear(WSListener):
    """Hands each text frame on, and notes how the connection ended."""

    def __init__(self, on_text: Callable[[WSTransport, bytes], None]) -> None:
        super().__init__()
        self._on_text = on_text
        self.code = _NO_CODE

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            self._on_text(transport, frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            self.code = frame.get_close_code().value
            transport.send_close(frame.get_close_code())
            transport.disconnect()


class Follower:
    """One connection after the other; `wishes` are topics with the further fields of their subscribe commands."""

    def __init__(
        self,
        door: Door,
        wishes: Mapping[str, Mapping[str, Any]],
        *,
        on_events: Callable[[str, Events, bool], None],
        on_state: Callable[[LinkState, str], None] = lambda _state, _text: None,
        waits_first: bool = False,
        takes_what_is_offered: bool = False,
    ) -> None:
        """`on_events(topic, events, is_snapshot)`: replace what you have with a snapshot. It must not raise.

        With `waits_first` an installation that is not there yet is waited for; else that ends it. With
        `takes_what_is_offered` topics that we may not have are left out; else they end it.
        """
        self._takes_what_is_offered = takes_what_is_offered
        self._door = door
        self._wishes = dict(wishes)
        self._on_events = on_events
        self._on_state = on_state
        self._must_answer = not waits_first
        self._seen: dict[str, dict[str, Any]] = {}
        self._backoff = Backoff(named_rng(0, "terminal"), most_s=_LONGEST_WAIT_S, scale=0.5)
        self._heard_s = 0.0
        self._silence_s = _SILENCE_S
        self._refused: InputError | NotAllowedError | None = None
        self.recovered: dict[str, bool] = {}
        """Topic → whether its last subscription went on where the one before had ended."""

    async def run(self) -> None:
        """Follow until cancelled.

        Raises:
            NotAuthenticatedError, NotAllowedError, InputError, ConfigError: we are refused for good.
            TransientError: nothing answers at the first try, and it was not to be waited for.
        """
        while True:
            self._on_state(LinkState.CONNECTING, self._door.address)
            try:
                reason = await self._converse()
            except TransientError as error:
                if self._must_answer:
                    raise
                reason = str(error)
            if self._refused is not None:
                raise self._refused
            wait_s = self._backoff.next_wait_s()
            self._on_state(LinkState.LOST, f"{reason}; trying again in {wait_s:.1f} s")
            await asyncio.sleep(wait_s)

    async def _converse(self) -> str:
        """Serve one connection; return how it ended."""
        session = await asyncio.to_thread(self._door.session)
        context = self._door.context if session.push_url.startswith("wss:") else None
        try:
            async with asyncio.timeout(_CONNECT_S):
                transport, ear = await ws_connect(
                    lambda: _Ear(self._take), session.push_url, ssl_context=context, extra_headers=self._door.headers
                )
        except WSHandshakeError as error:
            raise _refusal(error, session.push_url) from error
        except (WSError, OSError, TimeoutError) as error:
            message = f"push at {session.push_url} lets nobody in ({str(error) or 'no answer'})"
            raise TransientError(message) from error
        self._heard_s = monotonic_s()
        try:
            return await self._until_end(transport, ear)
        finally:
            transport.disconnect()

    async def _until_end(self, transport: WSTransport, ear: WSListener) -> str:
        ended = asyncio.ensure_future(transport.wait_disconnected())
        try:
            while not (await asyncio.wait({ended}, timeout=_LOOK_S))[0]:
                if monotonic_s() - self._heard_s > self._silence_s:
                    return f"nothing was heard for {self._silence_s:g} s"
        finally:
            ended.cancel()
        code = ear.code if isinstance(ear, _Ear) else _NO_CODE
        if code in _GIVE_UP:
            message = f"push has closed the connection for good ({code}); docs/push-protocol.md says why"
            raise NotAllowedError(message)
        return f"the connection ended ({code})"

    def _take(self, transport: WSTransport, text: bytes) -> None:
        self._heard_s = monotonic_s()
        message: dict[str, Any] = msgspec.json.decode(text)
        topic = message.get("topic", "")
        match message.get("type"):
            case "welcome":
                self._begin(transport, message)
            case "subscribed":
                self._seen[topic] = {"epoch": message["epoch"], "offset": message["offset"]}
                self.recovered[topic] = bool(message.get("recovered"))
            case "snapshot" | "delta" as kind:
                self._on_events(topic, message["data"], kind == "snapshot")
                self._seen.setdefault(topic, {})["offset"] = message["offset"]
                if "epoch" in message:
                    self._seen[topic]["epoch"] = message["epoch"]
            case "error":
                self._refuse(transport, message)
            case _:
                pass

    def _begin(self, transport: WSTransport, welcome: dict[str, Any]) -> None:
        self._must_answer = False
        self._backoff.reset()
        self._silence_s = 2.0 * float(welcome.get("heartbeat_s", _SILENCE_S / 2))
        offered = set(welcome.get("topics", ())) if self._takes_what_is_offered else set(self._wishes)
        for number, (topic, wish) in enumerate(self._wishes.items(), start=1):
            if topic not in offered:
                continue
            command = {"op": "subscribe", "id": number, "topic": topic, **wish}
            if topic in self._seen:
                command["resume"] = self._seen[topic]
            transport.send(WSMsgType.TEXT, msgspec.json.encode(command))
        self._on_state(LinkState.LIVE, f"{self._door.address}, {welcome.get('server', '')}")

    def _refuse(self, transport: WSTransport, message: dict[str, Any]) -> None:
        allowed = message.get("allowed")
        said = f"{message.get('message', '')}" + (f"; allowed: {', '.join(map(str, allowed))}" if allowed else "")
        kind = NotAllowedError if message.get("code") == "not_allowed" else InputError
        self._refused = kind(said)
        transport.disconnect()


def _refusal(error: WSHandshakeError, url: str) -> NotAllowedError | TransientError:
    """Return what the answer to a handshake means: a refusal, or that it is to be tried again."""
    status = 0 if error.response is None else int(error.response.status)
    said = bytes(error.raw_body or b"").decode(errors="replace")[:_LONGEST_BODY] or str(error)
    message = f"push at {url} refuses us: {said}"
    return NotAllowedError(message) if status in {400, 401, 403, 404} else TransientError(message)
