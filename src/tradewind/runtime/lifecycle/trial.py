"""`tradewind test`: one test tick through the running system, and when each hop of it was seen by somebody outside.

The market's process is asked for the tick, as nobody else writes that stream; from then on this process listens where
the services write, and as a client of push, so that every time is taken by one clock. What the tick is and what each
room does with it: `domain/trial.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.bus.codec import UNREADABLE
from tradewind.bus.line_codec import build_line_codec
from tradewind.bus.line_order import LineKey, through, tick_place
from tradewind.bus.redis.cursor_reader import Batch, CursorReader
from tradewind.bus.redis.keys import TRIAL_KEY, TRIAL_SEQ_KEY, entry_id, shard_of
from tradewind.bus.redis.link import open_link
from tradewind.bus.redis.resp import payload_of
from tradewind.bus.redis.room_streams import durable_key, mark_key
from tradewind.bus.topics import CLEAN_TICKS, FEATURES, OPPORTUNITIES, SIGNALS
from tradewind.domain.trial import TRIAL_ID
from tradewind.errors import TransientError
from tradewind.kernel.clock import Clock, monotonic_s
from tradewind.runtime.lifecycle import health
from tradewind.runtime.lifecycle.push_client import PushClient
from tradewind.runtime.lifecycle.redis_facts import asking
from tradewind.runtime.services import CONTROL, GATEWAY, PROGRAMS, TRADING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.bus.redis.address import RedisAddress
    from tradewind.bus.redis.control import Control
    from tradewind.bus.topics import Topic
    from tradewind.runtime.settings import TradewindSettings

_WRITTEN: Final[dict[str, Topic[Any]]] = {
    "market": CLEAN_TICKS,
    "features": FEATURES,
    "strategies": SIGNALS,
    "signals": OPPORTUNITIES,
}
_MARK: Final = TRIAL_ID.encode()
_READERS: Final = (TRADING, "quotes")
_ASKED_FOR_S: Final = 10
"""How long a request waits for a market that comes up; after it, it is gone."""
_LOOK_S: Final = 0.02


class Hop(msgspec.Struct, frozen=True):
    """One service's answer to the test tick: how long after the request it was seen, `None` if never."""

    service: str
    sees: str
    after_ms: float | None


class TrialReport(msgspec.Struct, frozen=True):
    """What came of one test tick."""

    seq: int
    hops: list[Hop]
    failure: str
    """Which hop did not answer and what that means, empty where all did."""


def run_trial(settings: TradewindSettings, names: Sequence[str], *, clock: Clock, patience_s: float) -> TrialReport:
    """Send one test tick and wait until it was seen at each of `names`, or `patience_s` are over.

    Raises:
        ConfigError: Redis will not have us.
        TransientError: it is not there.
    """
    return asyncio.run(_Trial(settings, names, clock=clock).run(patience_s))


class _Trial:
    """One test tick under way."""

    def __init__(self, settings: TradewindSettings, names: Sequence[str], *, clock: Clock) -> None:
        self._settings = settings
        # No tick comes by the control server.
        self._names = [name for name in PROGRAMS if name in names and name != CONTROL]
        self._clock = clock
        self._seq = 0
        self._tick: LineKey | None = None
        self._entry = (0, 0)
        """The entry that brought the tick."""
        self._begun_s = 0.0
        self._seen: dict[str, float] = {}
        self._all_seen = asyncio.Event()
        self._lost = ""
        self._push_trouble = ""
        shards = settings.bus.shards
        self._topics = {
            durable_key(topic, shard, shards).encode(): (service, build_line_codec(topic, settings.bus.codec))
            for service, topic in _WRITTEN.items()
            for shard in range(shards)
        }
        shard = shard_of(TRIAL_ID, shards)
        self._marks = {mark_key("risk", shard, shards).encode()}
        self._tick_key = durable_key(CLEAN_TICKS, shard, shards)

    async def run(self, patience_s: float) -> TrialReport:
        async with asking(self._settings.bus, name="test") as (control, at), contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(self._listening(control, at))
            if "push" in self._names:
                await stack.enter_async_context(self._as_client())
            await self._ask(control)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await self._ask_doors()
                    await self._watch_readers()
                    await self._all_seen.wait()
        if self._lost:
            raise TransientError(self._lost)
        return TrialReport(self._seq, self._hops(), self._failure(patience_s))

    @contextlib.asynccontextmanager
    async def _listening(self, control: Control, at: RedisAddress) -> Any:  # noqa: ANN401 - a context
        """Read what the services write from now on."""
        bus = self._settings.bus
        keys = (*self._topics, *self._marks)
        reader = CursorReader(
            keys, batch=bus.batch, block_ms=bus.block_ms, wanted=lambda: keys, on_batch=self._take,
            on_refused=self._lose,
        )  # fmt: skip
        for key in keys:
            entries: list[Any] = await control.call("XREVRANGE", key, "+", "-", "COUNT", 1)
            reader.cursors[key] = entries[0][0] if entries else b"0-0"
        link = await open_link(
            at, name="test.reader", timeout_s=bus.timeout_s,
            drain=reader.drain, on_lost=lambda: None,
        )  # fmt: skip
        reader.attach(link)
        try:
            yield
        finally:
            reader.detach()
            link.close()

    @contextlib.asynccontextmanager
    async def _as_client(self) -> Any:  # noqa: ANN401 - a context
        """Be a client of push; if it lets nobody in, that is what the report says of it."""
        host, port = self._settings.push.host, self._settings.services.push_port
        client = PushClient(host, port, headers=health.credentials(), on_message=self._on_message)
        self._push_trouble = await client.open(self._settings.bus.timeout_s)
        try:
            yield
        finally:
            await client.close()

    async def _ask(self, control: Control) -> None:
        # After a Redis that was emptied the numbers must go on above those that rooms have seen.
        now_s = self._clock.now_ns() // 1_000_000_000
        await control.call("SET", TRIAL_SEQ_KEY, now_s, "NX")
        self._seq = int(await control.call("INCR", TRIAL_SEQ_KEY))
        self._begun_s = monotonic_s()
        await control.call("XADD", TRIAL_KEY, "MAXLEN", 1, "*", "payload", self._seq)
        await control.call("EXPIRE", TRIAL_KEY, _ASKED_FOR_S)

    async def _ask_doors(self) -> None:
        if "api" in self._names and await asyncio.to_thread(health.ask, "api", self._settings) is not None:
            self._saw("api")
        if GATEWAY in self._names and await asyncio.to_thread(health.ask_entry, self._settings):
            self._saw(GATEWAY)

    async def _watch_readers(self) -> None:
        """Wait until those that only read have read the tick: their doors say how far they are."""
        waiting = [name for name in _READERS if name in self._names]
        while waiting and not self._lost:
            for name in waiting:
                answer = await asyncio.to_thread(health.ask, name, self._settings)
                if answer is not None and self._has_read(answer.positions):
                    self._saw(name)
            waiting = [name for name in waiting if name not in self._seen]
            await asyncio.sleep(_LOOK_S)

    def _has_read(self, positions: dict[str, str]) -> bool:
        """Tell whether a reader is past the tick; one that says nothing of its place is taken to be."""
        at = positions.get(self._tick_key)
        return self._tick is not None and (at is None or entry_id(at.encode()) >= self._entry)

    def _take(self, batch: Batch) -> None:
        for key, entries in batch:
            if key in self._marks:
                self._take_mark(entries[-1][1])
                continue
            service, codec = self._topics[key]
            for raw_id, fields in entries:
                payload = payload_of(fields) or b""
                if _MARK not in payload:
                    continue
                with contextlib.suppress(*UNREADABLE):
                    self._look_at(service, raw_id, [event for _, event in codec.read(payload)])

    def _look_at(self, service: str, raw_id: bytes, events: list[Any]) -> None:
        for index, event in enumerate(events):
            if self._is_ours(event):
                if service == "market":
                    self._entry = entry_id(raw_id)
                    self._tick = tick_place(self._entry, index)
                self._saw(service)

    def _is_ours(self, event: Any) -> bool:  # noqa: ANN401 - of any topic
        """Tell whether an event followed from this very test tick."""
        if event.instrument_id != TRIAL_ID:
            return False
        seq = getattr(event, "seq", None)
        return bool(seq == self._seq if seq is not None else event.cause.endswith(f":{TRIAL_ID}:{self._seq}"))

    def _take_mark(self, fields: list[bytes]) -> None:
        with contextlib.suppress(msgspec.DecodeError):
            mark: LineKey = msgspec.json.decode(payload_of(fields) or b"", type=tuple[int, ...])
            if self._tick is not None and mark >= through(self._tick):
                self._saw("risk")

    def _on_message(self, message: bytes) -> None:
        if f":{TRIAL_ID}:{self._seq}".encode() in message:
            self._saw("push")

    def _saw(self, name: str) -> None:
        self._seen.setdefault(name, monotonic_s())
        if all(each in self._seen for each in self._names):
            self._all_seen.set()

    def _lose(self, reason: str) -> None:
        self._lost = f"Redis refused to be read: {reason}"
        self._all_seen.set()

    def _hops(self) -> list[Hop]:
        return [
            Hop(name, _SEES[name], round((self._seen[name] - self._begun_s) * 1_000, 2) if name in self._seen else None)
            for name in self._names
        ]

    def _failure(self, patience_s: float) -> str:
        """Name the first hop of the flow that did not answer, also one that was not asked for but stands before."""
        missing = [name for name in self._names if name not in self._seen]
        if not missing:
            return ""
        if missing == ["push"] and self._push_trouble:
            return f"push did not answer: {self._push_trouble}"
        silent = next(name for name in PROGRAMS if name not in self._seen and _is_before(name, missing))
        return (
            f"{silent} did not answer within {patience_s:g} s: {_SEES[silent]} was not seen; look at "
            f"`tradewind status` and `tradewind logs {silent}`"
        )


_SEES: Final = {
    "market": f"the tick on {CLEAN_TICKS.wire_name}",
    "features": "its features on their stream",
    "strategies": f"a signal on {SIGNALS.wire_name}",
    "signals": f"an opportunity on {OPPORTUNITIES.wire_name}",
    "risk": "the mark of having read all of it",
    TRADING: f"the tick read from {CLEAN_TICKS.wire_name}",
    "push": "the opportunity at a WebSocket client",
    "api": "an answer of /health",
    "quotes": f"the tick read from {CLEAN_TICKS.wire_name}",
    CONTROL: "an answer of its own to a question",
    GATEWAY: "the same answer of api through it",
}
_NEEDS: Final = {
    "market": ("market",),
    "features": ("market", "features"),
    "strategies": ("market", "features", "strategies"),
    "signals": ("market", "features", "strategies", "signals"),
    "risk": ("market", "features", "strategies", "signals", "risk"),
    TRADING: ("market", TRADING),
    "push": ("market", "features", "strategies", "signals", "push"),
    "api": ("api",),
    "quotes": ("market", "quotes"),
    CONTROL: (),
    GATEWAY: ("api", GATEWAY),
}
"""What must answer for a service to answer, in the order of the flow."""


def _is_before(name: str, missing: Sequence[str]) -> bool:
    """Tell whether one of the missing waits for `name`."""
    return any(name in _NEEDS[each] for each in missing)
