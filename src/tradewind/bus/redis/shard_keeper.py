"""One process of a room whose ticks are split: it serves as many shards as are its share of the processes alive.

A shard is a line of its own, so each is served by a worker of its own, with its own clock and state. Who comes gets
shards from those that have more than their share, who give them back after writing what is under way; those of a
process that died are taken over when their leases end. A worker begins where the shard stands in the streams, always.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from tradewind.bus.redis.lease import Lease
from tradewind.bus.redis.links import AWAY, Links
from tradewind.bus.redis.passages import OnePassage
from tradewind.bus.redis.room_session import room_ownership
from tradewind.bus.redis.writer import build_writer
from tradewind.errors import TakenOverError
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tradewind.bus.redis.address import RedisAddress
    from tradewind.bus.redis.passages import Passages
    from tradewind.bus.settings import BusSettings
    from tradewind.kernel.metrics import Metrics

_LOG = get_log("bus.redis")
_ROUNDS_PER_LEASE: Final = 4


class ShardWorker(Protocol):
    """Serves one shard."""

    @property
    def links(self) -> Links:
        """Return its connections, for who asks how it is."""
        ...

    async def run(self) -> None:
        """Serve until cancelled; raise `TakenOverError` when another process has done so meanwhile."""
        ...

    async def leave(self) -> None:
        """Take nothing more, and write what is under way."""
        ...


Worker = TypeVar("Worker", bound=ShardWorker)


class ShardKeeper(Generic[Worker]):
    """A service (`kernel.service`): holds this process' leases and runs a worker for each shard; also its state."""

    name = "bus"

    def __init__(
        self,
        room: str,
        *,
        settings: BusSettings,
        metrics: Metrics,
        make: Callable[[int, Lease], Worker],
        passages: Passages | None = None,
    ) -> None:
        """Raises: ConfigError: the url is none."""
        self._passages = passages or OnePassage()
        self._room = room
        self._settings = settings
        self._metrics = metrics
        self._make = make
        writer = build_writer(settings, name=f"{room}.keeper", metrics=metrics)
        self._links = Links(f"{room}.keeper", settings=settings, writer=writer, readers=())
        self._ownership = room_ownership(room, member=self._links.member, shards=settings.shards, settings=settings)
        self._is_leaving = False
        self._workers: dict[int, tuple[Worker, asyncio.Task[None]]] = {}

    @property
    def workers(self) -> tuple[Worker, ...]:
        """Return the workers of the shards served here."""
        return tuple(worker for worker, _ in self._workers.values())

    @property
    def links(self) -> Links:
        """Return the connections that do not belong to a shard."""
        return self._links

    # what the health door asks

    @property
    def address(self) -> RedisAddress:
        """Return where Redis is."""
        return self._links.address

    @property
    def shards(self) -> tuple[int, ...]:
        """Return the shards served here."""
        return tuple(sorted(self._workers))

    @property
    def state(self) -> str:
        """Return connected, standby (others serve every shard), or what the one is in that is least well."""
        return self._worst()[0]

    @property
    def reason(self) -> str:
        """Return why it is not connected."""
        return self._worst()[1]

    def positions(self) -> dict[str, str]:
        """Return how far each stream of each shard has been read."""
        return {key: place for worker, _ in self._workers.values() for key, place in worker.links.positions().items()}

    # what the process does

    async def run(self) -> None:
        """Serve this process' share until cancelled.

        Raises: ConfigError: Redis will not have us.
        """
        try:
            await self._links.stay_connected(self._live, self._metrics)
        finally:
            await self._end(self.shards)

    async def leave(self) -> None:
        """Write what is under way and give every shard back: a stop, not a crash."""
        self._is_leaving = True
        shards = self.shards
        await asyncio.gather(*(worker.leave() for worker, _ in self._workers.values()))
        await self._end(shards)
        with contextlib.suppress(*AWAY):
            await self._ownership.release(self._links.control, shards, is_leaving=True)

    async def _live(self) -> None:
        await self._passages.wait_begun(self._links.control)
        while not self._is_leaving:
            surplus = await self._ownership.renew(self._links.control)
            held = frozenset(shard for shard in self._ownership.held if self._ownership.holds(shard))
            await self._end(set(self._workers) - held)
            await self._give_back(surplus)
            self._look_for_ended()
            for shard in sorted(held - surplus - set(self._workers)):
                self._begin(shard)
            self._links.enter("connected", "")
            await self._links.nap(self._settings.reclaim_idle_s / _ROUNDS_PER_LEASE)
        # What is given back must not be taken again: there is nothing left to do but to be cancelled.
        await asyncio.Event().wait()

    def _begin(self, shard: int) -> None:
        worker = self._make(shard, Lease(self._ownership, shard, is_lent=True))
        self._workers[shard] = worker, asyncio.create_task(worker.run(), name=f"{self._room}.{shard}")
        _LOG.info("shard_taken", room=self._room, shard=shard)

    async def _give_back(self, shards: Iterable[int]) -> None:
        """Let others have what is more than our share, after all that was done of it is written."""
        given = sorted(shards)
        if not given:
            return
        await asyncio.gather(*(self._workers[shard][0].leave() for shard in given if shard in self._workers))
        await self._end(given)
        await self._ownership.release(self._links.control, given)

    def _look_for_ended(self) -> None:
        """Forget a worker that another process had taken the shard from: the next one begins where the shard stands."""
        for shard, (_, task) in list(self._workers.items()):
            if task.done():
                del self._workers[shard]
                try:
                    task.result()
                except TakenOverError as error:
                    _LOG.warning("shard_taken_over", room=self._room, shard=shard, reason=str(error))

    async def _end(self, shards: Iterable[int]) -> None:
        tasks = []
        for shard in list(shards):
            if shard in self._workers:
                _, task = self._workers.pop(shard)
                task.cancel()
                tasks.append(task)
                _LOG.info("shard_left", room=self._room, shard=shard)
        if tasks:
            await asyncio.wait(tasks)

    def _worst(self) -> tuple[str, str]:
        if self._links.state != "connected":
            return self._links.state, self._links.reason
        if not self._workers:
            return "standby", f"other processes serve every shard of {self._room}"
        for shard, (worker, _) in sorted(self._workers.items()):
            if worker.links.state != "connected":
                return worker.links.state, f"shard {shard}: {worker.links.reason}" if worker.links.reason else ""
        return "connected", ""
