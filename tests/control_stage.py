"""Control servers in this very process, on a real store and real ports, with everything that waits made short."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from private_ports import free_port
from tradewind.bus.fleet_topics import JOBS, MODULES
from tradewind.bus.local import LocalBus
from tradewind.collector.control.service import ControlService
from tradewind.collector.control.settings import ControlSettings
from tradewind.domain import fleet
from tradewind.domain.hours import Section, TradingDayHours
from tradewind.domain.job import JobPlan, JobState
from tradewind.domain.module import ModuleState
from tradewind.domain.rights import PLATFORM
from tradewind.errors import InputError
from tradewind.identity.entry import Entry
from tradewind.identity.gate import Gate
from tradewind.identity.sessions import Sessions
from tradewind.identity.settings import AccessSettings
from tradewind.identity.tokens import AccessTokens
from tradewind.kernel.clock import Clock, SystemClock
from tradewind.kernel.metrics import Metrics
from tradewind.stores.memory_people import MemoryIdentityStore
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.fleet import SqlFleet
from tradewind.stores.sql.store import SqlStore

DAY_NS = 86_400_000_000_000
QUICK: dict[str, Any] = {
    "beat_s": 0.2, "lease_s": 1.0, "reassign_s": 0.3, "look_s": 0.05, "ping_s": 0.3, "silent_s": 2.0,
    "tries_per_minute": 1_000,
}  # fmt: skip


def round_days(instrument_id: str, ts: int) -> TradingDayHours:
    """Every UTC day is a trading day of `au2512.SHFE`, open from 1 to 7 o'clock; nobody knows another contract."""
    if instrument_id != "au2512.SHFE":
        message = f"no table knows the contract {instrument_id!r}"
        raise InputError(message)
    hour, begins = DAY_NS // 24, ts // DAY_NS * DAY_NS
    if ts > begins + 7 * hour:
        begins += DAY_NS
    return TradingDayHours(1, begins + hour, (Section(begins + hour, begins + 7 * hour),))


class Server:
    """One control server and what it has told."""

    def __init__(
        self, folder: Path, *, clock: Clock | None = None, entry: Entry | None = None, **settings: Any
    ) -> None:
        self.metrics = Metrics()
        self.bus = LocalBus()
        self.modules: list[Any] = []
        self.jobs: list[Any] = []
        self.bus.subscribe(MODULES, self.modules.append, group="test")
        self.bus.subscribe(JOBS, self.jobs.append, group="test")
        self.tokens = AccessTokens(folder / "access.json")
        self.token = self.tokens.renew()
        port = settings.setdefault("port", free_port())
        access, clock = AccessSettings(), clock or SystemClock()
        sessions = Sessions(MemoryIdentityStore(), settings=access, clock=clock, tokens=self.tokens)
        self.gate = Gate(
            settings=access, tokens=self.tokens, sessions=sessions, clock=clock, api_address=("127.0.0.1", 8888),
            push_address=("127.0.0.1", port), entry=entry,
        )  # fmt: skip
        self.store = SqlFleet(SqlStore(StoreSettings(), folder))
        self.service = ControlService(
            settings=ControlSettings(**{**QUICK, **settings}), store=self.store, bus=self.bus, gate=self.gate,
            hours=round_days, clock=clock, metrics=self.metrics,
        )  # fmt: skip
        self.office = self.service.office
        self.address = ""
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._running = asyncio.create_task(self.service.run())
        listening = asyncio.create_task(self.service.wait_listening())
        await asyncio.wait([self._running, listening], return_when=asyncio.FIRST_COMPLETED)
        if self._running.done():
            self._running.result()
        self.address = f"127.0.0.1:{listening.result()}"

    def fired(self) -> int:
        """Schedules that this server has begun."""
        return self.metrics.control_schedules.counts.get("fired", 0)

    async def die(self) -> None:
        """End as if killed: nothing is told to the store."""
        self.store.leave = lambda *_args: None  # type: ignore[method-assign]
        self.store.disconnect = lambda *_args, **_kwargs: None  # type: ignore[method-assign]
        await self.stop()

    async def stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running

    # ── as an operator ──────────────────────────────────────────────────────────────────────────────────────────
    async def ask(self, question: fleet.FleetQuestion) -> Any:
        return await self.office.answer(question, PLATFORM)

    async def do(self, command: fleet.FleetCommand) -> Any:
        return await self.office.carry_out(command, PLATFORM)

    async def start_job(self, *codes: str, **plan: Any) -> str:
        job = await self.do(fleet.StartJob(plan=JobPlan(codes=codes or ("TSLA.US",), **plan)))
        job_id: str = job.job_id
        return job_id

    async def job(self, job_id: str) -> Any:
        return await self.ask(fleet.AskJob(job_id=job_id, limit=500))

    async def ended(self, job_id: str, state: JobState = JobState.DONE) -> Any:
        await self._until(lambda: self.job(job_id), lambda found: found.job.state is state)
        return await self.job(job_id)

    async def online(self, count: int) -> list[Any]:
        ask = fleet.AskModules(state=ModuleState.ONLINE, limit=500)
        page = await self._until(lambda: self.ask(ask), lambda page: len(page.modules) == count)
        return list(page.modules)

    async def alone(self) -> None:
        """Wait until no other server is listed."""
        await self._until(lambda: self.ask(fleet.AskServers()), lambda found: len(found.servers) == 1)

    @staticmethod
    async def _until(ask: Callable[[], Awaitable[Any]], is_so: Callable[[Any], bool], timeout_s: float = 10.0) -> Any:
        async with asyncio.timeout(timeout_s):
            while True:
                with contextlib.suppress(InputError):  # there is no such thing yet
                    if is_so(found := await ask()):
                        return found
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def serving(folder: Path, **settings: Any) -> AsyncIterator[Server]:
    """Serve while the test lasts."""
    server = Server(folder, **settings)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
