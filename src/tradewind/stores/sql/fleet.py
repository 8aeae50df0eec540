"""`stores.fleet.FleetStore` in SQL: each call is one transaction, with the acts it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from tradewind.domain.job import WorkflowRun
from tradewind.stores.fleet import FLEET_CHAIN
from tradewind.stores.sql import act_chain, fleet_jobs, fleet_modules, fleet_plans
from tradewind.stores.sql.engine import reading
from tradewind.stores.sql.failures import explain
from tradewind.stores.sql.fleet_tables import FLEET_STATE
from tradewind.stores.sql.transactions import in_transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from tradewind.domain.act import Act
    from tradewind.domain.fleet import AskJobs, AskModules
    from tradewind.domain.job import Execution, Job, JobPlan, Schedule, Workflow
    from tradewind.domain.module import Module, Told
    from tradewind.stores.fleet import Draft, Given, Known, Link, Newcomer, Outcome, Running, ServerRow, Waiting, Wish
    from tradewind.stores.sql.store import SqlStore

R = TypeVar("R")


class SqlFleet:
    """`stores.fleet.FleetStore` on one store."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def open(self) -> None:
        """Connect, and see that the tables are there."""
        self._store.open()

    def close(self) -> None:
        """Let go of it."""
        self._store.close()

    # ── modules ─────────────────────────────────────────────────────────────────────────────────────────────────
    def register(self, new: Newcomer, now: int, *, most: int, act: Act) -> bool:
        """Write a newcomer."""

        def work(connection: Connection) -> bool:
            is_new = fleet_modules.register(connection, new, now, most=most)
            if is_new:
                act_chain.append(connection, FLEET_CHAIN, (act,))
            return is_new

        return self._act(work)

    def known(self, secret_sha256: str) -> Known | None:
        """Return whose hash has this digest."""
        return self._read(lambda connection: fleet_modules.known(connection, secret_sha256))

    def connect(self, link: Link, now: int, *, alive_since: int) -> bool:
        """Note a connection."""
        return self._do(lambda connection: fleet_modules.connect(connection, link, now, alive_since=alive_since))

    def disconnect(self, link: Link, now: int, *, until: int) -> None:
        """Note its end."""
        self._do(lambda connection: fleet_modules.disconnect(connection, link, now, until=until))

    def take_place(self, server: ServerRow) -> None:
        """Begin a server in place of what its address had before."""
        self._do(lambda connection: fleet_modules.take_place(connection, server))

    def beat(self, server: ServerRow, *, until: int, executions: Sequence[str], told: Mapping[str, Told]) -> list[Wish]:
        """Say that a server lives."""

        def work(connection: Connection) -> list[Wish]:
            fleet_modules.note_told(connection, told)
            return fleet_modules.beat(connection, server, until=until, executions=executions)

        return self._do(work)

    def leave(self, instance: str, now: int) -> None:
        """Take a server off the list."""
        self._do(lambda connection: fleet_modules.leave(connection, instance, now))

    def bury(self, *, alive_since: int) -> list[str]:
        """Take dead servers off the list."""
        return self._do(lambda connection: fleet_modules.bury(connection, alive_since=alive_since))

    def admitted(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return ids and labels of all that may be told anything."""
        return self._read(fleet_modules.admitted)

    def modules_of(self, instance: str, now: int) -> list[Module]:
        """Note that those connected to a server have been seen, and return them."""
        return self._do(lambda connection: fleet_modules.of_server(connection, instance, now))

    def modules(self, ask: AskModules) -> list[Module]:
        """Return a page."""
        return self._read(lambda connection: fleet_modules.listed(connection, ask))

    def some_modules(self, ids: Collection[str]) -> list[Module]:
        """Return those that there are."""
        return self._read(lambda connection: fleet_modules.some(connection, ids))

    def change_module(self, module_id: str, values: Mapping[str, object], *, version: int | None, act: Act) -> Module:
        """Write columns anew."""

        def work(connection: Connection) -> Module:
            module = fleet_modules.change(connection, module_id, values, version)
            act_chain.append(connection, FLEET_CHAIN, (act,))
            return module

        return self._act(work)

    def wish(self, module_id: str, what: str, act: Act) -> Module:
        """Leave word for a server."""
        return self.change_module(module_id, {"wish": what}, version=None, act=act)

    def servers(self, *, alive_since: int) -> list[ServerRow]:
        """Return the servers."""
        return self._read(lambda connection: fleet_modules.servers(connection, alive_since=alive_since))

    # ── jobs ────────────────────────────────────────────────────────────────────────────────────────────────────
    def start(self, draft: Draft, act: Act) -> Job:
        """Write a job."""

        def work(connection: Connection) -> Job:
            job, is_new = fleet_jobs.start(connection, draft)
            act_chain.append(connection, FLEET_CHAIN, (act,) if is_new else ())
            return job

        return self._act(work)

    def cancel(self, job_id: str, now: int, act: Act) -> Job:
        """End what has not ended."""

        def work(connection: Connection) -> Job:
            job = fleet_jobs.cancel(connection, job_id, now)
            act_chain.append(connection, FLEET_CHAIN, (act,))
            return job

        return self._act(work)

    def waiting(self, instance: str, *, busy: Collection[str], labels: Collection[str], most: int) -> list[Waiting]:
        """Return what may be given out."""
        return self._read(
            lambda connection: fleet_jobs.waiting(connection, instance, busy=busy, labels=labels, most=most)
        )

    def plans(self, job_ids: Collection[str]) -> dict[str, tuple[JobPlan, str, str]]:
        """Return plans."""
        return self._read(lambda connection: fleet_jobs.plans(connection, job_ids))

    def give(self, given: Sequence[Given], instance: str, now: int) -> list[Given]:
        """Give executions out."""
        return self._do(lambda connection: fleet_jobs.give(connection, given, instance, now))

    def progress(self, execution_id: str, module_id: str, text: str) -> None:
        """Note how far somebody is."""
        self._do(lambda connection: fleet_jobs.progress(connection, execution_id, module_id, text))

    def finish(self, outcomes: Sequence[Outcome], now: int) -> list[bool]:
        """Write outcomes."""
        return self._do(lambda connection: fleet_jobs.finish(connection, outcomes, now))

    def expire(self, now: int) -> list[str]:
        """Take back what nobody answers for."""
        return self._do(lambda connection: fleet_jobs.expire(connection, now))

    def jobs(self, ask: AskJobs) -> tuple[list[Job], str]:
        """Return a page."""
        return self._read(lambda connection: fleet_jobs.listed(connection, ask))

    def some_jobs(self, ids: Collection[str]) -> list[Job]:
        """Return those that there are."""
        return self._read(lambda connection: fleet_jobs.some(connection, ids))

    def executions(self, *, job_id: str = "", module_id: str = "", after: str = "", limit: int) -> list[Execution]:
        """Return executions."""
        return self._read(
            lambda connection: fleet_jobs.executions(
                connection, job_id=job_id, module_id=module_id, after=after, limit=limit
            )
        )

    def prune(self, before: int, *, most: int) -> int:
        """Forget what is old."""

        def work(connection: Connection) -> int:
            fleet_plans.prune(connection, before)
            return fleet_jobs.prune(connection, before, most=most)

        return self._do(work)

    def open_jobs(self) -> int:
        """Return how many have not ended."""
        return self._read(fleet_jobs.open_jobs)

    # ── schedules and workflows ─────────────────────────────────────────────────────────────────────────────────
    def schedules(self) -> list[Schedule]:
        """Return all."""
        return self._read(fleet_plans.schedules)

    def put_schedule(self, schedule: Schedule, act: Act, *, most: int) -> Schedule:
        """Write one."""

        def work(connection: Connection) -> Schedule:
            kept = fleet_plans.put_schedule(connection, schedule, most=most)
            act_chain.append(connection, FLEET_CHAIN, (act,))
            return kept

        return self._act(work)

    def remove_schedule(self, name: str, version: int, act: Act) -> None:
        """Take one away."""

        def work(connection: Connection) -> None:
            fleet_plans.remove_schedule(connection, name, version)
            act_chain.append(connection, FLEET_CHAIN, (act,))

        self._act(work)

    def due(self, now: int) -> list[Schedule]:
        """Return those that should begin."""
        return self._read(lambda connection: fleet_plans.due(connection, now))

    def fire(self, schedule: Schedule, *, next_at: int, draft: Draft | WorkflowRun | None, now: int, act: Act) -> bool:
        """Begin what is due, once."""
        run = draft if isinstance(draft, WorkflowRun) else None
        begun = run.run_id if run is not None else getattr(draft, "job_id", "")

        def work(connection: Connection) -> bool:
            if not fleet_plans.fire(connection, schedule, next_at=next_at, job_id=begun, now=now):
                return False
            if isinstance(draft, WorkflowRun):
                fleet_plans.begin_run(connection, draft)
            elif draft is not None:
                fleet_jobs.start(connection, draft)
            act_chain.append(connection, FLEET_CHAIN, (act,))
            return True

        return self._act(work)

    def reschedule(self, name: str, was: int, next_at: int) -> None:
        """Note when it is due."""
        self._do(lambda connection: fleet_plans.reschedule(connection, name, was, next_at))

    def workflows(self) -> list[Workflow]:
        """Return all."""
        return self._read(fleet_plans.workflows)

    def create_workflow(self, workflow: Workflow, act: Act, *, most: int) -> Workflow:
        """Write one."""

        def work(connection: Connection) -> Workflow:
            kept, is_new = fleet_plans.create_workflow(connection, workflow, most=most)
            act_chain.append(connection, FLEET_CHAIN, (act,) if is_new else ())
            return kept

        return self._act(work)

    def remove_workflow(self, workflow_id: str, act: Act) -> None:
        """Take one away."""

        def work(connection: Connection) -> None:
            fleet_plans.remove_workflow(connection, workflow_id)
            act_chain.append(connection, FLEET_CHAIN, (act,))

        self._act(work)

    def begin_run(self, run: WorkflowRun, act: Act) -> WorkflowRun:
        """Write a run."""

        def work(connection: Connection) -> WorkflowRun:
            kept, is_new = fleet_plans.begin_run(connection, run)
            act_chain.append(connection, FLEET_CHAIN, (act,) if is_new else ())
            return kept

        return self._act(work)

    def runs(self, workflow_id: str, limit: int) -> list[WorkflowRun]:
        """Return the newest."""
        return self._read(lambda connection: fleet_plans.runs(connection, workflow_id, limit))

    def ended_steps(self) -> list[Running]:
        """Return runs that should go on."""
        return self._read(fleet_plans.ended_steps)

    def advance(self, run: WorkflowRun, to: WorkflowRun, draft: Draft | None) -> bool:
        """Go on with a run, once."""
        return self._do(lambda connection: fleet_plans.advance(connection, run, to, draft))

    def _act(self, work: Callable[[Connection], R]) -> R:
        """Run what is put on the chain: one writer at a time, on whatever machine."""

        def locked(connection: Connection) -> R:
            missing = "INSERT OR IGNORE" if connection.dialect.name == "sqlite" else "INSERT IGNORE"
            connection.exec_driver_sql(f"{missing} INTO fleet_state (name, version) VALUES ('acts', 1)")
            connection.execute(select(FLEET_STATE.c.version).where(FLEET_STATE.c.name == "acts").with_for_update())
            return work(connection)

        return in_transaction(self._store, locked)

    def _do(self, work: Callable[[Connection], R]) -> R:
        return in_transaction(self._store, work)

    def _read(self, question: Callable[[Connection], R]) -> R:
        try:
            with reading(self._store.engine) as connection:
                return question(connection)
        except SQLAlchemyError as error:
            raise explain(error, self._store.shown) from error
