"""Keeps one child process with CTP's library running, and carries messages to and from it.

When the child ends, for whatever reason, a new one is started after a while; whoever uses the channel learns of the
end first and connects anew when the next child is ready.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.ctp.messages import Failed, FrameReader, Raised, Ready, frame
from tradewind.errors import ConfigError, InputError
from tradewind.kernel.backoff import Backoff
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.log import get_log
from tradewind.kernel.rng import named_rng

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.ctp.binding import Kind
    from tradewind.ctp.messages import FromChild, ToChild
    from tradewind.ctp.ring import RingReader
    from tradewind.ctp.settings import CtpSettings

_LOG = get_log("ctp.channel")
_STEADY_S: Final = 60.0
"""A child that lived so long ends the row of failures."""
_LINES_KEPT: Final = 5
_LINES_TOLD: Final = 200
"""Different lines of a child's output that are logged; beyond them, and each again, they are only counted."""
_LONGEST_LINE: Final = 500
_HANDED_ON: Final = frozenset({"PATH", "HOME", "LANG", "LOCPATH", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "LD_PRELOAD"})
_NUMBERS: Final = re.compile(r"(?:0x)?[0-9a-f]*\d[0-9a-f]*")
"""Lines that differ in these alone are one: addresses, counters."""
_HARMLESS: Final = "swig/python detected a memory leak"


class ChannelCounts(msgspec.Struct):
    """What became of the child processes since the channel's start."""

    started: int = 0
    ended: int = 0
    """By themselves: crashed or killed."""
    raised: int = 0
    """Callbacks of ours that raised, in all children."""
    lines: int = 0
    """Lines the children wrote to stdout and stderr."""


class Places(msgspec.Struct, frozen=True):
    """Where the library's files lie."""

    flow_dir: Path
    locale_dir: Path

    @classmethod
    def of(cls, settings: CtpSettings, data_dir: str, name: str) -> Places:
        """Return the folders of the connection `name`."""
        flow = Path(settings.flow_dir or Path(data_dir) / "ctp-flow") / name
        return cls(flow.absolute(), Path(settings.locale_dir or Path(data_dir) / "locale").absolute())


class CtpChannel:
    """One child process at a time; `run` keeps it until cancelled."""

    def __init__(
        self,
        kind: Kind,
        settings: CtpSettings,
        places: Places,
        *,
        name: str,
        on_message: Callable[[FromChild], None],
        on_end: Callable[[str], None],
        ring: RingReader | None = None,
        seed: int = 0,
    ) -> None:
        """Start nothing yet.

        `on_message` gets all the child says, `Ready` first; `on_end` says why a child is gone. The market child writes
        its ticks to `ring`.
        """
        self._kind: Kind = kind
        self._settings = settings
        self.places = places
        self._name = name
        self._on_message = on_message
        self._on_end = on_end
        self._ring = ring
        self._backoff = Backoff(named_rng(seed, "ctp.channel", name), scale=settings.retry_scale)
        self._link: asyncio.Transport | None = None
        self._last_lines: deque[str] = deque(maxlen=_LINES_KEPT)
        self._seen_lines: set[str] = set()
        self._final = ""
        self._is_ready = asyncio.Event()
        self.pid: int | None = None
        """Of the child that is ready; `None` between two."""
        self.version = ""
        """The library's, once a child has told it."""
        self.counts = ChannelCounts()

    def send(self, message: ToChild) -> bool:
        """Hand a message to the child; false when there is none: nothing was sent and nothing will be."""
        if self._link is None or self._link.is_closing() or self.pid is None:
            return False
        self._link.write(frame(message))
        return True

    async def run(self) -> None:
        """Keep a child running until cancelled.

        Raises: ConfigError: the library cannot be loaded, and trying again would not help.
        """
        while True:
            begun_s = monotonic_s()
            reason = await self._one_life()
            if self._final:
                message = f"CTP ({self._name}): {self._final}"
                raise ConfigError(message)
            self.counts.ended += 1
            self._on_end(reason)
            if monotonic_s() - begun_s > _STEADY_S * self._settings.retry_scale:
                self._backoff.reset()
            wait_s = self._backoff.next_wait_s()
            _LOG.warning("ctp_child_ended", connection=self._name, reason=reason, again_in_s=round(wait_s, 2))
            await asyncio.sleep(wait_s)

    async def _one_life(self) -> str:
        """Run one child to its end; return why it ended."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)  # noqa: FBT003 - the library's signature
        self._last_lines.clear()
        self._is_ready.clear()
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        try:
            process = await self._start(theirs)
        except OSError as error:
            ours.close()
            return f"it could not be started: {error}"
        finally:
            theirs.close()
        self.counts.started += 1
        transport, _ = await loop.create_connection(lambda: _Link(self._take, over), sock=ours)
        self._link = transport
        beside = [asyncio.create_task(self._read_output(stream)) for stream in (process.stdout, process.stderr)]
        try:
            reason = await self._live(process, over)
        finally:
            self._link, self.pid = None, None
            transport.abort()
            await self._end(process)
            done, late = await asyncio.wait(beside, timeout=1.0)
            for task in late:
                task.cancel()
            del done
        return self._why(process.returncode, reason)

    async def _live(self, process: asyncio.subprocess.Process, over: asyncio.Event) -> str:
        """Wait until the child ends, or takes too long to load the library."""
        ended = asyncio.create_task(process.wait())
        cut = asyncio.create_task(over.wait())
        ready = asyncio.create_task(self._is_ready.wait())
        try:
            await asyncio.wait((ended, cut, ready), timeout=self._settings.load_s, return_when=asyncio.FIRST_COMPLETED)
            if not (ended.done() or cut.done() or ready.done()):
                return f"the library was not loaded within {self._settings.load_s:g} s"
            await asyncio.wait((ended, cut), return_when=asyncio.FIRST_COMPLETED)
            return ""
        finally:
            for task in (ended, cut, ready):
                task.cancel()

    async def _start(self, theirs: socket.socket) -> asyncio.subprocess.Process:
        handed = [theirs.fileno()]
        arguments = ["--link", str(theirs.fileno()), "--binding", self._settings.binding]
        arguments += ["--locale-dir", str(self.places.locale_dir)]
        if (ring := self._ring) is not None:
            handed += [ring.fd, ring.wake_fd]
            arguments += ["--ring", str(ring.fd), "--wake", str(ring.wake_fd), "--capacity", str(ring.capacity)]
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tradewind.ctp.child", self._kind, *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=handed,
            env=_environment(),
        )

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """Let the child release the library and go; by force if it does not."""
        try:
            await asyncio.wait_for(process.wait(), self._settings.stop_s)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _read_output(self, stream: asyncio.StreamReader | None) -> None:
        """Keep what the library and Python write: it is all there is after a crash."""
        rest = b""
        while stream is not None and (data := await stream.read(1 << 16)):
            *lines, rest = (rest + data).split(b"\n")
            rest = rest[-_LONGEST_LINE:]
            for line in lines:
                self._note_line(line)
        if rest:
            self._note_line(rest)

    def _note_line(self, raw: bytes) -> None:
        line = raw[:_LONGEST_LINE].decode("gb18030" if b"\xff" not in raw else "latin-1", "replace").strip()
        if not line or line.startswith(_HARMLESS):
            return
        self.counts.lines += 1
        form = _NUMBERS.sub("#", line)
        if not self._last_lines or _NUMBERS.sub("#", self._last_lines[-1]) != form:
            self._last_lines.append(line)
        if form not in self._seen_lines and len(self._seen_lines) < _LINES_TOLD:
            self._seen_lines.add(form)
            _LOG.info("ctp_child_wrote", connection=self._name, line=line)

    def _take(self, message: FromChild) -> None:
        if isinstance(message, Ready):
            self.pid, self.version = message.pid, message.version
            self._is_ready.set()
            _LOG.info("ctp_child_ready", connection=self._name, version=message.version, pid=message.pid)
        elif isinstance(message, Raised):
            self.counts.raised += 1
            _LOG.error("ctp_callback_raised", connection=self._name, callback=message.name, error=message.error)
        elif isinstance(message, Failed) and message.is_final:
            self._final = message.reason
        self._on_message(message)

    def _why(self, status: int | None, reason: str) -> str:
        if reason:
            return reason
        how = f"signal {-status}" if status is not None and status < 0 else f"exit status {status}"
        said = "; ".join(self._last_lines)
        return f"the child process ended with {how}" + (f", having written: {said}" if said else "")


class _Link(asyncio.Protocol):
    """The socket to one child."""

    def __init__(self, take: Callable[[FromChild], None], over: asyncio.Event) -> None:
        self._take = take
        self._over = over
        self._reader = FrameReader()
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            for message in self._reader.from_child(data):
                self._take(message)
        except (ValueError, msgspec.MsgspecError, InputError) as error:
            _LOG.error("ctp_channel_broken", error=str(error))
            self._over.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._over.set()


def _environment() -> dict[str, str]:
    """Return what of our environment a child needs: nothing that may hold a password, and where our modules are."""
    kept = {name: value for name, value in os.environ.items() if name in _HANDED_ON or name.startswith("LC_")}
    return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
