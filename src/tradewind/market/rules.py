"""The cleaning rules as the line uses them: settings turned once into nanoseconds and factors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from tradewind.market.settings import CleaningSettings

NEVER: Final = 1 << 62
"""A duration no tick reaches: the check is off."""


class CleaningRules(msgspec.Struct, frozen=True, kw_only=True):
    """See `CleaningSettings` for what each means."""

    max_lag_ns: int
    max_ahead_ns: int
    max_idle_ns: int
    max_jump: float
    jump_confirmations: int
    max_price: float
    max_volume: int
    max_instruments: int
    arrival_ordered: frozenset[str]
    price_memo_size: int
    gap_factor: float
    gap_min_ns: int
    gap_sample: int


def rules_from(settings: CleaningSettings, *, is_live: bool) -> CleaningRules:
    """Return the rules; only a live source can be late, a recording's lag is history."""
    return CleaningRules(
        max_lag_ns=_ns(settings.max_lag_s) if is_live and settings.max_lag_s > 0 else NEVER,
        max_ahead_ns=_ns(settings.max_ahead_s) if settings.max_ahead_s > 0 else NEVER,
        max_idle_ns=settings.max_idle_days * 86_400 * NS_PER_S,
        max_jump=settings.max_jump_percent / 100,
        jump_confirmations=settings.jump_confirmations,
        max_price=settings.max_price,
        max_volume=settings.max_volume,
        max_instruments=settings.max_instruments,
        arrival_ordered=frozenset(settings.arrival_ordered),
        price_memo_size=settings.price_memo_size,
        gap_factor=settings.gap_factor,
        gap_min_ns=_ns(settings.gap_min_s),
        gap_sample=settings.gap_sample,
    )


def _ns(seconds: float) -> int:
    return round(seconds * NS_PER_S)
