"""The risk gate, the only way to the exchange: each order request is approved or refused here, by rules, with reasons.

Reads order requests, cancel requests, orders, fills, positions, accounts, ticks.
Writes approved and refused orders, trading states, limit warnings.
Main types: `PretradeService` (the shell), `Gatekeeper` (the core), `Latch` (the emergency stop's core), `HaltFiles`
(its disk), `PretradeQueries` (what the edges may ask).
"""

from __future__ import annotations

from tradewind.pretrade.acts import HaltAnswer
from tradewind.pretrade.files import HaltFiles
from tradewind.pretrade.gatekeeper import Gatekeeper
from tradewind.pretrade.halt import Latch, phrase_of
from tradewind.pretrade.queries import PretradeQueries
from tradewind.pretrade.service import PretradeService
from tradewind.pretrade.settings import PretradeSettings, ScopeLimits
from tradewind.pretrade.what_if import WhatIf

__all__ = [
    "Gatekeeper",
    "HaltAnswer",
    "HaltFiles",
    "Latch",
    "PretradeQueries",
    "PretradeService",
    "PretradeSettings",
    "ScopeLimits",
    "WhatIf",
    "phrase_of",
]
