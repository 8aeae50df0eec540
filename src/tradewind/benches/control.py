"""`tradewind bench control`: one control server with 1 000 modules: what they cost at rest, how soon a job is done.

The server has a process of its own; its processor time and memory are what the system says of it. Modules are
WebSockets of this process, which send a heartbeat every 10 s, evenly spread, and answer a job at once. A job is
acknowledged when the last of them has heard that its result is on record.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec

from tradewind.benches.result import BenchResult
from tradewind.kernel.clock import monotonic_s
from tradewind.runtime.process_gauges import resident_mb

if TYPE_CHECKING:
    from typing import IO

_HEARTBEAT_S: Final = 10.0
_CPU_GOAL: Final = 5.0
_MEMORY_GOAL: Final = 150.0
_JOB_GOAL: Final = 1.0
_AT_ONCE: Final = 50
_PATIENCE_S: Final = 60.0


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How much to measure."""

    modules: int = 1_000
    rest_s: float = 30.0
    jobs: int = 5


QUICK: Final = Options(modules=100, rest_s=3.0, jobs=2)


class _Fleet:
    """All modules of the bench."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session = session
        self._url = f"ws://127.0.0.1:{port}/websocket?hash="
        self.connected = 0
        self.acknowledged = 0
        self.changed = asyncio.Event()

    async def module(self, secret: str, number: int, count: int) -> None:
        """Serve as one module until cancelled."""
        async with self._session.ws_connect(f"{self._url}{secret}", compress=0, autoping=False) as socket:
            self.connected += 1
            self.changed.set()
            beating = asyncio.create_task(self._beat(socket, _HEARTBEAT_S * number / count))
            try:
                async for message in socket:
                    await self._hear(socket, message.data)
            finally:
                beating.cancel()

    async def until(self, is_so: Any) -> None:  # noqa: ANN401 - a condition
        """Wait until something is so of all modules."""
        async with asyncio.timeout(_PATIENCE_S):
            while not is_so():
                self.changed.clear()
                await self.changed.wait()

    async def _beat(self, socket: aiohttp.ClientWebSocketResponse, first_s: float) -> None:
        await asyncio.sleep(first_s)
        while True:
            await socket.send_str("heartbeat")
            await asyncio.sleep(_HEARTBEAT_S)

    async def _hear(self, socket: aiohttp.ClientWebSocketResponse, text: str) -> None:
        if text == "receive result":
            self.acknowledged += 1
            self.changed.set()
        elif text.startswith("{"):
            said = msgspec.json.decode(text)
            said = said.get("message", said)
            if said["type"] == "execute":
                result = {"stored": len(said["args"]["codes"])}
                answer = {"status": "success", "meta": said["meta"], "result": result}
                await socket.send_str(msgspec.json.encode(answer).decode())


async def _measure(options: Options, process: subprocess.Popen[bytes], told: dict[str, Any]) -> BenchResult:
    result, count = BenchResult("control"), options.modules
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as tasks:
        fleet, empty_mb = _Fleet(session, told["port"]), _memory_mb(process)
        serving = []
        for number, secret in enumerate(told["hashes"]):
            serving.append(tasks.create_task(fleet.module(secret, number, count)))
            if number % _AT_ONCE == _AT_ONCE - 1:
                await fleet.until(lambda: fleet.connected >= len(serving))
        await fleet.until(lambda: fleet.connected == count)
        await asyncio.sleep(min(_HEARTBEAT_S, options.rest_s))
        cpu_s, begun_s = _cpu_s(process), monotonic_s()
        await asyncio.sleep(options.rest_s)
        share = (_cpu_s(process) - cpu_s) / (monotonic_s() - begun_s) * 100
        took = [await _job(fleet, process.stdin, count) for _ in range(options.jobs)]
        memory_mb = _memory_mb(process)
        for task in serving:
            task.cancel()
    result.figure("modules", count)
    result.figure("memory_without_modules_mb", empty_mb)
    result.figure("memory_per_module_kb", (memory_mb - empty_mb) / count * 1_000)
    result.goal("cpu_percent_of_a_core_at_rest", share, _CPU_GOAL, better="lower")
    result.goal("memory_mb", memory_mb, _MEMORY_GOAL, better="lower")
    result.goal("job_to_all_acknowledged_s", median(took), _JOB_GOAL, better="lower")
    return result


async def _job(fleet: _Fleet, orders: IO[bytes] | None, count: int) -> float:
    assert orders is not None  # noqa: S101 - opened by us
    fleet.acknowledged = 0
    begun_s = monotonic_s()
    orders.write(b"job\n")
    orders.flush()
    await fleet.until(lambda: fleet.acknowledged == count)
    return monotonic_s() - begun_s


def _cpu_s(process: subprocess.Popen[bytes]) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(process: subprocess.Popen[bytes]) -> float:
    return resident_mb(Path(f"/proc/{process.pid}/statm"))


def run(options: Options) -> BenchResult:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tradewind.benches.control_server", folder, str(options.modules)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own
        assert process.stdout is not None  # noqa: S101 - asked for
        try:
            told = msgspec.json.decode(process.stdout.readline())
            return asyncio.run(_measure(options, process, told))
        finally:
            process.kill()
            process.wait()


def main(as_json: bool, quick: bool) -> dict[str, Any]:  # noqa: FBT001 - the benches' common signature
    """Run, show unless JSON is wanted, and return the figures."""
    result = run(QUICK if quick else Options())
    if not as_json:
        result.show()
    return result.as_dict()
