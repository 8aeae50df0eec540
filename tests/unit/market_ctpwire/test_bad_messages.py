"""What cannot be read is refused with its reason, kept for inspection, and harms nothing else."""

from __future__ import annotations

import json
import pickle  # noqa: TID251 - to be refused
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed_builders import (
    GOLDEN,
    GOLDEN_TICK,
    NOW_NS,
    golden_csv,
    golden_json,
    golden_protobuf,
    golden_struct,
    make_decoder,
    varint,
)
from tradewind.domain.tick import RawTick
from tradewind.market.ctpwire.decoder import DecoderLimits, FrameDecoder
from tradewind.market.ctpwire.refusals import QuarantineLimits, RefusalReason
from tradewind.market.wire_form import as_raw_tick


def refused(*frames: bytes) -> FrameDecoder:
    decoder = make_decoder()
    assert list(decoder.decode(frames, NOW_NS)) == []
    return decoder


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        ((), RefusalReason.EMPTY),
        ((b"",), RefusalReason.EMPTY),
        ((b"MARKET_DATA", b""), RefusalReason.EMPTY),
        ((b"a", b"b", b"c", b"d"), RefusalReason.FRAMES),
        ((b"T", b"{" + b" " * (1 << 20) + b"}"), RefusalReason.OVERSIZED),
        ((b"T", pickle.dumps(GOLDEN)), RefusalReason.PICKLE),
        ((b"T", pickle.dumps(GOLDEN, protocol=0)), RefusalReason.PICKLE),
        ((b"T", pickle.dumps([GOLDEN], protocol=2)), RefusalReason.PICKLE),
        ((b"T", b"hello"), RefusalReason.UNKNOWN_FORM),
        ((b"T", b"\x00\x01\x02"), RefusalReason.UNKNOWN_FORM),
        ((b"T", golden_protobuf()[:40]), RefusalReason.TRUNCATED),
        ((b"T", golden_json()[:-30]), RefusalReason.TRUNCATED),
        ((b"T", golden_csv()[:100].encode() + b"," * 9), RefusalReason.TRUNCATED),
        ((b"T", golden_struct()[:500]), RefusalReason.TRUNCATED),
        ((b"T", b'{"instrument_id": '), RefusalReason.TRUNCATED),
        ((b"T", b"[" * 5000 + b"]" * 5000), RefusalReason.TOO_DEEP),
        ((b"T", b'{"data":{"data":{"data":{"data":{"data":{"data":{}}}}}}}'), RefusalReason.TOO_DEEP),
        ((b"T", b"\x12\xff"), RefusalReason.TRUNCATED),
        ((b"T", b"\x0a\x08202512\x31\x31\x07"), RefusalReason.MALFORMED),
        ((b"T", b'{"instrument_id": "\xff\xff\xff"}'), RefusalReason.ENCODING),
        ((b"T", golden_json(last_price=[1])), RefusalReason.WRONG_TYPE),
        ((b"T", golden_json(last_price="dear")), RefusalReason.WRONG_TYPE),
        ((b"T", golden_json(last_price=True)), RefusalReason.WRONG_TYPE),
        ((b"T", golden_json(instrument_id={"a": 1})), RefusalReason.WRONG_TYPE),
        ((b"T", b'"text"'), RefusalReason.UNKNOWN_FORM),
        ((b"T", b"[1, 2]"), RefusalReason.WRONG_TYPE),
        ((b"T", golden_json(instrument_id="")), RefusalReason.INSTRUMENT),
        ((b"T", golden_json(instrument_id="黄金")), RefusalReason.INSTRUMENT),
        ((b"T", golden_json(update_time="")), RefusalReason.TIME),
        ((b"T", golden_json(update_time="24:00:00")), RefusalReason.TIME),
        ((b"T", golden_json(update_millisec=1000)), RefusalReason.TIME),
        ((b"T", golden_json(action_day="20251301")), RefusalReason.TIME),
        ((b"T", b"[]"), RefusalReason.NO_QUOTE),
        ((b"CTP_TRADING_ACCOUNT_CSV_UPDATE", b"1,2,3"), RefusalReason.NO_QUOTE),
        ((b"T", ",".join("TradingDay" if at == 0 else "x" for at in range(44)).encode()), RefusalReason.NO_QUOTE),
    ],
)
def test_it_is_refused_with_its_reason(frames: tuple[bytes, ...], reason: RefusalReason) -> None:
    decoder = refused(*frames)
    assert decoder.quarantine.counts == {reason: 1}, decoder.quarantine.latest()
    (kept,) = decoder.quarantine.latest()
    assert kept.reason is reason
    assert kept.detail
    assert kept.received_ns == NOW_NS


def test_a_bad_quote_harms_no_other_of_its_batch() -> None:
    bad, good = {**GOLDEN, "update_time": "late"}, GOLDEN
    decoder = make_decoder()
    ticks = decoder.decode((b"T", json.dumps([good, bad, good]).encode()), NOW_NS)
    assert [tuple(tick) for tick in ticks] == [tuple(GOLDEN_TICK)] * 2
    assert decoder.quarantine.counts == {RefusalReason.TIME: 1}


def test_a_bad_message_harms_no_later_one() -> None:
    decoder = refused(b"T", b"rubbish")
    assert list(decoder.decode((b"T", golden_protobuf()), NOW_NS)) == [tuple(GOLDEN_TICK)]


def test_a_batch_of_too_many_quotes_is_refused() -> None:
    decoder = make_decoder(limits=DecoderLimits(max_batch=2))
    assert list(decoder.decode((b"T", json.dumps([GOLDEN] * 3).encode()), NOW_NS)) == []
    assert decoder.quarantine.counts == {RefusalReason.OVERSIZED: 1}


def test_the_quarantine_is_bounded_and_keeps_the_newest() -> None:
    decoder = make_decoder(quarantine=QuarantineLimits(frames=3, head_bytes=16))
    for number in range(10):
        decoder.decode((b"topic", b"rubbish number %d" % number), NOW_NS)
    assert decoder.quarantine.total == 10
    kept = decoder.quarantine.latest()
    assert [frame.number for frame in kept] == [10, 9, 8]
    assert bytes.fromhex(kept[0].head_hex) == b"rubbish number 9"
    assert (kept[0].topic, kept[0].size) == ("topic", 16)


def test_a_contract_nobody_wants_is_counted_and_left_out() -> None:
    decoder = make_decoder(wanted=("au*", "IF2101.CFFEX"), unwanted=("au2604",))
    for symbol in ("au2602", "au2604", "cu2602"):
        decoder.decode((b"T", golden_json(instrument_id=symbol)), NOW_NS)
    assert (decoder.ticks, decoder.filtered) == (1, 2)


def test_a_symbol_that_no_exchange_has_is_passed_on_for_cleaning_to_refuse() -> None:
    (tick,) = make_decoder().decode((b"T", golden_json(instrument_id="TEST001", exchange_id="")), NOW_NS)
    assert tick[0] == "TEST001"


def checked(decoder: FrameDecoder, *frames: bytes) -> None:
    """Whatever comes, nothing is raised, it is counted once, and what comes out has a raw tick's shape."""
    read, kept = sum(decoder.framings.values()), decoder.quarantine.total
    for tick in decoder.decode(frames, NOW_NS):
        assert as_raw_tick(tick) == RawTick._make(tick)
    assert sum(decoder.framings.values()) + decoder.quarantine.total > read + kept


FORMS = (golden_protobuf(), golden_csv().encode(), golden_json(), golden_struct(), b"au2602 962.7 1 1764552600500")
BATCH = b"\x0a" + varint(len(FORMS[0])) + FORMS[0]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=4))
def test_random_bytes_never_raise_and_are_always_counted(frames: list[bytes]) -> None:
    checked(make_decoder(), *frames)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from((*FORMS, BATCH)), st.data())
def test_damaged_messages_never_raise_and_are_always_counted(form: bytes, data: Any) -> None:
    damaged = bytearray(form)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    checked(make_decoder(), b"T", bytes(damaged[:cut] if data.draw(st.booleans()) else damaged))


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*GOLDEN, "data", "quotes", "time"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(ANY_JSON, st.sampled_from(["instrument_id", "InstrumentID", "iid", "symbol"]))
def test_json_of_any_shape_never_raises_and_is_always_counted(content: Any, name: str) -> None:
    decoder = make_decoder()
    checked(decoder, json.dumps(content).encode())
    checked(decoder, json.dumps({name: "au2602", "last_price": 1, "x": content}).encode())
    checked(decoder, json.dumps({**GOLDEN, **(content if isinstance(content, dict) else {})}).encode())
