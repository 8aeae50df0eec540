"""What the feeder writes the bridge reads: every form, any tick."""

from __future__ import annotations

import struct
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed_builders import NOW_NS, TABLE, make_decoder
from tradewind.cli.feed import feed as feed_command
from tradewind.domain.tick import RawTick
from tradewind.feeder.formats import FORMATS
from tradewind.feeder.quotes import QuoteMaker
from tradewind.kernel.clock import NS_PER_MS
from tradewind.market.ctpwire.moments import Moments
from tradewind.market.ctpwire.names import ContractNames

from builders import make_raw_tick

ALL: Final = frozenset(RawTick._fields)
BOOK: Final = frozenset({"bid_price", "bid_volume", "ask_price", "ask_volume"})
BARE: Final = frozenset({"instrument_id", "ts_event", "ts_recv", "last_price", "volume"})
CARRIED: Final = {
    "json-tqsdk": ALL - {"trading_day"},
    "json-rtn-data": ALL - {"trading_day"},
    "json-vnpy": ALL
    - {"trading_day", "pre_settlement_price", "pre_open_interest", "settlement_price", "turnover", "open_interest"},
    "json-short": BARE | BOOK,
    "words": BARE,
}
"""What a form carries of a tick, where that is not everything."""

prices = st.none() | st.floats(1e-3, 1e9)
amounts = st.none() | st.floats(0, 1e15)
lots = st.integers(0, 2**31 - 1)
levels = st.tuples(prices, lots, prices, lots)
moments = st.integers(1_546_300_800_000, 1_893_456_000_000).map(lambda ms: ms * NS_PER_MS)
"""2019 … 2029, in whole ms: finer the wire cannot say."""


@st.composite
def ticks(draw: st.DrawFn) -> RawTick:
    ts = draw(moments)
    depth = draw(st.none() | st.tuples(levels, levels, levels, levels))
    if depth is not None and not (depth[0][1] or depth[0][3]):
        depth = None
    return RawTick._make(
        (
            draw(st.sampled_from(["au2602.SHFE", "IF2101.CFFEX", "m2605.DCE", "SR509.CZCE", "sc2603.INE", "IBM.US"])),
            ts,
            ts,
            # DCE's trading day may not stand for its natural date at night: see the moments' own tests.
            draw(st.sampled_from([0, 20301231])),
            *(draw(prices), draw(lots), draw(amounts), draw(amounts)),
            *(draw(prices), draw(lots), draw(prices), draw(lots)),
            *(draw(prices) for _ in range(5)),
            draw(amounts),
            *(draw(prices) for _ in range(3)),
            depth,
        )
    )


def read(form: str, raw: RawTick) -> RawTick:
    names = ContractNames(TABLE.find_symbol)
    decoder = make_decoder(stamps_own_time=True, names=names, moments=Moments(trusts_action_day=False))
    body = FORMATS[form].encode(QuoteMaker().quote(raw))
    found = decoder.decode((b"T", body), NOW_NS)
    assert decoder.quarantine.latest() == []
    assert len(found) == 1
    return RawTick._make(found[0])


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=60, deadline=None)
@given(raw=ticks())
def test_a_tick_comes_back_as_it_went(form: str, raw: RawTick) -> None:
    back = read(form, raw)
    carried = CARRIED.get(form, ALL)
    assert {name: getattr(back, name) for name in carried} == {name: getattr(raw, name) for name in carried}


@pytest.mark.parametrize("form", ["protobuf", "protobuf-batch", "struct"])
def test_a_count_beyond_32_bits_cannot_be_written_in_binary(form: str) -> None:
    quote = QuoteMaker().quote(make_raw_tick(volume=2**31))
    with pytest.raises((ValueError, OverflowError, struct.error)):
        FORMATS[form].encode(quote)
    assert read("csv", make_raw_tick(volume=2**31)).volume == 2**31


def test_the_command_offers_every_form() -> None:
    (option,) = (parameter for parameter in feed_command.params if parameter.name == "form")
    choices: Any = option.type
    assert list(choices.choices) == list(FORMATS)
