"""Writes ticks to `dfp:clean_ticks`, one awaited XADD each: `market_writer.py FILE RATE COUNT`; rate 0 is flat out.

Prints the stamp of the last marked tick when it has written all.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from contracts import CLEAN_TICKS, KEPT, CleanedTick
from streams import connect, run


async def main(file: Path, rate: int, count: int) -> None:
    ticks = json.loads(file.read_bytes())
    client = connect()
    await client.ping()
    begun_s = time.perf_counter()
    begun_ns = last_marked_ns = time.time_ns()
    for index in range(count):
        if rate:
            wait_s = begun_s + index / rate - time.perf_counter()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
        fields = ticks[index % len(ticks)]
        now = datetime.now(UTC)
        sent_ns = time.time_ns()
        tick = CleanedTick(**fields, source="bench", timestamp=now, ingested_at=now, cleaned_at=now, sent_ns=sent_ns)
        await client.xadd(CLEAN_TICKS, {"payload": tick.model_dump_json()}, maxlen=KEPT, approximate=True)
        if tick.is_marked:
            last_marked_ns = sent_ns
    sys.stdout.write(f"{begun_ns} {last_marked_ns}\n")
    sys.stdout.flush()
    await client.aclose()


if __name__ == "__main__":
    run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
