"""Feeds for property tests of cleaning: plausible ones with surprises of every kind mixed in."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tradewind.domain.tick import RawTick
from tradewind.kernel.clock import NS_PER_MS

from builders import MORNING_NS, make_raw_tick

DBL_MAX = 1.7976931348623157e308
PRICES = st.sampled_from([5230.0, 5230.2, 5230.400000000001, 5231.0, 5737.8, 4694.6, 5700.0])
ODD_PRICES = st.one_of(PRICES, st.none(), st.floats(), st.sampled_from([DBL_MAX, 0.0, -1.0, 5230.13, 9e7]))
SIZES = st.one_of(st.integers(0, 500), st.none(), st.integers(-5, 10**13))
LEVELS = st.one_of(st.none(), st.lists(st.tuples(ODD_PRICES, SIZES, ODD_PRICES, SIZES), max_size=4).map(tuple))
ANYTHING = st.one_of(st.none(), st.text(max_size=4), st.floats(), st.integers(), st.lists(st.integers(), max_size=2))


LAGS_MS = st.sampled_from([0, 0, 3, 40_000])
STEPS_MS = st.sampled_from([500, 500, 500, 0, -500, 20_000, 90_000_000, 3_600_000])
STEPS = st.tuples(STEPS_MS, st.sampled_from([0, 1, 7, -3]), LAGS_MS, PRICES, PRICES, PRICES, st.integers(0, 15))
QUICKLY = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def feeds(draw: st.DrawFn) -> list[RawTick]:
    """A plausible feed: mostly in order and ordinary, with surprises of every kind mixed in."""
    ticks: list[RawTick] = []
    ts, volume, turnover = MORNING_NS, 240, 376_560_000.0
    for step_ms, traded, lag_ms, last, bid, ask, surprise in draw(st.lists(STEPS, min_size=1, max_size=25)):
        ts += step_ms * NS_PER_MS
        volume, turnover = volume + traded, turnover + traded * 1_569_000.0
        changes: dict[str, Any] = {"last_price": last, "bid_price": bid, "ask_price": ask}
        match surprise:
            case 0 | 1 | 2:
                field = draw(st.sampled_from(RawTick._fields[4:21]))
                changes[field] = draw(SIZES if field in {"volume", "bid_volume", "ask_volume"} else ODD_PRICES)
            case 3 | 4:
                changes |= {"limit_up": None, "limit_down": None}
            case 5:
                changes |= {"bid_price": None, "ask_price": None, "limit_up": None, "limit_down": None}
                changes["bid_volume"] = changes["ask_volume"] = draw(SIZES)
            case 6:
                changes["depth"] = draw(LEVELS)
            case _:
                pass
        stamps = {"ts_event": ts, "ts_recv": ts + lag_ms * NS_PER_MS}
        ticks.append(make_raw_tick(**{**stamps, "volume": volume, "turnover": turnover, **changes}))
    return ticks
