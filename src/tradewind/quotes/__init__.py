"""Quotes: system 000's clients on their own port, Socket.IO and REST in its words (docs/quotes-port.md).

Reads: clean ticks and quotes outside trading hours. Writes: no topic.
An edge made of the other two: HTTP as `api` does it, frames and budgets as `push` does them.
Main type: `QuotesService`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewind.quotes.ports import BusState, Contracts, Gate, QuoteTester, SentTest
from tradewind.quotes.settings import QuotesSettings

if TYPE_CHECKING:
    from tradewind.quotes.service import QuotesService

__all__ = ["BusState", "Contracts", "Gate", "QuoteTester", "QuotesService", "QuotesSettings", "SentTest"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any of the names above
    """Load the service when it is first asked for: whoever only reads settings needs no Socket.IO."""
    if name == "QuotesService":
        from tradewind.quotes.service import QuotesService  # noqa: PLC0415 - loaded when first asked for

        return QuotesService
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
