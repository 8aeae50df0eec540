"""The risk room: watches the line and says, with a severity, what a person should look at.

Reads `clean_ticks`, `features`, `signals` and `opportunities`; writes `risk_alerts`.
Main types: `RiskService` (the shell), `Monitor` (the core), `RiskQueries` (what the edges may ask).
"""

from __future__ import annotations

from tradewind.risk.monitor import Monitor
from tradewind.risk.queries import RiskQueries
from tradewind.risk.service import RiskService
from tradewind.risk.settings import RiskSettings

__all__ = ["Monitor", "RiskQueries", "RiskService", "RiskSettings"]
