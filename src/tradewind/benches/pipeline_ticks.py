"""The ticks of the pipeline bench: the same for both sides, each in its own words, every tenth of a contract marked.

A marked tick makes an opportunity change, on both sides by a strategy that believes something of it whatever it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.benches.line_feed import simulated_ticks
from tradewind.bus.seed_forms import seed_symbol
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.kernel.metrics import Metrics
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.wiring import build_line

if TYPE_CHECKING:
    from pathlib import Path

    from tradewind.domain.tick import Tick

MARK_EVERY: Final = 10

STRATEGY: Final = '''\
"""Believes something else at every marked tick, so that each makes a new version of its opportunity."""

from itertools import cycle

import msgspec

from tradewind.domain.signal import Signal


class Stamping:
    class Params(msgspec.Struct):
        pass

    def __init__(self, params):
        self.confidence = cycle((0.55, 0.85))

    def on_features(self, snapshot):
        if snapshot.seq % {every}:
            return None
        return Signal(
            snapshot.instrument_id,
            "stamp",
            "buy",
            confidence=next(self.confidence),
            strength=70.0,
            reasons=(f"sent ns={{snapshot.ts_event}}",),
        )
'''


def write_files(folder: Path, count: int) -> tuple[Path, Path, Path]:
    """Write `count` ticks for ours and for the baseline, and our strategy in a folder of its own; return where."""
    ticks = clean_ticks(count)
    ours, theirs = folder / "ticks.msgpack", folder / "ticks.json"
    ours.write_bytes(msgspec.msgpack.encode(ticks))
    theirs.write_bytes(msgspec.json.encode([as_seed(tick) for tick in ticks]))
    strategies = folder / "strategies"
    strategies.mkdir(mode=0o700)
    (strategies / "stamping.py").write_text(STRATEGY.format(every=MARK_EVERY), encoding="utf-8")
    return ours, theirs, strategies


def clean_ticks(count: int) -> list[Tick]:
    """Return the first `count` ticks of the simulated market that pass cleaning."""
    settings = TradewindSettings(rooms=())
    line = build_line(settings, metrics=Metrics())
    kept: list[Tick] = []
    line.bus.subscribe(CLEAN_TICKS, kept.append, group="bench")
    for raw in simulated_ticks(settings, count + count // 20):
        line.intake.accept(raw)
    return kept[:count]


def as_seed(tick: Tick) -> dict[str, Any]:
    """Return the fields that the baseline's model of a clean tick takes."""
    return {
        "symbol": seed_symbol(tick.instrument_id),
        "price": tick.last_price,
        "volume": tick.volume_delta,
        "turnover": tick.turnover_delta,
        "bid_price": tick.bid_price,
        "bid_volume": tick.bid_volume,
        "ask_price": tick.ask_price,
        "ask_volume": tick.ask_volume,
        "is_marked": tick.seq % MARK_EVERY == 0,
    }
