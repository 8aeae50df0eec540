"""What the process says of itself."""

from __future__ import annotations

import msgspec

from tradewind.api.ports import ServiceView, SourceInfo
from tradewind.errors import ConfigError
from tradewind.kernel.clock import FakeClock
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.service import Supervisor
from tradewind.runtime.services import SERVICES
from tradewind.runtime.status import SystemStatus


class Refusing:
    """A service that cannot work as it is configured."""

    name = "push"

    async def run(self) -> None:
        message = "port 1 is taken"
        raise ConfigError(message)


def status_of(metrics: Metrics, **changes: object) -> SystemStatus:
    fields = {"clock": FakeClock(7), "source": SourceInfo("simulator", "two contracts"), **changes}
    return SystemStatus(metrics=metrics, **fields)  # type: ignore[arg-type]  # a test names what it changes


def view_of(status: SystemStatus, name: str) -> ServiceView:
    (view,) = [view for view in status.services() if view.name == name]
    return view


def test_every_row_of_the_map_is_shown_supervised_or_not() -> None:
    assert [view.name for view in status_of(Metrics()).services()] == [row.name for row in SERVICES]


async def test_a_refused_service_is_shown_with_its_reason() -> None:
    metrics = Metrics()
    status, supervisor = status_of(metrics), Supervisor([Refusing()], metrics)
    status.watch(supervisor)
    await supervisor.run()
    assert view_of(status, "push") == ServiceView(
        "push", "failed", is_healthy=False, last_error="config: port 1 is taken"
    )


def test_strategies_that_could_not_be_loaded_are_told_and_their_room_is_well() -> None:
    errors = {"a.py": "a.py could not be loaded", "b.py": "b.py defines no strategy"}
    status = status_of(Metrics(), strategy_errors=lambda: errors)
    assert status.system().strategy_errors == errors
    assert view_of(status, "strategies") == ServiceView(
        "strategies", "running", is_healthy=True, last_error="a.py could not be loaded (and 1 more)"
    )
    assert view_of(status_of(Metrics()), "strategies").last_error is None


def test_a_recording_that_stopped_is_told_and_the_market_is_well() -> None:
    status = status_of(Metrics(), recording_failure=lambda: "a.twr: No space left on device; recording stopped")
    assert view_of(status, "market") == ServiceView(
        "market", "running", is_healthy=True, last_error="recording: a.twr: No space left on device; recording stopped"
    )
    assert view_of(status_of(Metrics()), "market").last_error is None


def test_what_rooms_count_apart_is_fetched_before_anybody_reads() -> None:
    metrics = Metrics()

    def refresh() -> None:
        metrics.features_passed_over.raise_to(3, "late")
        metrics.signals_refused.raise_to(2, "flood")

    status = status_of(metrics, refresh=refresh)
    assert status.system().counters["tradewind_features_passed_over_total"] == {"late": 3}
    assert b'tradewind_features_passed_over_total{reason="late"} 3.0' in status.prometheus()
    assert b'tradewind_signals_refused_total{reason="flood"} 2.0' in status.prometheus()


def test_rates_are_made_between_two_looks() -> None:
    metrics = Metrics()
    status = status_of(metrics)
    metrics.ticks_in.add("simulator", 100)
    status.sample()
    assert status.system().rates["ticks_in"] > 0
    assert msgspec.json.encode(status.system())
