"""What trading a contract costs and binds: margin and commission rates, limits, the closing order.

Rates are facts of a trading day, from the exchange and the broker. There are no defaults: what is unknown is refused.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from tradewind.domain.order import Offset


class MarginRate(msgspec.Struct, frozen=True):
    """Margin of a lot: price × multiplier × by_money + by_volume, long and short apart; final, broker's part included.

    Source: CThostFtdcInstrumentMarginRateField.
    """

    long_by_money: Decimal
    long_by_volume: Decimal
    short_by_money: Decimal
    short_by_volume: Decimal


class CommissionRate(msgspec.Struct, frozen=True):
    """Commission of a lot: price × multiplier × by_money + by_volume, by what the fill does; fees a message beside.

    Source: CThostFtdcInstrumentCommissionRateField, CThostFtdcInstrumentOrderCommRateField.
    """

    open_by_money: Decimal
    open_by_volume: Decimal
    close_by_money: Decimal
    close_by_volume: Decimal
    close_today_by_money: Decimal
    close_today_by_volume: Decimal
    order_fee: Decimal = Decimal(0)
    """Per order message (申报费)."""
    cancel_fee: Decimal = Decimal(0)

    def of(self, offset: Offset) -> tuple[Decimal, Decimal]:
        """Return (by_money, by_volume) of a fill that opens, closes yesterday's lots or closes today's."""
        if offset is Offset.OPEN:
            return self.open_by_money, self.open_by_volume
        if offset is Offset.CLOSE_TODAY:
            return self.close_today_by_money, self.close_today_by_volume
        return self.close_by_money, self.close_by_volume


ClosePriority = Literal["fifo", "today_first"]
"""Which lots a plain close takes: the oldest first, or today's first where the exchange makes them cheaper."""


class Rates(msgspec.Struct, frozen=True):
    """All that is asked for one contract on one trading day."""

    instrument_id: str
    valid_from: int
    """First trading day (YYYYMMDD) these hold on."""
    margin: MarginRate
    commission: CommissionRate
    max_limit_quantity: int
    max_market_quantity: int
    """0 where the exchange takes no market orders."""
    min_quantity: int
    is_larger_side_only: bool
    """True where margin is asked on the larger of long and short of the product only (大边)."""
    margin_group: str
    """Contracts of one group count together for the larger side: the product's id and exchange."""
    close_priority: ClosePriority
    limit_ratio: Decimal | None
    """Daily price limit as a part of the last settlement price, where the ticks carry none."""
    source: str


class RateLookup(Protocol):
    """Where rooms ask for rates. Implemented in market/rates.py, injected by the wiring."""

    def find(self, instrument_id: str, trading_day: int) -> Rates | None:
        """Return the rates in force, or `None` where any of them is unknown."""
        ...
