"""A process that appends stamped ticks to a stream at a fixed rate: `python -m tradewind.benches.bus_feeder PORT …`.

A blocking socket, one entry a round trip, so that the time before the handler is Redis', the reader's and the network's.
The stamp is the machine's monotonic clock in `ts_recv`, which every process of the machine reads alike.
"""

from __future__ import annotations

import sys
import time

import msgspec

from tradewind.benches.bus_server import RawClient
from tradewind.bus.codec import build_codec
from tradewind.bus.redis.resp import complete, entry_prefix
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain.tick import Tick
from tradewind.kernel.clock import NS_PER_S, perf_ns

_SPIN_NS = 200_000


def sample_tick(number: int) -> Tick:
    """Return a tick with five levels, all values different enough to be no gift for anybody."""
    price = 3_500.0 + number % 400
    levels = tuple((price - level, 10 + level, price + 1 + level, 20 + level) for level in range(2, 6))
    return Tick(
        *("rb2510.SHFE", number, 1_760_000_000_000_000_000 + number * 500_000_000, 1_760_000_000_100_000_000 + number),
        *(20_251_008, price, 100_000 + number, 3.5e9 + number * 35_000.0, 1_500_000.0 + number % 1_000),
        *(price - 1, 11, price + 1, 12, 3_490.0, 3_950.0, 3_480.0, 3_500.0, 3_499.0, 1_490_000.0, 3_850.0, 3_150.0),
        *(None, levels, 7, 245_000.0, 0),
    )


def feed(port: int, rate: int, count: int) -> None:
    """Append `count` entries, `rate` a second."""
    client = RawClient(port)
    encode = build_codec(CLEAN_TICKS, "msgpack").encode
    prefix = entry_prefix(CLEAN_TICKS.wire_name)
    replace = msgspec.structs.replace
    due = perf_ns()
    for number in range(1, count + 1):
        due += NS_PER_S // rate
        wait_ns = due - perf_ns()
        if wait_ns > 0:
            time.sleep(wait_ns / NS_PER_S)
        client.send(complete(prefix, encode(replace(sample_tick(number), ts_recv=perf_ns()))))
        client.reply()
    client.close()


if __name__ == "__main__":
    feed(*map(int, sys.argv[1:4]))
