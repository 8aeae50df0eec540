"""P11: a recorded day through `replay`, as fast as it goes: with one Python strategy, and with everything on."""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from tradewind.kernel.settings import load
from tradewind.runtime.replay import replay_file
from tradewind.runtime.settings import TradewindSettings

if TYPE_CHECKING:
    from tradewind.benches.result import BenchResult

_FILE: Final = "futures_tick/CFFEX.IF2101_20210104.parquet"
_STRATEGY: Final = '''"""EMA cross on ticks: the usual strategy of tick backtests."""
import msgspec
from tradewind.domain.signal import Signal


class EmaCross:
    class Params(msgspec.Struct):
        fast: float = 2 / 13
        slow: float = 2 / 27

    def __init__(self, params):
        self.fast_k, self.slow_k = params.fast, params.slow
        self.fast = self.slow = 0.0
        self.is_above = None

    def on_tick(self, tick):
        price = tick.last_price
        if self.is_above is None:
            self.fast = self.slow = price
            self.is_above = False
            return None
        self.fast += self.fast_k * (price - self.fast)
        self.slow += self.slow_k * (price - self.slow)
        is_above = self.fast > self.slow
        if is_above == self.is_above:
            return None
        self.is_above = is_above
        return Signal(tick.instrument_id, "ema_cross", "buy" if is_above else "sell", 0.5, 50.0)
'''


def replay_rate(result: BenchResult, *, quick: bool) -> None:
    """Add the replay's figures and its goal to `result`; says so and adds none where the recording is absent."""
    file = Path(os.environ.get("TRADEWIND_DATA", "../shared/data")) / _FILE
    if not file.exists():
        click.echo(f"bench line: no recording at {file}; set TRADEWIND_DATA to measure the replay", err=True)
        return
    base = ["market.source=replay", f"market.replay.path={file}"]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "ema_cross.py").write_text(_STRATEGY, encoding="utf-8")
        alone = [*base, 'rooms=["strategies"]', "strategies.enabled=[]", f"strategies.folder={folder}"]
        one = _median_rate(alone, rounds=1 if quick else 9)
    everything = _median_rate(base, rounds=1 if quick else 3)
    result.figure("replay_one_strategy_ticks_per_s", one)
    result.figure("replay_everything_ticks_per_s", everything)
    result.goal("P11_replay_one_strategy_ticks_per_s", one, 1_000_000, better="higher")


def _median_rate(flags: list[str], *, rounds: int) -> float:
    settings = load(TradewindSettings, flags=flags).settings
    return statistics.median(replay_file(settings).ticks_per_s for _ in range(rounds))
