"""Options on futures by Black's formula: price, delta, and the volatility that a live price implies.

Source: F. Black, "The pricing of commodity contracts" (1976). It prices European options; most commodity options here
may be exercised early, which moves the delta of options near their end and deep in the money a little. Prices and
strikes in quote currency per unit, `years` to expiry, `rate` and volatility as parts of one (0.2 is 20 %) a year.
"""

from __future__ import annotations

import math
from typing import Final, Literal

Kind = Literal["call", "put"]
LOWEST_VOLATILITY: Final = 1e-4
HIGHEST_VOLATILITY: Final = 10.0
"""1000 % a year: a price that wants more is no price to derive anything from."""
_STEPS: Final = 200
_CLOSE_ENOUGH: Final = 1e-12
_ROOT_2: Final = math.sqrt(2.0)


def price(*, kind: Kind, forward: float, strike: float, years: float, rate: float, volatility: float) -> float:
    """Return what the option is worth.

    Raises: ValueError: forward, strike, years or volatility is not above 0, or one of them is no finite number.
    """
    d1, d2 = _distances(forward, strike, years, rate=rate, volatility=volatility)
    sign = 1.0 if kind == "call" else -1.0
    return math.exp(-rate * years) * sign * (forward * _normal(sign * d1) - strike * _normal(sign * d2))


def delta(*, kind: Kind, forward: float, strike: float, years: float, rate: float, volatility: float) -> float:
    """Return how far the option moves with the future: 0 to 1 of a call, -1 to 0 of a put.

    Raises: ValueError: as `price`.
    """
    d1, _ = _distances(forward, strike, years, rate=rate, volatility=volatility)
    sign = 1.0 if kind == "call" else -1.0
    return sign * math.exp(-rate * years) * _normal(sign * d1)


def implied_volatility(
    *, kind: Kind, option_price: float, forward: float, strike: float, years: float, rate: float
) -> float | None:
    """Return the volatility at which the formula gives this price, found by halving between safe bounds.

    `None` where no volatility does: the price is below what exercising brings or above the future itself, beyond the
    bounds, or so near to them that any small volatility would do.

    Raises: ValueError: forward, strike or years is not above 0, or a value is no finite number.
    """
    if not math.isfinite(option_price):
        message = f"an option price must be a finite number, was {option_price}"
        raise ValueError(message)

    def excess(volatility: float) -> float:
        worth = price(kind=kind, forward=forward, strike=strike, years=years, rate=rate, volatility=volatility)
        return worth - option_price

    low, high = LOWEST_VOLATILITY, HIGHEST_VOLATILITY
    if excess(low) >= 0.0 or excess(high) <= 0.0:
        return None
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        if excess(middle) < 0.0:
            low = middle
        else:
            high = middle
        if high - low < _CLOSE_ENOUGH:
            break
    return (low + high) / 2.0


def _distances(forward: float, strike: float, years: float, *, rate: float, volatility: float) -> tuple[float, float]:
    """Return d1 and d2 of the formula."""
    values = {"forward": forward, "strike": strike, "years": years, "volatility": volatility}
    for name, value in values.items():
        if not (math.isfinite(value) and value > 0.0):
            message = f"{name} must be a finite number above 0, was {value}"
            raise ValueError(message)
    if not math.isfinite(rate):
        message = f"rate must be a finite number, was {rate}"
        raise ValueError(message)
    spread = volatility * math.sqrt(years)
    d1 = math.log(forward / strike) / spread + spread / 2.0
    return d1, d1 - spread


def _normal(x: float) -> float:
    """Return the standard normal distribution up to x; by erfc, which keeps its digits in the tail."""
    return 0.5 * math.erfc(-x / _ROOT_2)
