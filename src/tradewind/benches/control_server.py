"""The bench's control server, alone in its process: `python -m tradewind.benches.control_server FOLDER COUNT`.

It makes COUNT modules, says its port and their hashes in one line of JSON, and starts a job for all of them whenever
it reads a line.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.bus.local import LocalBus
from tradewind.collector.control.service import ControlService
from tradewind.collector.control.settings import ControlSettings
from tradewind.domain.access import Admitted
from tradewind.domain.act import Act
from tradewind.domain.fleet import StartJob
from tradewind.domain.job import JobPlan, Spread
from tradewind.domain.rights import ADMINISTRATOR, PLATFORM
from tradewind.errors import InputError
from tradewind.identity.tokens import digest_of
from tradewind.kernel.clock import SystemClock
from tradewind.kernel.ids import new_secret
from tradewind.kernel.log import configure_logs
from tradewind.kernel.metrics import Metrics
from tradewind.stores.fleet import Newcomer
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.fleet import SqlFleet
from tradewind.stores.sql.store import SqlStore

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

    from tradewind.identity.ports import AccessRequest, SignedIn

_CODES: Final = tuple(f"C{number}.US" for number in range(20))


class _OpenGate:
    """Admits everybody: what is measured is something else."""

    def caller(self, headers: dict[str, str], peer: str) -> tuple[dict[str, str], str]:
        return headers, peer

    def decide(self, request: AccessRequest) -> Admitted:
        del request
        return Admitted(ADMINISTRATOR)

    def sign_in(self, token: str, *, headers: Mapping[str, str], peer: str) -> SignedIn:
        raise NotImplementedError(token, headers, peer)


def _no_hours(instrument_id: str, ts: int) -> NoReturn:
    message = f"nobody asks when {instrument_id} trades at {ts}"
    raise InputError(message)


def _modules(store: SqlFleet, count: int) -> list[str]:
    """Register modules; return their hashes."""
    store.open()
    hashes = [new_secret() for _ in range(count)]
    act = Act("bench", "module_registered", "bench", "bench", "", "", "", 0)
    for number, secret in enumerate(hashes):
        new = Newcomer(
            module_id=f"m{number:05}", secret_sha256=digest_of(secret), name=f"bench {number}", description="",
            program="", inputs="", outputs="", peer="127.0.0.1", is_admitted=True,
        )  # fmt: skip
        store.register(new, 0, most=count, act=act)
    return hashes


async def _serve(folder: Path, count: int) -> None:
    store = SqlFleet(SqlStore(StoreSettings(), folder))
    hashes = _modules(store, count)
    service = ControlService(
        settings=ControlSettings(port=0, max_modules=count), store=store, bus=LocalBus(), gate=_OpenGate(),
        hours=_no_hours, clock=SystemClock(), metrics=Metrics(),
    )  # fmt: skip
    running = asyncio.create_task(service.run())
    port = await service.wait_listening()
    gc.collect()
    gc.freeze()
    print(msgspec.json.encode({"port": port, "hashes": hashes}).decode(), flush=True)  # noqa: T201 - read by the bench
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while await orders.readline():
        await service.office.carry_out(StartJob(plan=JobPlan(codes=_CODES, spread=Spread.EACH)), PLATFORM)
    running.cancel()


def main() -> None:
    """Run until standard input ends."""
    configure_logs(level="error", stream=sys.stderr)
    import uvloop  # noqa: PLC0415 - as the platform runs

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(Path(sys.argv[1]), int(sys.argv[2])))


if __name__ == "__main__":
    main()
