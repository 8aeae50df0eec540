"""Which settings the features room takes, and what it says to the others."""

from __future__ import annotations

import msgspec
import pytest

from tradewind.errors import ConfigError
from tradewind.features import FeatureSettings
from tradewind.features.spans import parse_interval, parse_window
from tradewind.kernel.clock import NS_PER_S


@pytest.mark.parametrize(
    ("text", "span_s", "count"), [("60s", 60, 0), ("5m", 300, 0), ("1h", 3600, 0), ("120t", 0, 120), ("2t", 0, 2)]
)
def test_a_window_is_a_time_or_a_count_of_ticks(text: str, span_s: int, count: int) -> None:
    spec = parse_window(text)
    assert (spec.name, spec.span_ns, spec.count) == (text, span_s * NS_PER_S, count)


@pytest.mark.parametrize("text", ["", "60", "s", "0s", "-5s", "1.5m", "60S", "5 m", "1t", "0t", "5d", "060s"])
def test_any_other_window_is_refused_with_the_allowed_forms(text: str) -> None:
    with pytest.raises(ConfigError, match=r"such as 60s, 5m, 120t; was"):
        FeatureSettings(windows=(text,))


def test_the_indicators_tick_or_sample() -> None:
    assert parse_interval("tick") == 0
    assert parse_interval("1m") == 60 * NS_PER_S


@pytest.mark.parametrize("text", ["ticks", "20t", "", "5"])
def test_any_other_interval_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="`tick` or a time"):
        FeatureSettings(indicator_interval=text)


def test_a_window_named_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="twice"):
        FeatureSettings(windows=("60s", "60s"))


def test_the_fast_average_must_be_the_faster() -> None:
    with pytest.raises(ConfigError, match="ema_fast must be below"):
        FeatureSettings(ema_fast=26, ema_slow=26)


def test_a_configuration_file_may_say_it_all() -> None:
    settings = msgspec.convert({"windows": ["30s", "120t"], "indicator_interval": "1m"}, FeatureSettings)
    assert settings.windows == ("30s", "120t")


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="window_sizes"):
        msgspec.convert({"window_sizes": []}, FeatureSettings)
