"""The signals room: what many strategies say, merged into opportunities a person can act on.

Reads `signals`, and `features` (or `clean_ticks`) to watch the price against the stops; writes `opportunities`.
Main types: `SignalsService` (the shell), `Aggregator` (the core), `SignalsQueries` (what the edges may ask).
"""

from __future__ import annotations

from tradewind.signals.aggregator import Aggregator
from tradewind.signals.queries import SignalsQueries
from tradewind.signals.service import SignalsService
from tradewind.signals.settings import SignalsSettings

__all__ = ["Aggregator", "SignalsQueries", "SignalsService", "SignalsSettings"]
