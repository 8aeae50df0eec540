"""Settings of different rooms that must fit together."""

from __future__ import annotations

import pytest

from tradewind.errors import ConfigError
from tradewind.kernel.settings import load
from tradewind.runtime.settings import TradewindSettings


def loaded(*flags: str) -> TradewindSettings:
    return load(TradewindSettings, flags=flags).settings


@pytest.mark.parametrize("flag", ["risk.volatility_window=1m", "features.windows=5m"])
def test_a_watched_window_that_nobody_computes_is_refused_by_both_names(flag: str) -> None:
    with pytest.raises(ConfigError, match=r"risk\.volatility_window must be one of features\.windows \(.*5m\), was"):
        loaded(flag)


@pytest.mark.parametrize(
    "without", ["risk.watches=stale_data", 'rooms=["features", "strategies", "signals"]', "rooms=risk"]
)
def test_a_window_that_nobody_watches_may_be_any(without: str) -> None:
    assert loaded("risk.volatility_window=1m", without).risk.volatility_window == "1m"


def test_a_watched_window_may_be_any_that_is_computed() -> None:
    assert loaded("risk.volatility_window=120t", "features.windows=60s,120t").features.windows == ("60s", "120t")
