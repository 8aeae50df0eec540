"""The supervisor keeps services alive, apart from each other, and stops them in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tradewind.errors import ConfigError
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.service import ServiceState, Supervisor

from waiting import eventually


class FakeService:
    def __init__(self, name: str, work: Callable[[], object]) -> None:
        self.name = name
        self.runs = 0
        self._work = work

    async def run(self) -> None:
        self.runs += 1
        self._work()
        await asyncio.Event().wait()


def _fine() -> None:
    """Do nothing wrong."""


def _broken() -> None:
    message = "no"
    raise ValueError(message)


async def _run_until(supervisor: Supervisor, condition: Callable[[], bool]) -> asyncio.Task[None]:
    task = asyncio.create_task(supervisor.run())
    await eventually(condition)
    return task


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


async def test_a_failing_service_is_started_again_and_the_others_do_not_notice() -> None:
    metrics = Metrics()
    bad, good = FakeService("bad", _broken), FakeService("good", _fine)
    supervisor = Supervisor([bad, good], metrics, backoff_scale=0.0)
    task = await _run_until(supervisor, lambda: bad.runs >= 3)
    assert good.runs == 1
    assert supervisor.health["bad"].restarts >= 2
    assert supervisor.health["bad"].last_error == "ValueError: no"
    assert metrics.service_restarts.counts["bad"] >= 2
    await _stop(task)


async def test_a_wrong_configuration_is_not_tried_again() -> None:
    def refuse() -> None:
        message = "port 1 is taken"
        raise ConfigError(message)

    bad, good = FakeService("bad", refuse), FakeService("good", _fine)
    metrics = Metrics()
    supervisor = Supervisor([bad, good], metrics, backoff_scale=0.0)
    task = await _run_until(supervisor, lambda: supervisor.health["bad"].state is ServiceState.FAILED)
    assert bad.runs == 1
    assert metrics.services_refused.counts == {"bad": 1}
    assert [name for name, health in supervisor.health.items() if health.refused.is_set()] == ["bad"]
    assert not supervisor.health["bad"].is_healthy
    assert supervisor.health["good"].is_healthy
    await _stop(task)


async def test_services_stop_in_reverse_order() -> None:
    stopped: list[str] = []

    class Ending(FakeService):
        async def run(self) -> None:
            try:
                await super().run()
            finally:
                stopped.append(self.name)

    services = [Ending(name, _fine) for name in ("first", "second", "third")]
    task = await _run_until(Supervisor(services, Metrics()), lambda: all(service.runs for service in services))
    await _stop(task)
    assert stopped == ["third", "second", "first"]


async def test_a_service_that_is_done_is_healthy() -> None:
    class Short(FakeService):
        async def run(self) -> None:
            self.runs += 1

    short = Short("short", _fine)
    supervisor = Supervisor([short], Metrics())
    await supervisor.run()
    assert supervisor.health["short"].state is ServiceState.DONE
    assert supervisor.health["short"].is_healthy
