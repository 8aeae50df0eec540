"""One live connection to the provider: subscribed in few messages, kept alive, made anew when it breaks or is silent.

The provider counts every message of ours, heartbeats too, and ends a connection that sends more than 60 a minute. Its
address holds the key, so nothing that may contain the address is ever logged or raised.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import aiohttp
import msgspec

from tradewind.errors import ConfigError, KeyRefusedError, TransientError
from tradewind.infoway.addresses import LIVE_SCHEMES, checked
from tradewind.infoway.codes import in_batches
from tradewind.infoway.frames import Acknowledged, Kind, Refusal, Unreadable, heartbeat, read_message, subscription
from tradewind.infoway.reactions import Reaction
from tradewind.kernel.backoff import Backoff
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.log import get_log
from tradewind.kernel.rng import named_rng

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from tradewind.infoway.answers import Bar, Depth, Trade
    from tradewind.infoway.codes import Market
    from tradewind.infoway.settings import InfowaySettings

_LOG = get_log("infoway.live")
_FRAMES: Final = 60
_KEPT_FOR_HEARTBEATS: Final = 4
_MINUTE_S: Final = 60.0
_CODES_A_MESSAGE: Final = 100
_SUBSCRIBE_AGAIN_S: Final = 2.0
_LARGEST: Final = 4 << 20
_STEADY_S: Final = 60.0
"""A connection that held so long ends the row of failures."""
_NOT_AUTHENTICATED: Final = frozenset({401, 403})
_TYPES: Final = frozenset({aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY})


class LiveCounts(msgspec.Struct):
    """What one connection has seen since its start."""

    connected: int = 0
    lost: int = 0
    silent: int = 0
    refused: int = 0
    unreadable: int = 0
    messages: int = 0
    sent: int = 0


class FrameGate:
    """Lets through at most so many messages in any minute; some are kept for heartbeats."""

    def __init__(self, elapsed: Callable[[], float] = monotonic_s, frames: int = _FRAMES) -> None:
        self._elapsed = elapsed
        self._frames = frames
        self._sent: deque[float] = deque(maxlen=frames)

    def wait_s(self, *, is_heartbeat: bool = False) -> float:
        """Return how long the next message must wait; 0.0 counts it as sent."""
        now_s = self._elapsed()
        while self._sent and now_s - self._sent[0] > _MINUTE_S:
            self._sent.popleft()
        room = self._frames - (0 if is_heartbeat else _KEPT_FOR_HEARTBEATS)
        if len(self._sent) < room:
            self._sent.append(now_s)
            return 0.0
        return max(self._sent[len(self._sent) - room] + _MINUTE_S - now_s, 0.0) + 0.001


class InfowayLive:
    """One live connection of one market; `run` keeps it until cancelled."""

    def __init__(
        self,
        settings: InfowaySettings,
        market: Market,
        codes: Sequence[str],
        *,
        kinds: Sequence[Kind],
        bar: int = 1,
        on_row: Callable[[Trade | Depth | Bar], None],
        on_state: Callable[[str], None] = lambda _state: None,
        must_speak: Callable[[], bool] = lambda: False,
        silence_s: float = 0.0,
        seed: int = 0,
    ) -> None:
        """Connect nothing yet; `bar` is the provider's number of the bars' length.

        `must_speak` says whether anything may be expected now: silence then is a fault.

        Raises: ConfigError: there is no key, or the address is none.
        """
        if not settings.api_key.strip():
            message = "infoway.api_key must be set, for example by INFOWAY_API_KEY"
            raise ConfigError(message)
        address = checked(settings.live_url, "infoway.live_url", LIVE_SCHEMES)
        self._address = f"{address}?business={market}&apikey={quote(settings.api_key.strip(), safe='')}"
        self._settings = settings
        self._market = market
        self._codes = tuple(codes)
        self._kinds = tuple(kinds)
        self._bar = bar
        self._on_row = on_row
        self._on_state = on_state
        self._must_speak = must_speak
        self._silence_s = silence_s
        self._backoff = Backoff(
            named_rng(seed, "infoway.live", market, *codes[:1]), jitter=0.5, scale=settings.retry_scale
        )
        self._trace = 0
        self._heard_s = 0.0
        self.counts = LiveCounts()

    async def run(self) -> None:
        """Stay connected until cancelled.

        Raises:
            KeyRefusedError: the provider refuses the key.
            ConfigError: connecting again cannot help before somebody changes something.
        """
        while True:
            begun_s, reason = monotonic_s(), "the connection ended"
            try:
                await self._live()
            except TransientError as error:
                reason = str(error)
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                self._refuse_for_good(error)
                reason = type(error).__name__
            self.counts.lost += 1
            self._on_state("lost")
            if monotonic_s() - begun_s > _STEADY_S * self._settings.retry_scale:
                self._backoff.reset()
            wait_s = self._backoff.next_wait_s()
            _LOG.warning("infoway_live_lost", market=self._market, reason=reason, again_in_s=round(wait_s, 2))
            await asyncio.sleep(wait_s)

    async def _live(self) -> None:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._settings.connect_s)
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
            async with asyncio.timeout(self._settings.timeout_s):
                socket = await session.ws_connect(self._address, max_msg_size=_LARGEST, autoping=True)
            self.counts.connected += 1
            self._heard_s = monotonic_s()
            self._on_state("connected")
            _LOG.info("infoway_live_connected", market=self._market, codes=len(self._codes))
            try:
                await self._converse(socket)
            finally:
                await socket.close()

    async def _converse(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        gate = FrameGate()
        tasks = [
            asyncio.create_task(self._subscribe(socket, gate), name="infoway-subscribe"),
            asyncio.create_task(self._beat(socket, gate), name="infoway-heartbeat"),
        ]
        again: asyncio.Task[None] | None = None
        try:
            async for message in self._messages(socket, tasks):
                reaction = self._take(message)
                if reaction is Reaction.SUBSCRIBE_AGAIN and (again is None or again.done()):
                    again = asyncio.create_task(self._subscribe_again(socket, gate), name="infoway-subscribe-again")
        finally:
            for task in (*tasks, *((again,) if again is not None else ())):
                task.cancel()
            await asyncio.gather(*tasks, *((again,) if again is not None else ()), return_exceptions=True)

    async def _messages(
        self, socket: aiohttp.ClientWebSocketResponse, tasks: Sequence[asyncio.Task[None]]
    ) -> AsyncIterator[str | bytes]:
        """Yield messages until the connection ends; whoever listens to nothing for too long ends it himself."""
        step_s = min(max(self._silence_s / 4, 0.01), 15.0) if self._silence_s else 15.0
        while True:
            try:
                message = await socket.receive(timeout=step_s)
            except TimeoutError:
                self._judge_silence()
                _raise_failure(tasks)
                continue
            if message.type not in _TYPES:
                reason = f"the connection ended ({socket.close_code})"
                raise TransientError(reason)
            yield message.data

    def _judge_silence(self) -> None:
        if not self._must_speak():
            self._heard_s = monotonic_s()
        elif self._silence_s and monotonic_s() - self._heard_s >= self._silence_s:
            self.counts.silent += 1
            self._on_state("silent")
            reason = f"no message for {self._silence_s:g} s while the market is open"
            raise TransientError(reason)

    def _take(self, raw: str | bytes) -> Reaction:
        self.counts.messages += 1
        message = read_message(raw)
        match message:
            case None | Acknowledged():
                return Reaction.TAKE
            case Unreadable():
                self.counts.unreadable += 1
                return Reaction.TAKE
            case Refusal():
                return self._refused(message)
            case _:
                self._heard_s = monotonic_s()
                self._on_row(message)
                return Reaction.TAKE

    def _refused(self, refusal: Refusal) -> Reaction:
        meaning, told = refusal.meaning, f" ({refusal.told})" if refusal.told else ""
        self.counts.refused += 1
        self._on_state("refused")
        words = self._without_key(f"{meaning.text}{told}")
        match meaning.reaction:
            case Reaction.STOP_KEY:
                message = f"the provider refuses infoway.api_key: {words}"
                raise KeyRefusedError(message)
            case Reaction.STOP_LINE:
                message = f"the provider ends the live connection for good: {words}"
                raise ConfigError(message)
            case Reaction.RECONNECT:
                raise TransientError(words)
            case _:
                _LOG.warning("infoway_live_refused", market=self._market, reason=words)
                return meaning.reaction

    async def _subscribe(self, socket: aiohttp.ClientWebSocketResponse, gate: FrameGate) -> None:
        for kind in self._kinds:
            for batch in in_batches(self._codes, _CODES_A_MESSAGE):
                await self._send(socket, gate, subscription(kind, batch, self._next_trace(), bar=self._bar))

    async def _subscribe_again(self, socket: aiohttp.ClientWebSocketResponse, gate: FrameGate) -> None:
        # The provider counts subscriptions of a connection that has just gone a little longer than it lives.
        await asyncio.sleep(_SUBSCRIBE_AGAIN_S * self._settings.retry_scale)
        await self._subscribe(socket, gate)

    async def _beat(self, socket: aiohttp.ClientWebSocketResponse, gate: FrameGate) -> None:
        while True:
            await asyncio.sleep(self._settings.heartbeat_s)
            await self._send(socket, gate, heartbeat(self._next_trace()), is_heartbeat=True)

    async def _send(
        self, socket: aiohttp.ClientWebSocketResponse, gate: FrameGate, message: str, *, is_heartbeat: bool = False
    ) -> None:
        while (wait_s := gate.wait_s(is_heartbeat=is_heartbeat)) > 0.0:  # noqa: ASYNC110 - it says how long to wait
            await asyncio.sleep(wait_s)
        await socket.send_str(message)
        self.counts.sent += 1

    def _refuse_for_good(self, error: Exception) -> None:
        """Raise what a handshake's refusal means, if it is the key's."""
        if isinstance(error, aiohttp.WSServerHandshakeError) and error.status in _NOT_AUTHENTICATED:
            message = (
                f"the provider refuses infoway.api_key: the live connection's handshake was answered {error.status}"
            )
            raise KeyRefusedError(message) from None

    def _without_key(self, text: str) -> str:
        return text.replace(self._settings.api_key.strip(), "***")

    def _next_trace(self) -> str:
        self._trace += 1
        return f"tw{self._trace}"


def _raise_failure(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Raise what ended a task that should not end."""
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            raise error
