"""Packs give back what was put in, in C as in Python; what is no pack is refused by both, and whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from native_builders import require_compiled, tick_feeds
from signals_builders import make_signal
from tradewind import native
from tradewind.bus import packs
from tradewind.bus.flat import BodyCodec
from tradewind.bus.line_order import BEGINNING, FOREIGN, LineKey, is_place, tick_place
from tradewind.bus.packs import HEAD, Packer, body_codec, is_pack, packer, skim, unpack, unpacked
from tradewind.bus.topics import CLEAN_TICKS, FEATURES, SIGNALS
from tradewind.domain.tick import Tick

from builders import make_tick

ENTRY = (1_000, 3)
_NUMBERS = st.integers(0, (1 << 63) - 1)
_KEYS = st.lists(_NUMBERS, min_size=1, max_size=12).map(tuple)
_SMALL = {"most_events": 3, "most_bytes": 600}


def codec() -> BodyCodec:
    return body_codec(CLEAN_TICKS)


def packed(ticks: list[Tick], keys: Sequence[LineKey | None] | None = None) -> list[bytes]:
    one = Packer(codec(), most_events=1_000, most_bytes=1 << 20)
    for tick, key in zip(ticks, keys or [None] * len(ticks), strict=True):
        one.add(key, tick)
    return one.take()


def outcome(read: Any, *arguments: Any, **named: Any) -> object:
    try:
        return read(*arguments, **named)
    except ValueError:
        return "refused"


def plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "compiled", None)


@given(tick_feeds(max_size=12), st.data())
def test_both_packers_write_the_same_packs(ticks: list[Tick], data: st.DataObject) -> None:
    require_compiled()
    both: list[Any] = [Packer(codec(), **_SMALL), native.compiled.Packer(codec(), **_SMALL)]
    for tick in ticks:
        key, mark = (data.draw(st.one_of(st.none(), _KEYS)) for _ in range(2))
        time = data.draw(st.one_of(st.none(), _NUMBERS))
        for each in both:
            each.add(key, tick)
            if time is not None:
                each.add_time((1, tick.seq), time)
            if mark is not None:
                assert each.mark(mark)
        if data.draw(st.booleans()):
            one, other = (each.take() for each in both)
            assert one == other
    assert both[0].take() == both[1].take()
    assert both[0].added == both[1].added == len(ticks)
    assert all(each.is_empty and not each.mark((1, 2)) for each in both)


@given(tick_feeds(max_size=12), st.data())
def test_both_read_the_events_after_a_place(ticks: list[Tick], data: st.DataObject) -> None:
    is_tick = data.draw(st.booleans())
    keys = [None if is_tick else (1, at, 1, 0) for at in range(len(ticks))]
    after = data.draw(st.sampled_from([BEGINNING, (1, len(ticks) // 2, 1, 0), tick_place(ENTRY, 2), (9_999, 0)]))
    for pack in packed(ticks, keys):
        answers = [unpack(codec(), pack, ENTRY, is_tick=is_tick, after=after)]
        with pytest.MonkeyPatch.context() as patch:
            plainly(patch)
            answers.append(unpack(codec(), pack, ENTRY, is_tick=is_tick, after=after))
        assert answers[0] == answers[1]
        places = [tick_place(ENTRY, at) if is_tick else (1, at, 1, 0) for at in range(len(ticks))]
        assert answers[0][0] == [tick for tick, place in zip(ticks, places, strict=True) if place > after]
        assert answers[0][1:] == (places[-1], None)


@given(tick_feeds(max_size=20), st.data())
def test_both_find_the_newest_of_each_instrument(ticks: list[Tick], data: st.DataObject) -> None:
    names = st.sampled_from(["rb2510.SHFE", "au2512.SHFE", "IF2101.CFFEX"])
    changed = [
        make_tick(instrument_id=data.draw(names), seq=data.draw(st.integers(1, 12)), last_price=tick.last_price)
        for tick in ticks
    ]
    (pack,) = packed(changed)
    found, last = skim(codec(), pack, ENTRY, is_tick=True, after=tick_place(ENTRY, 1))
    with pytest.MonkeyPatch.context() as patch:
        plainly(patch)
        assert skim(codec(), pack, ENTRY, is_tick=True, after=tick_place(ENTRY, 1)) == (found, last)
    assert last == tick_place(ENTRY, len(ticks) - 1)
    assert {newest[0].instrument_id for newest in found} == {tick.instrument_id for tick in changed[2:]}


@given(tick_feeds(max_size=3), st.data())
def test_both_refuse_the_same_damaged_packs(ticks: list[Tick], data: st.DataObject) -> None:
    (good,) = packed(ticks, [(1, at, 1, 0) for at in range(len(ticks))])
    at = data.draw(st.integers(0, len(good) - 1))
    damaged = data.draw(st.sampled_from([good[:at], good[:at] + b"\xff" + good[at + 1 :], good + b"\x07"]))
    named: dict[str, Any] = {"is_tick": False, "after": BEGINNING}
    answer = outcome(unpack, codec(), damaged, ENTRY, **named)
    with pytest.MonkeyPatch.context() as patch:
        plainly(patch)
        assert outcome(unpack, codec(), damaged, ENTRY, **named) == answer


@pytest.mark.parametrize("payload", [b"", HEAD[:1], b"\xc1\x02", HEAD + b"\x01", HEAD + b"\x01\x0d" + bytes(200)])
def test_what_is_no_pack_is_refused(payload: bytes) -> None:
    for read in (unpack, skim):
        with pytest.raises(ValueError):  # noqa: PT011 - that it is refused is the fact
            read(codec(), payload, ENTRY, is_tick=True, after=BEGINNING)
    with pytest.raises(ValueError):  # noqa: PT011 - as above
        unpacked(codec(), payload, ENTRY, is_tick=True)


def test_a_pack_begins_as_neither_json_nor_msgpack_does() -> None:
    (pack,) = packed([make_tick()])
    assert is_pack(pack)
    assert not is_pack(b"{}")
    assert not is_pack(b"")
    assert not is_pack(b"\x92\x91\x01\xc0")


def test_an_event_nobody_gave_a_place_comes_after_all_of_its_entry() -> None:
    (pack,) = packed([make_tick()])
    assert unpacked(codec(), pack, ENTRY, is_tick=False).events[0][0] == (*tick_place(ENTRY), FOREIGN)


def test_only_topics_nobody_counts_by_entries_share_an_entry() -> None:
    signals, features = packer(SIGNALS), packer(FEATURES)
    for seq in (1, 2):
        signals.add((1, seq), make_signal(seq=seq))
    assert len(signals.take()) == 2
    assert features.is_empty


def test_what_cannot_be_packed_leaves_the_rest_as_it_was() -> None:
    one = packer(CLEAN_TICKS)
    one.add(None, make_tick(seq=1))
    with pytest.raises(TypeError):
        one.add(None, make_tick(last_price=None))
    one.add(None, make_tick(seq=2))
    (pack,) = one.take()
    assert [tick.seq for tick in unpack(codec(), pack, ENTRY, is_tick=True)[0]] == [1, 2]


def test_a_place_is_a_few_numbers_of_63_bits() -> None:
    assert is_place((1, 2))
    assert not is_place(())
    assert not is_place((1, -1))
    assert not is_place((1, 1 << 63))
    assert not is_place(tuple(range(13)))
    assert not is_place((1, "2"))


def test_the_ticks_of_an_entry_come_before_those_of_the_next() -> None:
    assert tick_place((5, 1)) < tick_place((5, 1), 65_535) < tick_place((5, 2)) < tick_place((6, 0))
    with pytest.raises(ValueError, match="too many"):
        tick_place((5, 1), 65_536)
