"""A Redis of the bench's own, on core 1, without persistence; and what a bare socket does with it: the floors."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import hiredis

from tradewind.bus.redis.resp import command
from tradewind.errors import ConfigError
from tradewind.kernel.clock import monotonic_s, perf_ns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SERVER_CPU: Final = 1
_START_S: Final = 5.0


@contextmanager
def running_redis() -> Iterator[int]:
    """Start a server, yield its port, stop it.

    Raises: ConfigError: there is no redis-server, or it does not start.
    """
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        message = "bench bus needs redis-server; install it: apt-get install redis-server"
        raise ConfigError(message)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="tradewind-bench-") as folder:
        server = subprocess.Popen(  # noqa: S603 - the program found above
            [
                *(program, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder),
                *("--save", "", "--appendonly", "no"),
            ],
            stdout=subprocess.DEVNULL,
        )
        try:
            if len(os.sched_getaffinity(0)) > SERVER_CPU or (os.cpu_count() or 1) > SERVER_CPU:
                os.sched_setaffinity(server.pid, {SERVER_CPU})
            RawClient(port, within_s=_START_S).close()
            yield port
        finally:
            server.kill()
            server.wait()


class RawClient:
    """A blocking socket and ready-made bytes: nothing that has to parse and wait in Python is faster."""

    def __init__(self, port: int, *, within_s: float = 0.0) -> None:
        """Connect, trying for `within_s`.

        Raises: ConfigError: nobody answers.
        """
        until_s = monotonic_s() + within_s
        while True:
            try:
                self._socket = socket.create_connection(("127.0.0.1", port))
                break
            except ConnectionRefusedError as error:
                if monotonic_s() >= until_s:
                    message = f"redis-server does not answer on port {port}"
                    raise ConfigError(message) from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = hiredis.Reader()

    def close(self) -> None:
        """Disconnect."""
        self._socket.close()

    def call(self, *arguments: str | bytes | int) -> Any:  # noqa: ANN401 - replies are of any kind
        """Send one command and wait for its reply."""
        self._socket.sendall(command(*arguments))
        return self.reply()

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self._socket.sendall(data)

    def reply(self) -> Any:  # noqa: ANN401 - replies are of any kind
        """Wait for one reply."""
        while (reply := self._reader.gets()) is False:
            self._reader.feed(self._socket.recv(65_536))
        return reply

    def pipelined_per_s(self, batches: Sequence[bytes], size: int, *, is_ahead: bool) -> float:
        """Return the rate of batches of `size` commands; with `is_ahead` one is sent before the last is answered."""
        lines = 0
        owed = 0
        per_batch = 2 * size
        begun = perf_ns()
        for batch in batches:
            self._socket.sendall(batch)
            owed += per_batch
            while lines < owed - (per_batch if is_ahead else 0):
                # Each answer is an id: two lines.
                lines += self._socket.recv(262_144).count(b"\r\n")
        while lines < owed:
            lines += self._socket.recv(262_144).count(b"\r\n")
        return len(batches) * size / (perf_ns() - begun) * 1e9
