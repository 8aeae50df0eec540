"""What all sessions share: settings, contracts, market, desk, investors. Guarded by the fronts' one lock."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradewind.testing.ctp_front.clock import FrontClock
    from tradewind.testing.ctp_front.contracts import ContractList
    from tradewind.testing.ctp_front.desk import FrontDesk
    from tradewind.testing.ctp_front.faults import Faults
    from tradewind.testing.ctp_front.investor import Investor
    from tradewind.testing.ctp_front.market import FrontMarket
    from tradewind.testing.ctp_front.queries import Queries
    from tradewind.testing.ctp_front.settings import FrontSettings


@dataclass
class FrontState:
    """See the fields' own modules."""

    settings: FrontSettings
    clock: FrontClock
    contracts: ContractList
    market: FrontMarket
    desk: FrontDesk
    queries: Queries
    faults: Faults
    investors: dict[str, Investor]
    sessions: Counter[str] = field(default_factory=Counter)
    """How many sessions each user has."""
    requests: Counter[str] = field(default_factory=Counter)
    """How many requests of each name came."""
    last_session: int = 0

    def next_session(self) -> int:
        """Return a SessionID that no connection had."""
        self.last_session += 1
        return self.last_session * 65_537
