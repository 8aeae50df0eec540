"""The compiled snapshot builder gives, to the last bit, what the Python one gives."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features_builders import recorded_cu1909, recorded_if2101
from native_builders import bits, require_compiled, tick_feeds
from tradewind.domain.feature import FeatureSnapshot, WindowFeatures
from tradewind.domain.tick import Tick
from tradewind.features import FeatureSettings
from tradewind.features.snapshots import plain_snapshot_builder, snapshot_builder
from tradewind.native import compiled

from builders import make_instrument, make_tick, make_ticks

Advance = Callable[[Tick], FeatureSnapshot]
WINDOWS = st.sampled_from([("60s", "5m"), ("5s", "7t", "20s"), ("2t",), ("1s",), ()])


@pytest.fixture(autouse=True)
def _compiled() -> None:
    require_compiled()


def pair(**changes: Any) -> tuple[Advance, Advance]:
    """Return the compiled builder and the plain one, both from the beginning."""
    instrument, chosen = make_instrument(), FeatureSettings(**changes)
    return snapshot_builder(instrument, chosen), plain_snapshot_builder(instrument, chosen)


def assert_alike(ticks: list[Tick], **changes: Any) -> None:
    native, plain = pair(**changes)
    for tick in ticks:
        mine, theirs = native(tick), plain(tick)
        assert bits(mine) == bits(theirs), (mine, theirs)


@settings(deadline=None, max_examples=60)
@given(
    ticks=tick_feeds(),
    windows=WINDOWS,
    interval=st.sampled_from(["tick", "1s", "5s"]),
    resum_after=st.sampled_from([1, 7, 1_000]),
    max_samples=st.sampled_from([2, 5, 16_384]),
)
def test_any_ticks_give_the_same_snapshots(
    ticks: list[Tick], windows: tuple[str, ...], interval: str, resum_after: int, max_samples: int
) -> None:
    assert_alike(
        ticks,
        windows=windows,
        indicator_interval=interval,
        resum_after=resum_after,
        window_max_samples=max_samples,
        ema_fast=2,
        ema_slow=5,
        macd_signal=3,
        rsi_period=4,
        bollinger_period=6,
        atr_period=3,
    )


@pytest.mark.data
@pytest.mark.parametrize("recorded", [recorded_if2101, recorded_cu1909])
@pytest.mark.parametrize("interval", ["tick", "5s"])
def test_recorded_days_give_the_same_snapshots(
    data_dir: Path, recorded: Callable[[Path], list[Tick]], interval: str
) -> None:
    assert_alike(recorded(data_dir), windows=("60s", "5m", "120t"), indicator_interval=interval)


def test_windows_that_grow_and_shrink_give_the_same_over_many_ticks() -> None:
    prices = [5_000.0 + (step * 7_919 % 601) / 5 for step in range(3_000)]
    ticks = make_ticks(prices)
    assert_alike([*ticks[:1_500], *ticks[2_500:]], windows=("5m", "700t"), resum_after=64)


def test_a_price_of_zero_raises_in_both_and_both_recover_alike() -> None:
    native, plain = pair(windows=("5s",))
    for tick in make_ticks([5_000.0, 0.0, 5_000.2, 5_000.4]):
        outcomes = []
        for advance in (native, plain):
            try:
                outcomes.append(bits(advance(tick)))
            except ZeroDivisionError as error:
                outcomes.append(type(error))
        assert outcomes[0] == outcomes[1]


def test_volumes_beyond_64_bits_are_refused_rather_than_wrong() -> None:
    native, _ = pair()
    first, second = make_ticks([5_000.0, 5_000.2], volume_delta=1 << 62)
    native(first)
    with pytest.raises(OverflowError, match="64 bits"):
        native(second)


@pytest.mark.parametrize("field", ["last_price", "volume_delta", "ts_event", "bid_volume", "bid_price"])
def test_a_field_that_is_no_number_is_a_type_error_in_both(field: str) -> None:
    for advance in pair():
        with pytest.raises(TypeError):
            advance(make_tick(**{field: "5230"}))


def test_another_class_with_the_same_fields_is_read_by_name() -> None:
    class Quote(msgspec.Struct):
        instrument_id: str = "IF2101.CFFEX"
        seq: int = 1
        ts_event: int = 1
        trading_day: int = 20210104
        last_price: float = 5230.0
        bid_price: float | None = 5229.8
        bid_volume: int = 1
        ask_price: float | None = 5230.0
        ask_volume: int = 2
        pre_settlement_price: float | None = None
        volume_delta: int = 0
        turnover_delta: float = 0.0

    native, plain = pair()
    quote: Any = Quote()
    assert bits(native(quote)) == bits(plain(quote))


def test_what_lacks_a_field_is_an_attribute_error() -> None:
    native, _ = pair()
    nothing: Any = object()
    with pytest.raises(AttributeError, match="instrument_id"):
        native(nothing)


@pytest.mark.parametrize("changes", [{"rsi_period": 0}, {"windows": [("60s", 0, 0)], "max_samples": 0}])
def test_impossible_settings_are_refused(changes: dict[str, Any]) -> None:
    ordinary: dict[str, Any] = {
        "windows": [("60s", 60, 0)], "multiplier": 300, "price_digits": 1, "max_samples": 10, "resum_after": 10,
        "interval_ns": 0, "ema_fast": 2, "ema_slow": 3, "macd_signal": 2, "rsi_period": 2, "bollinger_period": 2,
        "bollinger_width": 2.0, "atr_period": 2,
    }  # fmt: skip
    with pytest.raises(ValueError, match="at least 1"):
        compiled.SnapshotBuilder(Tick, FeatureSnapshot, WindowFeatures, **{**ordinary, **changes})


def test_a_million_ticks_leave_nothing_behind() -> None:
    ticks = make_ticks([5_000.0 + step % 40 / 5 for step in range(1_000)])
    advance, _ = pair(windows=("60s", "5m"), indicator_interval="tick")
    for tick in ticks:
        advance(tick)
    blocks: list[int] = []
    for round_ in range(1_001):
        for tick in ticks:
            advance(tick)
        if round_ in {100, 1_000}:
            gc.collect()
            blocks.append(sys.getallocatedblocks())
    # Fewer is no leak: what tests before have left is collected meanwhile.
    assert blocks[1] - blocks[0] < 100
    assert sys.getrefcount(ticks[0]) == 3


def test_builders_that_come_and_go_leave_nothing_behind() -> None:
    tick = make_tick()
    before = sys.getrefcount(FeatureSnapshot)
    advance: Advance | None = None
    for _ in range(200):
        advance, _plain = pair()
        advance(tick)
        with pytest.raises(TypeError):
            advance(make_tick(ask_price="x"))
    advance = None
    gc.collect()
    assert abs(sys.getrefcount(FeatureSnapshot) - before) < 10
