"""Whether orders come too fast, are taken back too fast, or repeat themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.trading_state import Scope
from tradewind.pretrade.pace import MINUTE, SECOND, is_reached

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Mapping

    from tradewind.domain.order import Refusal
    from tradewind.pretrade.case import Case
    from tradewind.pretrade.limits import ScopedLimit, ScopeKey


class OrderRateRule:
    """Orders a second and a minute, by scope."""

    name: Final = "order_rate"
    codes: Final[Mapping[str, str]] = {
        "ORDERS_PER_SECOND": "as many orders within a second as this scope allows",
        "ORDERS_PER_MINUTE": "as many orders within a minute as this scope allows",
    }
    scopes: Final = tuple(Scope)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Look back from now."""
        windows, limits = case.desk.pace.orders, case.limits
        return _too_fast(
            case, self.name, "ORDERS_PER_SECOND", windows, limits=limits.orders_per_second, span_ns=SECOND
        ) + _too_fast(case, self.name, "ORDERS_PER_MINUTE", windows, limits=limits.orders_per_minute, span_ns=MINUTE)


class CancelRateRule:
    """A cancel is never refused; where too many are asked for, no new order is let through to be cancelled next."""

    name: Final = "cancel_rate"
    codes: Final[Mapping[str, str]] = {
        "CANCELS_PER_SECOND": "as many cancels within a second as this scope allows",
        "CANCELS_PER_MINUTE": "as many cancels within a minute as this scope allows",
    }
    scopes: Final = tuple(Scope)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Look back from now."""
        windows, limits = case.desk.pace.cancels, case.limits
        if not windows:
            return ()
        return _too_fast(
            case, self.name, "CANCELS_PER_SECOND", windows, limits=limits.cancels_per_second, span_ns=SECOND
        ) + _too_fast(case, self.name, "CANCELS_PER_MINUTE", windows, limits=limits.cancels_per_minute, span_ns=MINUTE)


class DuplicateRule:
    """The same order again and again within moments is a program gone wrong; later it is another order."""

    name: Final = "duplicate"
    codes: Final[Mapping[str, str]] = {"DUPLICATE_ORDER": "as many equal orders were sent just now as are allowed"}
    scopes: Final = (Scope.ACCOUNT,)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Look for equal ones just before."""
        desk = case.desk
        if case.price is None or not desk.pace.is_duplicate(case.request, case.now):
            return ()
        settings = desk.settings
        limit = f"{settings.duplicates} within {settings.duplicates_s:g} s"
        label = f"account:{case.request.account_id}"
        return (case.refuse(self.name, "DUPLICATE_ORDER", scope=label, limit=limit, actual=settings.duplicates + 1),)


def _too_fast(
    case: Case,
    rule: str,
    code: str,
    windows: Mapping[ScopeKey, deque[int]],
    *,
    limits: tuple[ScopedLimit, ...],
    span_ns: int,
) -> tuple[Refusal, ...]:
    found: tuple[Refusal, ...] = ()
    for met in limits:
        if is_reached(windows.get(met.place), met.limit, span_ns, case.now):
            found += (case.refuse(rule, code, scope=met.label, limit=met.limit, actual=met.limit + 1),)
    return found
