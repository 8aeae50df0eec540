"""A module's connection to its control server: kept up, kept alive in both heartbeat forms, results told in order.

Of several results one is under way at a time: the server's `receive result` says not which it means. A result is sent
until the server confirms it, over as many connections as that takes; the server knows it again by its execution id.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

import aiohttp
import msgspec

from tradewind import __version__
from tradewind.collector import protocol as wire
from tradewind.collector.module_jobs import Jobs, Result
from tradewind.collector.protocol_reading import read_for_module, shown
from tradewind.collector.protocol_registration import WEBSOCKET
from tradewind.collector.settings import ModuleSettings
from tradewind.errors import ConfigError, StoreError, TransientError
from tradewind.kernel.backoff import Backoff
from tradewind.kernel.clock import NS_PER_MS, Clock
from tradewind.kernel.log import get_log
from tradewind.kernel.rng import Rng

_LOG = get_log("collector")
_MOST_REPORTS: Final = 1_000
_MISSED: Final = 3
"""Heartbeats without an answer after which a server that used to answer them is gone."""
_LEAST_S: Final = 1.0
"""A shorter silence may be our own: the loop was busy."""
_SKEW_MS: Final = 60_000
_SECONDS_BELOW: Final = 100_000_000_000
_DISK_S: Final = 1.0
"""The journal is tried again this often while it cannot be used."""
_REFUSALS: Final = {
    401: "the server does not know this module's hash; register again: tradewind module register --again",
    403: "an operator has yet to admit this module, or its hash is unknown: tradewind module register --again",
    404: "there is no control server at this address; look at module.server_host and module.server_port",
    409: "a module with this hash is connected already; each needs a registration of its own",
}


class LineLostError(TransientError):
    """The connection to the control server is gone, or did not come about; it is tried again."""

    code = "line_lost"


class LineState(msgspec.Struct):
    """How the connection is, for the status file."""

    is_connected: bool = False
    since_ms: int = 0
    heard_ms: int = 0
    trouble: str = ""
    is_ours: bool = False
    """True where the server reads more than the words of system 002."""
    skew_ms: int = 0
    """How far our clock is ahead of the server's."""


class Line:
    """One module's connection, tried again for ever."""

    def __init__(
        self,
        settings: ModuleSettings,
        module_hash: str,
        jobs: Jobs,
        *,
        clock: Clock,
        rng: Rng,
        on_shutdown: Callable[[], None],
        on_change: Callable[[], None] = lambda: None,
        kinds: tuple[str, ...] = (),
    ) -> None:
        self._settings = settings
        self._hash = module_hash
        self._jobs = jobs
        self._clock = clock
        self._backoff = Backoff(rng, jitter=1.0, scale=settings.retry_scale, most_s=settings.reconnect_most_s)
        self._on_shutdown = on_shutdown
        self._on_change = on_change
        self._kinds = kinds
        self._reports: asyncio.Queue[wire.ToServer] = asyncio.Queue(_MOST_REPORTS)
        self._confirmed = asyncio.Event()
        self._quiet = asyncio.Event()
        self._under_way: Result | None = None
        self._accepts: tuple[str, ...] = ()
        self._answers_beats = False
        self.state = LineState()
        jobs.report = self._report

    async def keep(self) -> None:
        """Connect, serve, and connect again, until cancelled."""
        headers = {"User-Agent": f"Tradewind/{__version__}", wire.MODULE_HEADER: __version__}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._settings.connect_s)
        connector = aiohttp.TCPConnector(ssl=ssl_of(self._settings) or True)
        stay = aiohttp.TraceConfig()
        stay.on_request_redirect.append(_refuse_redirect)
        async with aiohttp.ClientSession(
            timeout=timeout, headers=headers, connector=connector, trace_configs=[stay]
        ) as session:
            while True:
                try:
                    await self._serve(session)
                except* LineLostError as lost:
                    self.state.trouble = str(_first(lost))
                wait_s = self._backoff.next_wait_s()
                _LOG.warning("line_lost", reason=self.state.trouble, wait_s=round(wait_s, 2))
                self._on_change()
                await asyncio.sleep(wait_s)

    async def flush(self, patience_s: float) -> None:
        """Wait until the server has every result, for so long and while it is there."""
        with contextlib.suppress(TimeoutError, StoreError):
            async with asyncio.timeout(patience_s):
                while self.state.is_connected and self._jobs.next_result() is not None:
                    self._quiet.clear()
                    await self._quiet.wait()

    async def _serve(self, session: aiohttp.ClientSession) -> None:
        socket = await self._connect(session)
        now_ms = self._now_ms()
        self.state = LineState(is_connected=True, since_ms=now_ms, heard_ms=now_ms)
        self._accepts, self._answers_beats, self._reports = (), False, asyncio.Queue(_MOST_REPORTS)
        self._under_way = None
        self._jobs.counts.connections += 1
        _LOG.info("line_connected", server=f"{self._settings.server_host}:{self._settings.server_port}")
        self._on_change()
        try:
            async with asyncio.TaskGroup() as tasks:
                for work in (self._read, self._beat, self._deliver, self._tell_reports):
                    tasks.create_task(work(socket))
        finally:
            self.state.is_connected = False
            self._quiet.set()
            await socket.close()

    async def _connect(self, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
        scheme = "wss" if self._settings.tls else "ws"
        where = f"{scheme}://{self._settings.server_host}:{self._settings.server_port}{WEBSOCKET}"
        closing = aiohttp.ClientWSTimeout(ws_close=1.0)
        try:
            async with asyncio.timeout(self._settings.connect_s):
                return await session.ws_connect(
                    f"{where}?{urlencode({'hash': self._hash})}", max_msg_size=wire.MOST_BYTES, timeout=closing
                )
        except aiohttp.WSServerHandshakeError as error:
            message = f"{where} answered {error.status}: {_REFUSALS.get(error.status, 'it takes no connection')}"
            raise LineLostError(message) from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            # The address in the library's words holds the hash, which is a secret.
            told = str(getattr(error, "strerror", None) or error).replace(self._hash, "***") or "no answer"
            message = f"{where} cannot be reached: {told}"
            raise LineLostError(message) from error

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            # A server that answers our heartbeats is missed sooner than one that only asks now and then.
            beats_s = max(_MISSED * self._settings.heartbeat_s, _LEAST_S)
            patience_s = min(beats_s, self._settings.silence_s) if self._answers_beats else self._settings.silence_s
            try:
                frame = await socket.receive(timeout=patience_s)
            except TimeoutError as error:
                message = f"the server said nothing for {patience_s:g} s"
                raise LineLostError(message) from error
            if frame.type not in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}:
                raise LineLostError(_why_closed(frame, socket))
            self.state.heard_ms = self._now_ms()
            await self._hear(socket, read_for_module(frame.data))

    async def _hear(self, socket: aiohttp.ClientWebSocketResponse, said: wire.ToModule | wire.Unreadable) -> None:
        if isinstance(said, wire.Unreadable):
            self._jobs.refuse(said)
            return
        self._backoff.reset()
        match said:
            case wire.HeartbeatConfirm():
                self._answers_beats = True
            case wire.ReceiveResult():
                self._take_confirmation()
            case wire.Ping(timestamp=timestamp):
                self._compare_clocks(timestamp)
                answer = timestamp if timestamp is not None else self._now_ms()
                await self._send(socket, wire.encode(wire.Pong(answer)))
            case wire.Execute() | wire.Cancel():
                self._obey(said)
            case wire.Welcome(accepts=accepts):
                self._accepts, self.state.is_ours = accepts, True
                self._report(self._own_state())
            case wire.Shutdown():
                _LOG.warning("shutdown_told")
                await self._send(socket, wire.encode(wire.Closing()))
                self._on_shutdown()

    def _obey(self, order: wire.Execute | wire.Cancel) -> None:
        if isinstance(order, wire.Execute):
            self._jobs.take(order)
        else:
            self._jobs.cancel(order)
        self._on_change()

    async def _beat(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            await self._send(socket, wire.encode(wire.Heartbeat()))
            self._report(self._own_state())
            self._on_change()
            await asyncio.sleep(self._settings.heartbeat_s)

    async def _deliver(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            try:
                result = self._jobs.next_result()
                if result is None:
                    self._quiet.set()
                    self._jobs.untold.clear()
                    await self._jobs.untold.wait()
                    continue
                await self._deliver_one(socket, result)
            except StoreError as error:
                _LOG.error("journal_unusable", error=str(error))
                await asyncio.sleep(_DISK_S)

    async def _deliver_one(self, socket: aiohttp.ClientWebSocketResponse, result: Result) -> None:
        self._confirmed.clear()
        self._under_way = result
        await self._send(socket, result.text)
        try:
            async with asyncio.timeout(self._settings.confirm_s):
                await self._confirmed.wait()
        except TimeoutError as error:
            self._under_way = None
            self._jobs.unconfirmed(result)
            # A word that came late would be taken for that of the next result: only a new connection tells them apart.
            message = f"the server did not confirm a result within {self._settings.confirm_s:g} s"
            raise LineLostError(message) from error
        self._on_change()

    def _take_confirmation(self) -> None:
        """Put down at once what the server has: the next it says may ask for that very result again."""
        if self._under_way is not None:
            self._jobs.confirmed(self._under_way)
            self._under_way = None
            self._confirmed.set()

    async def _tell_reports(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        reports = self._reports
        while True:
            await self._send(socket, wire.encode(await reports.get()))

    def _report(self, report: wire.Accepted | wire.Progress | wire.State) -> None:
        if type(report).__name__.lower() not in self._accepts:
            return
        try:
            self._reports.put_nowait(report)
        except asyncio.QueueFull:
            self._jobs.counts.reports_dropped += 1

    async def _send(self, socket: aiohttp.ClientWebSocketResponse, text: str) -> None:
        try:
            await socket.send_str(text)
        except (aiohttp.ClientError, ConnectionError) as error:
            message = f"the connection broke: {error}"
            raise LineLostError(message) from error

    def _own_state(self) -> wire.State:
        return wire.State(
            version=__version__,
            kinds=self._kinds,
            running=self._jobs.open_ids,
            unsent=self._jobs.unsent,
            load=round(os.getloadavg()[0] / (os.cpu_count() or 1), 3),
        )

    def _compare_clocks(self, timestamp: wire.Moment) -> None:
        """Remark once per connection on clocks that differ: licences and times of documents depend on ours."""
        if isinstance(timestamp, str) or timestamp is None:
            return
        # Servers of that kind count in seconds or in milliseconds; the size tells.
        theirs_ms = int(timestamp if timestamp > _SECONDS_BELOW else timestamp * 1_000)
        skew_ms = self._now_ms() - theirs_ms
        if abs(skew_ms) > _SKEW_MS and abs(self.state.skew_ms) <= _SKEW_MS:
            _LOG.warning("clocks_differ", ahead_s=round(skew_ms / 1_000))
        self.state.skew_ms = skew_ms

    def _now_ms(self) -> int:
        return self._clock.now_ns() // NS_PER_MS


def ssl_of(settings: ModuleSettings) -> ssl.SSLContext | None:
    """Return how TLS is spoken with the server, `None` where it is not.

    Raises: ConfigError: a file of a certificate cannot be used.
    """
    if not settings.tls:
        return None
    try:
        context = ssl.create_default_context(cafile=settings.tls_ca_file or None)
        if settings.tls_cert_file:
            context.load_cert_chain(settings.tls_cert_file, settings.tls_key_file or None)
    except (OSError, ssl.SSLError) as error:
        message = f"module.tls_ca_file, tls_cert_file or tls_key_file cannot be used: {error}"
        raise ConfigError(message) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


async def _refuse_redirect(_session: object, _context: object, _redirect: object) -> None:
    """Go nowhere but where the settings say: the library would follow."""
    message = "the server sends us elsewhere, which is not followed; look at module.server_host"
    raise LineLostError(message)


def _why_closed(frame: aiohttp.WSMessage, socket: aiohttp.ClientWebSocketResponse) -> str:
    if frame.type is aiohttp.WSMsgType.ERROR:
        return f"the server sent what is no WebSocket message, or one too large: {shown(str(frame.data))}"
    said = f": {shown(frame.extra)}" if isinstance(frame.extra, str) and frame.extra else ""
    return f"the server closed the connection ({socket.close_code}){said}"


def _first(lost: BaseExceptionGroup[LineLostError]) -> BaseException:
    found = lost.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
