"""What an operator may set about market data: where it comes from, whose hours hold, how strict cleaning is."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tradewind.market.sources.settings import (
    CtpFeedSettings,
    InfowayFeedSettings,
    ReplaySettings,
    SimulatorSettings,
    SqlMonitorSettings,
    ZeromqSettings,
)

SourceName = Literal["simulator", "replay", "zeromq", "sql_monitor", "infoway", "ctp"]
CalendarMode = Literal["exchange", "round_the_clock"]


class CleaningSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How strict cleaning is. Limits of 0 mean that the check is off."""

    max_lag_s: Annotated[
        float,
        Meta(
            ge=0, description="a live tick received later than this after its time is stale; 0 = off; unused in replay"
        ),
    ] = 30.0
    max_ahead_s: Annotated[
        float, Meta(ge=0, description="a tick stamped later than this after we received it has an impossible time")
    ] = 60.0
    max_idle_days: Annotated[
        int, Meta(ge=1, le=3660, description="a tick this many days after the one before has an impossible time")
    ] = 31
    max_jump_percent: Annotated[
        float,
        Meta(gt=0, le=100, description="without price limits, a larger step between two ticks waits for confirmation"),
    ] = 10.0
    jump_confirmations: Annotated[
        int, Meta(ge=1, le=100, description="ticks in a row at the new level that make a jump or a new volume true")
    ] = 3
    max_price: Annotated[float, Meta(gt=0, le=1e12, description="a price from here on is absurd")] = 1e8
    max_volume: Annotated[int, Meta(gt=0, description="a day's volume or a book volume from here on is absurd")] = (
        1_000_000_000_000
    )
    max_instruments: Annotated[
        int, Meta(ge=1, description="instruments held at once; ticks of further ones are rejected")
    ] = 2000
    arrival_ordered: Annotated[
        tuple[str, ...],
        Meta(
            description="exchanges where ticks may share a time stamp (CZCE stamps whole seconds, feeds of shares and "
            "currencies every event): there a tick is a duplicate only if nothing in it differs from the one before; "
            "elsewhere, if its time and the day's volume are the same"
        ),
    ] = ("CZCE", "HK", "US", "COMEX", "FX")
    price_memo_size: Annotated[
        int, Meta(ge=64, description="distinct prices remembered per instrument; when full they are forgotten at once")
    ] = 4096
    gap_factor: Annotated[
        float, Meta(ge=2, description="a silence this many times the usual interval counts as a gap in the scorecard")
    ] = 20.0
    gap_min_s: Annotated[float, Meta(ge=0, description="shorter silences never count as a gap, in seconds")] = 5.0
    gap_sample: Annotated[
        int, Meta(ge=3, le=10_000, description="ticks at the start of a section from which its usual interval is taken")
    ] = 64


class RecordingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether what comes in is recorded."""

    folder: Annotated[
        str,
        Meta(
            description="folder in which every raw tick is recorded on its way in, one .twr file per trading day and "
            "source; empty = no recording"
        ),
    ] = ""
    archive_folder: Annotated[
        str,
        Meta(
            description="folder of the archive, which is made of the recordings: ticks and bars as Parquet per trading "
            "day and instrument; empty: `archive` in the folder of recordings"
        ),
    ] = ""
    archive: Annotated[
        bool, Meta(description="archive recordings to which nothing has been added for a while, in a process apart")
    ] = True
    archive_after_s: Annotated[
        float, Meta(ge=1, le=86_400, description="how long nothing must have been added to a recording, in seconds")
    ] = 600.0
    spool_mb: Annotated[
        int,
        Meta(
            ge=1, le=65_536, description="how much waits in memory while the disk refuses or is slow; beyond it is lost"
        ),
    ] = 64


class MarketSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where market data comes from and how it is judged."""

    source: Annotated[
        SourceName,
        Meta(
            description="`simulator`: a simulated market, `replay`: a recording, `zeromq`: a live `ctpmarket` feed, "
            "`sql_monitor`: a quote table of databases.pms_monitor, `infoway`: shares and currencies of that provider, "
            "`ctp`: a broker's market fronts"
        ),
    ] = "simulator"
    calendar: Annotated[
        CalendarMode | Literal["auto"],
        Meta(description="whose hours hold; `auto`: round the clock for the simulator, the exchange's otherwise"),
    ] = "auto"
    closing_tolerance_s: Annotated[
        float,
        Meta(ge=0, le=60, description="ticks this long after the end of a section still belong to it, in seconds"),
    ] = 3.0
    latency_sample: Annotated[
        int, Meta(ge=1, le=4096, description="one tick in this many is timed from mouth to end of the line")
    ] = 8
    flush_ms: Annotated[
        int, Meta(ge=1, le=60_000, description="how often counts go to the metrics while ticks come, in ms")
    ] = 250
    contract_file: Annotated[
        str,
        Meta(
            description="the main contract as the older trading system's JSON, kept in step with each switch; empty: "
            "`market_config.json` in data_dir"
        ),
    ] = ""
    rates_file: Annotated[
        str,
        Meta(
            description="your broker's margin and commission rates, a TOML file of [[rates]] or JSON, over the shipped "
            "ones; the shipped commissions are examples of one broker and must be replaced; see docs/accounting.md"
        ),
    ] = ""
    rates_told_only: Annotated[
        bool,
        Meta(
            description="with execution.broker=ctp: margin and commission are what the broker itself told, and unknown "
            "otherwise; false: the operator's and the shipped table stand in"
        ),
    ] = True
    rates_hold_before: Annotated[
        bool,
        Meta(
            description="rates hold on the days before the first they are known for too, for replays of old "
            "recordings; off: orders of those days are refused"
        ),
    ] = False
    cleaning: CleaningSettings = CleaningSettings()
    recording: RecordingSettings = RecordingSettings()
    replay: ReplaySettings = ReplaySettings()
    simulator: SimulatorSettings = SimulatorSettings()
    zeromq: ZeromqSettings = ZeromqSettings()
    sql_monitor: SqlMonitorSettings = SqlMonitorSettings()
    infoway: InfowayFeedSettings = InfowayFeedSettings()
    ctp: CtpFeedSettings = CtpFeedSettings()
    options_file: Annotated[
        str,
        Meta(
            description="options beside the shipped contracts: a CSV of CTP's instrument query (InstrumentID, "
            "ExchangeID, VolumeMultiple, PriceTick, ExpireDate, UnderlyingInstrID, StrikePrice, OptionsType …)"
        ),
    ] = ""

    def calendar_mode(self) -> CalendarMode:
        """Return the calendar to use, with `auto` resolved."""
        if self.calendar != "auto":
            return self.calendar
        return "round_the_clock" if self.source == "simulator" else "exchange"
