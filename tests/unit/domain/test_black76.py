"""Black's formula against published values, and the volatility that a price implies."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tradewind.domain import black76
from tradewind.domain.black76 import Kind

HAUG_PRICE: dict[str, Any] = {"forward": 19.0, "strike": 19.0, "years": 0.75, "rate": 0.10, "volatility": 0.28}
"""Haug, The Complete Guide to Option Pricing Formulas, Black-76F: an option on Brent, worth 1.7011 either way."""
HAUG_DELTA: dict[str, Any] = {"forward": 105.0, "strike": 100.0, "years": 0.5, "rate": 0.10, "volatility": 0.36}
"""Haug, delta of a futures option: call 0.5946, put -0.3566."""
HULL_PUT: dict[str, Any] = {"forward": 20.0, "strike": 20.0, "years": 4 / 12, "rate": 0.09, "volatility": 0.25}
"""Hull, Options, Futures, and Other Derivatives: a put on crude oil futures is worth 1.12."""


@pytest.mark.parametrize("kind", ["call", "put"])
def test_the_price_is_haugs(kind: Kind) -> None:
    assert black76.price(kind=kind, **HAUG_PRICE) == pytest.approx(1.7011, abs=5e-5)


def test_the_price_of_a_put_is_hulls() -> None:
    assert black76.price(kind="put", **HULL_PUT) == pytest.approx(1.12, abs=5e-3)


@pytest.mark.parametrize(("kind", "delta"), [("call", 0.5946), ("put", -0.3566)])
def test_the_delta_is_haugs(kind: Kind, delta: float) -> None:
    assert black76.delta(kind=kind, **HAUG_DELTA) == pytest.approx(delta, abs=5e-5)


@given(
    kind=st.sampled_from(["call", "put"]),
    forward=st.floats(1, 1e5),
    moneyness=st.floats(0.5, 2),
    years=st.floats(0.01, 3),
    rate=st.floats(-0.05, 0.2),
    volatility=st.floats(0.02, 2),
)
def test_the_volatility_of_a_price_gives_the_price_back(
    *, kind: Kind, forward: float, moneyness: float, years: float, rate: float, volatility: float
) -> None:
    terms: dict[str, Any] = {"forward": forward, "strike": forward * moneyness, "years": years, "rate": rate}
    worth = black76.price(kind=kind, volatility=volatility, **terms)
    implied = black76.implied_volatility(kind=kind, option_price=worth, **terms)
    # Where hardly anything of a price is time value, many volatilities give it: the price, not the number, must agree.
    assume(implied is not None)
    assert implied is not None
    assert black76.price(kind=kind, volatility=implied, **terms) == pytest.approx(worth, rel=1e-9, abs=forward * 1e-11)


@given(
    kind=st.sampled_from(["call", "put"]),
    forward=st.floats(1, 1e5),
    moneyness=st.floats(0.2, 5),
    years=st.floats(1e-4, 5),
    rate=st.floats(-0.1, 0.3),
    option_price=st.floats(-1e6, 1e6),
)
def test_any_price_gives_a_volatility_within_bounds_or_none(
    *, kind: Kind, forward: float, moneyness: float, years: float, rate: float, option_price: float
) -> None:
    implied = black76.implied_volatility(
        kind=kind, option_price=option_price, forward=forward, strike=forward * moneyness, years=years, rate=rate
    )
    assert implied is None or black76.LOWEST_VOLATILITY <= implied <= black76.HIGHEST_VOLATILITY


def test_a_price_below_what_exercise_brings_implies_nothing() -> None:
    discount = math.exp(-0.02 * 0.5)
    terms: dict[str, Any] = {"kind": "call", "forward": 600.0, "strike": 500.0, "years": 0.5, "rate": 0.02}
    assert black76.implied_volatility(option_price=100.0 * discount - 0.01, **terms) is None
    assert black76.implied_volatility(option_price=600.0, **terms) is None


@pytest.mark.parametrize("field", ["forward", "strike", "years", "volatility"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_what_cannot_be_is_named(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"^{field} must be a finite number above 0"):
        black76.delta(kind="call", **{**HAUG_DELTA, field: value})
