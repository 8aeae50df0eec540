"""The API bench's other processes: our server, the C responder it is compared with, and the C load client."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SOURCES: Final = Path(__file__).parent / "c"
_PROGRAMS: Final = ("epoll_http", "http_load")
_HOT_PATH: Final = "/opportunities"
_END_S: Final = 10.0


class Answered(msgspec.Struct, frozen=True):
    """What the load client saw; times from when a request was due to its last byte."""

    requests_per_s: float
    p50_us: float
    p99_us: float
    p999_us: float
    late_us: float
    """The most that a request was sent after it was due: waiting for a connection, or the client itself."""


class Server(msgspec.Struct, frozen=True):
    """A server under load."""

    port: int
    process_id: int

    def cpu_s(self) -> float:
        """Return the processor time it has used."""
        fields = Path(f"/proc/{self.process_id}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How to load a server: `rate` 0 for as fast as it answers."""

    connections: int
    rate: int
    warmup_ms: int
    measured_ms: int


def compile_programs(folder: Path) -> None:
    """Compile the C programs into `folder`.

    Raises: ConfigError: there is no C compiler, or it refuses.
    """
    for name in _PROGRAMS:
        command = ["cc", "-O2", "-o", str(folder / name), str(_SOURCES / f"{name}.c")]
        try:
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own source, the system's compiler
        except FileNotFoundError as error:
            message = "bench api compares with a C program and found no C compiler (cc); install gcc or clang"
            raise ConfigError(message) from error
        except subprocess.CalledProcessError as error:
            message = f"cc could not compile {name}.c: {error.stderr.decode(errors='replace')[:400]}"
            raise ConfigError(message) from error


@contextmanager
def our_server(folder: Path, *, ticks_per_s: int) -> Iterator[Server]:
    """Run our own server, the line beside it, on core 0."""
    port = _free_port()
    command = [sys.executable, "-m", "tradewind.benches.api_server", str(port), str(ticks_per_s), str(folder)]
    with _running(command, port) as server:
        yield server


@contextmanager
def c_responder(folder: Path, answer: bytes, core: int) -> Iterator[Server]:
    """Run the C responder on `core`, giving `answer` (head and body) to every request."""
    port = _free_port()
    file = folder / "answer"
    file.write_bytes(answer)
    with _running([str(folder / "epoll_http"), str(port), str(file)], port, core=core) as server:
        yield server


def hot_answer(server: Server) -> bytes:
    """Return one whole answer of our server to the polled list, head and body."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=_END_S) as client:
        client.sendall(b"GET %b HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % (_HOT_PATH.encode(), server.port))
        received = b""
        while b"\r\n\r\n" not in received:
            received += client.recv(65_536)
        head, _, body = received.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        while len(body) < length:
            body += client.recv(65_536)
    return head + b"\r\n\r\n" + body


def put_load(folder: Path, server: Server, load: Load, core: int) -> Answered:
    """Load a server from `core` and return what was seen.

    Raises: ConfigError: the load client failed; its own words are on stderr.
    """
    numbers = (server.port, load.connections, load.rate, load.warmup_ms, load.measured_ms, core)
    command = [str(folder / "http_load"), *map(str, numbers), _HOT_PATH]
    try:
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603 - our own program
    except subprocess.CalledProcessError as error:
        message = f"the load client ended with status {error.returncode}; its message is above"
        raise ConfigError(message) from error
    return msgspec.json.decode(done.stdout, type=Answered)


@contextmanager
def _running(command: Sequence[str], port: int, core: int = -1) -> Iterator[Server]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603 - our own programs
    try:
        if core >= 0:
            os.sched_setaffinity(process.pid, {core})
        line = process.stdout.readline() if process.stdout is not None else b""
        if line.strip() != b"ready":
            message = f"{Path(command[0]).name} ended early with status {process.wait(_END_S)}; its message is above"
            raise ConfigError(message)
        yield Server(port, process.pid)
    finally:
        process.kill()
        process.wait(_END_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
