"""The push room's shell: puts hub, listener and clients together, keeps their time, and ends them in order."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from typing import TYPE_CHECKING, Any, Final

from tradewind import __version__
from tradewind.errors import ConfigError, PortTakenError
from tradewind.kernel.clock import Clock, SystemClock, monotonic_s
from tradewind.kernel.log import get_log
from tradewind.push.conversations import NativeConversation, OpportunityConversation
from tradewind.push.hsapi import hsapi_conversations
from tradewind.push.hub import Hub
from tradewind.push.listener import Listener
from tradewind.push.moving import move_all
from tradewind.push.roster import Roster
from tradewind.push.session import CloseCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.ports import Bus
    from tradewind.domain.rights import Principal
    from tradewind.kernel.metrics import Metrics
    from tradewind.push.ports import Gate
    from tradewind.push.session import Conversation
    from tradewind.push.settings import PushSettings

_LOG = get_log("push")
NATIVE_PATH: Final = "/ws"
OPPORTUNITIES_PATH: Final = "/ws/opportunities"


class LoopTimers:
    """`Timers` of the running event loop; the bus must deliver on the loop's thread."""

    def soon(self, callback: Callable[[], None]) -> None:
        """Run `callback` in the next turn of the loop."""
        asyncio.get_running_loop().call_soon(callback)

    def later(self, delay_s: float, callback: Callable[[], None]) -> None:
        """Run `callback` after `delay_s` seconds."""
        asyncio.get_running_loop().call_later(delay_s, callback)


class PushService:
    """Everything live leaves through here; reads every topic of the line, writes none."""

    name = "push"

    def __init__(
        self,
        *,
        settings: PushSettings,
        bus: Bus,
        metrics: Metrics,
        gate: Gate,
        epoch: str,
        system_status: Callable[[], object],
        port_setting: str = "push.port",
        clock: Clock | None = None,
    ) -> None:
        """`system_status` returns what the topic `system` shows: a struct or dict that msgspec can write as JSON.

        `port_setting` is which setting the port comes from, to be named where it is taken.
        """
        self._settings = settings
        self._port_setting = port_setting
        self._bus = bus
        self._metrics = metrics
        self._roster = Roster(metrics=metrics, per_identity=settings.clients_per_identity)
        self._hub = Hub(
            settings=settings, epoch=epoch, metrics=metrics, timers=LoopTimers(), system_status=system_status
        )
        native = NativeConversation(
            self._hub,
            settings=settings,
            metrics=metrics,
            clock=clock or SystemClock(),
            server=f"tradewind/{__version__}",
        )
        self._conversations: dict[str, Conversation] = {
            NATIVE_PATH: native,
            OPPORTUNITIES_PATH: OpportunityConversation(self._hub),
            **hsapi_conversations(self._hub, settings=settings, metrics=metrics, clock=clock or SystemClock()),
        }
        self._listener = Listener(
            settings=settings,
            gate=gate,
            roster=self._roster,
            metrics=metrics,
            conversations=self._conversations,
            now_s=monotonic_s,
        )
        self._hub.on_moved = self._seat_all
        self._ready = asyncio.Event()
        self._port = 0

    def attach(self) -> None:
        """Subscribe to the line; from now on the newest values are known to whoever connects."""
        self._hub.attach(self._bus)

    def detach(self) -> None:
        """Unsubscribe from the line."""
        self._hub.detach()

    def skimmers(self) -> dict[str, tuple[Callable[[], bool], Callable[[Any], None]]]:
        """Return, by bus topic, whether only the newest of it is wanted now, and what takes that."""
        return self._hub.skimmers()

    async def run(self) -> None:
        """Listen until cancelled, then send everybody away with 4503.

        Raises:
            PortTakenError: somebody else listens there.
            ConfigError: the address is not ours to listen on.
        """
        server = await self._listen()
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        _LOG.debug("push_listening", host=self._settings.host, port=self._port)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._sweep())
                tasks.create_task(self._tell_system())
        finally:
            self._ready.clear()
            server.close()
            await self._send_away()

    async def drain(self) -> None:
        """Take nobody else in, ask everybody to move to another instance, and wait until they have, or `leave_s`.

        The line is followed and told meanwhile: who moves keeps this connection until the other one stands.
        """
        self._listener.is_leaving = True
        told = len(self._roster)
        await move_all(self._roster, within_s=self._settings.move_s, until_s=self._settings.leave_s)
        _LOG.info("push_drained", clients=told, left=len(self._roster))

    async def wait_listening(self) -> int:
        """Wait until clients can connect; return the port, which is news when the setting was 0."""
        await self._ready.wait()
        return self._port

    def stand_at(self, topic: str, ordinal: int) -> None:
        """Count the next event of a bus topic as its stream does, so that clients can resume on any process."""
        self._hub.stand_at(topic, ordinal)

    def begin_epoch(self, epoch: str) -> None:
        """Begin to count another life of the streams; clients of the one before come again and get a snapshot."""
        self._hub.begin_epoch(epoch)
        for session in self._roster:
            session.close(CloseCode.STOPPING, "the streams have begun anew")

    def rights_changed(self, session_id: str, principal: Principal) -> int:
        """Have the connections of a sign-in go on under the rights they have now; return how many there are.

        What they see differently begins anew with a snapshot, what they may no longer have ends, and a connection for
        which nothing is left is closed with 4403.
        """
        sessions = self._roster.of_session(session_id)
        for session in sessions:
            session.change_rights(principal)
        return len(sessions)

    def close_session(self, session_id: str) -> int:
        """Close every connection that came in with this sign-in, with 4401; return how many there were."""
        sessions = self._roster.of_session(session_id)
        for session in sessions:
            session.close(CloseCode.SESSION_ENDED, "the session has ended")
        return len(sessions)

    def session_ids(self) -> set[str]:
        """Return the sign-ins that have a connection open now: their pages are in use."""
        return self._roster.session_ids()

    @property
    def client_count(self) -> int:
        """Connections open now."""
        return len(self._roster)

    @property
    def lagging_count(self) -> int:
        """Connections whose socket is full right now."""
        return self._roster.full_count

    def _seat_all(self) -> None:
        for session in self._roster:
            session.seat()

    async def _listen(self) -> asyncio.Server:
        host, port = self._settings.host, self._settings.port
        try:
            return await self._listener.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                message = (
                    f"push cannot listen on {host}:{port}: another program does, perhaps another Tradewind"
                    f" (ss -ltnp 'sport = :{port}' names it); end it, or choose another port with"
                    f" --set {self._port_setting}=N"
                )
                raise PortTakenError(message) from error
            message = f"push cannot listen on {host}:{port} ({error}); set push.host to an address of this machine"
            raise ConfigError(message) from error

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self._settings.sweep_s)
            beats = {conversation.dialect: conversation.beat() for conversation in self._conversations.values()}
            now_s = monotonic_s()
            for session in self._roster:
                session.sweep(now_s, beats[session.dialect])
            self._roster.relieve(self._settings.queued_total_bytes)

    async def _tell_system(self) -> None:
        while True:
            await asyncio.sleep(self._settings.system_s)
            if self._hub.is_system_watched:
                try:
                    self._hub.refresh_system()
                except Exception as error:  # noqa: BLE001 - the handler guard: no status is no reason to stop pushing
                    self._metrics.handler_failures.add("system.push")
                    _LOG.warning("system_status_failed", error=f"{type(error).__name__}: {error}")

    async def _send_away(self) -> None:
        for session in self._roster:
            session.close(CloseCode.STOPPING, "the server is stopping")
        emptied = asyncio.Event()
        self._roster.when_empty(emptied.set)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.drain_s):
                await emptied.wait()
        for session in self._roster:
            session.drop_connection()
