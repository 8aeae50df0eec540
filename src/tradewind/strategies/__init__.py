"""Strategies: plug-ins that look at ticks, features and bars and say what they believe.

Reads CLEAN_TICKS, FEATURES and BARS, each only if a strategy wants it. Alone writes SIGNALS.
A strategy that raises, hangs, floods or answers nonsense is quarantined; the others and the line go on.
Main types: `StrategyService`, the port in `ports`.
"""

from tradewind.strategies.health import StrategyHealth, StrategyReport, StrategyState
from tradewind.strategies.queries import StrategyQueries
from tradewind.strategies.service import StrategyFolderWatcher, StrategyService
from tradewind.strategies.settings import StrategySettings

__all__ = [
    "StrategyFolderWatcher",
    "StrategyHealth",
    "StrategyQueries",
    "StrategyReport",
    "StrategyService",
    "StrategySettings",
    "StrategyState",
]
