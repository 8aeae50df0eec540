"""Who gets what, who may be told anything, and when a schedule is due: the pure part of the control server."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control_stage import DAY_NS, round_days
from tradewind.collector.control.cadence import next_time
from tradewind.collector.control.drafts import meant_for
from tradewind.collector.control.limits import Tries
from tradewind.collector.control.roster import Connected, Roster
from tradewind.domain.job import CronCadence, JobPlan, MarketCadence, Spread
from tradewind.domain.module import Told
from tradewind.errors import InputError, StateConflictError
from tradewind.stores.fleet import Known, Link, Waiting

PLAN = JobPlan(codes=("TSLA.US",))
ADMITTED = [("m1", ("hk",)), ("m2", ("hk", "us")), ("m3", ())]
HOUR_NS = DAY_NS // 24


class Silent:
    async def say(self, text: str) -> bool:
        del text
        return True

    async def close(self, reason: str) -> None:
        del reason


def connected(module_id: str, **changes: Any) -> Connected:
    known = Known(module_id=module_id, secret_sha256=module_id, standing="admitted")
    link = Link(module_id=module_id, instance="one", connection="c", peer="")
    module = Connected(known, link, Silent(), is_ours=False, now_s=0.0)
    for name, value in changes.items():
        setattr(module, name, value)
    return module


def roster_of(*modules: Connected, per_module: int = 1) -> Roster:
    roster = Roster(per_module)
    for module in modules:
        roster.add(module)
    return roster


@given(st.integers(1, 5), st.integers(0, 30), st.integers(1, 3))
def test_nobody_gets_more_than_they_may_and_the_load_is_even(modules: int, jobs: int, per_module: int) -> None:
    roster = roster_of(*(connected(f"m{number}") for number in range(modules)), per_module=per_module)
    waiting = [Waiting(f"j-{number}", "j", "", "", 0) for number in range(jobs)]
    shared = roster.share_out(waiting, {"j": PLAN}, 1)
    assert len(shared) == min(jobs, modules * per_module)
    loads = [sum(one.module_id == f"m{number}" for one in shared) for number in range(modules)]
    assert max(loads) - min(loads) <= 1
    assert len({one.execution_id for one in shared}) == len(shared)


def test_a_job_goes_to_who_knows_its_kind_has_its_label_or_is_named() -> None:
    roster = roster_of(
        connected("old"), connected("ours", told=Told(kinds=("depth",))), connected("far", labels=("hk",))
    )
    plans = {
        "depth": JobPlan(codes=("A",), kind="depth"),
        "hk": JobPlan(codes=("A",), label="hk"),
        "old": JobPlan(codes=("A",), modules=("old", "gone")),
        "own": PLAN,
    }
    waiting = [Waiting(f"{job}-0", job, "gone" if job == "own" else "", "", 0) for job in plans]
    shared = {one.job_id: one.module_id for one in roster.share_out(waiting, plans, 1)}
    assert shared == {"depth": "ours", "hk": "far", "old": "old"}


def test_a_proof_is_of_one_module_one_execution_and_one_lease() -> None:
    module, other = connected("m1"), connected("m2")
    meta = {"lease": 2, "proof": module.prove("j-0", 2)}
    assert module.was_given("j-0", meta)
    assert not other.was_given("j-0", meta)
    assert not module.was_given("j-1", meta)
    assert not module.was_given("j-0", {**meta, "lease": 3})
    for strange in ({}, {"lease": "2"}, {"lease": 2, "proof": None}, {"lease": 2, "proof": "\u00e9"}):
        assert not module.was_given("j-0", strange)


def test_a_job_is_meant_for_one_for_each_or_for_anybody() -> None:
    assert meant_for(PLAN, ADMITTED) == ("",)
    assert meant_for(JobPlan(codes=("A",), spread=Spread.EACH), ADMITTED) == ("m1", "m2", "m3")
    assert meant_for(JobPlan(codes=("A",), label="hk", spread=Spread.EACH), ADMITTED) == ("m1", "m2")
    assert meant_for(JobPlan(codes=("A",), modules=("m3",)), ADMITTED) == ("m3",)
    with pytest.raises(InputError, match="no admitted module 'm9'"):
        meant_for(JobPlan(codes=("A",), modules=("m9",)), ADMITTED)
    with pytest.raises(StateConflictError, match="no admitted module has the label 'jp'"):
        meant_for(JobPlan(codes=("A",), label="jp"), ADMITTED)


@given(st.integers(0, 3 * 24), st.integers(-600, 600), st.sampled_from(["open", "close"]))
def test_a_market_schedule_is_due_after_now_and_within_a_day(hour: int, minutes: int, anchor: Any) -> None:
    now = 20_000 * DAY_NS + hour * HOUR_NS
    due = next_time(MarketCadence("au2512.SHFE", anchor=anchor, minutes=minutes), now, round_days)
    assert now < due <= now + 2 * DAY_NS
    assert (due - minutes * HOUR_NS // 60) % DAY_NS in {HOUR_NS, 7 * HOUR_NS}


def test_cron_knows_the_zone_and_its_summer() -> None:
    winter = 1_767_225_600_000_000_000  # 2026-01-01T00:00Z
    cadence = CronCadence(cron="30 9 * * *", zone="America/New_York")
    assert next_time(cadence, winter, round_days) == winter + 14 * HOUR_NS + HOUR_NS // 2
    summer = winter + 181 * DAY_NS
    assert next_time(cadence, summer, round_days) == summer + 13 * HOUR_NS + HOUR_NS // 2
    with pytest.raises(InputError, match=r"cannot be read|never comes"):
        next_time(CronCadence(cron="0 0 31 2 *"), winter, round_days)


def test_an_address_has_its_tries_back_after_a_minute() -> None:
    tries = Tries(2)
    assert [tries.take("a", second) for second in (0.0, 1.0, 2.0)] == [True, True, False]
    assert tries.take("b", 2.0)
    assert tries.is_spent("a", 3.0)
    assert tries.take("a", 61.0)
