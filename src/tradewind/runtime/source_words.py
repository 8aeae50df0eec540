"""What plays, in a few words for the page and the first lines of a start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradewind.runtime.settings import TradewindSettings


def describe_source(settings: TradewindSettings) -> str:
    """Say in a few words what plays: the recording and its speed, or the simulated market and its seed."""
    market = settings.market
    if market.source == "replay":
        speed = market.replay.speed if market.replay.speed == "max" else f"{market.replay.speed:g}×"
        return f"{Path(market.replay.path).name} at {speed}"
    if market.source == "zeromq":
        return ", ".join(market.zeromq.endpoints)
    if market.source == "sql_monitor":
        return f"table {market.sql_monitor.table} of pms_monitor"
    if market.source == "infoway":
        return f"{len(market.infoway.codes)} codes by {market.infoway.by}"
    if market.source == "ctp":
        return ", ".join(market.ctp.fronts)
    count = len(market.simulator.instruments)
    contracts = "1 contract" if count == 1 else f"{count or 'all liquid'} contracts"
    hours = "round the clock" if market.calendar_mode() == "round_the_clock" else "in exchange hours"
    return f"{contracts} {hours}, seed {market.simulator.seed}"
