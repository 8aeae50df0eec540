"""How many lots an entry takes: fixed, by what the margin allows, or by what may be lost at the stop."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, NamedTuple

from tradewind.domain.account import Direction
from tradewind.domain.charges import margin_of
from tradewind.domain.plan import Sizing

if TYPE_CHECKING:
    from tradewind.domain.account import Account
    from tradewind.domain.instrument import Instrument
    from tradewind.domain.plan import PlanParams
    from tradewind.domain.rates import Rates


class Size(NamedTuple):
    """Lots, or why there are none."""

    lots: int
    reason_code: str = ""


def size_entry(
    params: PlanParams,
    *,
    direction: Direction,
    price: Decimal,
    held: int,
    instrument: Instrument,
    rates: Rates | None,
    account: Account | None,
) -> Size:
    """Return how many lots to enter with, at most what the plan may hold."""
    room = params.max_lots - held
    if room <= 0:
        return Size(0, "max_lots")
    if params.sizing is Sizing.FIXED:
        return Size(min(params.lots, room))
    if account is None or account.balance <= 0:
        return Size(0, "no_balance")
    budget = account.balance * params.share
    if params.sizing is Sizing.MARGIN:
        if rates is None:
            return Size(0, "unknown_rates")
        per_lot = margin_of(
            rates.margin, direction, price=price, quantity=1, contract_multiplier=instrument.contract_multiplier
        )
    else:
        if not params.stop_ticks:
            return Size(0, "no_stop")
        per_lot = Decimal(repr(instrument.price_tick)) * params.stop_ticks * instrument.contract_multiplier
    if per_lot <= 0:
        return Size(0, "unknown_rates")
    lots = min(int((budget / per_lot).to_integral_value(rounding=ROUND_FLOOR)), room)
    return Size(lots) if lots > 0 else Size(0, "too_small")
