"""Which limits an order meets: the rows of its five scopes, merged once and kept ready by limit.

A check asks for one limit and gets just the scopes that have it, so that what is not limited costs nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.domain.trading_state import Scope
from tradewind.pretrade.settings import EVERY, LIMIT_NAMES, ScopeLimits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tradewind.domain.order import OrderRequest

ScopeKey = tuple[Scope, str]

DEFAULTS: Final = (
    ScopeLimits(
        scope=Scope.PLATFORM,
        key="",
        max_order_quantity=500,
        price_band=Decimal("0.03"),
        orders_per_second=200,
        cancels_per_second=200,
    ),
    ScopeLimits(
        scope=Scope.ACCOUNT,
        max_order_value=Decimal(20_000_000),
        max_gross_position=1_000,
        max_exposure=Decimal(200_000_000),
        max_margin_use=Decimal("0.8"),
        orders_per_second=120,
        orders_per_minute=1_200,
        cancels_per_second=120,
        cancels_per_minute=1_200,
        max_daily_loss_ratio=Decimal("0.05"),
        max_drawdown_ratio=Decimal("0.2"),
        on_loss="reducing",
    ),
    ScopeLimits(scope=Scope.STRATEGY, max_net_position=200, orders_per_second=100, on_loss="halted"),
    ScopeLimits(scope=Scope.PRODUCT, on_loss="reducing"),
    ScopeLimits(scope=Scope.INSTRUMENT, max_order_quantity=200, orders_per_second=20),
)
"""What holds where the settings say nothing."""

_MAX_READY: Final = 10_000


class ScopedLimit(msgspec.Struct, frozen=True):
    """One limit of one scope, as a rule meets it; `label` is how a refusal names the scope."""

    place: ScopeKey
    label: str
    limit: Any


class Applicable:
    """The limits one order meets, each name with the scopes that have it."""

    __slots__ = (*LIMIT_NAMES, "held_places", "places")

    def __init__(self, places: tuple[ScopeKey, ...], rows: Iterable[tuple[ScopeKey, ScopeLimits]]) -> None:
        self.places = places
        ordered = list(rows)
        self.held_places = tuple(place for place, row in ordered if limits_positions(row))
        for name in LIMIT_NAMES:
            met = tuple(
                ScopedLimit(place, label_of(*place), value)
                for place, row in ordered
                if (value := getattr(row, name)) is not None
            )
            setattr(self, name, met)

    max_order_quantity: tuple[ScopedLimit, ...]
    max_order_value: tuple[ScopedLimit, ...]
    max_net_position: tuple[ScopedLimit, ...]
    max_gross_position: tuple[ScopedLimit, ...]
    max_exposure: tuple[ScopedLimit, ...]
    max_margin_use: tuple[ScopedLimit, ...]
    price_band: tuple[ScopedLimit, ...]
    orders_per_second: tuple[ScopedLimit, ...]
    orders_per_minute: tuple[ScopedLimit, ...]
    cancels_per_second: tuple[ScopedLimit, ...]
    cancels_per_minute: tuple[ScopedLimit, ...]


class LimitBook:
    """All rows; `of` answers by scope, `met_by` by order. Ready answers are kept, at most 10 000, then begun anew."""

    def __init__(self, rows: Iterable[ScopeLimits]) -> None:
        """Lay `rows` over the defaults."""
        self._rows: dict[ScopeKey, ScopeLimits] = {(row.scope, row.key): row for row in DEFAULTS}
        for row in rows:
            below = self._rows.get((row.scope, row.key))
            self._rows[(row.scope, row.key)] = row if below is None else _over(below, row)
        self._ready: dict[tuple[str, str, str, str], Applicable] = {}
        self._merged: dict[ScopeKey, ScopeLimits] = {}

    def of(self, scope: Scope, key: str) -> ScopeLimits:
        """Return what holds for one account, product, strategy, contract or the platform."""
        merged = self._merged.get((scope, key))
        if merged is None:
            own = self._rows.get((scope, key))
            every = self._rows.get((scope, EVERY))
            if own is not None and every is not None:
                merged = _over(every, own)
            else:
                merged = own or every or ScopeLimits(scope=scope, key=key)
            if len(self._merged) >= _MAX_READY:
                self._merged.clear()
            self._merged[(scope, key)] = merged
        return merged

    def met_by(self, request: OrderRequest) -> Applicable:
        """Return the limits an order meets."""
        names = (request.account_id, request.product_code, request.strategy, request.instrument_id)
        ready = self._ready.get(names)
        if ready is None:
            places = places_of(request)
            ready = Applicable(places, ((place, self.of(*place)) for place in places))
            if len(self._ready) >= _MAX_READY:
                self._ready.clear()
            self._ready[names] = ready
        return ready

    def longest(self, place: ScopeKey, *names: str) -> int:
        """Return the greatest of some counts of a scope, so that a window knows how far back to look."""
        row = self.of(*place)
        return max((getattr(row, name) or 0 for name in names), default=0)


def places_of(request: OrderRequest) -> tuple[ScopeKey, ...]:
    """Return the scopes an order belongs to, widest first; no product or strategy is no scope."""
    return tuple(
        (scope, key)
        for scope, key in (
            (Scope.PLATFORM, ""),
            (Scope.ACCOUNT, request.account_id),
            (Scope.PRODUCT, request.product_code),
            (Scope.STRATEGY, request.strategy),
            (Scope.INSTRUMENT, request.instrument_id),
        )
        if key or scope is Scope.PLATFORM
    )


def limits_positions(row: ScopeLimits) -> bool:
    """Say whether a scope limits what is held in it, so that its lots have to be counted."""
    return not (row.max_net_position is None and row.max_gross_position is None and row.max_exposure is None)


def label_of(scope: Scope, key: str) -> str:
    """Write a scope the way refusals name it: `account:A1`, `platform`."""
    return f"{scope.value}:{key}" if key else scope.value


def _over(below: ScopeLimits, above: ScopeLimits) -> ScopeLimits:
    """Return `above` with what it leaves open taken from `below`."""
    changes = {name: value for name in LIMIT_NAMES if (value := getattr(above, name)) is not None}
    return msgspec.structs.replace(below, key=above.key, **changes)
