"""What an operator may say about strategies: which run, with what parameters, and how much each may take."""

from __future__ import annotations

from typing import Annotated

import msgspec

ParamValue = bool | int | float | str


class StrategySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the strategies room. Times are line time (of the ticks), except where they say machine time."""

    enabled: Annotated[
        tuple[str, ...], msgspec.Meta(description="built-in strategies to run, by name; an empty list runs none")
    ] = ("rapid_rise", "momentum", "mean_reversion", "macd", "rsi", "bollinger")
    params: Annotated[
        dict[str, dict[str, ParamValue]],
        msgspec.Meta(description="parameters that differ from a strategy's defaults: strategy → parameter → value"),
    ] = {}
    entry_points: Annotated[
        bool,
        msgspec.Meta(description="also run what installed packages offer under the entry point tradewind.strategies"),
    ] = True
    folder: Annotated[
        str,
        msgspec.Meta(
            description="folder of strategy files (*.py), loaded, reloaded and unloaded as files come, change and go; "
            "must belong to the user who runs Tradewind and be writable by nobody else; empty = none"
        ),
    ] = ""
    folder_poll_s: Annotated[
        float, msgspec.Meta(gt=0, le=3600, description="seconds (machine time) between two looks into the folder")
    ] = 1.0
    cpu_budget_us: Annotated[
        float,
        msgspec.Meta(
            ge=0,
            description="machine time one call of a strategy may take, in µs, as the median of sampled calls; "
            "0 = no budget (headless replay, whose result must not depend on the machine)",
        ),
    ] = 500.0
    cpu_samples: Annotated[int, msgspec.Meta(ge=4, le=1024, description="sampled calls a CPU verdict rests on")] = 32
    sample_every: Annotated[int, msgspec.Meta(ge=1, description="time the strategies on one event in so many")] = 64
    max_errors: Annotated[
        int, msgspec.Meta(ge=1, le=1000, description="exceptions and refused answers that quarantine a strategy …")
    ] = 5
    error_window_s: Annotated[float, msgspec.Meta(gt=0, description="… when they fall within so many seconds")] = 300.0
    max_signals_per_minute: Annotated[
        int,
        msgspec.Meta(ge=1, le=10_000, description="signals per strategy and instrument and minute; more is a flood"),
    ] = 30
    quarantine_s: Annotated[
        float,
        msgspec.Meta(
            gt=0,
            description="how long a strategy is skipped; then it has as long on half its budgets to prove itself, and "
            "failing that it stops until it is reloaded",
        ),
    ] = 300.0
    hang_ms: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=600_000,
            description="machine time after which a call that does not return is broken off; 0 = never",
        ),
    ] = 1_000
    async_timeout_s: Annotated[
        float, msgspec.Meta(gt=0, le=600, description="machine time an asynchronous strategy may take for one event")
    ] = 5.0
    async_backlog: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=100_000,
            description="events an asynchronous strategy may be behind; beyond it the oldest is dropped",
        ),
    ] = 256
    max_instruments: Annotated[
        int, msgspec.Meta(ge=1, description="instruments followed at once; events of further ones are passed over")
    ] = 4_096
