"""The statistics room: fills, working orders, positions and funds summed up as they change.

Reads `orders`, `fills`, `bookings`, `settlements`, `positions`, `accounts`, and ticks of what held options are on;
writes `trade_statistics`, `order_statistics`, `position_figures`, `account_figures`, `position_groups`.
Main types: `StatisticsService` (the shell), `Summary` (the core), `StatisticsQueries` (what the edges may ask).
"""

from __future__ import annotations

from tradewind.statistics.queries import StatisticsQueries
from tradewind.statistics.service import StatisticsService
from tradewind.statistics.settings import StatisticsSettings
from tradewind.statistics.summary import Summary

__all__ = ["StatisticsQueries", "StatisticsService", "StatisticsSettings", "Summary"]
