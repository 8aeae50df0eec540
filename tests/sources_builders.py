"""Builders and fakes for the sources' tests: small recordings, an intake that keeps what it got, a fake wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tradewind.domain.tick import RawTick
from tradewind.kernel.clock import NS_PER_S, LineClock
from tradewind.market.sources.layouts.recording_file import ReadingOptions

from builders import make_instrument
from fakes import FakeInstruments

IF2101 = make_instrument()
AU2602 = make_instrument(
    instrument_id="au2602.SHFE",
    symbol="au2602",
    exchange="SHFE",
    product_id="au",
    contract_multiplier=1000,
    price_tick=0.02,
    price_digits=2,
)

_WT_ROW: dict[str, Any] = {
    "exchg": "CFFEX",
    "code": "IF2101",
    "price": 5230.0,
    "open": 5230.0,
    "high": 5232.8,
    "low": 5229.2,
    "settle_price": 0.0,
    "upper_limit": 5737.8,
    "lower_limit": 4694.6,
    "total_volume": 240,
    "total_turnover": 376_560_000.0,
    "open_interest": 90_767,
    "trading_date": 20210104,
    "action_date": 20210104,
    "action_time": 93_000_400,
    "pre_close": 5227.0,
    "pre_settle": 5216.2,
    "pre_interest": 90_826,
    "bid_price1": 5230.0,
    "bid_qty1": 1,
    "ask_price1": 5230.8,
    "ask_qty1": 2,
}

_CSV_ROW: dict[str, str] = {
    "TradingDay": "20251201",
    "InstrumentID": "au2602",
    "ExchangeID": "SHFE",
    "LastPrice": "962.7",
    "PreSettlementPrice": "950.62",
    "PreClosePrice": "953.42",
    "PreOpenInterest": "200000",
    "OpenPrice": "957.0",
    "HighestPrice": "964.98",
    "LowestPrice": "951.0",
    "Volume": "323936",
    "Turnover": "310361654160.0",
    "OpenInterest": "201234.0",
    "SettlementPrice": "1.7976931348623157e+308",
    "UpperLimitPrice": "1083.7",
    "LowerLimitPrice": "817.52",
    "UpdateTime": "09:30:00",
    "UpdateMillisec": "500",
    "BidPrice1": "962.68",
    "BidVolume1": "3",
    "AskPrice1": "962.7",
    "AskVolume1": "5",
    "ActionDay": "20251201",
}


def options(**changes: Any) -> ReadingOptions:
    """Return reading options that know IF2101 and au2602, with these fields changed."""
    return ReadingOptions(**{"instruments": FakeInstruments(IF2101, AU2602), **changes})


def write_parquet(path: Path, columns: dict[str, list[Any]]) -> Path:
    """Write a Parquet file of these columns."""
    pq.write_table(pa.table(columns), path)
    return path


def wt_columns(*rows: dict[str, Any]) -> dict[str, list[Any]]:
    """Return WT columns, one valid row per dict, with these fields changed."""
    full = [{**_WT_ROW, **row} for row in rows]
    return {name: [row[name] for row in full] for name in _WT_ROW}


def write_wt(path: Path, *rows: dict[str, Any]) -> Path:
    """Write a WT file."""
    return write_parquet(path, wt_columns(*rows))


def write_wt_seconds(path: Path, seconds: list[float]) -> Path:
    """Write a WT file with a row at each of these seconds after 09:30:00."""
    rows = []
    for index, second in enumerate(seconds):
        ms = round(second * 1000)
        clock = (ms // 3_600_000 + 9) * 10_000 + (ms // 60_000 % 60) * 100 + ms // 1000 % 60
        clock += 3000 if ms < 1_800_000 else 7000
        rows.append({"action_time": clock * 1000 + ms % 1000, "total_volume": 240 + index})
    return write_wt(path, *rows)


def csv_text(*rows: dict[str, str], spell: Callable[[str], str] = str, drop: tuple[str, ...] = ()) -> str:
    """Return a CTP-style CSV, one valid row per dict with these cells changed, column names spelt by `spell`."""
    names = [name for name in _CSV_ROW if name not in drop]
    lines = [",".join(spell(name) for name in names)]
    lines += [",".join({**_CSV_ROW, **row}[name] for name in names) for row in rows]
    return "\n".join(lines) + "\n"


class KeepingIntake:
    """An intake that keeps every call, and moves a line clock with a timer at each whole second."""

    def __init__(self, now_s: Callable[[], float] = lambda: 0.0) -> None:
        self.ticks: list[RawTick] = []
        self.advances: list[int] = []
        self.accepted_at_s: list[float] = []
        self.story: list[str] = []
        """Ticks and timers in the order they happened: what the line would have done."""
        self.clock = LineClock()
        self.clock.call_every(NS_PER_S, lambda due_ns: self.story.append(f"timer {due_ns}"))
        self._now_s = now_s

    def accept(self, raw: RawTick) -> None:
        self.clock.advance_to(raw[2])
        self.story.append(f"tick {raw[0]} {raw[2]} {raw[5]}")
        self.ticks.append(raw)
        self.accepted_at_s.append(self._now_s())

    def advance_to(self, now_ns: int) -> None:
        self.advances.append(now_ns)
        self.clock.advance_to(now_ns)


class FakeWaiter:
    """Time that passes only by being waited for; acts of a script happen when their time comes."""

    def __init__(self, *script: tuple[float, Callable[[], None]]) -> None:
        self.now = 1000.0
        self._start = self.now
        self._script = sorted(script, key=lambda act: act[0])
        self.waits = 0

    def now_s(self) -> float:
        return self.now

    @property
    def elapsed_s(self) -> float:
        return self.now - self._start

    async def wait_s(self, seconds: float | None, wake: asyncio.Event) -> None:
        self.waits += 1
        end = float("inf") if seconds is None else self.now + seconds
        while not wake.is_set() and self._script and self._start + self._script[0][0] <= end:
            at, act = self._script.pop(0)
            self.now = max(self.now, self._start + at)
            act()
        if not wake.is_set():
            assert seconds is not None, "waits for ever: nothing in the script wakes it"
            self.now = end
        wake.clear()
        await asyncio.sleep(0)
