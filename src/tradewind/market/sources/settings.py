"""What an operator may set about the replay and the simulator, and what the simulator must know of a contract."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tradewind.ctp.secrets import KEYRING, MARKET_NAME
from tradewind.ctp.settings import Front
from tradewind.kernel.settings import KEPT, SECRET
from tradewind.market.ctpwire.refusals import QuarantineLimits

Speed = Annotated[float, Meta(gt=0, le=1e6)] | Literal["max"]
"""A factor on recorded time, or as fast as the line takes it."""


Column = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_]+$")]
MaybeColumn = Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9_]*$")]


class ReplaySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a recording is played."""

    path: Annotated[
        str, Meta(description="the recording: a Parquet or CSV file of a known layout, or our own .twr")
    ] = ""
    speed: Annotated[Speed, Meta(description="factor on recorded time (1 = as it happened), or `max`")] = 1.0
    loop: Annotated[
        bool, Meta(description="begin again at the end, whole weeks later so that time goes on and weekdays fit")
    ] = False
    start_paused: Annotated[bool, Meta(description="wait for a resume or a step before the first tick")] = False
    begin: Annotated[
        str,
        Meta(
            max_length=40,
            description="where to begin: empty, a share of the ticks such as 37.5%, or a time with its zone such as "
            "2026-03-02T10:30:00+08:00; what lies before is played as fast as it goes",
        ),
    ] = ""
    folder: Annotated[
        str, Meta(description="folder of .twr, Parquet and CSV files that the page offers for replays; empty = none")
    ] = ""
    beside_most: Annotated[
        int, Meta(ge=0, le=16, description="replays that may be started beside the live line at once; 0 for none")
    ] = 2
    instrument: Annotated[
        str | None, Meta(description="contract as `symbol.EXCHANGE`, for files that do not say it themselves")
    ] = None
    skip_gaps_s: Annotated[
        float, Meta(ge=1, description="a longer silence in the recording is played as if it were this long, in seconds")
    ] = 60.0
    tail_s: Annotated[
        float, Meta(ge=0, description="line time let pass after the last tick, so that its bar and alerts come out")
    ] = 60.0
    timer_step_ms: Annotated[
        int, Meta(ge=10, le=5000, description="how often line time moves on between two ticks, in ms of wall time")
    ] = 200
    batch_rows: Annotated[
        int, Meta(ge=64, le=1_000_000, description="rows turned into ticks at once; more is faster and less smooth")
    ] = 4096
    bad_rows_percent: Annotated[
        float, Meta(ge=0, le=100, description="a CSV file with more unreadable rows than this is refused")
    ] = 5.0


class SimulatorSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the simulated market looks like."""

    seed: Annotated[int, Meta(ge=0, description="the same seed gives the same market")] = 1
    instruments: Annotated[
        tuple[str, ...], Meta(description="contracts to simulate, of the shipped list; empty means all of it")
    ] = ()
    rate: Annotated[
        float, Meta(ge=0.01, le=50, description="factor on how many snapshots a second every contract gives")
    ] = 1.0
    liveliness: Annotated[
        float, Meta(ge=0, le=20, description="factor on how often trends and bursts begin; 0 for a dull market")
    ] = 1.0
    volatility: Annotated[float, Meta(ge=0.01, le=20, description="factor on every contract's volatility")] = 1.0
    limit_percent: Annotated[
        float, Meta(gt=0, le=50, description="daily price limits, in percent of the previous settlement price")
    ] = 8.0
    warm_up_s: Annotated[
        float, Meta(ge=0, le=86_400, description="market time played at once at the start, so that charts begin filled")
    ] = 600.0
    catch_up_s: Annotated[
        float, Meta(ge=0.1, le=60, description="after a stall longer than this the missed time is left out")
    ] = 1.0


class ZeromqSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a `ctpmarket` feed over ZeroMQ is subscribed to and read."""

    endpoints: Annotated[
        tuple[Annotated[str, Meta(pattern="^(tcp|ipc)://.+$")], ...],
        Meta(min_length=1, max_length=16, description="publishers to connect to, as `tcp://host:port` or `ipc://path`"),
    ] = ("tcp://localhost:9999",)
    topics: Annotated[
        tuple[str, ...], Meta(description="only messages that begin with one of these; empty means everything")
    ] = ()
    symbols: Annotated[
        tuple[str, ...],
        Meta(description="only these contracts, as patterns: `au*`, `IF2101.CFFEX`; empty means every contract"),
    ] = ()
    exclude_symbols: Annotated[
        tuple[str, ...], Meta(description="not these contracts, as patterns; wins over `symbols`")
    ] = ()
    receive_time: Annotated[
        Literal["wall", "message"],
        Meta(description="`wall`: our clock when a message comes; `message`: its own time, for feeds of recordings"),
    ] = "wall"
    silence_s: Annotated[
        float,
        Meta(ge=0, le=3600, description="no message for so long in trading hours is an alarm, in seconds; 0 = never"),
    ] = 30.0
    absent_s: Annotated[
        float, Meta(ge=0.1, le=600, description="no publisher for so long is told with the remedy, in seconds")
    ] = 10.0
    reopen_s: Annotated[
        float, Meta(ge=1, le=3600, description="a silent connection is made anew this often, in seconds")
    ] = 60.0
    reconnect_ms: Annotated[
        int, Meta(ge=10, le=60_000, description="first wait before connecting again, in ms; doubles each time")
    ] = 100
    reconnect_max_ms: Annotated[
        int, Meta(ge=10, le=600_000, description="longest wait before connecting again, in ms")
    ] = 5000
    receive_queue: Annotated[
        int, Meta(ge=1, le=10_000_000, description="messages held per publisher while we are busy; then it drops")
    ] = 100_000
    max_frame_bytes: Annotated[int, Meta(ge=1024, le=1 << 26, description="a larger message is refused")] = 1 << 20
    max_batch: Annotated[int, Meta(ge=1, le=1_000_000, description="a message of more quotes than this is refused")] = (
        10_000
    )
    turn_messages: Annotated[int, Meta(ge=1, le=10_000, description="messages read before others get their turn")] = 256
    timer_step_ms: Annotated[
        int, Meta(ge=10, le=5000, description="how often line time moves on while no quote comes, in ms")
    ] = 200
    quarantine: QuarantineLimits = QuarantineLimits()


class QuoteColumns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the columns of a quote table are called; an empty name: it has none such."""

    instrument: Column = "c_instrument_id"
    exchange: MaybeColumn = "c_exchange_id"
    time: Column = "update_time"
    trading_day: MaybeColumn = "trading_day"
    last_price: Column = "last_price"
    volume: Column = "volume"
    turnover: MaybeColumn = "turnover"
    open_interest: MaybeColumn = "open_interest"
    bid_price: MaybeColumn = "bid_price"
    bid_volume: MaybeColumn = "bid_volume"
    ask_price: MaybeColumn = "ask_price"
    ask_volume: MaybeColumn = "ask_volume"
    open_price: MaybeColumn = "open_price"
    high_price: MaybeColumn = "high_price"
    low_price: MaybeColumn = "low_price"
    pre_settlement_price: MaybeColumn = "pre_settlement_price"
    pre_close_price: MaybeColumn = "pre_close_price"
    pre_open_interest: MaybeColumn = "pre_open_interest"
    limit_up: MaybeColumn = "upper_limit_price"
    limit_down: MaybeColumn = "lower_limit_price"
    settlement_price: MaybeColumn = "settlement_price"


class SqlMonitorSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a quote table of the database `pms_monitor` is read."""

    table: Annotated[Column, Meta(description="the table, in the database of databases.pms_monitor")] = "market_quote"
    columns: Annotated[
        QuoteColumns, Meta(description="columns of the table by our names; an empty name: it has none such")
    ] = QuoteColumns()
    cursor: Annotated[
        Column,
        Meta(
            description="column that only grows, with an index: a running number of rows that are added, or the time "
            "of the last change of rows that are replaced"
        ),
    ] = "id"
    time_form: Annotated[
        Literal["local", "s", "ms", "us", "ns"],
        Meta(description="`local`: a date and time in `utc_offset_h`; else a number since 1970 in that unit"),
    ] = "local"
    utc_offset_h: Annotated[float, Meta(ge=-12, le=14, description="hours the table's clock is ahead of UTC")] = 8.0
    start: Annotated[
        Literal["newest", "beginning"],
        Meta(description="`newest`: only rows that come from now on; `beginning`: what is in the table first"),
    ] = "newest"
    poll_ms: Annotated[int, Meta(ge=10, le=60_000, description="time between two looks at the table, in ms")] = 250
    batch: Annotated[int, Meta(ge=1, le=100_000, description="rows read at one look; more wait for the next")] = 5_000
    silence_s: Annotated[
        float, Meta(ge=0, le=3600, description="no row for so long in trading hours is an alarm, in seconds; 0 = never")
    ] = 30.0
    absent_s: Annotated[
        float, Meta(ge=0.1, le=600, description="a database away for so long is told with the remedy, in seconds")
    ] = 10.0
    quarantine: QuarantineLimits = QuarantineLimits()


class InfowayFeedSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which quotes of the data provider Infoway come in, and how; the account is in `infoway`."""

    codes: Annotated[
        tuple[str, ...],
        Meta(
            max_length=5_000,
            description="shares of Hong Kong, the US and China and pairs of currencies, as the provider spells them: "
            "`TSLA.US`, `00700.HK`, `600519.SH`, `000001.SZ`, `USDCNY`",
        ),
    ] = ()
    by: Annotated[
        Literal["push", "poll"],
        Meta(
            description="`push`: every trade, over live connections; `poll`: the newest one, asked for again and again"
        ),
    ] = "push"
    depth: Annotated[bool, Meta(description="whether bids and asks come in too")] = True
    poll_s: Annotated[float, Meta(ge=0.05, le=3_600, description="seconds between two rounds of asking")] = 2.0
    totals_s: Annotated[
        float, Meta(ge=1, le=3_600, description="seconds between two looks at the day's volume and turnover")
    ] = 60.0
    silence_s: Annotated[
        float,
        Meta(ge=0, le=3_600, description="no quote for so long in trading hours is an alarm, in seconds; 0 = never"),
    ] = 60.0
    absent_s: Annotated[
        float, Meta(ge=0.1, le=600, description="no connection for so long is told with the remedy, in seconds")
    ] = 15.0
    timer_step_ms: Annotated[
        int, Meta(ge=10, le=5_000, description="how often line time moves on while no quote comes, in ms")
    ] = 200


class CtpFeedSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which quotes come through CTP, and from which fronts; the library and its processes are in `ctp`."""

    fronts: Annotated[
        tuple[Front, ...],
        Meta(
            max_length=16,
            description="the broker's market fronts, as `tcp://180.168.146.187:10131`; when one does not answer, the "
            "next is tried",
        ),
    ] = ()
    broker_id: Annotated[str, Meta(max_length=10, description="number of the broker, such as 9999 for SimNow")] = ""
    user_id: Annotated[
        str, Meta(max_length=15, description="who signs in; most market fronts ask nobody and take an empty one")
    ] = ""
    password: Annotated[
        str,
        Meta(
            max_length=40,
            description="only for a front that asks for it; by TRADEWIND_MARKET__CTP__PASSWORD or from the keyring "
            "(service tradewind-ctp, name market.password); refused in the file",
            extra={
                SECRET: True,
                KEPT: f"set the variable TRADEWIND_MARKET__CTP__PASSWORD, or run `keyring set {KEYRING} {MARKET_NAME}`",
            },
        ),
    ] = ""
    symbols: Annotated[
        tuple[str, ...],
        Meta(
            description="only these contracts, as patterns of the known ones (`au*`, `IF*.CFFEX`, `*.SHFE`) or by "
            "name (`au2712`); empty means every known contract that has not expired. New ones that the broker lists "
            "come in by themselves where a pattern fits"
        ),
    ] = ()
    exclude_symbols: Annotated[
        tuple[str, ...], Meta(description="not these contracts, as patterns; wins over `symbols`")
    ] = ()
    options: Annotated[
        tuple[str, ...],
        Meta(
            description="options on futures that the broker lists, as patterns (`au2612C*`, `IO*.CFFEX`); empty means "
            "none: there are thousands"
        ),
    ] = ()
    list_look_s: Annotated[
        float,
        Meta(gt=0, le=3_600, description="seconds between two looks for a newer list of contracts of the broker"),
    ] = 30.0
    quote_time: Annotated[
        Literal["exchange", "arrival"],
        Meta(
            description="`exchange`: a quote's own time; `arrival`: our clock, for test fronts that repeat an old day "
            "around the clock"
        ),
    ] = "exchange"
    batch: Annotated[int, Meta(ge=1, le=5_000, description="contracts subscribed by one request at most")] = 500
    idle_retry_s: Annotated[
        float,
        Meta(ge=1, le=86_400, description="seconds between two tries outside the sessions, when fronts may be closed"),
    ] = 600.0
    silence_s: Annotated[
        float,
        Meta(ge=0, le=3600, description="no quote for so long in trading hours is an alarm, in seconds; 0 = never"),
    ] = 30.0
    absent_s: Annotated[
        float, Meta(ge=0.1, le=600, description="no connection for so long is told with the remedy, in seconds")
    ] = 15.0
    ring_ticks: Annotated[
        Literal[1024, 4096, 16_384, 65_536, 262_144],
        Meta(description="quotes held while we are busy (592 bytes each); then new ones are dropped and counted"),
    ] = 16_384
    turn_ticks: Annotated[int, Meta(ge=1, le=10_000, description="quotes read before others get their turn")] = 256
    timer_step_ms: Annotated[
        int, Meta(ge=10, le=5000, description="how often line time moves on while no quote comes, in ms")
    ] = 200
    quarantine: QuarantineLimits = QuarantineLimits()

    def __repr__(self) -> str:
        """Show what may be shown."""
        return f"CtpFeedSettings(fronts={self.fronts!r}, broker_id={self.broker_id!r}, user_id={self.user_id!r})"


class LiquidContract(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a liquid contract usually behaves: one row of `market/data/liquid.json`."""

    instrument_id: str
    reference_price: Annotated[float, Meta(gt=0)]
    daily_volatility_percent: Annotated[float, Meta(gt=0, le=20)]
    spread_ticks: Annotated[int, Meta(ge=1, le=20)]
    ticks_per_s: Annotated[float, Meta(gt=0, le=10)]
    """Snapshots a second in a busy moment; exchanges send at most 2."""
    lots_per_tick: Annotated[float, Meta(gt=0)]
    """Lots traded in an average snapshot."""
