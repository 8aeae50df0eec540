"""The other services as one edge tells of them: all together, and those that are away by what they told last."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tradewind.api.ports import FeedAlarm, ServiceView, SourceInfo
from tradewind.bus.redis.requests import Asker
from tradewind.errors import TransientError
from tradewind.kernel.clock import NS_PER_S, FakeClock
from tradewind.kernel.metrics import Metrics
from tradewind.runtime.neighbours import Neighbours
from tradewind.runtime.status import SystemStatus, SystemView

NOW_NS = 1_764_552_600_000_000_000
ALARM = FeedAlarm("silent", 7, "feed silent in trading hours")


def status_of(name: str, metrics: Metrics, **fields: Any) -> SystemStatus:
    source = SourceInfo("zeromq" if name == "market" else "simulator", name)
    return SystemStatus(metrics=metrics, clock=FakeClock(7), source=source, rows=(name,), **fields)


class Service:
    """One service that answers what it is told to, or does not."""

    def __init__(self, name: str) -> None:
        self.metrics = Metrics()
        self.view = status_of(name, self.metrics).system()
        self.is_away = False
        self.garbage: object = None

    async def ask(self, name: str, _body: object) -> Any:
        assert name == "system"
        if self.is_away:
            message = "it did not answer within 2 s"
            raise TransientError(message)
        return self.garbage or msgspec.to_builtins(self.view)

    def tell(self, **changes: Any) -> None:
        self.view = msgspec.structs.replace(self.view, **changes)


class World:
    """The api with some neighbours, and the time by which they are judged."""

    def __init__(self, *names: str, optional: tuple[str, ...] = ()) -> None:
        self.now_s = 100.0
        self.services = {name: Service(name) for name in names}
        self.metrics = Metrics()
        askers: dict[str, Asker] = dict(self.services)  # type: ignore[arg-type]  # askers as far as they are asked
        own = status_of("api", self.metrics)
        self.neighbours = Neighbours(
            "api", own, askers=askers, optional=optional, now_s=lambda: self.now_s, now_ns=lambda: NOW_NS
        )

    async def look(self, after_s: float = 0.0) -> SystemView:
        self.now_s += after_s
        await self.neighbours.ask_all()
        return self.neighbours.system()

    def row(self, name: str) -> ServiceView:
        return next(row for row in self.neighbours.services() if row.name == name)


async def test_the_figures_of_all_are_told_together() -> None:
    world = World("market", "push")
    world.metrics.api_requests.add("200", 3)
    world.services["market"].tell(rates={"ticks_in": 40.0, "api_requests": 0.0}, memory_mb=50.0)
    world.services["push"].tell(
        gauges={"tradewind_push_clients": {"native": 2.0}},
        counters={"tradewind_api_requests_total": {"200": 4, "404": 1}},
        strategy_errors={"a.py": "broken"},
    )
    told = await world.look()
    assert told.rates["ticks_in"] == 40.0
    assert told.memory_mb >= 50.0
    assert told.gauges["tradewind_push_clients"] == {"native": 2.0}
    assert told.counters["tradewind_api_requests_total"] == {"200": 7, "404": 1}
    assert told.strategy_errors == {"a.py": "broken"}
    assert told.source == SourceInfo("zeromq", "market")
    assert [row.name for row in told.services][:3] == ["market", "push", "api"]
    assert told.told_s == {"market": 0.0, "push": 0.0}


async def test_one_that_is_away_is_shown_by_what_it_told_last_and_when() -> None:
    world = World("market")
    world.services["market"].tell(rates={"ticks_in": 40.0}, feed_alarm=ALARM)
    assert (await world.look()).feed_alarm == ALARM
    world.services["market"].is_away = True
    assert world.row("market").state == "running"
    told = await world.look(after_s=6.0)
    assert told.rates["ticks_in"] == 40.0
    assert told.told_s == {"market": 6.0}
    assert world.row("market") == ServiceView(
        "market", "silent", is_healthy=False, last_error="last heard of 6 s ago: it did not answer within 2 s"
    )
    # What it told of its feed is not so any more, or nobody knows: all that is known is that nobody hears of it.
    assert world.neighbours.told_alarm() is None
    assert told.feed_alarm == FeedAlarm(
        "cut", NOW_NS - 6 * NS_PER_S, "market is not heard of: it did not answer within 2 s"
    )
    world.services["market"].is_away = False
    assert (await world.look()).feed_alarm == ALARM
    assert world.row("market").is_healthy


async def test_a_market_that_is_still_starting_is_no_alarm_and_one_that_never_comes_is() -> None:
    world = World("market")
    world.services["market"].is_away = True
    assert (await world.look()).feed_alarm is None
    alarm = (await world.look(after_s=10.5)).feed_alarm
    assert alarm is not None
    assert alarm.state == "cut"


async def test_where_no_market_is_expected_none_is_missed() -> None:
    world = World("push")
    assert (await world.look(after_s=60.0)).feed_alarm is None


async def test_one_that_never_answered_is_silent_unless_nobody_needs_it() -> None:
    world = World("market", "quotes", optional=("quotes",))
    assert world.row("market").last_error == "not asked yet"
    for service in world.services.values():
        service.is_away = True
    await world.look()
    assert [row.name for row in world.neighbours.services()] == ["market", "api"]
    assert (world.row("market").state, world.row("market").is_healthy) == ("silent", False)
    assert world.neighbours.source().kind == "simulator"
    world.services["quotes"].is_away = False
    await world.look()
    assert world.row("quotes").is_healthy


@pytest.mark.parametrize("garbage", [[1], {"version": 3}, "well"])
async def test_an_answer_that_is_none_counts_as_silence(garbage: object) -> None:
    world = World("market")
    world.services["market"].garbage = garbage
    await world.look()
    assert world.row("market").state == "silent"
    assert "Expected" in str(world.row("market").last_error)


async def test_a_part_that_is_not_well_makes_its_service_not_well() -> None:
    world = World("risk")
    ill = ServiceView("bus", "waiting", is_healthy=False, restarts=2, last_error="Redis is away")
    world.services["risk"].tell(services=[ServiceView("risk", "running", is_healthy=True), ill])
    await world.look()
    assert world.row("risk") == ServiceView(
        "risk", "waiting", is_healthy=False, restarts=2, last_error="bus: Redis is away"
    )
