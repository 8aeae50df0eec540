"""Flat bytes say of an event all that its class says, in C as in Python; other bytes are refused by both."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from native_builders import bits, require_compiled, tick_feeds
from tradewind.bus.flat import PlainFlatCodec, flat_codec, kind_of, without
from tradewind.domain.bar import Bar
from tradewind.domain.feature import FeatureSnapshot, WindowFeatures
from tradewind.domain.opportunity import Opportunity
from tradewind.domain.tick import Tick, TickFlag

from builders import make_tick

_FLOATS = st.floats(allow_nan=False)
_MAYBE = st.one_of(st.none(), _FLOATS)
_INTS = st.one_of(st.integers(-200, 200), st.integers(-(1 << 63), (1 << 63) - 1))
_TEXTS = st.one_of(st.sampled_from(["rb2510.SHFE", "60s", ""]), st.text(max_size=40))
_WINDOWS = st.builds(
    WindowFeatures, _TEXTS, _INTS, _FLOATS, _FLOATS, _MAYBE, _INTS, _FLOATS, _FLOATS, _FLOATS, _FLOATS, _FLOATS, _FLOATS
)
_SNAPSHOTS = st.builds(
    FeatureSnapshot,
    _TEXTS,
    *[_INTS] * 3,
    _FLOATS,
    *[_MAYBE] * 14,
    windows=st.lists(_WINDOWS, max_size=3).map(tuple),
)
_LEVELS = st.tuples(_MAYBE, _INTS, _MAYBE, _INTS)
_TICKS = st.builds(
    msgspec.structs.replace,
    tick_feeds(max_size=1).map(lambda ticks: ticks[0]),
    instrument_id=_TEXTS,
    depth=st.one_of(st.none(), st.lists(_LEVELS, max_size=4).map(tuple)),
    settlement_price=_MAYBE,
    flags=_INTS,
)


def plain(event: type, unread: frozenset[str] = frozenset()) -> PlainFlatCodec:
    kind = kind_of(inspect.type_info(event))
    assert kind is not None
    return PlainFlatCodec(without(kind, unread))


def outcome(codec: Any, data: bytes) -> object:
    try:
        return bits(codec.decode(data))
    except ValueError:
        return "refused"


@given(st.one_of(_SNAPSHOTS, _TICKS))
def test_an_event_comes_back_to_the_last_bit_and_both_cores_write_the_same_bytes(event: Any) -> None:
    codec, reference = flat_codec(type(event)), plain(type(event))
    assert codec is not None
    data = codec.encode(event)
    assert data == reference.encode(event)
    assert bits(codec.decode(data)) == bits(event)
    assert bits(reference.decode(data)) == bits(event)


@given(_TICKS, st.data())
def test_both_cores_make_the_same_of_bytes_that_were_damaged(tick: Tick, data: st.DataObject) -> None:
    codec, good = flat_codec(Tick), plain(Tick).encode(tick)
    at = data.draw(st.integers(0, len(good) - 1))
    damaged = data.draw(
        st.sampled_from([good[:at], good + b"\0", good[:at] + bytes([data.draw(st.integers(0, 255))]) + good[at + 1 :]])
    )
    assert outcome(codec, damaged) == outcome(plain(Tick), damaged)


@given(_SNAPSHOTS, st.data())
def test_what_is_not_read_is_an_empty_tuple_and_damage_in_it_is_refused_all_the_same(
    snapshot: FeatureSnapshot, data: st.DataObject
) -> None:
    unread = frozenset({"windows"})
    codec, reference, whole = (
        flat_codec(FeatureSnapshot, unread),
        plain(FeatureSnapshot, unread),
        plain(FeatureSnapshot),
    )
    assert codec is not None
    good = whole.encode(snapshot)
    assert codec.encode(snapshot) == good
    bare = msgspec.structs.replace(snapshot, windows=())
    assert bits(codec.decode(good)) == bits(reference.decode(good)) == bits(bare)
    at = data.draw(st.integers(0, len(good) - 1))
    damaged = good[:at] + bytes([data.draw(st.integers(0, 255))]) + good[at + 1 :]
    assert outcome(codec, damaged) == outcome(reference, damaged)
    assert (outcome(codec, damaged) == "refused") == (outcome(whole, damaged) == "refused")


def test_a_name_in_any_script_is_read_whether_it_is_wanted_or_not() -> None:
    window = WindowFeatures("六十秒", 1, 0.0, 0.0, None, 0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0)
    fields: list[Any] = ["金2512", 1, 2, 3, 4.0, *[None] * 14, (window,)]
    snapshot = FeatureSnapshot(*fields)
    for unread, windows in ((frozenset[str](), (window,)), (frozenset({"windows"}), ())):
        codec = flat_codec(FeatureSnapshot, unread)
        assert codec is not None
        assert codec.decode(codec.encode(snapshot)) == msgspec.structs.replace(snapshot, windows=windows)


@given(st.binary(max_size=80))
def test_bytes_of_nobody_make_no_event(data: bytes) -> None:
    assert outcome(flat_codec(Bar), data) == outcome(plain(Bar), data) == "refused"


def test_a_whole_number_where_a_price_belongs_is_that_price() -> None:
    tick = make_tick(last_price=5_200)
    codec = flat_codec(Tick)
    assert codec is not None
    assert codec.encode(tick) == plain(Tick).encode(tick)
    assert bits(codec.decode(codec.encode(tick)).last_price) == bits(5_200.0)


def test_flags_are_written_as_the_number_they_are() -> None:
    tick = make_tick(flags=TickFlag.AUCTION)
    codec = flat_codec(Tick)
    assert codec is not None
    assert codec.encode(tick) == plain(Tick).encode(tick) == codec.encode(make_tick(flags=2))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"seq": 1.5}, TypeError),
        ({"last_price": "5200"}, TypeError),
        ({"last_price": None}, TypeError),
        ({"depth": ((1.0, 2),)}, TypeError),
        ({"volume": 1 << 63}, OverflowError),
        ({"instrument_id": "x" * 65_536}, OverflowError),
    ],
)
def test_what_the_class_does_not_say_is_refused_by_both_cores(
    changes: dict[str, Any], refusal: type[Exception]
) -> None:
    tick = make_tick(**changes)
    for codec in (flat_codec(Tick), plain(Tick)):
        assert codec is not None
        with pytest.raises(refusal):
            codec.encode(tick)


def test_an_event_with_names_inside_has_no_flat_form() -> None:
    assert flat_codec(Opportunity) is None


def test_the_compiled_codec_is_used_where_it_is_there() -> None:
    require_compiled()
    assert not isinstance(flat_codec(Tick), PlainFlatCodec)
