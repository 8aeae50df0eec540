"""The store of the fleet on each database: of two that want the same, one gets it; each act is on the chain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tradewind.domain.act import Act
from tradewind.domain.fleet import AskJobs, AskModules
from tradewind.domain.job import CronCadence, JobPlan, JobState, Schedule, Step, Workflow
from tradewind.domain.module import ModuleState, Told
from tradewind.errors import InputError, StateConflictError
from tradewind.kernel.clock import NS_PER_S
from tradewind.runtime.auditing import verify
from tradewind.stores.fleet import FLEET_CHAIN, Draft, Given, Link, Newcomer, Outcome, ServerRow
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.fleet import SqlFleet
from tradewind.stores.sql.store import SqlStore

T0 = 1_700_000_000_000_000_000
LATER = T0 + 60 * NS_PER_S
ONE = ServerRow(instance="one", address="a:1", started_at=T0, beat_at=T0)
PLAN = JobPlan(codes=("TSLA.US", "USDCNY"))


def act(name: str = "job_started") -> Act:
    return Act(f"fleet-{name}", name, "wang", "api", "x", "", "", T0)


def draft(job_id: str, *meant_for: str, plan: JobPlan = PLAN) -> Draft:
    return Draft(
        job_id=job_id, plan=plan, origin="api", origin_id="", created_by="wang", created_at=T0,
        meant_for=meant_for or ("",),
    )  # fmt: skip


def link(module_id: str, instance: str = "one") -> Link:
    return Link(module_id=module_id, instance=instance, connection=f"{module_id} {instance}", peer="127.0.0.1")


@pytest.fixture
def store(settings: StoreSettings, tmp_path: Path) -> Iterator[SqlFleet]:
    store = SqlFleet(SqlStore(settings, tmp_path))
    store.open()
    store.take_place(ONE)
    for name in ("m1", "m2"):
        new = Newcomer(
            module_id=name, secret_sha256=name * 32, name=f"采集 {name}", description="", program="", inputs="{}",
            outputs="", peer="127.0.0.1", is_admitted=True,
        )  # fmt: skip
        assert store.register(new, T0, most=2, act=act("module_registered"))
    yield store
    store.close()


def given(store: SqlFleet, job_id: str, module_id: str, lease: int = 1, until: int = LATER) -> list[Given]:
    return store.give([Given(f"{job_id}-00000", job_id, module_id, lease, until)], "one", T0)


def ended(store: SqlFleet, job_id: str, module_id: str, **changes: Any) -> bool:
    fields = {"execution_id": f"{job_id}-00000", "module_id": module_id, "is_done": True, "result": '{"stored":2}'}
    (counts,) = store.finish([Outcome(**{**fields, **changes})], T0)
    return counts


def test_no_more_modules_are_registered_than_may_be(store: SqlFleet) -> None:
    new = Newcomer(
        module_id="m3", secret_sha256="m3" * 32, name="x", description="", program="", inputs="", outputs="", peer="",
        is_admitted=True,
    )  # fmt: skip
    assert not store.register(new, T0, most=2, act=act())


def test_a_module_is_connected_once_until_its_server_is_dead(store: SqlFleet) -> None:
    assert store.connect(link("m1"), T0, alive_since=T0)
    assert not store.connect(link("m1", "two"), T0, alive_since=T0)
    store.disconnect(link("m1", "two"), T0, until=T0)
    (module,) = store.some_modules(("m1",))
    assert module.state is ModuleState.ONLINE
    assert store.connect(link("m1", "two"), LATER, alive_since=T0 + 1)
    assert store.bury(alive_since=T0 + 1) == ["m1"]


def test_a_server_takes_the_place_of_the_one_that_had_its_address(store: SqlFleet) -> None:
    store.connect(link("m1"), T0, alive_since=T0)
    store.take_place(msgspec.structs.replace(ONE, instance="new"))
    assert [module.state for module in store.modules(AskModules())] == [ModuleState.OFFLINE] * 2
    assert [server.instance for server in store.servers(alive_since=T0)] == ["new"]


def test_what_a_module_tells_and_an_operator_wishes_goes_through_its_server(store: SqlFleet) -> None:
    store.connect(link("m1"), T0, alive_since=T0)
    told = Told(release="1.2", kinds=("quotes", "depth"), unsent=3, machine_load=0.5)
    store.change_module("m1", {"wish": "close"}, version=None, act=act("module_closed"))
    (wish,) = store.beat(ONE, until=LATER, executions=(), told={"m1": told})
    assert (wish.module_id, wish.what) == ("m1", "close")
    assert store.some_modules(("m1",))[0].told == told
    assert not store.beat(ONE, until=LATER, executions=(), told={})


def test_a_module_is_changed_as_it_was_seen_and_never_again_once_it_is_retired(store: SqlFleet) -> None:
    changed = store.change_module("m1", {"labels": ["hk", "us_1"]}, version=1, act=act("module_changed"))
    assert changed.labels == ("hk", "us_1")
    assert [module.module_id for module in store.modules(AskModules(label="us_1"))] == ["m1"]
    assert not store.modules(AskModules(label="usx1"))
    with pytest.raises(StateConflictError, match="version 2, you saw 1"):
        store.change_module("m1", {"name": "y"}, version=1, act=act())
    store.change_module("m1", {"standing": "retired"}, version=None, act=act())
    with pytest.raises(StateConflictError, match="register anew"):
        store.change_module("m1", {"standing": "admitted"}, version=None, act=act())
    with pytest.raises(InputError, match="no module 'nobody'"):
        store.change_module("nobody", {"name": "y"}, version=None, act=act())


def test_an_execution_is_given_once_under_each_number(store: SqlFleet) -> None:
    store.start(draft("j1"), act())
    assert store.start(draft("j1"), act()).version == 1
    assert len(given(store, "j1", "m1")) == 1
    assert not given(store, "j1", "m2")
    assert store.expire(LATER + 1) == ["j1"]
    assert not given(store, "j1", "m2", lease=1)
    assert len(given(store, "j1", "m2", lease=2)) == 1


def test_a_stream_keeps_its_lease_as_long_as_it_lasts_and_no_longer(store: SqlFleet) -> None:
    hour, day = 3_600 * NS_PER_S, 86_400 * NS_PER_S
    for job_id, duration_s in (("hour", 3_600), ("open", 0)):
        store.start(draft(job_id, plan=JobPlan(kind="stream", codes=("TSLA.US",), duration_s=duration_s)), act())
        given(store, job_id, "m1")
    both = ("hour-00000", "open-00000")
    kept = store.beat(ONE, until=LATER, executions=both, told={})
    assert {(wish.module_id, wish.what, wish.execution_id) for wish in kept} == {("m1", "keep", one) for one in both}
    for after in (hour, 2 * hour, 30 * day):
        store.beat(msgspec.structs.replace(ONE, beat_at=T0 + after), until=T0 + after + 1, executions=both, told={})
        assert store.expire(T0 + after) == ([] if after == hour else ["hour"] if after == 2 * hour else [])


def test_whoever_has_what_nobody_wants_any_more_is_told_until_it_is_over(store: SqlFleet) -> None:
    for job_id in ("j1", "j2"):
        store.start(draft(job_id), act())
        given(store, job_id, "m1")
    store.cancel("j1", T0, act("job_cancelled"))
    for _ in range(2):
        (wish,) = store.beat(ONE, until=LATER, executions=("j1-00000", "j2-00000"), told={})
        assert (wish.module_id, wish.what, wish.execution_id) == ("m1", "cancel", "j1-00000")
    assert ended(store, "j1", "m1", has_proof=True)
    assert not ended(store, "j1", "m1", has_proof=True)
    assert not store.beat(ONE, until=LATER, executions=("j2-00000",), told={})
    (kept,) = store.executions(job_id="j1", limit=5)
    assert (kept.state, kept.result, kept.error) == ("cancelled", {"stored": 2}, "the job was cancelled")


def test_the_first_good_result_counts_and_no_other(store: SqlFleet) -> None:
    store.start(draft("j1"), act())
    given(store, "j1", "m1")
    assert not ended(store, "j1", "m2")
    assert not ended(store, "j1", "m2", is_done=False, has_proof=True)
    assert ended(store, "j1", "m1")
    assert not ended(store, "j1", "m1", result="2")
    assert not ended(store, "none", "m1")
    (job,) = store.some_jobs(("j1",))
    assert (job.state, job.done, job.ended_at) == (JobState.DONE, 1, T0)
    (execution,) = store.executions(job_id="j1", limit=10)
    assert execution.result == {"stored": 2}
    assert store.some_modules(("m1",))[0].done == 1


def test_two_results_of_one_lot_are_one(store: SqlFleet) -> None:
    store.start(draft("j1"), act())
    given(store, "j1", "m1")
    twice = [Outcome(execution_id="j1-00000", module_id="m1", is_done=True, result=str(n)) for n in (1, 2)]
    assert store.finish(twice, T0) == [True, False]
    assert store.executions(job_id="j1", limit=10)[0].result == 1


def test_what_was_tried_often_enough_is_given_up(store: SqlFleet) -> None:
    store.start(draft("j1", plan=msgspec.structs.replace(PLAN, attempts=1)), act())
    given(store, "j1", "m1")
    store.beat(ONE, until=LATER + 5, executions=("j1-00000",), told={})
    assert not store.expire(LATER + 5)
    store.expire(LATER + 6)
    (job,) = store.some_jobs(("j1",))
    assert (job.state, job.failed) == (JobState.FAILED, 1)
    assert ended(store, "j1", "m1", has_proof=True)
    assert not ended(store, "j1", "m1", has_proof=True)


def test_jobs_are_found_by_words_states_and_modules_and_old_ones_are_forgotten(store: SqlFleet) -> None:
    for number in range(5):
        store.start(draft(f"j{number}", plan=JobPlan(codes=(f"C{number}",))), act())
    given(store, "j1", "m1")
    ended(store, "j1", "m1")
    page, place = store.jobs(AskJobs(limit=2))
    assert [job.job_id for job in page] == ["j4", "j3"]
    assert [job.job_id for job in store.jobs(AskJobs(limit=9, before=place))[0]] == ["j2", "j1", "j0"]
    assert [job.job_id for job in store.jobs(AskJobs(search="C3"))[0]] == ["j3"]
    assert not store.jobs(AskJobs(search="C_"))[0]
    assert [job.job_id for job in store.jobs(AskJobs(module_id="m1", state=JobState.DONE))[0]] == ["j1"]
    with pytest.raises(InputError, match="before must be"):
        store.jobs(AskJobs(before="'; DROP"))
    assert store.prune(T0 + 1, most=100) == 1
    assert store.open_jobs() == 4


def test_a_schedule_and_a_step_are_taken_by_one(store: SqlFleet) -> None:
    schedule = Schedule(name="close", cadence=CronCadence(cron="0 9 * * *"), plan=PLAN, next_at=T0, version=0)
    kept = store.put_schedule(schedule, act("schedule_written"), most=1)
    (due,) = store.due(T0)
    assert due == kept
    assert store.fire(due, next_at=LATER, draft=draft("s1"), now=T0, act=act("schedule_fired"))
    assert not store.fire(due, next_at=LATER, draft=draft("s2"), now=T0, act=act("schedule_fired"))
    assert [job.job_id for job in store.jobs(AskJobs())[0]] == ["s1"]
    with pytest.raises(StateConflictError, match="at most 1"):
        store.put_schedule(msgspec.structs.replace(schedule, name="other"), act(), most=1)
    workflow = Workflow(workflow_id="w1", name="x", steps=(Step(plan=PLAN),), created_by="wang", created_at=T0)
    assert store.create_workflow(workflow, act(), most=9) == store.create_workflow(workflow, act(), most=9)
    assert store.workflows() == [workflow]


def test_every_act_is_on_a_chain_that_holds(store: SqlFleet, settings: StoreSettings, tmp_path: Path) -> None:
    store.start(draft("j1"), act())
    store.cancel("j1", T0, act("job_cancelled"))
    verdict = verify(msgspec.structs.replace(settings, chain=FLEET_CHAIN), tmp_path)
    assert (verdict.count, verdict.findings) == (4, ())
