"""One module's WebSocket: from its handshake to its end, what it says is read and passed on, and it is kept awake."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import WSMsgType, web

from tradewind.collector import protocol as wire
from tradewind.collector.control.roster import Connected
from tradewind.collector.protocol_reading import execution_id_of, read_for_server
from tradewind.domain.module import Told
from tradewind.errors import StoreError
from tradewind.kernel.clock import NS_PER_S, monotonic_s
from tradewind.kernel.ids import new_epoch
from tradewind.kernel.log import get_log
from tradewind.stores.fleet import Link, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.collector.control.means import Means
    from tradewind.stores.fleet import Known

_LOG = get_log("control")
_SEND_S: Final = 5.0
_BAD_MESSAGES: Final = 20
"""Messages that cannot be read, after which a connection ends."""
_MOST_RUNNING: Final = 1_000
_ERROR: Final = 500
_LOADS: Final = 10
"""Load is told in tenths."""


class SocketWire:
    """`roster.Wire` on a WebSocket of aiohttp."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._socket = socket
        self._request = request

    async def say(self, text: str) -> bool:
        """Send a text; who takes nothing for too long is cut off."""
        transport = self._request.transport
        try:
            if transport is not None and not transport.get_write_buffer_size():
                # Nothing waits, so this does not either.
                await self._socket.send_str(text)
                return True
            async with asyncio.timeout(_SEND_S):
                await self._socket.send_str(text)
        except (TimeoutError, ConnectionError, RuntimeError):
            self._cut()
            return False
        return True

    async def close(self, reason: str) -> None:
        """End the connection in order, or cut it off."""
        try:
            async with asyncio.timeout(_SEND_S):
                await self._socket.close(code=1000, message=reason.encode())
        except (TimeoutError, ConnectionError, RuntimeError):
            self._cut()

    def _cut(self) -> None:
        transport = self._request.transport
        if transport is not None:
            transport.abort()


class Conversation:
    """What is said on one connection."""

    def __init__(self, means: Means, module: Connected, report: Callable[[Connected, Outcome], None]) -> None:
        self._means = means
        self._module = module
        self._report = report
        self._bad = 0

    async def hear(self, frame: str | bytes) -> bool:
        """Take one message; false when the connection has to end."""
        module, metrics = self._module, self._means.metrics
        module.heard_s = monotonic_s()
        said = read_for_server(frame)
        metrics.control_messages.add(type(said).__name__.lower())
        match said:
            case wire.Heartbeat():
                module.sends_heartbeats = True
                await module.wire.say(wire.encode(wire.HeartbeatConfirm()))
            case wire.Succeeded(meta=meta, result=result):
                await self._outcome(meta, is_done=True, result=result)
            case wire.Failed(meta=meta, message=message):
                await self._outcome(meta, is_done=False, error=message)
            case wire.Closing():
                return False
            case wire.Unreadable(reason=reason):
                return self._misunderstood(reason)
            case _:
                self._take_news(said)
        return True

    def _take_news(self, said: wire.State | wire.Progress | wire.Accepted | wire.Pong) -> None:
        match said:
            case wire.State():
                self._take_state(said)
            case wire.Progress(meta=meta, done=done, whole=whole):
                self._take_progress(meta, f"{done}/{whole}")
            case wire.Pong() | wire.Accepted():
                """To have been heard is all there is to it."""

    async def _outcome(self, meta: wire.Meta, *, is_done: bool, result: Any = None, error: str = "") -> None:  # noqa: ANN401 - any JSON
        execution_id = execution_id_of(meta)
        if execution_id is None:
            self._means.metrics.control_refused.add("result_of_nothing")
            # What nobody can place is not sent again for it.
            await self._module.wire.say(wire.encode(wire.ReceiveResult()))
            return
        encoded = msgspec.json.encode(result).decode() if result is not None else ""
        if len(encoded) > self._means.settings.result_bytes:
            self._means.metrics.control_refused.add("result_too_large")
            encoded = msgspec.json.encode({"too_large_bytes": len(encoded)}).decode()
        outcome = Outcome(
            execution_id=execution_id,
            module_id=self._module.module_id,
            is_done=is_done,
            result=encoded,
            error=error[:_ERROR],
            has_proof=self._module.was_given(execution_id, meta),
        )
        self._report(self._module, outcome)

    def _take_state(self, state: wire.State) -> None:
        module = self._module
        module.told = Told(
            release=state.version[:64],
            kinds=state.kinds[:32],
            unsent=state.unsent,
            machine_load=round(state.load * _LOADS) / _LOADS,
        )
        for execution_id in state.running[:_MOST_RUNNING]:
            module.running.setdefault(execution_id)
        self._means.news.work.set()

    def _take_progress(self, meta: wire.Meta, text: str) -> None:
        execution_id = execution_id_of(meta)
        if execution_id in self._module.running:
            self._means.news.progress[execution_id] = (self._module.module_id, text)
            self._means.news.told.set()

    def _misunderstood(self, reason: str) -> bool:
        self._means.metrics.control_refused.add("unreadable_message")
        self._bad += 1
        if self._bad in {1, _BAD_MESSAGES}:
            _LOG.warning("module_not_understood", module_id=self._module.module_id, reason=reason, count=self._bad)
        return self._bad < _BAD_MESSAGES


class Connections:
    """Every connection of this server."""

    def __init__(self, means: Means, report: Callable[[Connected, Outcome], None]) -> None:
        self._means = means
        self._report = report

    async def serve(self, request: web.Request, known: Known, peer: str) -> web.StreamResponse | None:
        """Serve a module until its connection ends; `None` at once where another connection of it stands.

        Raises: StoreError: nobody can say whether one does.
        """
        means = self._means
        link = Link(module_id=known.module_id, instance=means.instance, connection=new_epoch(), peer=peer)
        alive_since = means.clock.now_ns() - round(4 * means.settings.beat_s * NS_PER_S)
        if not await means.call(means.store.connect, link, means.clock.now_ns(), alive_since=alive_since):
            return None
        # No compression: it costs memory for each connection. No pings of the library's: the protocol has its own.
        socket = web.WebSocketResponse(max_msg_size=wire.MOST_BYTES, compress=False, heartbeat=None, timeout=_SEND_S)
        is_ours = wire.MODULE_HEADER in request.headers
        module = Connected(known, link, SocketWire(socket, request), is_ours=is_ours, now_s=monotonic_s())
        try:
            await socket.prepare(request)
            await self._welcome(module)
            await self._listen(socket, module)
        finally:
            means.roster.remove(module)
            await asyncio.shield(self._part(module))
        return socket

    async def _welcome(self, module: Connected) -> None:
        means = self._means
        found = await means.call(means.store.some_modules, (module.module_id,))
        module.labels = found[0].labels if found else ()
        if module.is_ours:
            await module.wire.say(wire.encode(wire.Welcome()))
        means.roster.add(module)
        means.news.of_modules(module.module_id)
        means.news.work.set()
        _LOG.info("module_connected", module_id=module.module_id, peer=module.link.peer)

    async def _listen(self, socket: web.WebSocketResponse, module: Connected) -> None:
        conversation = Conversation(self._means, module, self._report)
        async for message in socket:
            if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                break
            if not await conversation.hear(message.data):
                await module.wire.close("goodbye")
                break

    async def _part(self, module: Connected) -> None:
        means = self._means
        now = means.clock.now_ns()
        until = now + round(means.settings.reassign_s * NS_PER_S)
        with contextlib.suppress(StoreError):
            # The store away: the next beat of whoever is alive finds out.
            await means.call(means.store.disconnect, module.link, now, until=until)
        means.news.of_modules(module.module_id)
        _LOG.info("module_disconnected", module_id=module.module_id)

    async def watch(self) -> None:
        """Keep modules awake that send no heartbeats, and give up who is silent; until cancelled."""
        settings = self._means.settings
        pause_s = min(settings.ping_s, settings.silent_s) / 5
        while True:
            await asyncio.sleep(pause_s)
            now_s = monotonic_s()
            for module in tuple(self._means.roster.modules.values()):
                if now_s - module.heard_s > settings.silent_s:
                    self._means.metrics.control_refused.add("silent")
                    await module.wire.close("silent for too long")
                elif now_s - module.pinged_s >= settings.ping_s and not module.sends_heartbeats:
                    module.pinged_s = now_s
                    ping = wire.Ping(self._means.clock.now_ns() // 1_000_000)
                    await module.wire.say(wire.encode(ping))
