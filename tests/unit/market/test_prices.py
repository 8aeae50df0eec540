"""The price grid: rounding, limits, and a memo that is bounded and never changes an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.market.prices import PriceGrid
from tradewind.market.reasons import RejectReason

from builders import make_instrument


def make_grid(tick: float = 0.2, digits: int = 1, memo_size: int = 4096) -> PriceGrid:
    return PriceGrid(make_instrument(price_tick=tick, price_digits=digits), max_price=1e8, memo_size=memo_size)


@pytest.mark.parametrize(
    ("tick", "digits", "price", "rounded"),
    [
        (0.2, 1, 5806.400000000001, 5806.4),
        (0.02, 2, 950.6199999999999, 950.62),
        (0.005, 3, 106.315, 106.315),
        (10.0, 0, 47820.0, 47820.0),
        (1.0, 0, 5330, 5330.0),
    ],
)
def test_float_noise_is_taken_off(tick: float, digits: int, price: float, rounded: float) -> None:
    assert make_grid(tick, digits).good(price) == rounded


@given(steps=st.integers(1, 100_000), tick=st.sampled_from([(0.2, 1), (0.02, 2), (0.005, 3), (5.0, 0), (0.5, 1)]))
def test_a_price_on_the_tick_stays_what_it_is(steps: int, tick: tuple[float, int]) -> None:
    grid = make_grid(*tick)
    written = float(f"{steps * tick[0]:.{tick[1]}f}")
    assert grid.good(written) == written
    assert grid.good(steps * tick[0]) == written
    assert grid.off_tick == 0


@given(st.lists(st.floats(4000.0, 6000.0), max_size=30))
def test_remembering_never_changes_an_answer(prices: list[float]) -> None:
    used = make_grid(memo_size=64)
    used.set_limits(4694.6, 5737.8)
    for price in prices:
        fresh = make_grid()
        fresh.set_limits(4694.6, 5737.8)
        assert used.good(price) == fresh.good(price)


def test_the_memo_holds_only_good_prices_within_the_limits() -> None:
    grid = make_grid()
    grid.set_limits(4694.6, 5737.8)
    for price in (4694.6, 5737.8, 5738.0, float("nan"), 0.0, -1.0):
        grid.good(price)
    assert all(known is None or 4694.6 <= known <= 5737.8 for known in grid.memo)


def test_new_limits_are_judged_by_at_once() -> None:
    grid = make_grid()
    assert grid.good(6000.0) == 6000.0
    grid.set_limits(4694.6, 5737.8)
    assert grid.good(6000.0) is None
    assert grid.judge(6000.0) is RejectReason.OUTSIDE_LIMITS


def test_the_same_limits_again_forget_nothing() -> None:
    grid = make_grid()
    grid.set_limits(4694.6, 5737.8)
    grid.good(5000.0)
    grid.set_limits(4694.6, 5737.8)
    assert 5000.0 in grid.memo


def test_a_full_memo_is_emptied_and_goes_on() -> None:
    grid = make_grid(memo_size=64)
    for step in range(20_000, 30_000, 40):
        assert grid.good(round(step * 0.2, 1)) == round(step * 0.2, 1)
    assert len(grid.memo) < 64 + 2 * 8 + 2


@pytest.mark.parametrize("price", [float("nan"), float("inf"), 1.7976931348623157e308, 0.0, -0.2, 0.01, 1e8])
def test_absurd_prices_are_no_prices(price: float) -> None:
    grid = make_grid()
    assert grid.good(price) is None or price == 0.01
    assert grid.plain(price) is None or price == 0.01


def test_a_price_off_the_tick_is_kept_and_counted_once() -> None:
    grid = make_grid(0.02, 2)
    assert [grid.good(286.75), grid.good(286.75)] == [286.75, 286.75]
    assert grid.off_tick == 1
