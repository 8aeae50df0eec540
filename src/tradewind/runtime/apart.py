"""One service of the map in a process of its own, on Redis: a room, the market with its source, or an edge.

What is made here is what `embedded` makes, each alone: the same rooms by the same maker, another bus under them. Each
kind is loaded only where it runs: what the others bring along would more than double the time of a start.
"""

# ruff: noqa: PLC0415 - see above

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewind.bus.redis.room_bus import MARKET
from tradewind.errors import ConfigError
from tradewind.runtime.services import CONTROL, EDGES, TRADING

if TYPE_CHECKING:
    from tradewind.bus.redis.passages import Passages
    from tradewind.kernel.metrics import Metrics
    from tradewind.runtime.control_process import ControlProcess
    from tradewind.runtime.desk.process import TradingProcess
    from tradewind.runtime.edges.edge import EdgeProcess
    from tradewind.runtime.room_process import RoomProcess, SplitRoomProcess
    from tradewind.runtime.settings import TradewindSettings

    AloneProcess = RoomProcess | SplitRoomProcess | EdgeProcess[Any] | TradingProcess | ControlProcess


def build_apart(
    name: str, settings: TradewindSettings, *, metrics: Metrics, passages: Passages | None = None
) -> AloneProcess:
    """Return the parts of one service's process; `passages` is told to those of the line.

    Raises: ConfigError: the bus is inside one process, or the settings do not work.
    """
    if settings.bus.kind != "redis":
        message = (
            f"`tradewind run {name}` runs one service alone and needs bus.kind=redis, was {settings.bus.kind};"
            " set TRADEWIND_BUS__KIND=redis and bus.url, or use `tradewind run` for all in one process"
        )
        raise ConfigError(message)
    if name == TRADING:
        from tradewind.runtime.desk.process import TradingProcess

        return TradingProcess(settings, metrics=metrics)
    if name == CONTROL:
        from tradewind.runtime.control_process import ControlProcess

        return ControlProcess(settings, metrics=metrics)
    if name in EDGES:
        return _edge(name)(name, settings, metrics=metrics, passages=passages)
    from tradewind.runtime.room_process import RoomProcess, SplitRoomProcess

    make = RoomProcess if name == MARKET or settings.bus.shards == 1 else SplitRoomProcess
    return make(name, settings, metrics=metrics, passages=passages)


def _edge(name: str) -> type[EdgeProcess[Any]]:
    """Return what makes this edge."""
    if name == "push":
        from tradewind.runtime.edges.push import PushEdge

        return PushEdge
    if name == "quotes":
        from tradewind.runtime.edges.quotes import QuotesEdge

        return QuotesEdge
    from tradewind.runtime.edges.api import ApiEdge

    return ApiEdge
