"""A real Redis for tests: found or installed, started on a private port in a folder of its own, stopped afterwards."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
from pathlib import Path

import redis

from debian import program_of
from private_ports import free_port
from tradewind.kernel.clock import monotonic_s

_START_S = 10.0


def find_server() -> str:
    """Return the path of redis-server."""
    return program_of("redis-server", "redis-server", "valkey-server")


class RealRedis:
    """One server; `kill` and `start` again keep its port, its folder and, with `is_durable`, its data."""

    def __init__(self, folder: Path, *flags: str, is_durable: bool = False) -> None:
        self._server = find_server()
        self._folder = folder
        self._flags = flags
        self._is_durable = is_durable
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.password = flags[flags.index("--requirepass") + 1] if "--requirepass" in flags else ""

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def client(self) -> redis.Redis:
        """A client that is none of ours."""
        return redis.Redis(port=self.port, password=self.password or None)

    def start(self) -> None:
        """Start and wait until it answers."""
        durable = "yes" if self._is_durable else "no"
        self._process = subprocess.Popen(
            [
                *(self._server, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)),
                *("--save", "", "--appendonly", durable, "--appendfsync", "always", *self._flags),
            ],
            stdout=subprocess.DEVNULL,
        )
        until_s = monotonic_s() + _START_S
        with self.client as client:
            while monotonic_s() < until_s:
                with contextlib.suppress(redis.ConnectionError, redis.BusyLoadingError):
                    client.ping()
                    return
        message = f"redis-server did not answer on port {self.port} within {_START_S:g} s"
        raise RuntimeError(message)

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def forget(self) -> None:
        """While it stands still, lose what was kept on the disk."""
        for kept in self._folder.glob("appendonly*"):
            shutil.rmtree(kept)

    def freeze(self) -> None:
        """Let it stand still, its connections open."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
