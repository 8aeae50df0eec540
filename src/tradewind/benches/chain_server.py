"""The server half of the chain bench: the embedded line with push on a free port, fed at a steady rate.

`python -m tradewind.benches.chain_server line|bare RATE SECONDS`; RATE 0 floods. Prints its port, then at the end how
many ticks a second went through. Every tick is made to change an opportunity, whose reasons carry the time it came in.
`bare` is the floor: the same loop with the same pauses writes a finished frame with nothing but the time in it, so
that what waking an idle machine costs can be told from what the line costs.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from itertools import cycle
from typing import TYPE_CHECKING, Final

import click
import msgspec

from tradewind.benches.line_feed import simulated_ticks
from tradewind.benches.result import pin
from tradewind.bus.topics import CLEAN_TICKS, SIGNALS
from tradewind.domain.access import Admitted
from tradewind.domain.rights import ADMINISTRATOR
from tradewind.domain.signal import Signal
from tradewind.domain.tick import tick_cause
from tradewind.kernel.clock import monotonic_s, perf_ns
from tradewind.kernel.log import configure_logs
from tradewind.kernel.metrics import Metrics
from tradewind.push.service import PushService
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.wiring import Line, build_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.domain.tick import RawTick, Tick

_SLICE_S: Final = 0.002
_TICKS: Final = 40_000
_FILLER: Final = b"." * 900
"""With it a bare frame is as long as an opportunity with two voices."""
_CLOSE_FRAME: Final = b"\x88\x00"


class OpenGate:
    """Lets the bench's own client in."""

    def admit(self, path: str, headers: Mapping[str, str], peer: str) -> Admitted:  # noqa: ARG002 - the port's signature
        """Say yes."""
        return Admitted(ADMINISTRATOR, "bench")


class Stamping:
    """A strategy that believes something else at every tick, so that each makes a new version of its opportunity."""

    def __init__(self, line: Line) -> None:
        self.begun_ns = 0
        self._publish = line.bus.publisher(SIGNALS)
        self._confidence = cycle((0.55, 0.85))

    def on_tick(self, tick: Tick) -> None:
        """Publish one signal that says when its tick came in."""
        self._publish(
            Signal(
                instrument_id=tick.instrument_id,
                signal_type="stamp",
                side="buy",
                confidence=next(self._confidence),
                strength=70.0,
                reasons=(f"sent ns={self.begun_ns}",),
                signal_id=f"stamping:{tick.instrument_id}:{tick.seq}",
                strategy="stamping",
                seq=tick.seq,
                ts_event=tick.ts_event,
                last_price=tick.last_price,
                cause=tick_cause(tick.instrument_id, tick.seq),
            )
        )


async def serve(rate: int, seconds: float) -> float:
    """Serve one client and feed the line; return ticks a second."""
    settings = TradewindSettings()
    line = build_line(settings, metrics=Metrics())
    line.attach()
    stamping = Stamping(line)
    if rate:
        line.bus.subscribe(CLEAN_TICKS, stamping.on_tick, group="stamping")
    push = PushService(
        settings=msgspec.structs.replace(settings.push, port=0),
        bus=line.bus,
        metrics=line.metrics,
        gate=OpenGate(),
        epoch="bench",
        system_status=dict,
    )
    push.attach()
    raws = simulated_ticks(settings, _TICKS)
    task = asyncio.create_task(push.run())
    click.echo(await push.wait_listening())
    sys.stdout.flush()
    while not push.client_count:  # noqa: ASYNC110 - nothing tells of the first client
        await asyncio.sleep(0.01)
    gc.collect()
    gc.freeze()
    feed = _paced if rate else _flooded
    ticks_per_s = await feed(line, stamping, raws, rate, seconds)
    task.cancel()
    await asyncio.wait([task])
    return ticks_per_s


async def serve_bare(rate: int, seconds: float) -> float:
    """Write stamped frames of an opportunity's size to one client at a steady rate; return frames a second."""
    arrived: asyncio.Future[asyncio.Transport] = asyncio.get_running_loop().create_future()
    server = await asyncio.get_running_loop().create_server(lambda: _BarePeer(arrived), "127.0.0.1", 0)
    click.echo(server.sockets[0].getsockname()[1])
    sys.stdout.flush()
    transport = await arrived
    begun_s = monotonic_s()
    count = round(rate * seconds)
    for index in range(count):
        delay = begun_s + index / rate - monotonic_s()
        if delay > 0:
            await asyncio.sleep(delay)
        transport.write(_bare_frame(perf_ns()))
    await asyncio.sleep(0.1)
    transport.write(_CLOSE_FRAME)
    transport.close()
    server.close()
    return count / (monotonic_s() - begun_s)


class _BarePeer(asyncio.Protocol):
    """Answers any handshake at once."""

    def __init__(self, arrived: asyncio.Future[asyncio.Transport]) -> None:
        self._arrived = arrived
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        if self._transport is not None and b"\r\n\r\n" in data and not self._arrived.done():
            self._transport.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            self._arrived.set_result(self._transport)


def _bare_frame(stamp_ns: int) -> bytes:
    payload = b'{"cause":"signal:stamping:","reasons":["sent ns=%d"],"rest":"%s"}' % (stamp_ns, _FILLER)
    return b"\x81\x7e" + len(payload).to_bytes(2, "big") + payload


async def _paced(line: Line, stamping: Stamping, raws: list[RawTick], rate: int, seconds: float) -> float:
    accept = line.intake.accept
    begun_s = monotonic_s()
    count = min(len(raws), round(rate * seconds))
    for index in range(count):
        delay = begun_s + index / rate - monotonic_s()
        if delay > 0:
            await asyncio.sleep(delay)
        stamping.begun_ns = perf_ns()
        accept(raws[index])
    await asyncio.sleep(0.1)
    return count / (monotonic_s() - begun_s)


async def _flooded(
    line: Line, stamping: Stamping, raws: list[RawTick], rate: int, seconds: float
) -> float:  # the same shape as `_paced`
    del stamping, rate
    accept: Callable[[RawTick], None] = line.intake.accept
    begun_s = monotonic_s()
    count = 0
    for raw in raws:
        accept(raw)
        count += 1
        if not count % 256 and monotonic_s() - begun_s > seconds:
            break
        if not count % 256:
            await asyncio.sleep(0)
    return count / (monotonic_s() - begun_s)


def run() -> None:
    """Read the three arguments, serve, print the rate."""
    import uvloop  # noqa: PLC0415 - only where the bench runs

    configure_logs(level="error", stream=sys.stderr)
    pin(0)
    what, rate, seconds = serve if sys.argv[1] == "line" else serve_bare, int(sys.argv[2]), float(sys.argv[3])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        click.echo(runner.run(what(rate, seconds)))


if __name__ == "__main__":
    run()
