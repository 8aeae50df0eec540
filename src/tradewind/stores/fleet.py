"""Where the fleet is of record: modules, jobs, schedules, workflows; shared by every control server.

Calls may wait for a disk or a network. What two servers might do at once is decided by the store: of two that connect a
module, give out an execution, fire a schedule or begin the next step of a workflow, one does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from tradewind.domain.act import Act
from tradewind.domain.fleet import AskJobs, AskModules
from tradewind.domain.job import Execution, Job, JobPlan, JobState, Schedule, Workflow, WorkflowRun
from tradewind.domain.module import Module, Told

FLEET_CHAIN: Final = "fleet"
"""The chain of acts of operators and modules; every control server writes it."""


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """A module that registers; of its hash only the digest is kept."""

    module_id: str
    secret_sha256: str
    name: str
    description: str
    program: str
    inputs: str
    outputs: str
    peer: str
    is_admitted: bool


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a hash belongs to, and what decides whether they may connect."""

    module_id: str
    secret_sha256: str
    standing: str
    """pending, admitted or retired."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A module's connection to one of the servers: only who made it may end it."""

    module_id: str
    instance: str
    connection: str
    peer: str


class Waiting(msgspec.Struct, frozen=True):
    """An execution that nobody has: `module_id` is whom it is meant for, empty for anybody with the label."""

    execution_id: str
    job_id: str
    module_id: str
    label: str
    lease: int


class Given(msgspec.Struct, frozen=True):
    """An execution that is to be given to a module, under its next lease."""

    execution_id: str
    job_id: str
    module_id: str
    lease: int
    until: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a module reported: `has_proof` says that it was given just this execution, whoever has it now."""

    execution_id: str
    module_id: str
    is_done: bool
    result: str = ""
    error: str = ""
    has_proof: bool = False


class Wish(msgspec.Struct, frozen=True):
    """What is wanted of a connection that some server has: `close` it, `shut` the module down, `cancel` an execution.

    The last is of an execution that is under way there and of no use any more: cancelled, or given up. `keep` is of a
    stream: this module has it, and whoever else still listens is to leave it.
    """

    module_id: str
    what: str
    execution_id: str = ""


class Running(msgspec.Struct, frozen=True):
    """A run whose step has ended, with how it ended."""

    run: WorkflowRun
    ended: JobState
    error: str


class ServerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One control server that shares the fleet."""

    instance: str
    address: str
    started_at: int
    beat_at: int
    modules: int = 0
    is_alive: bool = True


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A job to be written, with the modules its executions are meant for; an empty one is for anybody."""

    job_id: str
    plan: JobPlan
    origin: str
    origin_id: str
    created_by: str
    created_at: int
    meant_for: tuple[str, ...]


class FleetStore(Protocol):
    """One fleet's store. Every call raises StoreError when it cannot be done."""

    def open(self) -> None:
        """Connect, and see that the tables are there. Raises: StoreAwayError, ConfigError, SchemaError."""
        ...

    def close(self) -> None:
        """Let go of it; safe to call twice."""
        ...

    # ── modules ─────────────────────────────────────────────────────────────────────────────────────────────────
    def register(self, new: Newcomer, now: int, *, most: int, act: Act) -> bool:
        """Write a newcomer; false when there are `most` already."""
        ...

    def known(self, secret_sha256: str) -> Known | None:
        """Return whose hash has this digest."""
        ...

    def connect(self, link: Link, now: int, *, alive_since: int) -> bool:
        """Note a connection; false while another one stands, of a server that gave a sign since `alive_since`."""
        ...

    def disconnect(self, link: Link, now: int, *, until: int) -> None:
        """Note its end; what the module has under way is its own until `until` at most."""
        ...

    def take_place(self, server: ServerRow) -> None:
        """Begin a server; another one at its address is gone, whatever it left behind."""
        ...

    def beat(self, server: ServerRow, *, until: int, executions: Sequence[str], told: Mapping[str, Told]) -> list[Wish]:
        """Say that a server lives, renew what its modules have under way, note what they told of themselves.

        Returns what is wanted of its connections.
        """
        ...

    def leave(self, instance: str, now: int) -> None:
        """Take a server off the list: every connection of it has ended."""
        ...

    def bury(self, *, alive_since: int) -> list[str]:
        """Take dead servers off the list; return the modules that are connected no more."""
        ...

    def admitted(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return ids and labels of all that may be told anything."""
        ...

    def modules_of(self, instance: str, now: int) -> list[Module]:
        """Note that those connected to a server have been seen, and return them."""
        ...

    def modules(self, ask: AskModules) -> list[Module]:
        """Return a page of modules by name."""
        ...

    def some_modules(self, ids: Collection[str]) -> list[Module]:
        """Return those of them that there are."""
        ...

    def change_module(self, module_id: str, values: Mapping[str, object], *, version: int | None, act: Act) -> Module:
        """Write columns anew. Raises: InputError: there is none. StateConflictError: it is at another version."""
        ...

    def wish(self, module_id: str, what: str, act: Act) -> Module:
        """Leave word for the server that has a module's connection. Raises: InputError: there is no such module."""
        ...

    # ── jobs ────────────────────────────────────────────────────────────────────────────────────────────────────
    def start(self, draft: Draft, act: Act) -> Job:
        """Write a job with its executions; the same job id again changes nothing."""
        ...

    def cancel(self, job_id: str, now: int, act: Act) -> Job:
        """End what has not ended. Raises: InputError: there is no such job."""
        ...

    def waiting(self, instance: str, *, busy: Collection[str], labels: Collection[str], most: int) -> list[Waiting]:
        """Return what may be given to modules of this server, the oldest first; `busy` modules take nothing."""
        ...

    def plans(self, job_ids: Collection[str]) -> dict[str, tuple[JobPlan, str, str]]:
        """Return plan, origin and its id of jobs."""
        ...

    def give(self, given: Sequence[Given], instance: str, now: int) -> list[Given]:
        """Give executions out; return those that nobody else took or ended meanwhile."""
        ...

    def progress(self, execution_id: str, module_id: str, text: str) -> None:
        """Note how far somebody is who has an execution."""
        ...

    def finish(self, outcomes: Sequence[Outcome], now: int) -> list[bool]:
        """Write outcomes; for each say whether it is the one that counts."""
        ...

    def expire(self, now: int) -> list[str]:
        """Take back executions whose lease is over; return their jobs."""
        ...

    def jobs(self, ask: AskJobs) -> tuple[list[Job], str]:
        """Return a page, and where the next begins."""
        ...

    def some_jobs(self, ids: Collection[str]) -> list[Job]:
        """Return those of them that there are."""
        ...

    def executions(self, *, job_id: str = "", module_id: str = "", after: str = "", limit: int) -> list[Execution]:
        """Return executions of a job by id, or the newest of a module."""
        ...

    def prune(self, before: int, *, most: int) -> int:
        """Forget jobs that ended before, and more than `most`; return how many."""
        ...

    def open_jobs(self) -> int:
        """Return how many jobs have not ended."""
        ...

    # ── schedules and workflows ─────────────────────────────────────────────────────────────────────────────────
    def schedules(self) -> list[Schedule]:
        """Return all, by name."""
        ...

    def put_schedule(self, schedule: Schedule, act: Act, *, most: int) -> Schedule:
        """Write one; its version must be the one that stands. Raises: InputError, StateConflictError."""
        ...

    def remove_schedule(self, name: str, version: int, act: Act) -> None:
        """Take one away. Raises: InputError, StateConflictError."""
        ...

    def due(self, now: int) -> list[Schedule]:
        """Return those that should begin."""
        ...

    def fire(self, schedule: Schedule, *, next_at: int, draft: Draft | WorkflowRun | None, now: int, act: Act) -> bool:
        """Begin what is due, once: false when another server did. Nothing to begin: it was missed."""
        ...

    def reschedule(self, name: str, was: int, next_at: int) -> None:
        """Note when it is due, unless it has fired meanwhile."""
        ...

    def workflows(self) -> list[Workflow]:
        """Return all, by name."""
        ...

    def create_workflow(self, workflow: Workflow, act: Act, *, most: int) -> Workflow:
        """Write one; the same id again changes nothing."""
        ...

    def remove_workflow(self, workflow_id: str, act: Act) -> None:
        """Take one away. Raises: InputError: there is none, or a schedule begins it."""
        ...

    def begin_run(self, run: WorkflowRun, act: Act) -> WorkflowRun:
        """Write a run; its first job is begun by `advance`."""
        ...

    def runs(self, workflow_id: str, limit: int) -> list[WorkflowRun]:
        """Return the newest."""
        ...

    def ended_steps(self) -> list[Running]:
        """Return runs whose present job has ended or was never begun."""
        ...

    def advance(self, run: WorkflowRun, to: WorkflowRun, draft: Draft | None) -> bool:
        """Go on with a run, once: false when another server did."""
        ...

    def servers(self, *, alive_since: int) -> list[ServerRow]:
        """Return the servers of this fleet."""
        ...
