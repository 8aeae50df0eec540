"""The bench's own side: a real `PushService` on a local bus, and somebody who publishes quotes to it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.bus.local import LocalBus
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain.access import Admitted
from tradewind.domain.rights import ADMINISTRATOR
from tradewind.domain.tick import Tick
from tradewind.kernel.clock import NS_PER_S, perf_ns
from tradewind.kernel.metrics import Metrics
from tradewind.push import PushService, PushSettings
from tradewind.push.dialects.native import delta_frame
from tradewind.push.feed import Feed
from tradewind.push.topics import PUSH_TOPICS, QUOTES

if TYPE_CHECKING:
    from collections.abc import Mapping

FAST_AS_POSSIBLE: Final = 0
_EPOCH: Final = "bench"
_MAX_SLEEP_SHARE: Final = 1e-4


SETTINGS: Final = PushSettings(port=0, clients_per_identity=100_000, drain_s=0.2)
SHALLOW: Final = msgspec.structs.replace(SETTINGS, socket_bytes=16_384, queued_bytes=65_536)
"""With buffers that a stopped client fills within a second at the latency run's rate."""


class OpenGate:
    """Admits everybody: what is measured is sending."""

    def admit(self, path: str, headers: Mapping[str, str], peer: str) -> Admitted:  # noqa: ARG002 - the port's signature
        """Let in."""
        return Admitted(ADMINISTRATOR)


class PushUnderLoad:
    """A push service with nothing else around it."""

    def __init__(self, *, instruments: int, settings: PushSettings) -> None:
        bus = LocalBus()
        self._service = PushService(
            settings=settings,
            bus=bus,
            metrics=Metrics(),
            gate=OpenGate(),
            epoch=_EPOCH,
            system_status=dict,
        )
        self._service.attach()
        self._publish = bus.publisher(CLEAN_TICKS)
        self._ids = tuple(f"au{index}.SHFE" for index in range(instruments))
        self.port = 0

    async def run(self) -> None:
        """Serve until cancelled."""
        await self._service.run()

    async def wait_listening(self) -> None:
        """Wait until clients can connect."""
        self.port = await self._service.wait_listening()

    @property
    def parked_count(self) -> int:
        """Clients whose socket takes no more."""
        return self._service.lagging_count

    async def publish(self, hz: int) -> None:
        """Publish `hz` quotes a second over all instruments, or as fast as every client takes them."""
        if hz == FAST_AS_POSSIBLE:
            await self._publish_flat_out()
        else:
            await self._publish_paced(hz)

    async def _publish_flat_out(self) -> None:
        count, ids = len(self._ids), self._ids
        number = 0
        while True:
            if not self._service.lagging_count:
                self._publish(make_quote(ids[number % count], number // count + 1))
                number += 1
            # One turn of the loop: the frame is made and handed to every socket before the next quote.
            await asyncio.sleep(0)

    async def _publish_paced(self, hz: int) -> None:
        count, ids = len(self._ids), self._ids
        number, begun = 0, perf_ns()
        while True:
            due = begun + number * NS_PER_S // hz
            wait_s = (due - perf_ns()) / NS_PER_S
            if wait_s > _MAX_SLEEP_SHARE:
                await asyncio.sleep(wait_s)
            self._publish(make_quote(ids[number % count], number // count + 1))
            number += 1
            if not number % count:
                await asyncio.sleep(0)


def make_quote(instrument_id: str, seq: int) -> Tick:
    """Return a quote whose `ts_recv` is the moment of publishing, on the clock the load client reads."""
    now = perf_ns()
    return Tick(
        instrument_id,
        seq,
        now,
        now,
        20260105,
        962.7,
        323936,
        310361654960.0,
        201345.0,
        962.68,
        3,
        962.7,
        5,
        958.0,
        965.2,
        955.1,
        950.62,
        951.0,
        200112.0,
        1083.7,
        817.52,
        None,
        None,
        2,
        1925400.0,
    )


def sample_frame() -> bytes:
    """Return the frame that the C sender repeats: what ours sends for one quote."""
    topic = next(topic for topic in PUSH_TOPICS if topic.name == QUOTES)
    feed = Feed(topic, settings=SETTINGS, epoch=_EPOCH)
    quote = make_quote("au0.SHFE", 100_000)
    return delta_frame(feed, 100_000, [feed.encode(quote)])
