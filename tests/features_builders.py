"""Recorded days as clean ticks and as columns, for checking features against another library; and a room to run."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from tradewind.bus.topics import BARS, CLEAN_TICKS, FEATURES
from tradewind.domain.bar import Bar
from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.instrument import Instrument
from tradewind.domain.tick import Tick, TickFlag
from tradewind.features import FeatureService, FeatureSettings
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S, LineClock
from tradewind.kernel.metrics import Metrics

from builders import make_instrument, make_tick
from fakes import FakeCalendar, FakeInstruments, RaisingBus, Recorder

MIDNIGHT_NS = 1_609_689_600 * NS_PER_S
"""2021-01-04 00:00 in Shanghai."""


def at(hours: int, minutes: int = 0, seconds: float = 0.0) -> int:
    """Return a moment of 2021-01-04, Shanghai time, in ns UTC."""
    return MIDNIGHT_NS + (hours * 3600 + minutes * 60) * NS_PER_S + round(seconds * 1000) * NS_PER_MS


def index_futures_calendar() -> FakeCalendar:
    """Return the hours of IF on 2021-01-04."""
    return FakeCalendar(20210104, (at(9, 30), at(11, 30)), (at(13), at(15)))


@dataclass
class FeatureRoom:
    """A features room with its surroundings; `feed` moves the line."""

    service: FeatureService
    clock: LineClock
    metrics: Metrics
    bus: RaisingBus
    features: list[FeatureSnapshot]
    bars: list[Bar]

    def feed(self, *ticks: Tick) -> None:
        publish = self.bus.publisher(CLEAN_TICKS)
        for tick in ticks:
            self.clock.advance_to(tick.ts_recv)
            publish(tick)


def feature_room(*instruments: Instrument, calendar: FakeCalendar | None = None, **settings: Any) -> FeatureRoom:
    """Return an attached features room for these instruments (IF2101 if none)."""
    bus, clock, metrics = RaisingBus(), LineClock(), Metrics()
    service = FeatureService(
        settings=FeatureSettings(**settings),
        instruments=FakeInstruments(*(instruments or (make_instrument(),))),
        calendar=calendar or index_futures_calendar(),
        bus=bus,
        clock=clock,
        metrics=metrics,
    )
    service.attach()
    return FeatureRoom(service, clock, metrics, bus, Recorder(bus, FEATURES).events, Recorder(bus, BARS).events)


def recorded_if2101(data_dir: Path) -> list[Tick]:
    """Return 2021-01-04 of IF2101 without the two settlement snapshots after the close."""
    frame = pl.read_parquet(data_dir / "futures_tick" / "CFFEX.IF2101_20210104.parquet")[:-2]
    ticks = []
    for seq, row in enumerate(frame.iter_rows(named=True), start=1):
        hms, ms = divmod(row["action_time"], 1000)
        ts = at(hms // 10000, hms // 100 % 100, hms % 100) + ms * NS_PER_MS
        ticks.append(
            make_tick(
                seq=seq,
                ts_event=ts,
                ts_recv=ts,
                last_price=row["price"],
                volume=row["total_volume"],
                turnover=row["total_turnover"],
                open_interest=float(row["open_interest"]),
                bid_price=row["bid_price1"] or None,
                bid_volume=row["bid_qty1"],
                ask_price=row["ask_price1"] or None,
                ask_volume=row["ask_qty1"],
                volume_delta=row["volume"] if seq > 1 else 0,
                turnover_delta=row["turn_over"] if seq > 1 else 0.0,
                flags=int(TickFlag.BASELINE | TickFlag.AUCTION) if seq == 1 else 0,
            )
        )
    return ticks


def recorded_cu1909(data_dir: Path) -> list[Tick]:
    """Return the 200 ticks of cu1909's last hour."""
    frame = pl.read_parquet(data_dir / "futures_tick" / "SHFE.cu1909_L5_200ticks.parquet")
    rows = list(frame.iter_rows(named=True))
    ticks = []
    for seq, (before, row) in enumerate(pairwise([rows[0], *rows]), start=1):
        ticks.append(
            make_tick(
                instrument_id="cu1909.SHFE",
                seq=seq,
                ts_event=row["datetime"],
                ts_recv=row["datetime"],
                trading_day=20190916,
                last_price=row["last_price"],
                bid_price=row["bid_price1"],
                bid_volume=row["bid_volume1"],
                ask_price=row["ask_price1"],
                ask_volume=row["ask_volume1"],
                pre_settlement_price=None,
                volume_delta=row["volume"] - before["volume"],
                turnover_delta=row["amount"] - before["amount"],
            )
        )
    return ticks


def columns(ticks: list[Tick]) -> pl.DataFrame:
    """Return the ticks as columns, with a `time` that polars can roll over."""
    return pl.DataFrame(
        {
            "ts": [tick.ts_event for tick in ticks],
            "price": [tick.last_price for tick in ticks],
            "volume": [tick.volume_delta for tick in ticks],
            "turnover": [tick.turnover_delta for tick in ticks],
        }
    ).with_columns(time=pl.from_epoch("ts", time_unit="ns"))
