"""The portfolio room: what is held, what it is worth and what it cost, exact to the last decimal.

Reads `clean_ticks`, `quote_snapshots`, `approved_orders`, `orders`, `fills`; writes `positions`, `accounts`, and
`cash_moves` and `settlements`, which it reads back as everybody does.
Main types: `PortfolioService` (the shell), `Books` (the core), `PortfolioQueries` (what the edges may ask).
"""

from __future__ import annotations

from tradewind.portfolio.books import Books
from tradewind.portfolio.queries import PortfolioQueries
from tradewind.portfolio.service import PortfolioService
from tradewind.portfolio.settings import AccountSettings, PortfolioSettings

__all__ = ["AccountSettings", "Books", "PortfolioQueries", "PortfolioService", "PortfolioSettings"]
