"""How much of each limit is used and how much is left, for people before and after a decision."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.order import Side
from tradewind.domain.trading_state import Scope
from tradewind.pretrade.pace import MINUTE, SECOND, count_within

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tradewind.domain.order import OrderRequest
    from tradewind.pretrade.desk import Desk
    from tradewind.pretrade.limits import ScopeKey


class Headroom(msgspec.Struct, frozen=True, gc=False):
    """One limit of one scope: how much it allows, how much is used, working orders included, how much is left."""

    name: str
    scope: Scope
    key: str
    instrument_id: str
    """"" where the limit is over all contracts."""
    limit: Decimal | int
    used: Decimal | int
    left: Decimal | int


def _headroom(name: str, place: ScopeKey, instrument_id: str, limit: Decimal | int, used: Decimal | int) -> Headroom:
    scope, key = place
    return Headroom(name, scope, key, instrument_id, limit, used, limit - used if limit > used else 0)


def headroom_of(desk: Desk, requests: Sequence[OrderRequest], now: int) -> tuple[Headroom, ...]:
    """Return the limits that some orders meet, each once, and their exchanges' counts."""
    orders = {
        (order.account_id, order.product_code, order.strategy, order.instrument_id): order for order in requests
    }.values()
    met = [(place, order.instrument_id) for order in orders for place in desk.limits.met_by(order).places]
    places = dict.fromkeys(place for place, _ in met)
    counted = {(order.account_id, order.instrument_id): order.trading_day for order in orders}
    return (
        *(room for place in places for room in scope_use(desk, place, now)),
        *(room for place, instrument_id in dict.fromkeys(met) for room in position_use(desk, place, instrument_id)),
        *(room for names, day in counted.items() for room in counts_of(desk, *names, day)),
    )


def position_use(desk: Desk, place: ScopeKey, instrument_id: str) -> Iterator[Headroom]:
    """Yield the use of a scope's limits on one contract."""
    row = desk.limits.of(*place)
    if row.max_net_position is None and row.max_gross_position is None:
        return
    lots = desk.holdings.lots(place, instrument_id)
    if row.max_net_position is not None:
        net = max(lots.net_after(Side.BUY, 0), lots.net_after(Side.SELL, 0))
        yield _headroom("max_net_position", place, instrument_id, row.max_net_position, max(net, 0))
    if row.max_gross_position is not None:
        yield _headroom("max_gross_position", place, instrument_id, row.max_gross_position, lots.gross)


def scope_use(desk: Desk, place: ScopeKey, now: int) -> Iterator[Headroom]:
    """Yield the use of a scope's limits over all contracts: exposure, margin, pace, losses."""
    row = desk.limits.of(*place)
    if row.max_exposure is not None:
        yield _headroom("max_exposure", place, "", row.max_exposure, desk.holdings.exposure(place))
    if row.max_margin_use is not None:
        purse = desk.funds.purse(place[1])
        balance = purse.account.balance if purse.account is not None else Decimal(0)
        yield _headroom("max_margin_use", place, "", row.max_margin_use, purse.margin / balance if balance > 0 else 0)
    for name, windows, span in (
        ("orders_per_second", desk.pace.orders, SECOND),
        ("orders_per_minute", desk.pace.orders, MINUTE),
        ("cancels_per_second", desk.pace.cancels, SECOND),
        ("cancels_per_minute", desk.pace.cancels, MINUTE),
    ):
        limit = getattr(row, name)
        if limit is not None:
            yield _headroom(name, place, "", limit, count_within(windows.get(place), span, now))
    for loss in desk.losses.of(place):
        yield _headroom(f"max_{loss.rule}", place, "", loss.limit, loss.actual)


def counts_of(desk: Desk, account_id: str, instrument_id: str, trading_day: int) -> Iterator[Headroom]:
    """Yield the use of the exchange's counts of an account in a contract; working orders count as cancels to come."""
    rule = desk.counters.rule(instrument_id)
    if rule is None:
        return
    count = desk.counters.peek(account_id, instrument_id, trading_day)
    place = (Scope.ACCOUNT, account_id)
    yield _headroom("cancels_a_day", place, instrument_id, rule.cancels_from - 1, count.cancels + count.live)
    yield _headroom("self_trades_a_day", place, instrument_id, rule.self_trades_from - 1, count.self_trades)
    if rule.big_cancel_lots:
        used = count.big_cancels + count.live_big
        yield _headroom("big_cancels_a_day", place, instrument_id, rule.big_cancels_from - 1, used)
