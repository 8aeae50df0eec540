"""What every part of one control server shares: its store, its clock, its name, and what others should hear of."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

import msgspec

from tradewind.domain.act import Act
from tradewind.kernel.ids import new_epoch

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.collector.control.cadence import Hours
    from tradewind.collector.control.roster import Roster
    from tradewind.collector.control.settings import ControlSettings
    from tradewind.kernel.clock import Clock
    from tradewind.kernel.metrics import Metrics
    from tradewind.stores.fleet import FleetStore

P = ParamSpec("P")
R = TypeVar("R")
_THREADS: Final = 2


class News:
    """What has changed and nobody has been told of yet, and that there may be something to give out."""

    def __init__(self) -> None:
        self.modules: set[str] = set()
        self.jobs: set[str] = set()
        self.progress: dict[str, tuple[str, str]] = {}
        """By execution: whose word it is, and how far it is."""
        self.work = asyncio.Event()
        self.told = asyncio.Event()
        self.step = asyncio.Event()
        """A workflow may go on."""

    def of_modules(self, *ids: str) -> None:
        """Let others hear of modules."""
        self.modules.update(ids)
        self.told.set()

    def of_jobs(self, *ids: str) -> None:
        """Let others hear of jobs."""
        self.jobs.update(ids)
        self.told.set()


class Means:
    """See the module's words; `instance` names this life of this server."""

    def __init__(
        self,
        *,
        settings: ControlSettings,
        store: FleetStore,
        roster: Roster,
        hours: Hours,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self.settings = settings
        self.store = store
        self.roster = roster
        self.hours = hours
        self.clock = clock
        self.metrics = metrics
        self.instance = new_epoch()
        self.news = News()
        self.closed: str | None = "it is starting"
        """Why nothing is answered now."""
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="control")

    async def call(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what a call of the store gives, in a thread; raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, partial(work, *args, **kwargs))

    def act(self, action: str, subject: str, *, actor: str, source: str = "api", after: Any = None) -> Act:  # noqa: ANN401 - any record
        """Return an act for the record."""
        told = "" if after is None else msgspec.json.encode(after).decode()
        return Act(f"fleet-{new_epoch()}", action, actor, source, subject, "", told, self.clock.now_ns())

    def shut(self) -> None:
        """End the threads; what is under way is finished first."""
        self._pool.shutdown()
        self.store.close()
