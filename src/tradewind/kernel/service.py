"""Services and their supervisor: every long-running part is a `run()` that ends only by being cancelled.

The supervisor owns each in its own task: one that fails is logged, counted and started again along the backoff
ladder without touching the others; one that fails with `ConfigError` or `TakenOverError` stays down, since trying
again cannot help.
"""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from tradewind.errors import ConfigError, TakenOverError
from tradewind.kernel.backoff import Backoff
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.log import get_log
from tradewind.kernel.rng import named_rng

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.kernel.metrics import Metrics

_LOG = get_log("kernel.service")
STABLE_AFTER_S = 60.0


class Service(Protocol):
    """A part with a life of its own."""

    @property
    def name(self) -> str:
        """Return the name shown in logs, health and metrics."""
        ...

    async def run(self) -> None:
        """Work until cancelled; returning early means there is nothing left to do."""
        ...


class ServiceState(StrEnum):
    """What a service is doing."""

    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting"
    """Failed, and waits for its next try."""
    DONE = "done"
    FAILED = "failed"
    """Failed in a way that trying again cannot mend."""


class ServiceHealth:
    """What the health pages say of one service."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = ServiceState.STARTING
        self.restarts = 0
        self.last_error: str | None = None
        self.refused = asyncio.Event()
        """Set once the service is `FAILED`, for whoever would wait for it in vain."""
        self.since_s = monotonic_s()

    def enter(self, state: ServiceState) -> None:
        """Note that the service is now in `state`."""
        self.state = state
        if state is ServiceState.FAILED:
            self.refused.set()
        self.since_s = monotonic_s()

    @property
    def is_healthy(self) -> bool:
        """True while it does what it should."""
        return self.state in {ServiceState.RUNNING, ServiceState.STARTING, ServiceState.DONE}


class Supervisor:
    """Runs services side by side until cancelled, then stops them in reverse order."""

    def __init__(self, services: Sequence[Service], metrics: Metrics, *, backoff_scale: float = 1.0) -> None:
        self._services = tuple(services)
        self._metrics = metrics
        self._scale = backoff_scale
        self.health = {service.name: ServiceHealth(service.name) for service in services}

    async def run(self) -> None:
        """Start every service and keep it running; stop them, last first, when cancelled."""
        tasks = [asyncio.create_task(self._keep(service), name=service.name) for service in self._services]
        try:
            # wait, unlike gather, leaves the tasks alone when it is cancelled: they are stopped in order below
            await asyncio.wait(tasks)
        finally:
            for task in reversed(tasks):
                task.cancel()
                await asyncio.wait([task])

    async def _keep(self, service: Service) -> None:
        health = self.health[service.name]
        backoff = Backoff(named_rng(0, "backoff", service.name), scale=self._scale)
        while True:
            health.enter(ServiceState.RUNNING)
            begun_s = monotonic_s()
            try:
                await service.run()
            except (ConfigError, TakenOverError) as error:
                health.last_error = f"{error.code}: {error}"
                health.enter(ServiceState.FAILED)
                self._metrics.services_refused.add(service.name)
                _LOG.error("service_refused", service=service.name, code=error.code, reason=str(error))
                return
            except Exception as error:  # noqa: BLE001 - the service supervisor, one of the three boundaries
                health.last_error = f"{type(error).__name__}: {error}"
                if monotonic_s() - begun_s > STABLE_AFTER_S:
                    backoff.reset()
                wait_s = backoff.next_wait_s()
                health.restarts += 1
                health.enter(ServiceState.WAITING)
                self._metrics.service_restarts.add(service.name)
                _LOG.exception("service_failed", service=service.name, retry_in_s=round(wait_s, 2))
                await asyncio.sleep(wait_s)
            else:
                health.enter(ServiceState.DONE)
                return
