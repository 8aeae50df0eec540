"""Ours in place of the market: writes clean ticks to `dfp:clean_ticks` over one pipelined connection.

`python -m tradewind.benches.pipeline_writer SOCKET FILE BEGIN COUNT RATE`; rate 0 is flat out. Every tick is stamped
with the time just before it is written. Prints when the first was written and the stamp of the last marked one.
"""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path
from typing import Final

import click
import hiredis
import msgspec

from tradewind.benches.pipeline_ticks import MARK_EVERY
from tradewind.bus.packs import packer
from tradewind.bus.redis.resp import complete, entry_prefix
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain.tick import Tick
from tradewind.kernel.clock import SystemClock, monotonic_s

_AT_ONCE: Final = 256
"""Ticks of one turn where more come than can be written one by one: what a source of the market drains at once."""
_UNDER_WAY: Final = 4_096


class _Pipeline:
    """One connection; replies are read when they are there, and waited for beyond `_UNDER_WAY`."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._replies = hiredis.Reader()
        self._owed = 0

    def send(self, commands: list[bytes]) -> None:
        """Write commands and take what replies there are."""
        self._socket.sendall(b"".join(commands))
        self._owed += len(commands)
        self._take(until=_UNDER_WAY)

    def finish(self) -> None:
        """Wait until everything is in Redis."""
        self._take(until=0)

    def _take(self, until: int) -> None:
        while self._owed > until:
            self._replies.feed(self._socket.recv(65_536))
            while (reply := self._replies.gets()) is not False:
                if isinstance(reply, Exception):
                    raise reply
                self._owed -= 1


def write(path: str, ticks: list[Tick], rate: int) -> tuple[int, int]:
    """Write all; return the first stamp and that of the last marked tick."""
    pipeline, pack = _Pipeline(path), packer(CLEAN_TICKS)
    prefix, now_ns = entry_prefix(CLEAN_TICKS.wire_name), SystemClock().now_ns
    replace, waiting = msgspec.structs.replace, 0
    begun_s, begun_ns = monotonic_s(), now_ns()
    marked_ns = begun_ns
    for index, tick in enumerate(ticks):
        if rate:
            wait_s = begun_s + index / rate - monotonic_s()
            if wait_s > 0:
                time.sleep(wait_s)
        stamp = now_ns()
        pack.add(None, replace(tick, ts_event=stamp, ts_recv=stamp))
        waiting += 1
        if tick.seq % MARK_EVERY == 0:
            marked_ns = stamp
        if rate or waiting >= _AT_ONCE:
            pipeline.send([complete(prefix, each) for each in pack.take()])
            waiting = 0
    pipeline.send([complete(prefix, each) for each in pack.take()])
    pipeline.finish()
    return begun_ns, marked_ns


def run() -> None:
    """Read the arguments, write, print."""
    path, file, begin, count, rate = sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:6])
    ticks = msgspec.msgpack.decode(file.read_bytes(), type=list[Tick])[begin : begin + count]
    click.echo("{} {}".format(*write(path, ticks, rate)))


if __name__ == "__main__":
    run()
