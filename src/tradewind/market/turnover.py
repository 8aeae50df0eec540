"""Turnover of one instrument: its total in yuan, its increments, and an estimate where the exchange gives none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tradewind.market.fields import amount

if TYPE_CHECKING:
    from tradewind.domain.instrument import Instrument

_LACKS_MULTIPLIER: Final = "CZCE"


class Money(NamedTuple):
    """The day's turnover and its increment; `is_repaired` where they had to be estimated."""

    total: float
    delta: float
    is_repaired: bool


class Turnover:
    """Follows one instrument's turnover over the day.

    CTP gives CZCE's turnover without the contract multiplier, recorders that cleaned it give it with: the average
    price says which, since it is off by the whole multiplier (5 at least) in the wrong reading. `scale` is the
    factor found, `None` while nothing has traded.
    """

    __slots__ = ("_is_estimated", "_multiplier", "_needs_scale", "scale")

    def __init__(self, instrument: Instrument) -> None:
        self._multiplier = instrument.contract_multiplier
        self._needs_scale = instrument.exchange == _LACKS_MULTIPLIER
        self._is_estimated = False
        self.scale: float | None = None if self._needs_scale else 1.0

    @property
    def is_ordinary(self) -> bool:
        """True when the next increment is a plain difference."""
        return self.scale is not None and not self._is_estimated

    def step(
        self, given: float | None, *, before: float, volume: int, volume_delta: int, last: float, is_baseline: bool
    ) -> Money:
        """Return the total and the increment since the total `before` it."""
        value = amount(given)
        if self._needs_scale and (self.scale is None or is_baseline):
            self.scale = self._find_scale(value, volume, last)
        traded = (volume if is_baseline else volume_delta) * last * self._multiplier
        if value is None:
            self._is_estimated = self._is_estimated or traded > 0.0
            total = traded if is_baseline else before + traded
            return Money(total, 0.0 if is_baseline else traded, is_repaired=traded > 0.0)
        total = value * (self.scale or 1.0)
        delta, was_estimated = total - before, self._is_estimated
        self._is_estimated = False
        if is_baseline:
            return Money(total, 0.0, is_repaired=False)
        if was_estimated or delta < 0.0:
            return Money(total, traded, is_repaired=True)
        return Money(total, delta, is_repaired=False)

    def _find_scale(self, value: float | None, volume: int, last: float) -> float | None:
        if value is None or value <= 0.0 or volume <= 0:
            return None
        average = value / volume / last
        return float(self._multiplier) if average * average < self._multiplier else 1.0
