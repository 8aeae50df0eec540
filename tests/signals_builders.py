"""Builders of signals, snapshots and opportunities: one valid object each, change just the field the test is about."""

from __future__ import annotations

from typing import Any

import msgspec

from tradewind.domain.feature import FeatureSnapshot, WindowFeatures
from tradewind.domain.opportunity import Opportunity, OpportunityState
from tradewind.domain.signal import Signal

from builders import MORNING_NS

_SIGNAL = Signal(
    instrument_id="IF2101.CFFEX",
    signal_type="rapid_rise",
    side="buy",
    confidence=0.6,
    strength=60.0,
    reasons=("rapid_rise change_percent=0.42 window=60s",),
    window="60s",
    signal_id="rapid_rise:IF2101.CFFEX:1",
    strategy="rapid_rise",
    seq=1,
    ts_event=MORNING_NS,
    last_price=5230.0,
    cause="tick:IF2101.CFFEX:1",
)

_WINDOW = WindowFeatures(
    window="60s",
    sample_size=120,
    return_=0.001,
    change_percent=0.1,
    vwap=5229.5,
    volume_sum=300,
    turnover_sum=470_000_000.0,
    high=5231.0,
    low=5224.0,
    mean=5228.0,
    realized_volatility=0.0008,
    zscore=1.2,
)

_SNAPSHOT = FeatureSnapshot(
    instrument_id="IF2101.CFFEX",
    seq=1,
    ts_event=MORNING_NS,
    trading_day=20210104,
    last_price=5230.0,
    day_change_percent=0.26,
    spread=0.8,
    imbalance=-0.33,
    microprice=5230.27,
    ema_fast=5229.0,
    ema_slow=5228.0,
    macd=1.0,
    macd_signal=0.8,
    macd_histogram=0.2,
    rsi=55.0,
    bollinger_mid=5228.0,
    bollinger_upper=5234.0,
    bollinger_lower=5222.0,
    atr=None,
    windows=(_WINDOW,),
)

_OPPORTUNITY = Opportunity(
    opportunity_id=f"IF2101.CFFEX-{MORNING_NS // 1_000_000_000}-buy",
    instrument_id="IF2101.CFFEX",
    side="buy",
    state=OpportunityState.NEW,
    version=1,
    confidence=0.6,
    strength=60.0,
    last_price=5230.0,
    entry_price=5230.0,
    created_at=MORNING_NS,
    updated_at=MORNING_NS,
    expires_at=MORNING_NS + 900_000_000_000,
    reasons=("combined value=0.6 strategies=1",),
    contributions=(),
    cause="signal:rapid_rise:IF2101.CFFEX:1",
)


def make_signal(**changes: Any) -> Signal:
    """Return a stamped buy signal of rapid_rise; its id follows strategy, instrument, side and seq unless given."""
    signal = msgspec.structs.replace(_SIGNAL, **changes)
    if "signal_id" not in changes:
        name = f"{signal.strategy}:{signal.instrument_id}:{signal.side}:{signal.seq}"
        signal = msgspec.structs.replace(signal, signal_id=name)
    return signal


def make_window(**changes: Any) -> WindowFeatures:
    """Return the 60 s window of an ordinary minute."""
    return msgspec.structs.replace(_WINDOW, **changes)


def make_snapshot(**changes: Any) -> FeatureSnapshot:
    """Return the features right after the first tick of the day."""
    return msgspec.structs.replace(_SNAPSHOT, **changes)


def make_opportunity(**changes: Any) -> Opportunity:
    """Return the first version of a buy opportunity."""
    return msgspec.structs.replace(_OPPORTUNITY, **changes)
