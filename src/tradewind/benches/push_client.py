"""The bench's other processes: the load client and the bare C sender, compiled here, run on the other core."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
from pathlib import Path
from typing import Final

import msgspec

from tradewind.errors import ConfigError

_SOURCES: Final = Path(__file__).parent / "c"
CLIENT_CPU: Final = 1
SERVER_CPU: Final = 0


class Measured(msgspec.Struct, frozen=True):
    """What the load client saw in one measured stretch; ages from publish to receive in µs."""

    frames_per_s: float
    values_per_s: float
    bytes_per_s: float
    p50_us: float
    p99_us: float
    p999_us: float


class Programs(msgspec.Struct, frozen=True):
    """Paths of the compiled programs."""

    load_client: Path
    epoll_sender: Path


def compile_programs(folder: Path) -> Programs:
    """Compile both programs into `folder`.

    Raises: ConfigError: there is no C compiler, or it refuses.
    """
    built = Programs(load_client=folder / "load_client", epoll_sender=folder / "epoll_sender")
    for program in (built.load_client, built.epoll_sender):
        source = _SOURCES / f"{program.name}.c"
        try:
            subprocess.run(["cc", "-O2", "-o", str(program), str(source)], check=True, capture_output=True)  # noqa: S603, S607 - our own source, the system's compiler
        except FileNotFoundError as error:
            message = "bench push compares with a C program and found no C compiler (cc); install gcc or clang"
            raise ConfigError(message) from error
        except subprocess.CalledProcessError as error:
            message = f"cc could not compile {source.name}: {error.stderr.decode(errors='replace')[:400]}"
            raise ConfigError(message) from error
    return built


def pin(cpu: int) -> int:
    """Keep this process on one core if the machine has that many; return the core, or -1 for none."""
    usable = os.sched_getaffinity(0)
    if cpu not in usable or len(usable) < CLIENT_CPU + 1:
        return -1
    os.sched_setaffinity(0, {cpu})
    return cpu


def raise_file_limit() -> int:
    """Allow as many sockets as the system lets us have; return how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class LoadClient:
    """The running load client."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def connect(cls, programs: Programs, port: int, *, clients: int, subscribe: str, cpu: int) -> LoadClient:
        """Start it and wait until every client is connected and has subscribed."""
        process = await asyncio.create_subprocess_exec(
            str(programs.load_client),
            *map(str, (port, clients, cpu, subscribe)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        client = cls(process)
        await client._answer()
        return client

    async def measure(self, *, warmup_ms: int, measured_ms: int) -> Measured:
        """Let it read for a while and return what it saw."""
        return msgspec.json.decode(await self._ask(f"RUN {warmup_ms} {measured_ms}"), type=Measured)

    async def have_stopped(self, *, is_there: bool) -> None:
        """Have one more client connected that never reads, or have it gone."""
        await self._ask(f"STOPPED {int(is_there)}")

    async def close(self) -> None:
        """End it."""
        await end(self._process)

    async def _ask(self, line: str) -> bytes:
        if self._process.stdin is not None:
            self._process.stdin.write(f"{line}\n".encode())
        return await self._answer()

    async def _answer(self) -> bytes:
        return await read_line(self._process, "load client")


async def start_sender(
    programs: Programs, frame: Path, *, clients: int, hz: int, cpu: int, send_buffer: int
) -> tuple[asyncio.subprocess.Process, int]:
    """Start the C sender; return it and its port. It begins to send at the line `GO`."""
    process = await asyncio.create_subprocess_exec(
        str(programs.epoll_sender),
        *map(str, (clients, hz, cpu, send_buffer, frame)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    line = await read_line(process, "C sender")
    return process, int(line.split()[1])


async def read_line(process: asyncio.subprocess.Process, name: str) -> bytes:
    """Read one line of a program's answer.

    Raises: ConfigError: it ended instead; its own words are on stderr.
    """
    line = await process.stdout.readline() if process.stdout is not None else b""
    if not line:
        message = f"the {name} ended early with status {await process.wait()}; its message is above"
        raise ConfigError(message)
    return line


async def end(process: asyncio.subprocess.Process) -> None:
    """End a program of ours and wait for it."""
    if process.returncode is None:
        process.kill()
    await process.wait()
