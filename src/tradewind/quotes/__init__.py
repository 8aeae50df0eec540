"""Quotes: system 000's clients on their own port, Socket.IO and REST in its words (docs/quotes-port.md).

Reads: clean ticks and quotes outside trading hours. Writes: no topic.
An edge made of the other two: HTTP as `api` does it, frames and budgets as `push` does them.
Main type: `QuotesService`.
"""

from __future__ import annotations

from tradewind.quotes.ports import BusState, Contracts, Gate, QuoteTester, SentTest
from tradewind.quotes.service import QuotesService
from tradewind.quotes.settings import QuotesSettings

__all__ = ["BusState", "Contracts", "Gate", "QuoteTester", "QuotesService", "QuotesSettings", "SentTest"]
