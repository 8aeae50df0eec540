"""The bus between processes: `Bus` on Redis Streams and Pub/Sub, under the names of the systems it replaces.

What is promised, and how:

- *At least once to each group.* An entry is acknowledged only after its handler returned and everything the handler
  published is in Redis. What a dead member had in hand, the next one finds pending and handles first.
- *Effect exactly once.* Handling twice must change nothing, so a repeat is recognised wherever one can arise. The
  same entry again (the connection broke before the acknowledgement): its id is not above the last one handled here.
  The same event under a new entry id (the writer resent what it had no answer for, or died between publishing and
  acknowledging and was repeated by its successor): ticks by their number, in every room; bars, signals and
  opportunities by their natural key, in `delivery.Remembered`. What a repeat finds in a new process is a new state,
  rebuilt from the stream; ids of what is published derive from the data, so the repeats carry the same names.
- *Order per instrument.* An instrument's events are in one shard, a shard is read by one member of a group at a time
  (`ownership`), and a member handles what was left pending before anything newer (`takeover`).
- *No silent hole.* Trimming waits for the slowest group; where it cannot any longer, or where Redis lost its data, a
  gap record is counted, logged and kept (`gaps`). Pub/Sub topics are at most once; sequence numbers show a loss.
- *Redis away.* Publishing goes on into a bounded spool (`writer`); connecting anew is the same as starting.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tradewind.bus.codec import build_codec
from tradewind.bus.redis.address import address_of
from tradewind.bus.redis.channels import Channels
from tradewind.bus.redis.control import Control
from tradewind.bus.redis.delivery import Audience
from tradewind.bus.redis.gaps import Gaps
from tradewind.bus.redis.health import BusHealth, BusState
from tradewind.bus.redis.keys import BROADCAST_MARK, entry_id, stream_key
from tradewind.bus.redis.mirrors import Mirrors
from tradewind.bus.redis.ownership import Ownership
from tradewind.bus.redis.publishing import build_publisher
from tradewind.bus.redis.reader import GroupReader
from tradewind.bus.redis.resp import ReplyError, command
from tradewind.bus.redis.session import LOOKS, Session
from tradewind.bus.redis.tail import read_back
from tradewind.bus.redis.trimming import Trimmer
from tradewind.bus.redis.writer import Writer
from tradewind.errors import ConfigError, TransientError
from tradewind.kernel.backoff import Backoff
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.ids import new_epoch
from tradewind.kernel.log import get_log
from tradewind.kernel.rng import named_rng

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.settings import BusSettings
    from tradewind.bus.topics import Topic
    from tradewind.kernel.metrics import Metrics

E = TypeVar("E")
_LOG = get_log("bus.redis")
_TROUBLE_S: Final = 0.05
_SETTLE_S: Final = 0.005
_AWAY = (TransientError, OSError, TimeoutError, ReplyError)


class RedisSubscription:
    """A handler's place on one topic of a `RedisBus`; cancelling keeps the group's place on Redis."""

    __slots__ = ("_audience", "_handler")

    def __init__(self, audience: Audience[Any], handler: Callable[[Any], None]) -> None:
        self._audience = audience
        self._handler = handler

    def cancel(self) -> None:
        """Stop receiving; safe to call twice."""
        audience = self._audience
        audience.handlers = tuple(known for known in audience.handlers if known is not self._handler)


class RedisBus:
    """`Bus` over Redis; see the module for the promises and `BusHealth` for its state."""

    def __init__(
        self,
        settings: BusSettings,
        *,
        metrics: Metrics,
        on_failure: Callable[[str, str, object, Exception], None] | None = None,
        on_hop: Callable[[str, str, int], None] | None = None,
    ) -> None:
        """Report a failing handler to `on_failure(topic, group, event, error)`, mean times of a batch to `on_hop`.

        Raises: ConfigError: the url is none, or entries are to be packs: groups handle and acknowledge event by event.
        """
        if settings.codec == "packed":
            message = (
                "bus.codec must be json or msgpack for groups of your own, was packed: that is for rooms that run apart"
            )
            raise ConfigError(message)
        self._settings = settings
        self._address = address_of(settings)
        self._metrics = metrics
        self._on_failure = on_failure
        self._on_hop = on_hop
        self.member = settings.member or f"{socket.gethostname()}-{new_epoch()}"
        self._backoff = Backoff(named_rng(0, "bus.redis", self.member), scale=settings.retry_scale)
        self._writer = Writer(
            spool=settings.spool,
            window=settings.window,
            backoff=Backoff(named_rng(0, "bus.redis.writer", self.member), scale=settings.retry_scale),
            retry_max_s=settings.retry_max_s,
            metrics=metrics,
            many=settings.max_len // LOOKS,
            on_many=self._wake,
        )
        self._control = Control(timeout_s=settings.timeout_s)
        self._gaps = Gaps(self._writer, metrics)
        self._channels = Channels(member=self.member, shards=settings.shards, writer=self._writer)
        self._groups: dict[str, GroupReader] = {}
        self._trimmers: dict[str, Trimmer] = {}
        self.mirrors = Mirrors(self._writer, length=settings.mirror_len) if settings.mirrors else None
        self._session: Session | None = None
        self._task: asyncio.Task[None] | None = None
        self._first: asyncio.Future[None] | None = None
        self._state: BusState = "stopped"
        self._reason = "not started"
        self._since_s = monotonic_s()

    def publisher(self, topic: Topic[E]) -> Callable[[E], None]:
        """Return the bound publish function of `topic`."""
        if topic.delivery == "stream":
            for shard in range(self._settings.shards):
                key = stream_key(topic.wire_name, shard, self._settings.shards)
                self._trimmers.setdefault(key, Trimmer(key, settings=self._settings, gaps=self._gaps))
        return build_publisher(topic, writer=self._writer, settings=self._settings, mirrors=self.mirrors)

    def subscribe(self, topic: Topic[E], handler: Callable[[E], None], *, group: str) -> RedisSubscription:
        """Add `handler` to `group`; it gets events from now on, or from where the group stood before a restart."""
        reader = self._reader(group)
        audience = reader.audiences.get(topic.name) or self._audience(reader, topic, group)
        audience.handlers = (*audience.handlers, handler)
        if self._session is not None:
            self._session.follow()
        return RedisSubscription(audience, handler)

    def groups(self, topic: Topic[Any]) -> tuple[str, ...]:
        """Return which groups of this process read a topic now."""
        return tuple(
            name
            for name, reader in self._groups.items()
            if topic.name in reader.audiences and reader.audiences[topic.name].handlers
        )

    @property
    def spooled(self) -> int:
        """Return how many stream entries Redis has not confirmed yet: who publishes a flood should look at it."""
        return self._writer.spooled

    def health(self) -> BusHealth:
        """Return the state of the bus now."""
        is_held = self._state == "connected" and bool(self._writer.held_by)
        return BusHealth(
            state="degraded" if is_held else self._state,
            reason=f"Redis takes no writes: {self._writer.held_by}" if is_held else self._reason,
            address=self._address.shown,
            member=self.member,
            since_s=monotonic_s() - self._since_s,
            spooled=self._writer.spooled,
            spool=self._settings.spool,
            dropped=self._metrics.bus_dropped.total(),
            reconnects=self._metrics.bus_reconnects.total(),
            shards={name: tuple(sorted(reader.ownership.held)) for name, reader in self._groups.items()},
            gaps=tuple(self._gaps.newest),
        )

    async def start(self) -> None:
        """Connect; if Redis is away, go on without it and keep trying.

        Raises: ConfigError: Redis answered, and will never have us as we are configured.
        """
        self._enter("connecting", "")
        self._first = asyncio.get_running_loop().create_future()
        self._spawn()
        await asyncio.wait([self._first], timeout=self._settings.connect_s)
        if self._first.done():
            try:
                self._first.result()
            except ConfigError as error:
                self._enter("stopped", str(error))
                raise

    async def settle(self) -> None:
        """Wait until everything published so far has been handled, and acknowledged, by the groups of this process."""
        while True:
            try:
                if self._state == "connected" and await self._is_settled():
                    return
            except _AWAY:
                pass
            await asyncio.sleep(_SETTLE_S)

    async def tail(self, topic: Topic[E], count: int) -> list[E]:
        """Return the newest `count` events of each of a topic's streams, oldest first: what a new process starts from.

        Raises: ConnectionError, TimeoutError: Redis is away.
        """
        decode = build_codec(topic, self._settings.codec).decode
        shards = self._settings.shards
        events: list[E] = []
        for shard in range(shards):
            key = stream_key(topic.wire_name, shard, shards)
            events += [event for _, event in await read_back(self._control, key, decode, count)]
        return events

    async def flushed(self) -> None:
        """Wait until every stream entry published so far is in Redis, or was dropped from a full spool."""
        await self._writer.confirmed()

    async def stop(self) -> None:
        """Write and acknowledge what is under way for at most `stop_s`, give back what this member held, disconnect."""
        if self._task is None:
            return
        session = self._session
        if session is not None and self._state == "connected":
            with contextlib.suppress(*_AWAY):
                async with asyncio.timeout(self._settings.stop_s):
                    await session.leave()
        task, self._task = self._task, None
        task.cancel()
        await asyncio.wait([task])
        if self._writer.spooled:
            _LOG.error("bus_stopped_with_unwritten_entries", count=self._writer.spooled, reason=self._reason)
        self._enter("stopped", "stopped")

    def _reader(self, group: str) -> GroupReader:
        if group not in self._groups:
            is_broadcast = group in self._settings.broadcast
            name = f"{group}{BROADCAST_MARK}{self.member}" if is_broadcast else group
            self._groups[group] = GroupReader(
                name,
                member=self.member,
                settings=self._settings,
                ownership=Ownership(
                    name,
                    member=self.member,
                    shards=self._settings.shards,
                    lease_s=self._settings.reclaim_idle_s,
                    is_broadcast=is_broadcast,
                ),
                writer=self._writer,
                on_trouble=self._wake_soon,
            )
        return self._groups[group]

    def _audience(self, reader: GroupReader, topic: Topic[E], group: str) -> Audience[E]:
        audience = Audience(
            topic,
            group,
            build_codec(topic, self._settings.codec),
            settings=self._settings,
            writer=self._writer,
            metrics=self._metrics,
            on_failure=self._on_failure,
            on_hop=self._on_hop,
        )
        for key in reader.add(audience):
            # In the pipeline, so that the group begins before whatever this process publishes from now on.
            self._writer.lasting(command("XGROUP", "CREATE", key, reader.group, "$", "MKSTREAM"))
        if topic.delivery == "pubsub":
            self._channels.add(audience, reader.ownership)
        return audience

    def _wake(self) -> None:
        if self._session is not None:
            self._session.wake()

    def _wake_soon(self) -> None:
        session = self._session
        if session is not None:
            asyncio.get_running_loop().call_later(_TROUBLE_S, session.wake)

    def _enter(self, state: BusState, reason: str) -> None:
        if (state, reason) != (self._state, self._reason):
            log = _LOG.info if state in {"connected", "stopped", "connecting"} else _LOG.warning
            log("bus_state_changed", state=state, reason=reason, address=self._address.shown)
        if state != self._state:
            self._since_s = monotonic_s()
        self._state, self._reason = state, reason

    def _lose(self, reason: str) -> None:
        if self._state == "connected":
            self._metrics.bus_reconnects.add()
        self._enter("degraded", reason)

    def _ready(self) -> None:
        self._backoff.reset()
        self._enter("connected", "")
        if self._first is not None and not self._first.done():
            self._first.set_result(None)

    def _spawn(self) -> None:
        self._task = asyncio.create_task(self._run(), name="bus.redis")
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Begin again after an error that nobody foresaw: the bus must not be dead and look alive."""
        if task.cancelled() or task is not self._task or (error := task.exception()) is None:
            return
        _LOG.error("bus_failed", exc_info=error)
        self._enter("degraded", f"{type(error).__name__}: {error}")
        asyncio.get_running_loop().call_later(self._settings.retry_max_s, self._respawn, task)

    def _respawn(self, ended: asyncio.Task[None]) -> None:
        if self._task is ended:
            self._spawn()

    async def _run(self) -> None:
        while True:
            self._session = session = Session(
                address=self._address,
                member=self.member,
                settings=self._settings,
                metrics=self._metrics,
                writer=self._writer,
                control=self._control,
                channels=self._channels,
                groups=self._groups,
                trimmers=self._trimmers,
                gaps=self._gaps,
            )
            try:
                await session.run(self._ready)
            except ConfigError as error:
                if self._first is not None and not self._first.done():
                    self._first.set_exception(error)
                    return
                self._lose(str(error))
            except _AWAY as error:
                self._lose(str(error) or f"Redis at {self._address.shown} does not answer")
            finally:
                self._session = None
            await asyncio.sleep(min(self._backoff.next_wait_s(), self._settings.retry_max_s))

    async def _is_settled(self) -> bool:
        await self._writer.confirmed()
        await self._channels.passed()
        for reader in self._groups.values():
            for lane in reader.lanes.values():
                if lane.audience.handlers and not await self._is_read(lane.key, reader.group):
                    return False
        return self._writer.spooled == 0 and not self._writer.is_subscribing

    async def _is_read(self, key: str, group: str) -> bool:
        newest = await self._control.call("XREVRANGE", key, "+", "-", "COUNT", 1)
        for raw in await self._control.call("XINFO", "GROUPS", key):
            facts = dict(zip(raw[::2], raw[1::2], strict=True))
            if facts[b"name"].decode() == group:
                is_delivered = not newest or entry_id(facts[b"last-delivered-id"]) >= entry_id(newest[0][0])
                return is_delivered and not facts[b"pending"]
        return False
