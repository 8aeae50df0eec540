"""Which rate would give an amount that was printed to the cent: the simplest that fits every amount of one kind."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_HALF_A_CENT: Final = Decimal("0.005")
_FINEST: Final = 12
"""Decimals of the finest rate that is looked for; anything finer is no rate but chance."""
_LONGEST: Final = 6
"""Figures that differ from 0 a rate may have; more fit any amount and explain none."""


class Charged(NamedTuple):
    """An amount as printed, and what it was charged on: money (price × multiplier × lots) and lots."""

    amount: Decimal
    money: Decimal
    lots: int


class GuessedRate(NamedTuple):
    """A rate of one kind, `by_money` or `by_volume`."""

    kind: str
    rate: Decimal

    def told(self) -> dict[str, str]:
        """Return it for a difference's `detail`."""
        return {self.kind: f"{self.rate:f}"}


def guess_rate(charged: Iterable[Charged]) -> GuessedRate | None:
    """Return the one rate that gives all these amounts, `None` where none of either kind does."""
    all_charged = list(charged)
    found = []
    for kind in ("by_volume", "by_money"):
        rate = _common(
            [(each.amount, each.money if kind == "by_money" else Decimal(each.lots)) for each in all_charged]
        )
        if rate is not None:
            found.append((_figures(rate), GuessedRate(kind, rate)))
    # Rates are round numbers: of two that fit, the one with fewer figures was meant.
    return min(found, key=lambda each: each[0])[1] if found else None


def _common(pairs: list[tuple[Decimal, Decimal]]) -> Decimal | None:
    if not pairs or any(base <= 0 for _, base in pairs):
        return None
    low = max((amount - _HALF_A_CENT) / base for amount, base in pairs)
    high = min((amount + _HALF_A_CENT) / base for amount, base in pairs)
    if high < 0 or low > high:
        return None
    for digits in range(_FINEST + 1):
        step = Decimal(1).scaleb(-digits)
        rate = (max(low, Decimal(0)) / step).quantize(Decimal(1), rounding=ROUND_CEILING) * step
        if rate <= high:
            return rate if _figures(rate) <= _LONGEST else None
    return None


def _figures(rate: Decimal) -> int:
    return len(str(rate.normalize().as_tuple().digits).replace(", ", "").strip("(,)"))
