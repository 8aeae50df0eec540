"""How far a position moves with the market: a future by itself, an option with what it is on; unknown is `None`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from tradewind.domain import black76

if TYPE_CHECKING:
    from tradewind.domain.instrument import Instrument
    from tradewind.statistics.expiry import TimeLeft

_FINEST: Final = Decimal("0.000001")
ONE: Final = Decimal(1)


class UnitDelta(NamedTuple):
    """The delta of one unit held long, and the price of what moves it."""

    delta: Decimal
    price: Decimal


class Deltas:
    """Deltas by live prices; futures need their own, options theirs and that of their underlying."""

    def __init__(self, time_left: TimeLeft, *, interest_rate: float) -> None:
        self._time_left = time_left
        self._rate = interest_rate

    def of(
        self, instrument: Instrument, *, last_price: Decimal | None, underlying_price: float | None, now_ns: int
    ) -> UnitDelta | None:
        """Return the delta of one unit.

        `None` without a price, after the end, and where the option's price fits no volatility: never a guess.
        """
        if last_price is None:
            return None
        if instrument.option is None:
            return UnitDelta(ONE, last_price)
        delta = self._of_option(instrument, float(last_price), underlying_price, now_ns)
        if delta is None or underlying_price is None:
            return None
        return UnitDelta(Decimal(delta).quantize(_FINEST), Decimal(str(underlying_price)))

    def _of_option(self, instrument: Instrument, price: float, forward: float | None, now_ns: int) -> float | None:
        option, ends = instrument.option, instrument.expire_date
        if option is None or ends is None or forward is None or forward <= 0 or option.strike <= 0:
            return None
        years = self._time_left.years(instrument.hours_id, ends, now_ns)
        if years is None:
            return None
        volatility = black76.implied_volatility(
            kind=option.kind, option_price=price, forward=forward, strike=option.strike, years=years, rate=self._rate
        )
        if volatility is None:
            return None
        return black76.delta(
            kind=option.kind,
            forward=forward,
            strike=option.strike,
            years=years,
            rate=self._rate,
            volatility=volatility,
        )
