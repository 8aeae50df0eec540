"""Which warnings are due after an event: the exchange's counts, message bursts, margin, losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.domain.trading_state import LimitWarning, Scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.domain.order import OrderRequest
    from tradewind.pretrade.gatekeeper import Gatekeeper
    from tradewind.pretrade.limits import ScopeKey


def count_warnings(
    gate: Gatekeeper, account_id: str, instrument_id: str, trading_day: int, now: int
) -> Iterator[LimitWarning]:
    """Yield what nears the exchange's line; `key` of a warning is "account/contract"."""
    counters = gate.desk.counters
    rule = counters.rule(instrument_id)
    count = counters.counts.get((account_id, instrument_id))
    if rule is None or count is None:
        return
    key, day = f"{account_id}/{instrument_id}", count.trading_day
    for name, used, limit in (
        ("cancels_a_day", count.cancels, rule.cancels_from - 1),
        ("big_cancels_a_day", count.big_cancels, rule.big_cancels_from - 1),
        ("self_trades_a_day", count.self_trades, rule.self_trades_from - 1),
    ):
        if used:
            warning = gate.nearing.due(name, Scope.ACCOUNT, key, used=used, limit=limit, day=day, ts_event=now)
            if warning is not None:
                yield warning
    bursts = counters.bursts.get(account_id)
    if bursts is not None and bursts.count and bursts.trading_day >= trading_day:
        limit = counters.rules.bursts.a_day
        warning = gate.nearing.due(
            "message_bursts", Scope.ACCOUNT, account_id, used=bursts.count, limit=limit, day=day, ts_event=now
        )
        if warning is not None:
            yield warning


def margin_warning(gate: Gatekeeper, request: OrderRequest, now: int) -> Iterator[LimitWarning]:
    """Yield a warning when margin nears its part of the balance."""
    desk = gate.desk
    account = desk.funds.purse(request.account_id).account
    if account is None or account.balance <= 0:
        return
    margin = desk.funds.purse(request.account_id).margin
    for met in desk.limits.met_by(request).max_margin_use:
        warning = gate.nearing.due(
            "margin_use",
            *met.place,
            used=margin,
            limit=met.limit * account.balance,
            day=request.trading_day,
            ts_event=now,
        )
        if warning is not None:
            yield warning


def loss_warnings(gate: Gatekeeper, place: ScopeKey, now: int) -> Iterator[LimitWarning]:
    """Yield what nears a loss limit of a scope."""
    for loss in gate.desk.losses.of(place):
        warning = gate.nearing.due(
            loss.rule, *place, used=loss.actual, limit=loss.limit, day=loss.trading_day, ts_event=now
        )
        if warning is not None:
            yield warning
