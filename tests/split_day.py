"""A day of several contracts for lines that are split by instrument: one recorded day under four names, and its end."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from market_builders import index_future_day
from tradewind.bus.redis.keys import shard_of
from tradewind.domain.tick import RawTick
from tradewind.kernel.clock import NS_PER_MS
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.settings import load
from tradewind.market.recording import RecordingWriter
from tradewind.runtime.digest import OUTPUTS
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.wiring import build_line, build_replay_source

CONTRACTS = ("IF2101.CFFEX", "IF2102.CFFEX", "IC2101.CFFEX", "IF2103.CFFEX")
"""Two on each of two shards."""


def write_split_day(data_dir: Path, path: Path, *, each: int) -> Path:
    """Write the first `each` ticks of the day under every name, a few milliseconds apart, as one recording."""
    assert [shard_of(name, 2) for name in CONTRACTS] == [1, 0, 1, 0]
    writer = RecordingWriter(path, trading_day=20210104, source="test")
    rows = [
        (name, row[1] + late * NS_PER_MS, row[2] + late * NS_PER_MS, *row[3:])
        for row in index_future_day(data_dir)[:each]
        for late, name in zip((0, 3, 7, 11), CONTRACTS, strict=True)
    ]
    for row in sorted(rows, key=lambda row: row[2]):
        writer.append(RawTick(*row))
    writer.close()
    assert writer.failure is None
    return path


class Together:
    """What one process makes of the recording."""

    def __init__(self, flags: Iterable[str]) -> None:
        settings = load(TradewindSettings, flags=list(flags)).settings
        metrics = Metrics()
        line = build_line(settings, metrics=metrics)
        self.events: list[tuple[str, Any]] = []
        for topic in OUTPUTS:
            line.bus.subscribe(topic, lambda event, name=topic.name: self.events.append((name, event)), group="test")  # type: ignore[misc]
        line.attach()
        build_replay_source(settings, line).play(line.intake)
        line.detach()
        line.flush()
        self.ticks_clean = metrics.ticks_clean.total()


def by_instrument(events: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """Return a digest per instrument of its events in their order: what does not depend on how a line is split."""
    digests: dict[str, Any] = defaultdict(hashlib.sha256)
    for topic, event in events:
        digests[event.instrument_id].update(topic.encode() + b"\0" + msgspec.msgpack.encode(event))
    return {name: digest.hexdigest() for name, digest in sorted(digests.items())}
