"""Rolling windows equal what a naive recomputation over the same ticks says."""

from __future__ import annotations

import itertools
from math import isclose, sqrt
from statistics import fmean, pstdev

from hypothesis import given
from hypothesis import strategies as st

from tradewind.domain.feature import WindowFeatures
from tradewind.features.spans import WindowSpec, parse_window
from tradewind.features.windows import Advance, rolling_windows
from tradewind.kernel.clock import NS_PER_S

Row = tuple[int, float, int, float]
MULTIPLIER = 300


def windows(*names: str, max_samples: int = 10_000, resum_after: int = 1_000) -> Advance:
    specs = [parse_window(name) for name in names]
    return rolling_windows(specs, MULTIPLIER, max_samples=max_samples, resum_after=resum_after)


def run(rows: list[Row], advance: Advance) -> list[tuple[WindowFeatures, ...]]:
    return [advance(*row) for row in rows]


def row(second: float, price: float, lots: int = 1) -> Row:
    return round(second * NS_PER_S), price, lots, lots * price * MULTIPLIER


def naive(rows: list[Row], spec: WindowSpec) -> WindowFeatures:
    """Say what a window holds right after the last of `rows`, the slow way."""
    now = rows[-1][0]
    inside = [row for row in rows if row[0] > now - spec.span_ns] if spec.span_ns else rows[-spec.count :]
    prices = [row[1] for row in inside]
    lots, yuan = sum(row[2] for row in inside), sum(row[3] for row in inside)
    change = prices[-1] / prices[0] - 1.0
    deviation = pstdev(prices)
    return WindowFeatures(
        window=spec.name,
        sample_size=len(inside),
        return_=change,
        change_percent=change * 100,
        vwap=yuan / lots / MULTIPLIER if lots else None,
        volume_sum=lots,
        turnover_sum=yuan,
        high=max(prices),
        low=min(prices),
        mean=fmean(prices),
        realized_volatility=sqrt(sum((b / a - 1.0) ** 2 for a, b in itertools.pairwise(prices))),
        zscore=(prices[-1] - fmean(prices)) / deviation if max(prices) > min(prices) else 0.0,
    )


def assert_equal(actual: WindowFeatures, expected: WindowFeatures) -> None:
    for name in WindowFeatures.__struct_fields__:
        mine, theirs = getattr(actual, name), getattr(expected, name)
        if isinstance(theirs, float):
            assert isclose(mine, theirs, rel_tol=1e-9, abs_tol=1e-9), (name, mine, theirs)
        else:
            assert mine == theirs, (name, mine, theirs)


@st.composite
def tick_rows(draw: st.DrawFn) -> list[Row]:
    """Ticks on a grid, with silences longer than any window and several ticks in one instant."""
    second, rows = 0.0, []
    for _ in range(draw(st.integers(1, 120))):
        second += draw(st.sampled_from([0.0, 0.5, 0.5, 1.0, 4.0, 30.0]))
        price = draw(st.integers(26_000, 26_060)) / 5
        rows.append(row(second, price, draw(st.integers(0, 9))))
    return rows


@given(rows=tick_rows(), resum_after=st.sampled_from([1, 7, 1_000]))
def test_every_window_equals_its_naive_recomputation(rows: list[Row], resum_after: int) -> None:
    names = ("5s", "20s", "7t")
    advance = windows(*names, resum_after=resum_after)
    for index, snapshot in enumerate(run(rows, advance)):
        for name, window in zip(names, snapshot, strict=True):
            assert_equal(window, naive(rows[: index + 1], parse_window(name)))


@given(rows=tick_rows())
def test_windows_do_not_disturb_each_other(rows: list[Row]) -> None:
    together = run(rows, windows("5s", "7t", "20s"))
    alone = run(rows, windows("7t"))
    for many, one in zip(together, alone, strict=True):
        assert_equal(many[1], one[0])


def test_rounding_does_not_pile_up_over_a_hundred_thousand_ticks() -> None:
    rows = [row(i * 0.5, 5_000.0 + (i * 7_919 % 601) / 5 + i / 500) for i in range(100_000)]
    advance = windows("60s", "120t", resum_after=1_024)
    last = run(rows, advance)[-1]
    for name, window in zip(("60s", "120t"), last, strict=True):
        expected = naive(rows[-200:], parse_window(name))
        assert abs(window.mean - expected.mean) < 1e-9
        assert abs(window.zscore - expected.zscore) < 1e-9
        assert abs(window.turnover_sum - expected.turnover_sum) < 1e-3
        assert abs(window.realized_volatility - expected.realized_volatility) < 1e-12


def test_the_tick_exactly_one_span_ago_has_left() -> None:
    assert run([row(0, 10.0), row(60, 11.0)], windows("60s"))[-1][0].sample_size == 1
    assert run([row(0, 10.0), row(59.999, 11.0)], windows("60s"))[-1][0].sample_size == 2


def test_a_full_window_lets_the_oldest_go_and_says_so() -> None:
    rows = [row(i * 0.1, 10.0 + i) for i in range(50)]
    window = run(rows, windows("60s", max_samples=20))[-1][0]
    assert (window.sample_size, window.low, window.high) == (20, 40.0, 59.0)


def test_a_flat_window_has_no_zscore_and_no_volatility_after_a_wild_one() -> None:
    rows = [row(i * 0.5, 5_000.0 + i * 0.2 % 3) for i in range(50)] + [row(100 + i, 5_001.4) for i in range(5)]
    window = run(rows, windows("60s"))[-1][0]
    assert (window.zscore, window.realized_volatility, window.mean) == (0.0, 0.0, 5_001.4)


def test_a_night_between_two_ticks_is_no_volatility() -> None:
    window = run([row(0, 100.0), row(40_000, 120.0)], windows("60s"))[-1][0]
    assert (window.realized_volatility, window.return_) == (0.0, 0.0)


def test_there_is_no_vwap_where_nothing_traded() -> None:
    window = run([row(0, 100.0, 0), row(1, 101.0, 0)], windows("60s"))[-1][0]
    assert (window.vwap, window.volume_sum) == (None, 0)


def test_no_windows_is_a_choice() -> None:
    assert run([row(0, 100.0), row(1, 101.0)], windows()) == [(), ()]
