"""A rolling restart: whose turn it is when, that one which does not get well ends it, and how long each may take."""

from __future__ import annotations

import pytest

from tradewind.errors import TransientError
from tradewind.kernel.settings import load
from tradewind.runtime.lifecycle.crew import Outcome
from tradewind.runtime.lifecycle.programs import stop_s
from tradewind.runtime.lifecycle.rolling import roll, turns
from tradewind.runtime.lifecycle.supervisor_rpc import ProgramInfo
from tradewind.runtime.services import PROGRAMS, SERVICES
from tradewind.runtime.settings import TradewindSettings


class FakeCrew:
    """Programs that run, of which some do not come back."""

    def __init__(self, *names: str, broken: str = "", stopped: str = "") -> None:
        states = {name: "STOPPED" if name == stopped else "RUNNING" for name in names}
        self._programs = {name: ProgramInfo(name, state, 1, 0, 0, "", "") for name, state in states.items()}
        self._broken = broken
        self.renewed: list[str] = []

    def programs(self) -> dict[str, ProgramInfo]:
        return self._programs

    def renew(self, program: str) -> Outcome:
        self.renewed.append(program)
        return Outcome(program, is_well=program != self._broken, text="")


def test_a_reader_has_its_turn_before_whoever_writes_what_it_reads() -> None:
    order = turns(PROGRAMS)
    line = [row for row in SERVICES if row.name in {"market", "features", "strategies", "signals", "trading", "push"}]
    for reader in line:
        for writer in line:
            if {topic.name for topic in reader.reads} & {topic.name for topic in writer.writes}:
                assert order.index(reader.name) < order.index(writer.name)


def test_the_gateway_has_no_turn_and_of_several_processes_the_first_comes_last() -> None:
    running = ("market", "features", "features-2", "gateway", "push")
    assert turns(running) == ("push", "features-2", "features", "market")


def test_what_does_not_run_is_left_alone() -> None:
    crew = FakeCrew("market", "risk", "push", stopped="risk")
    assert roll(crew, PROGRAMS, on_turn=lambda _: None)  # type: ignore[arg-type]  # a crew by hand
    assert crew.renewed == ["push", "market"]


def test_the_first_that_does_not_get_well_ends_it() -> None:
    crew, told = FakeCrew("market", "risk", "push", broken="risk"), list[Outcome]()
    assert not roll(crew, PROGRAMS, on_turn=told.append)  # type: ignore[arg-type]  # a crew by hand
    assert [(each.service, each.is_well) for each in told] == [("push", True), ("risk", False)]


def test_where_nothing_runs_there_is_nothing_to_roll() -> None:
    with pytest.raises(TransientError, match="tradewind start"):
        roll(FakeCrew("market", stopped="market"), PROGRAMS, on_turn=lambda _: None)  # type: ignore[arg-type]  # as above


def test_push_gets_the_time_its_clients_get_on_top_of_what_others_get() -> None:
    settings = load(TradewindSettings, flags=["push.leave_s=30", "push.drain_s=0.5", "services.settle_s=2"]).settings
    common = settings.services.stop_s
    assert {name: stop_s(name, settings) - common for name in ("push", "api", "quotes", "market", "market-2")} == {
        "push": 31, "api": 2, "quotes": 2, "market": 0, "market-2": 0,
    }  # fmt: skip
