"""Starts and ends the processes of the pipeline bench: a Redis of its own, our services, the baseline's."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from tradewind.errors import ConfigError
from tradewind.kernel.clock import monotonic_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PEERS: Final = Path(__file__).parents[3] / "benchmarks" / "peers" / "signal_services"
ROOMS: Final = ("features", "strategies", "signals", "push")
"""Our services in the bench; the market is the bench's own writer."""
_PEER_ROOMS: Final = ("feature_pipeline", "strategy_engine", "aggregator")
_START_S: Final = 30.0
_LOOK_S: Final = 0.05


class Programs:
    """Processes that belong together; they end with the block."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []

    def start(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        environ: Mapping[str, str] | None = None,
        is_silent: bool = False,
    ) -> None:
        """Start one; what it prints is shown, for it should print nothing, unless `is_silent`."""
        words = subprocess.DEVNULL if is_silent else None
        environ = {**os.environ, **(environ or {})}
        self._running.append(subprocess.Popen(command, cwd=cwd, env=environ, stdout=words, stderr=words))  # noqa: S603 - programs of ours

    def check(self) -> None:
        """Raise: ConfigError: one has ended."""
        for process in self._running:
            if process.poll() is not None:
                message = f"{process.args!r} ended with {process.returncode}; its words stand above"
                raise ConfigError(message)

    def end(self) -> None:
        """End them all, and wait for it."""
        for process in self._running:
            process.terminate()
        for process in self._running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            if process.poll() is None:
                process.kill()
                process.wait()
        self._running.clear()


class RedisPlace(NamedTuple):
    """Where the bench's Redis listens."""

    port: int
    socket: Path


@contextlib.contextmanager
def own_redis(folder: Path) -> Iterator[RedisPlace]:
    """Run a Redis on a free port and a socket of the folder for as long as the block lasts.

    Raises: ConfigError: there is no redis-server here.
    """
    server = shutil.which("redis-server") or shutil.which("valkey-server")
    if server is None:
        message = "bench pipeline needs redis-server; install it (Debian: apt-get install redis-server)"
        raise ConfigError(message)
    programs, port = Programs(), free_port()
    flags = (
        "--bind",
        "127.0.0.1",
        "--dir",
        str(folder),
        "--save",
        "",
        "--appendonly",
        "no",
        "--logfile",
        str(folder / "redis.log"),
        "--unixsocket",
        str(folder / "redis.sock"),
    )
    programs.start([server, "--port", str(port), *flags])
    try:
        wait_for(programs, lambda: _is_open(port), f"redis-server on port {port}")
        yield RedisPlace(port, folder / "redis.sock")
    finally:
        programs.end()


@contextlib.contextmanager
def start_services(redis: RedisPlace, folder: Path, strategies: Path) -> Iterator[int]:
    """Run our services, a process each, until the block ends; yield push's port.

    Raises: ConfigError: one ended, or did not become ready.
    """
    ports = {room: free_port() for room in ROOMS}
    push_port = free_port()
    flags = {
        "data_dir": str(folder / "var"),
        "log.level": "warning",
        "bus.kind": "redis",
        "bus.codec": "packed",
        "bus.edge_pause_ms": "5",
        "bus.url": f"unix://{redis.socket}?db=0",
        "strategies.enabled": "[]",
        "strategies.folder": str(strategies),
        "strategies.cpu_budget_us": "0",
        "strategies.max_signals_per_minute": "10000",
        "services.push_port": str(push_port),
        **{f"services.{room}_health": str(port) for room, port in ports.items()},
    }
    programs = Programs()
    try:
        for room in ROOMS:
            command = [sys.executable, "-m", "tradewind", "run", room]
            for name, value in flags.items():
                command += ["--set", f"{name}={value}"]
            programs.start(command, cwd=folder)
        for room, port in ports.items():
            wait_for(programs, lambda port=port: _is_well(port), f"{room}'s health door on port {port}")  # type: ignore[misc]  # bound at once
        wait_for(programs, lambda: _is_open(push_port), f"push on port {push_port}")
        # The strategies' folder is looked at once a second.
        time.sleep(2.0)
        yield push_port
    finally:
        programs.end()


@contextlib.contextmanager
def start_peers(redis: RedisPlace) -> Iterator[int]:
    """Run the baseline's services until the block ends; yield its streamer's port.

    Raises: ConfigError: its libraries are not installed, or one ended.
    """
    environ = {"REDIS_URL": f"redis://127.0.0.1:{redis.port}"}
    programs, port = Programs(), free_port()
    try:
        for name in _PEER_ROOMS:
            programs.start([sys.executable, f"{name}.py"], cwd=PEERS, environ=environ)
        programs.start([sys.executable, "streamer.py", str(port)], cwd=PEERS, environ=environ)
        wait_for(programs, lambda: _is_well(port), f"the baseline's streamer on port {port}")
        time.sleep(1.0)
        programs.check()
        yield port
    finally:
        programs.end()


def wait_for(programs: Programs, is_there: Callable[[], bool], what: str, *, patience_s: float = _START_S) -> None:
    """Wait until something is there.

    Raises: ConfigError: a process ended, or it takes too long.
    """
    until_s = monotonic_s() + patience_s
    while not is_there():
        programs.check()
        if monotonic_s() > until_s:
            message = f"waited {patience_s:g} s for {what} in vain"
            raise ConfigError(message)
        time.sleep(_LOOK_S)


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _is_well(port: int) -> bool:
    """Say whether `/health` is answered, and with `ok`."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0) as connection:
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n" % port)
            answer = b""
            while data := connection.recv(65_536):
                answer += data
    except OSError:
        return False
    head, _, body = answer.partition(b"\r\n\r\n")
    try:
        told = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return False
    return b" 200 " in head.split(b"\r\n", 1)[0] + b" " and isinstance(told, dict) and told.get("status") == "ok"
