"""Publishes ticks when they are due: any iterator of raw ticks, at any speed, in any form."""

from __future__ import annotations

import asyncio
import struct
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from tradewind.errors import ConfigError
from tradewind.feeder.formats import FORMATS
from tradewind.feeder.quotes import QuoteMaker
from tradewind.kernel.clock import NS_PER_S, monotonic_s
from tradewind.kernel.log import get_log
from tradewind.market.ctpwire.marks import TIME_TOPIC, Mark

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tradewind.feeder.publisher import FeedPublisher

_LOG = get_log("feeder")
_SLICE_S: Final = 0.005
_STEP_S: Final = 0.2
"""How often a feed with marks says how far its time has come, while no quote is due."""
_FULL_WAIT_S: Final = 0.001
_LATE_S: Final = 2.0
"""A feed this far behind (the machine slept) goes on from where it is, without a rush."""

Framing = Literal["topic+body", "body", "joined"]
RawTuple = tuple[Any, ...]


class FeedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How a feed is published."""

    form: str = "protobuf"
    topic: str | None = None
    """`{symbol}`, `{exchange}` stand for the quote's own; `None`: the form's usual one."""
    framing: Framing = "topic+body"
    speed: Annotated[float, Meta(gt=0)] | Literal["max"] = 1.0
    has_marks: bool = False
    """Write a running number and the line time into a third frame, and time marks between quotes."""
    subscribers: int = 0
    """Wait for so many subscriptions before the first quote."""
    is_lossless: bool = True
    """Wait for slow subscribers rather than drop."""
    limit: int | None = None
    longest_gap_s: float = 60.0
    tail_s: float = 60.0


class FeedReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a feed."""

    address: str
    format: str
    published: int
    unsendable: int
    dropped: int
    elapsed_s: float
    is_complete: bool
    """False when it was stopped before the end."""


class Feeder:
    """Publishes one run of ticks. `stop` ends it before its time."""

    def __init__(self, plan: FeedPlan, publisher: FeedPublisher, *, session: int) -> None:
        """Tell this feed's marks from those of an earlier one by `session`.

        Raises: ConfigError: the form is unknown, or cannot be written into one frame with its topic.
        """
        form = FORMATS.get(plan.form)
        if form is None:
            message = f"--format must be one of {', '.join(FORMATS)}, was {plan.form!r}"
            raise ConfigError(message)
        if plan.framing == "joined" and not form.is_text:
            message = f"--framing joined is for text, {plan.form} is binary; use topic+body"
            raise ConfigError(message)
        if plan.has_marks and plan.framing != "topic+body":
            message = f"--marks needs --framing topic+body, was {plan.framing}"
            raise ConfigError(message)
        self.stop = asyncio.Event()
        self._plan = plan
        self._publisher = publisher
        self._encode = form.encode
        self._topic = form.topic if plan.topic is None else plan.topic
        self._is_topic_fixed = "{" not in self._topic
        self._session = session
        self._make = QuoteMaker().quote
        self._number = 0
        self.published = 0
        self.unsendable = 0
        self.dropped = 0

    async def run(self, ticks: Iterable[RawTuple]) -> FeedReport:
        """Publish every tick; return at the end, at the limit or when stopped."""
        begun_s = monotonic_s()
        is_complete = await self._wait_for_subscribers() and await self._play(islice(ticks, self._plan.limit))
        return FeedReport(
            address=self._publisher.address,
            format=self._plan.form,
            published=self.published,
            unsendable=self.unsendable,
            dropped=self.dropped,
            elapsed_s=round(monotonic_s() - begun_s, 3),
            is_complete=is_complete,
        )

    async def _wait_for_subscribers(self) -> bool:
        while self._publisher.count_subscriptions() < self._plan.subscribers:
            if await self._rest(_STEP_S / 10):
                return False
        return True

    async def _play(self, ticks: Iterable[RawTuple]) -> bool:
        speed, pace = self._plan.speed, _Pace(self._plan)
        slice_end_s = monotonic_s() + _SLICE_S
        last_ns = 0
        for raw in ticks:
            if speed != "max":
                while (wait_s := pace.wait_s(raw[2])) > 0:
                    if await self._rest(min(wait_s, _STEP_S)):
                        return False
                    slice_end_s = monotonic_s() + _SLICE_S
                    await self._mark_time(min(pace.position_ns(), raw[2] - 1))
            if monotonic_s() >= slice_end_s:
                if await self._rest(0):
                    return False
                slice_end_s = monotonic_s() + _SLICE_S
            last_ns = raw[2]
            if not await self._publish(raw):
                return False
        await self._mark_time(last_ns + round(self._plan.tail_s * NS_PER_S))
        return True

    async def _publish(self, raw: RawTuple) -> bool:
        quote = self._make(raw)
        try:
            body = self._encode(quote)
        except (ValueError, OverflowError, struct.error) as error:
            self.unsendable += 1
            if self.unsendable == 1:
                _LOG.warning("quote_unsendable", format=self._plan.form, instrument_id=raw[0], reason=str(error))
            return True
        topic = self._topic
        if not self._is_topic_fixed:
            topic = topic.replace("{symbol}", quote.symbol).replace("{exchange}", quote.exchange)
        if self._plan.framing == "body":
            frames = [body]
        elif self._plan.framing == "joined":
            frames = [b"%s %s" % (topic.encode(), body)]
        else:
            frames = [topic.encode(), body]
        is_sent = await self._send(frames, raw[2])
        self.published += is_sent
        return is_sent or not self.stop.is_set()

    async def _mark_time(self, line_ns: int) -> None:
        if self._plan.has_marks:
            await self._send([TIME_TOPIC, b""], line_ns)

    async def _send(self, frames: list[bytes], line_ns: int) -> bool:
        if self._plan.has_marks:
            frames.append(Mark(self._session, self._number, line_ns).pack())
        self._number += 1
        while not self._publisher.try_send(frames):
            if not self._plan.is_lossless:
                self.dropped += 1
                return False
            if await self._rest(_FULL_WAIT_S):
                return False
        return True

    async def _rest(self, seconds: float) -> bool:
        """Let time pass and others run; return whether it is time to stop."""
        await asyncio.sleep(seconds)
        return self.stop.is_set()


class _Pace:
    """Recorded time laid onto the wall clock, from an anchor, so that lateness does not add up."""

    def __init__(self, plan: FeedPlan) -> None:
        self._speed = plan.speed if plan.speed != "max" else 1.0
        self._longest_ns = round(plan.longest_gap_s * NS_PER_S)
        self._wall_s = 0.0
        self._line_ns = 0
        self._previous_ns = 0
        self._stretch = 1.0

    def wait_s(self, next_ns: int) -> float:
        """Return how long until the tick is due; it counts as played once this is 0 or less."""
        now_s = monotonic_s()
        if not self._previous_ns:
            self._restart(now_s, next_ns)
        gap_ns = next_ns - self._previous_ns
        if gap_ns > self._longest_ns and self._stretch == 1.0:
            # A long silence passes in the time of the longest one that is waited for.
            self._restart(now_s, self._previous_ns)
            self._stretch = gap_ns / self._longest_ns
        wait_s = self._wall_s + (next_ns - self._line_ns) / (NS_PER_S * self._speed * self._stretch) - now_s
        if wait_s <= 0:
            if wait_s < -_LATE_S or self._stretch != 1.0:
                self._restart(now_s, next_ns)
            self._previous_ns = max(self._previous_ns, next_ns)
        return wait_s

    def position_ns(self) -> int:
        """Return the recorded time reached now."""
        passed_s = (monotonic_s() - self._wall_s) * self._speed * self._stretch
        return self._line_ns + round(passed_s * NS_PER_S)

    def _restart(self, now_s: float, line_ns: int) -> None:
        self._wall_s, self._line_ns, self._stretch = now_s, line_ns, 1.0
        self._previous_ns = line_ns
