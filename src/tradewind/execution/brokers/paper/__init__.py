"""Trading on paper: an exchange of our own that matches against the live book.

It takes what the gate has passed: lots and funds are counted there and in the ledger, not a second time here.
Main type: `PaperBroker`.
"""

from __future__ import annotations

from tradewind.execution.brokers.paper.broker import PaperBroker
from tradewind.execution.brokers.paper.settings import PaperSettings

__all__ = ["PaperBroker", "PaperSettings"]
