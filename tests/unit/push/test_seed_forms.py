"""003's words for our opportunities (C-003-6, C-003-7)."""

from __future__ import annotations

import json

import msgspec
import pytest

from push_builders import make_opportunity, read_frames
from tradewind.bus.seed_forms import seed_opportunity, seed_symbol, seed_time
from tradewind.push.dialects.opportunities import opportunity_frame


def test_an_opportunity_has_every_field_of_the_seed_and_ours_beside_them() -> None:
    form = json.loads(msgspec.json.encode(seed_opportunity(make_opportunity())))
    signals = form.pop("signals")
    assert form == {
        "id": "IF2101.CFFEX-1609723800",
        "symbol": "IF2101",
        "state": "NEW",
        "created_at": "2021-01-04T01:30:00.000Z",
        "updated_at": "2021-01-04T01:30:00.500Z",
        "confidence": 0.7,
        "strength_score": 62.0,
        "notes": ["single_strategy strategy=rapid_rise"],
        "instrument_id": "IF2101.CFFEX",
        "side": "buy",
        "version": 1,
        "last_price": 5230.0,
        "entry_price": 5228.0,
        "expires_at": "2021-01-04T01:35:00.000Z",
        "cause": "rapid_rise:IF2101.CFFEX:1",
    }
    assert signals == [
        {
            "strategy": "rapid_rise",
            "symbol": "IF2101",
            "signal_type": "rapid_rise",
            "confidence": 0.7,
            "strength_score": 62.0,
            "reasons": ["rapid_rise change_percent=0.42 window=60s"],
            "triggered_at": "2021-01-04T01:30:00.000Z",
            "window": "60s",
            "metadata": {"signal_id": "rapid_rise:IF2101.CFFEX:1", "side": "buy", "weight": 1.0},
        }
    ]


def test_a_frame_of_the_stream_has_type_and_payload() -> None:
    ((_, payload),) = read_frames(opportunity_frame(make_opportunity()))
    message = json.loads(payload)
    assert (message["type"], message["payload"]["id"]) == ("opportunity", "IF2101.CFFEX-1609723800")


@pytest.mark.parametrize(
    ("instrument_id", "symbol"),
    [("600000.SSE", "sh600000"), ("000001.SZSE", "sz000001"), ("au2512.SHFE", "au2512"), ("odd", "odd")],
)
def test_stocks_carry_the_seeds_prefix_and_futures_their_own_symbol(instrument_id: str, symbol: str) -> None:
    assert seed_symbol(instrument_id) == symbol


def test_a_time_is_exact_to_the_millisecond() -> None:
    assert seed_time(1_609_723_800_123_999_999) == "2021-01-04T01:30:00.123Z"


def test_a_signal_without_a_window_in_its_reasons_has_an_empty_one() -> None:
    opportunity = make_opportunity()
    bare = msgspec.structs.replace(opportunity.contributions[0], reasons=())
    form = seed_opportunity(msgspec.structs.replace(opportunity, contributions=(bare,)))
    assert form.signals[0].window == ""
