"""A process that appends stamped ticks to a stream at a fixed rate: `python -m tradewind.benches.bus_feeder PORT …`.

A blocking socket, one entry a round trip: what is left of the time to the handler is Redis', the network's and ours.
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
        instrument_id="rb2510.SHFE",
        seq=number,
        ts_event=1_760_000_000_000_000_000 + number * 500_000_000,
        ts_recv=1_760_000_000_100_000_000 + number,
        trading_day=20_251_008,
        last_price=price,
        volume=100_000 + number,
        turnover=3.5e9 + number * 35_000.0,
        open_interest=1_500_000.0 + number % 1_000,
        bid_price=price - 1,
        bid_volume=11,
        ask_price=price + 1,
        ask_volume=12,
        open_price=3_490.0,
        high_price=3_950.0,
        low_price=3_480.0,
        pre_settlement_price=3_500.0,
        pre_close_price=3_499.0,
        pre_open_interest=1_490_000.0,
        limit_up=3_850.0,
        limit_down=3_150.0,
        settlement_price=None,
        depth=levels,
        volume_delta=7,
        turnover_delta=245_000.0,
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
