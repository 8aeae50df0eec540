"""What a control server does by itself: gives out, takes back, renews, begins what is due, tells what changed."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.collector import protocol as wire
from tradewind.collector.control.cadence import next_time
from tradewind.collector.control.drafts import args_of, begun_by, next_step
from tradewind.domain.job import JobState
from tradewind.errors import InputError, StateConflictError, StoreError
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.log import get_log
from tradewind.stores.fleet import Draft, Outcome, ServerRow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from tradewind.collector.control.means import Means
    from tradewind.collector.control.office import FleetOffice
    from tradewind.collector.control.roster import Connected
    from tradewind.collector.control.settings import ControlSettings
    from tradewind.domain.job import Job, JobPlan, Schedule
    from tradewind.domain.module import Module
    from tradewind.stores.fleet import Given, Running, Wish

_LOG = get_log("control")
_MOST: Final = 2_000
_BATCH: Final = 1_000
_AGAIN_S: Final = 1.0
_TELL_S: Final = 0.3
_SWEEP_S: Final = 1.0
_REFRESH_BEATS: Final = 5
_PRUNE_EVERY_S: Final = 600.0
_PLANS_KEPT: Final = 256


class Keeper:
    """The loops of one server; each goes on when the store is away, and says so once."""

    def __init__(
        self,
        means: Means,
        office: FleetOffice,
        *,
        publish_module: Callable[[Module], None],
        publish_job: Callable[[Job], None],
    ) -> None:
        self._means = means
        self._store = means.store
        self._settings = means.settings
        self._office = office
        self._publish_module = publish_module
        self._publish_job = publish_job
        self._results: deque[tuple[Connected, Outcome]] = deque()
        self._has_results = asyncio.Event()
        self._plans: dict[str, tuple[JobPlan, str, str]] = {}
        self._shown: dict[str, int] = {}
        self.server = ServerRow(instance=means.instance, address="", started_at=means.clock.now_ns(), beat_at=0)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for work in (self._record, self._give_out, self._tell):
                tasks.create_task(work())
            tasks.create_task(self._every(self._settings.beat_s, self._beat, asyncio.Event()))
            tasks.create_task(self._every(self._settings.beat_s * _REFRESH_BEATS, self._refresh, asyncio.Event()))
            tasks.create_task(self._every(_SWEEP_S, self._sweep, self._means.news.step))
            tasks.create_task(self._every(_PRUNE_EVERY_S, self._prune, asyncio.Event()))

    def change(self, settings: ControlSettings) -> None:
        """Keep ended jobs as long, and as many, as these say."""
        self._settings = settings

    def take(self, module: Connected, outcome: Outcome) -> None:
        """Note what a module reported; it is told when it is on record."""
        self._results.append((module, outcome))
        self._has_results.set()

    async def begin(self, address: str) -> None:
        """Take this server's place among the others. Raises: StoreError."""
        now = self._means.clock.now_ns()
        self.server = msgspec.structs.replace(self.server, address=address, started_at=now, beat_at=now)
        await self._means.call(self._store.take_place, self.server)

    async def _every(self, every_s: float, work: Callable[[], Awaitable[None]], soon: asyncio.Event) -> None:
        trouble = ""
        while True:
            try:
                await work()
                trouble = ""
            except StoreError as error:
                if not trouble:
                    _LOG.warning("control_store_away", reason=str(error))
                trouble = str(error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(every_s):
                    await soon.wait()
            soon.clear()

    async def _with_store(self, work: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 - as the work gives
        """Return what `work` gives, once the store lets it."""
        while True:
            try:
                return await work()
            except StoreError as error:
                _LOG.warning("control_store_away", reason=str(error))
                await asyncio.sleep(_AGAIN_S)

    # ── giving out ──────────────────────────────────────────────────────────────────────────────────────────────
    async def _give_out(self) -> None:
        while True:
            has_more = await self._with_store(self._give_some)
            if not has_more:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._settings.look_s):
                        await self._means.news.work.wait()
            self._means.news.work.clear()

    async def _give_some(self) -> bool:
        """Give out what can be; tell whether there was anything."""
        means, roster = self._means, self._means.roster
        if not roster.idle():
            return False
        waiting = await means.call(
            self._store.waiting, means.instance, busy=roster.busy(), labels=roster.labels(), most=_MOST
        )
        if not waiting:
            return False
        plans = await self._plans_of({one.job_id for one in waiting})
        now = means.clock.now_ns()
        until = now + round(self._settings.lease_s * NS_PER_S)
        wanted = roster.share_out(waiting, {job_id: plan for job_id, (plan, _, _) in plans.items()}, until)
        if not wanted:
            return False
        given = await means.call(self._store.give, wanted, means.instance, now)
        means.metrics.control_executions.add("sent", len(given))
        means.news.of_jobs(*{one.job_id for one in given})
        means.news.of_modules(*(one.module_id for one in given))
        await asyncio.gather(*(self._send(one, plans[one.job_id]) for one in given))
        return bool(given)

    async def _plans_of(self, job_ids: set[str]) -> Mapping[str, tuple[JobPlan, str, str]]:
        missing = job_ids - self._plans.keys()
        if missing:
            found = await self._means.call(self._store.plans, missing)
            if len(self._plans) + len(found) > _PLANS_KEPT:
                self._plans = {job_id: kept for job_id, kept in self._plans.items() if job_id in job_ids}
            self._plans |= found
        return self._plans

    async def _send(self, given: Given, job: tuple[JobPlan, str, str]) -> None:
        module = self._means.roster.modules.get(given.module_id)
        if module is None:
            return
        plan, origin, origin_id = job
        module.running[given.execution_id] = None
        workflow = origin_id if origin == "workflow" else ""
        meta = {
            "execution_id": given.execution_id,
            "job_id": given.job_id,
            "workflow_id": workflow,
            "workflow_name": workflow,
            "lease": given.lease,
            "proof": module.prove(given.execution_id, given.lease),
        }
        await module.wire.say(wire.encode(wire.Execute(meta, args_of(plan)), wrapped=not module.is_ours))

    # ── taking back ─────────────────────────────────────────────────────────────────────────────────────────────
    async def _record(self) -> None:
        while True:
            await self._has_results.wait()
            self._has_results.clear()
            while self._results:
                batch = [self._results.popleft() for _ in range(min(_BATCH, len(self._results)))]
                outcomes = [outcome for _, outcome in batch]
                counts: list[bool] = await self._with_store(
                    lambda outcomes=outcomes: self._means.call(  # type: ignore[misc]  # bound at once
                        self._store.finish, outcomes, self._means.clock.now_ns()
                    )
                )
                await self._recorded(batch, counts)

    async def _recorded(self, batch: Sequence[tuple[Connected, Outcome]], counts: Sequence[bool]) -> None:
        news, metrics = self._means.news, self._means.metrics
        for (module, outcome), does_count in zip(batch, counts, strict=True):
            kind = ("done" if outcome.is_done else "failed") if does_count else "again"
            metrics.control_executions.add(kind)
            module.running.pop(outcome.execution_id, None)
            news.of_modules(module.module_id)
            news.of_jobs(outcome.execution_id.rpartition("-")[0])
        news.work.set()
        news.step.set()
        said = wire.encode(wire.ReceiveResult())
        await asyncio.gather(*(module.wire.say(said) for module, _ in batch))

    # ── staying, and going on ───────────────────────────────────────────────────────────────────────────────────
    async def _beat(self) -> None:
        means, roster = self._means, self._means.roster
        now = means.clock.now_ns()
        self.server = msgspec.structs.replace(self.server, beat_at=now)
        told = {one.module_id: one.told for one in roster.modules.values() if one.told != one.noted}
        until = now + round(self._settings.lease_s * NS_PER_S)
        wishes = await means.call(self._store.beat, self.server, until=until, executions=roster.running(), told=told)
        for module_id, one in told.items():
            if (connected := roster.modules.get(module_id)) is not None:
                connected.noted = one
        for wish in wishes:
            if wish.execution_id:
                await self._cancel(wish)
            else:
                await self.grant(wish.module_id, wish.what)
        means.metrics.control_modules.set(len(roster.modules))

    async def _refresh(self) -> None:
        """Note that the modules connected here are there, and know them as they are on record."""
        means = self._means
        modules = await means.call(self._store.modules_of, means.instance, means.clock.now_ns())
        means.roster.refresh(modules)
        self._show(modules)

    async def grant(self, module_id: str, what: str) -> None:
        """Do what an operator wants of a connection."""
        module = self._means.roster.modules.get(module_id)
        if module is None:
            return
        if what == "shut":
            await module.wire.say(wire.encode(wire.Shutdown(), wrapped=not module.is_ours))
        else:
            await module.wire.close("closed by an operator")

    async def _cancel(self, wish: Wish) -> None:
        """Tell whoever has an execution under way to end it; modules of system 002 know no such word."""
        is_lost = wish.what == "keep"
        said = wire.encode(wire.Cancel({"execution_id": wish.execution_id}, is_lost))
        for module in tuple(self._means.roster.modules.values()):
            is_meant = not (is_lost and module.module_id == wish.module_id)
            if is_meant and module.is_ours and wish.execution_id in module.running:
                await module.wire.say(said)

    async def _sweep(self) -> None:
        """Take back what is over, begin what is due, go on with what has ended."""
        means, store = self._means, self._store
        lost = await means.call(store.bury, alive_since=self._office.alive_since())
        jobs = await means.call(store.expire, means.clock.now_ns())
        means.news.of_modules(*lost)
        means.news.of_jobs(*jobs)
        for schedule in await means.call(store.due, means.clock.now_ns()):
            await self._fire(schedule)
        for running in await means.call(store.ended_steps):
            await self._advance(running)
        if jobs:
            means.news.work.set()

    async def _fire(self, schedule: Schedule) -> None:
        means, store = self._means, self._store
        now = means.clock.now_ns()
        try:
            next_at = next_time(schedule.cadence, now, means.hours)
        except InputError as error:
            _LOG.warning("schedule_has_no_next_time", schedule=schedule.name, reason=str(error))
            next_at = 0
        is_missed = now - schedule.next_at > self._settings.missed_s * NS_PER_S
        begun = None if is_missed else await self._begun_by(schedule, now)
        action = "schedule_missed" if begun is None else "schedule_fired"
        act = means.act(action, schedule.name, actor="schedule", source="schedule", after={"due": schedule.next_at})
        if await means.call(store.fire, schedule, next_at=next_at, draft=begun, now=now, act=act):
            means.metrics.control_schedules.add(action.removeprefix("schedule_"))
            if isinstance(begun, Draft):
                means.news.of_jobs(begun.job_id)
            means.news.work.set()

    async def _begun_by(self, schedule: Schedule, now: int) -> Any:  # noqa: ANN401 - a draft, a run or nothing
        workflows = await self._means.call(self._store.workflows)
        whom: tuple[str, ...] = ()
        try:
            if schedule.plan is not None:
                whom = await self._office.who_may(schedule.plan)
            return begun_by(schedule, workflows, lambda _plan: whom, now)
        except (InputError, StateConflictError) as error:
            _LOG.warning("schedule_cannot_begin", schedule=schedule.name, reason=str(error))
            return None

    async def _advance(self, running: Running) -> None:
        means, now = self._means, self._means.clock.now_ns()
        run, step = next_step(running, now)
        draft = None
        if step is not None:
            try:
                whom = await self._office.who_may(step.plan)
            except (InputError, StateConflictError) as error:
                why = f"step {run.step + 1} cannot begin: {error}"
                run = msgspec.structs.replace(run, state=JobState.FAILED, ended_at=now, error=why[:500])
            else:
                draft = Draft(
                    job_id=f"{run.run_id}-{run.step}", plan=step.plan, origin="workflow", origin_id=run.run_id,
                    created_by=run.started_by, created_at=now, meant_for=whom,
                )  # fmt: skip
        if await means.call(self._store.advance, running.run, run, draft) and draft is not None:
            means.news.of_jobs(draft.job_id)
            means.news.work.set()

    async def _prune(self) -> None:
        before = self._means.clock.now_ns() - self._settings.keep_days * 86_400 * NS_PER_S
        await self._means.call(self._store.prune, before, most=self._settings.keep_jobs)

    # ── telling ─────────────────────────────────────────────────────────────────────────────────────────────────
    async def _tell(self) -> None:
        """Let others hear of what changed, a few times a second at most."""
        news = self._means.news
        while True:
            await news.told.wait()
            await asyncio.sleep(_TELL_S)
            news.told.clear()
            modules, news.modules = news.modules, set()
            jobs, news.jobs = news.jobs, set()
            progress, news.progress = news.progress, {}
            with contextlib.suppress(StoreError):
                for execution_id, (module_id, text) in progress.items():
                    await self._means.call(self._store.progress, execution_id, module_id, text)
            found = await self._with_store(lambda: self._means.call(self._store.some_modules, modules))  # noqa: B023 - awaited here
            self._means.roster.refresh(found)
            self._show(found)
            for job in await self._with_store(lambda: self._means.call(self._store.some_jobs, jobs)):  # noqa: B023 - as above
                self._publish_job(job)

    def _show(self, modules: Sequence[Module]) -> None:
        for module in modules:
            if self._shown.get(module.module_id) != module.version:
                self._shown[module.module_id] = module.version
                self._publish_module(module)
