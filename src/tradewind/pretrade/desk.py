"""Everything a rule may look at: facts, market, positions, money, counts and modes, as they stand at this moment."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from tradewind.pretrade.counters import Counters
from tradewind.pretrade.funds import Funds
from tradewind.pretrade.halt import Latch
from tradewind.pretrade.holdings import Holdings
from tradewind.pretrade.hours import TradingHours
from tradewind.pretrade.limits import LimitBook
from tradewind.pretrade.losses import Losses
from tradewind.pretrade.pace import Pace
from tradewind.pretrade.references import References
from tradewind.pretrade.regulatory import regulatory
from tradewind.pretrade.working import WorkingOrders

if TYPE_CHECKING:
    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.rates import RateLookup
    from tradewind.pretrade.ports import DeskNames, JournalHealth, Releases
    from tradewind.pretrade.regulatory import RegulatoryFile
    from tradewind.pretrade.settings import PretradeSettings


class Desk:
    """The state of the gate. Rules read it; only the `Gatekeeper` changes it."""

    def __init__(
        self,
        *,
        settings: PretradeSettings,
        instruments: InstrumentLookup,
        rates: RateLookup,
        calendar: TradingCalendar,
        names: DeskNames,
        journal: JournalHealth | None,
        releases: Releases | None = None,
        rules: RegulatoryFile | None = None,
    ) -> None:
        """`rules` replaces the shipped counts of the exchanges."""
        self.settings = settings
        self.rates = rates
        self.names = names
        self.journal = journal
        self.releases = releases
        self.limits = LimitBook(settings.limits)
        self.references = References(instruments)
        self.hours = TradingHours(calendar, with_auction=settings.takes_auction_orders)
        self.latch = Latch(takes_two=settings.two_person_reset)
        self.working = WorkingOrders()
        self.holdings = Holdings(self.limits.of)
        self.funds = Funds()
        self.pace = Pace(settings, self.limits)
        self.counters = Counters(regulatory() if rules is None else rules)
        self.losses = Losses(self.limits)
        self.known_ids: OrderedDict[str, int] = OrderedDict()
        """Client order ids that were used, each with the version its order ended in, -1 before; bounded."""

    def know(self, client_order_id: str, version: int = -1) -> None:
        """Remember an id as used; beyond `known_orders` the oldest is forgotten."""
        self.known_ids[client_order_id] = version
        if len(self.known_ids) > self.settings.known_orders:
            self.known_ids.popitem(last=False)
