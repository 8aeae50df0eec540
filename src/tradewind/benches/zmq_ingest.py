"""P6: messages from a ZeroMQ publisher into the event loop, against a blocking reader of the same publisher.

Ours is the socket of the product, `FeedSocket`, waited on in the loop and drained without waiting, a slice a turn, as
the source does. What it reads is handed to nobody: decoding is measured elsewhere.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from tradewind.kernel.clock import monotonic_s, perf_ns
from tradewind.market.sources.settings import ZeromqSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.benches.result import BenchResult
    from tradewind.market.sources.zeromq_socket import FeedSocket

_BYTES: Final = 275
_SLICE: Final = 256
_GOAL_PER_S: Final = 1_000_000
_PATIENCE_S: Final = 20.0
_PUBLISHER: Final = """
import os, sys, time, zmq
if (os.cpu_count() or 1) > 1:
    os.sched_setaffinity(0, {1})
count, size = map(int, sys.argv[1:3])
socket = zmq.Context().socket(zmq.PUB)
socket.set(zmq.SNDHWM, 0)
print(socket.bind_to_random_port("tcp://127.0.0.1"), flush=True)
sys.stdin.readline()
body = b"x" * size
send = socket.send
for _ in range(count):
    send(body)
print("sent", flush=True)
sys.stdin.readline()
os._exit(0)
"""


def measure(result: BenchResult, *, quick: bool) -> None:
    """Add the figures and the goal; say so and add none where pyzmq is not installed."""
    try:
        import zmq  # noqa: PLC0415, F401 - an optional part of the platform
    except ImportError:
        click.echo("bench bus: pyzmq is not installed, P6 is left out; pip install pyzmq", err=True)
        return
    import uvloop  # noqa: PLC0415 - POSIX only, like the bench

    count, rounds = (50_000, 1) if quick else (400_000, 5)
    ours, floors = [], []
    for _ in range(rounds):
        floors.append(_with_publisher(count, _blocking_ns))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            ours.append(_with_publisher(count, partial(_through_product_ns, run=runner.run)))
    rate = statistics.median(count / taken_ns * 1e9 for taken_ns in ours)
    result.figure("zmq_ingest_in_loop_per_s", rate)
    result.figure("zmq_ingest_blocking_per_s", statistics.median(count / taken_ns * 1e9 for taken_ns in floors))
    result.ratio("zmq_in_loop_vs_blocking", statistics.median(b / a for a, b in zip(ours, floors, strict=True)))
    result.goal("P6_zmq_ingest_per_s", rate, _GOAL_PER_S, better="higher")


def _with_publisher(count: int, read: Callable[[str, Callable[[], None], int], int]) -> int:
    """Start a publisher of `count` messages and return how long `read` took over them in ns.

    `read` is given the endpoint, what to call when it is ready, and the count.
    """
    publisher = subprocess.Popen(  # noqa: S603 - our own text
        [sys.executable, "-c", _PUBLISHER, str(count), str(_BYTES)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    stdin, stdout = publisher.stdin, publisher.stdout
    try:
        if stdout is None or stdin is None:
            message = "the publisher has no pipes"
            raise RuntimeError(message)

        def go() -> None:
            _let_the_subscription_arrive()
            stdin.write("go\n")
            stdin.flush()

        return read(f"tcp://127.0.0.1:{int(stdout.readline())}", go, count)
    finally:
        publisher.kill()
        publisher.communicate()


def _let_the_subscription_arrive() -> None:
    """Wait: a publisher tells nobody that it has heard of a subscription."""
    begun = perf_ns()
    while perf_ns() - begun < 200_000_000:  # noqa: PLR2004 - 0.2 s
        pass


def _blocking_ns(endpoint: str, go: Callable[[], None], count: int) -> int:
    """Read with a plain socket that waits for each message: the floor."""
    import zmq  # noqa: PLC0415 - see measure

    context = zmq.Context()
    socket = context.socket(zmq.SUB)
    try:
        monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
        socket.set(zmq.RCVHWM, 0)
        socket.set(zmq.RCVTIMEO, round(_PATIENCE_S * 1e3))
        socket.subscribe(b"")
        socket.connect(endpoint)
        monitor.recv_multipart()
        socket.disable_monitor()
        go()
        recv = socket.recv
        recv()
        begun = perf_ns()
        for _ in range(count - 1):
            recv()
        return perf_ns() - begun
    finally:
        context.destroy(linger=0)


def _through_product_ns(endpoint: str, go: Callable[[], None], count: int, *, run: Any) -> int:  # noqa: ANN401 - a runner's
    """Read with the product's socket, in the loop of `run`."""
    from tradewind.market.sources.zeromq_socket import FeedSocket  # noqa: PLC0415 - pyzmq, see measure

    feed = FeedSocket(ZeromqSettings(endpoints=(endpoint,), receive_queue=2 * count))
    try:
        until_s = monotonic_s() + _PATIENCE_S
        while all(name != "connected" for name, _ in feed.events()):
            if monotonic_s() > until_s:
                message = f"the publisher at {endpoint} does not answer"
                raise RuntimeError(message)
        go()
        taken_ns: int = run(_in_loop_ns(feed, count))
        return taken_ns
    finally:
        feed.close()


async def _in_loop_ns(feed: FeedSocket, count: int) -> int:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[int] = loop.create_future()
    receive = feed.receive
    left, begun = count, 0

    def drain() -> None:
        nonlocal left, begun
        is_more = True
        for _ in range(_SLICE):
            if receive() is None:
                is_more = False
                break
            left -= 1
            begun = begun or perf_ns()
        if left <= 0:
            if not done.done():
                done.set_result(perf_ns() - begun)
        elif is_more:
            # No edge comes for what already waits.
            loop.call_soon(drain)

    loop.add_reader(feed.fd, drain)
    loop.call_soon(drain)
    try:
        return await asyncio.wait_for(done, timeout=_PATIENCE_S)
    finally:
        loop.remove_reader(feed.fd)
