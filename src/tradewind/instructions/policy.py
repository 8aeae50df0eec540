"""What a running plan makes of an opportunity or a price: enter, exit, or leave it, and why. Pure decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tradewind.domain.account import Direction
from tradewind.domain.opportunity import OpportunityState
from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from decimal import Decimal

    from tradewind.domain.account import Position
    from tradewind.domain.instrument import Instrument
    from tradewind.domain.opportunity import Opportunity
    from tradewind.domain.plan import PlanParams
    from tradewind.instructions.market_view import Market

_ENTERABLE = frozenset({OpportunityState.NEW, OpportunityState.ACTIVE})


class Holding(NamedTuple):
    """What a plan has in one contract: its position, if any, and when it last got out."""

    position: Position | None
    is_busy: bool
    """True while an entry or exit is under way."""
    last_exit_ns: int | None


class Verdict(NamedTuple):
    """Enter in a direction, exit, or neither; `reason_code` says why in each case."""

    enters: Direction | None
    exits: bool
    reason_code: str


LEAVE = Verdict(None, exits=False, reason_code="")


def direction_of(opportunity: Opportunity) -> Direction:
    """Return which way an opportunity points."""
    return Direction.LONG if opportunity.side == "buy" else Direction.SHORT


def concerns(params: PlanParams, opportunity: Opportunity, instrument: Instrument) -> bool:
    """Tell whether a plan is about this contract and these strategies."""
    if params.strategies and not any(part.strategy in params.strategies for part in opportunity.contributions):
        return False
    product = f"{instrument.product_id}.{instrument.exchange}"
    return not params.instruments or bool({instrument.instrument_id, product} & set(params.instruments))


def on_opportunity(
    params: PlanParams, opportunity: Opportunity, holding: Holding, *, held_count: int, now_ns: int
) -> Verdict:
    """Decide about one version of an opportunity that concerns the plan.

    An entry that is wanted but not possible has a reason code and neither enters nor exits: that is worth a record.
    """
    position = holding.position
    if holding.is_busy:
        return LEAVE
    if position is not None and position.quantity:
        return _while_holding(params, opportunity, position)
    if opportunity.state not in _ENTERABLE or opportunity.confidence < params.min_confidence:
        return LEAVE
    if len(opportunity.contributions) < params.min_contributions:
        return LEAVE
    if params.sides not in {"both", opportunity.side}:
        return LEAVE
    if held_count >= params.max_instruments:
        return Verdict(None, exits=False, reason_code="max_instruments")
    if holding.last_exit_ns is not None and now_ns < holding.last_exit_ns + params.cooldown_s * NS_PER_S:
        return Verdict(None, exits=False, reason_code="cooldown")
    return Verdict(direction_of(opportunity), exits=False, reason_code="opportunity")


def _while_holding(params: PlanParams, opportunity: Opportunity, position: Position) -> Verdict:
    is_same = direction_of(opportunity) is position.direction
    if opportunity.state is OpportunityState.CLOSED:
        return Verdict(None, exits=True, reason_code="closed") if is_same and params.exits_on_close else LEAVE
    if not is_same and params.exits_on_reverse and opportunity.confidence >= params.min_confidence:
        return Verdict(None, exits=True, reason_code="reversed")
    return LEAVE


class Bounds(NamedTuple):
    """Prices on the line's floats beyond which a position is closed; ±infinity where none is set."""

    low: float
    high: float
    until_ns: int


_FOREVER = (1 << 63) - 1


def bounds_of(params: PlanParams, position: Position, price_tick: Decimal) -> Bounds:
    """Return where a position's stop and profit lie, and when its time is up."""
    low, high = float("-inf"), float("inf")
    opened = position.open_price
    if opened is not None:
        loss, gain = price_tick * params.stop_ticks, price_tick * params.profit_ticks
        if position.direction is Direction.SHORT:
            loss, gain = gain, loss
        is_long = position.direction is Direction.LONG
        if (params.stop_ticks if is_long else params.profit_ticks) > 0:
            low = float(opened - loss)
        if (params.profit_ticks if is_long else params.stop_ticks) > 0:
            high = float(opened + gain)
    until_ns = position.opened_at + params.max_holding_s * NS_PER_S if params.max_holding_s else _FOREVER
    return Bounds(low, high, until_ns)


def on_price(bounds: Bounds, position: Position, *, last_price: float, now_ns: int) -> Verdict:
    """Decide whether a price or the time ends a position."""
    if bounds.low < last_price < bounds.high and now_ns < bounds.until_ns:
        return LEAVE
    if now_ns >= bounds.until_ns:
        return Verdict(None, exits=True, reason_code="max_holding")
    is_low = last_price <= bounds.low
    is_loss = is_low is (position.direction is Direction.LONG)
    return Verdict(None, exits=True, reason_code="stop" if is_loss else "profit")


def entry_price(market: Market, direction: Direction) -> Decimal:
    """Return the price an entry is sized at: what the other side asks, else the last."""
    price = market.ask if direction is Direction.LONG else market.bid
    return market.last if price is None else price
