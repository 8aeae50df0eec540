"""P6: messages from a ZeroMQ publisher into the event loop, against a blocking reader of the same publisher.

Ours waits on the socket's file descriptor in the loop and drains without waiting, a slice a turn.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import click

from tradewind.kernel.clock import perf_ns

if TYPE_CHECKING:
    from tradewind.benches.result import BenchResult

_BYTES: Final = 275
_SLICE: Final = 256
_GOAL_PER_S: Final = 1_000_000
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
            ours.append(_with_publisher(count, lambda socket, total, run=runner.run: run(_in_loop_ns(socket, total))))
    rate = statistics.median(count / taken_ns * 1e9 for taken_ns in ours)
    result.figure("zmq_ingest_in_loop_per_s", rate)
    result.figure("zmq_ingest_blocking_per_s", statistics.median(count / taken_ns * 1e9 for taken_ns in floors))
    result.ratio("zmq_in_loop_vs_blocking", statistics.median(b / a for a, b in zip(ours, floors, strict=True)))
    result.goal("P6_zmq_ingest_per_s", rate, _GOAL_PER_S, better="higher")


def _with_publisher(count: int, read: Any) -> int:  # noqa: ANN401 - a reader of a socket and a count
    """Start a publisher of `count` messages, subscribe, and return how long `read(socket, count)` took in ns."""
    import zmq  # noqa: PLC0415 - see measure

    publisher = subprocess.Popen(  # noqa: S603 - our own text
        [sys.executable, "-c", _PUBLISHER, str(count), str(_BYTES)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    context = zmq.Context()
    socket = context.socket(zmq.SUB)
    try:
        if publisher.stdout is None or publisher.stdin is None:
            message = "the publisher has no pipes"
            raise RuntimeError(message)
        monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
        socket.set(zmq.RCVHWM, 0)
        socket.set(zmq.RCVTIMEO, 20_000)
        socket.subscribe(b"")
        socket.connect(f"tcp://127.0.0.1:{int(publisher.stdout.readline())}")
        monitor.recv_multipart()
        socket.disable_monitor()
        _let_the_subscription_arrive()
        publisher.stdin.write("go\n")
        publisher.stdin.flush()
        taken_ns: int = read(socket, count)
        return taken_ns
    finally:
        publisher.kill()
        publisher.communicate()
        context.destroy(linger=0)


def _let_the_subscription_arrive() -> None:
    """Wait: a publisher tells nobody that it has heard of a subscription."""
    begun = perf_ns()
    while perf_ns() - begun < 200_000_000:  # noqa: PLR2004 - 0.2 s
        pass


def _blocking_ns(socket: Any, count: int) -> int:  # noqa: ANN401 - a zmq.Socket, imported late
    recv = socket.recv
    recv()
    begun = perf_ns()
    for _ in range(count - 1):
        recv()
    return perf_ns() - begun


async def _in_loop_ns(socket: Any, count: int) -> int:  # noqa: ANN401 - a zmq.Socket, imported late
    import zmq  # noqa: PLC0415 - see measure

    loop = asyncio.get_running_loop()
    done: asyncio.Future[int] = loop.create_future()
    recv, not_waiting = socket.recv, zmq.NOBLOCK
    left, begun = count, 0

    def drain() -> None:
        nonlocal left, begun
        try:
            for _ in range(_SLICE):
                recv(not_waiting)
                left -= 1
                if not begun:
                    begun = perf_ns()
        except zmq.Again:
            return
        finally:
            if left <= 0 and not done.done():
                done.set_result(perf_ns() - begun)
        # No edge comes for what already waits.
        loop.call_soon(drain)

    loop.add_reader(socket.get(zmq.FD), drain)
    loop.call_soon(drain)
    try:
        return await asyncio.wait_for(done, timeout=20)
    finally:
        loop.remove_reader(socket.get(zmq.FD))
