"""The compiled core of a room holds, hands over, keys and packs as the Python one does, whatever comes when."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from native_builders import require_compiled
from signals_builders import make_signal
from tradewind.bus.line_core import PlainLineCore
from tradewind.bus.line_order import BEGINNING, TIMER, LineKey, tick_place
from tradewind.bus.line_room import LineRoom
from tradewind.bus.packs import Packer, body_codec, packer
from tradewind.bus.topics import BARS, CLEAN_TICKS, FEATURES, OPPORTUNITIES, SIGNALS, Topic
from tradewind.kernel.clock import LineClock

from builders import make_tick

_WRITERS = ("features", "strategies")
_TICKS = st.tuples(st.just(1_000), st.integers(0, 3))
_TAILS = st.sampled_from([(), (1, 0), (1, 1), (1, 0, 2, 0), (TIMER, 5, 1, 0), (TIMER, 5), (TIMER,), (TIMER - 1,)])
_KEYS = st.tuples(_TICKS, _TAILS).map(lambda parts: (*parts[0], *parts[1]))
_STEPS = st.one_of(
    st.tuples(st.just("tick"), _TICKS),
    st.tuples(st.just("offer"), st.sampled_from(["signals", "features", "unheard"]), _KEYS),
    st.tuples(st.just("told"), st.sampled_from(["market", *_WRITERS]), _KEYS),
    st.tuples(st.just("pack"), st.integers(0, 3), st.integers(1, 3), st.booleans()),
    st.tuples(st.just("await"), st.sampled_from([("market",), ("market", "features"), _WRITERS])),
    st.tuples(st.just("loose")),
    st.tuples(st.just("work")),
)


class Played:
    """One room with a core of either kind, and all that can be seen of it."""

    def __init__(self, kind: Any, *, written: dict[str, LineKey]) -> None:
        self.seen: list[object] = []
        self.clock = LineClock(on_failure=lambda error: self.seen.append(str(error)))
        self.relay: Any = packer(FEATURES)
        self.packer: Any = packer(SIGNALS)
        self.room = LineRoom(
            "signals",
            writers=_WRITERS,
            clock=self.clock,
            write=self._write,
            on_failure=lambda topic, room, _event, error: self.seen.append((topic, room, str(error))),
            packers={SIGNALS.name: self.packer},
            relay=self.relay,
            on_loose=lambda: self.seen.append("loose"),
            max_held=4,
            core=kind,
        )
        self._publish: Any = self.room.publisher(OPPORTUNITIES)
        self._pack = self.room.publisher(SIGNALS)
        self.room.resume_after(written)
        self.room.subscribe(SIGNALS, self._handle, group="test")
        self.room.subscribe(FEATURES, self._handle, group="test")
        self.room.subscribe(CLEAN_TICKS, self._handle, group="test")
        self.clock.call_every(700, self._on_time)

    def play(self, step: tuple[Any, ...]) -> None:
        room, core = self.room, self.room.core
        match step:
            case ("tick", place):
                self.seen.append(
                    room.offer(CLEAN_TICKS.name, place, make_tick(seq=place[1] + 1, ts_recv=self._ts(place)))
                )
            case ("offer", topic, key):
                self.seen.append(room.offer(topic, key, f"{topic} {key}"))
            case ("told", writer, mark):
                core.told(writer, mark)
                self.seen.append((core.frontier, core.is_full, [core.is_ahead(name) for name in ("market", *_WRITERS)]))
            case ("pack", number, count, has_mark):
                self.seen.append(self._offer_pack(number, count, has_mark=has_mark))
            case ("await", writers):
                core.await_only(writers)
                self.seen.append(core.frontier)
            case ("loose",):
                self._publish("loose")
                self._pack(make_signal())
            case _:
                self.seen.append((room.work(), self.clock.now_ns(), room.repeated))

    def _offer_pack(self, number: int, count: int, *, has_mark: bool) -> object:
        codec = body_codec(CLEAN_TICKS)
        one = Packer(codec, most_events=100, most_bytes=1 << 20)
        for index in range(count):
            place = tick_place((1_000, number), index)
            one.add_time(place, self._ts(place))
            one.add(None, make_tick(seq=place[1] + 1, ts_recv=self._ts(place)))
        if has_mark:
            one.mark((1_000, number, TIMER))
        (pack,) = one.take()
        with pytest.raises(ValueError):  # noqa: PT011 - that it is refused, and whole, is the fact
            self.room.offer_pack(CLEAN_TICKS.name, codec, pack + b"\x09", (1_000, number))
        return self.room.offer_pack(CLEAN_TICKS.name, codec, pack, (1_000, number))

    @staticmethod
    def _ts(place: LineKey) -> int:
        return 1_000 * (place[0] + place[1])

    def _handle(self, event: object) -> None:
        self.seen.append((event, self.clock.now_ns()))
        self._publish(event)
        self._pack(make_signal())
        if str(event).endswith("2, 0)"):
            message = "not today"
            raise ValueError(message)

    def _on_time(self, due_ns: int) -> None:
        self._publish(f"timer {due_ns}")

    def _write(self, topic: Topic[Any], key: LineKey, event: object) -> None:
        self.seen.append((topic.name, key, event))


@given(
    st.lists(_STEPS, max_size=40),
    st.dictionaries(st.sampled_from([OPPORTUNITIES.name, SIGNALS.name, FEATURES.name]), _KEYS),
)
def test_both_cores_do_the_same(steps: list[tuple[Any, ...]], written: dict[str, LineKey]) -> None:
    require_compiled()
    one, other = Played("fastest", written=written), Played("plain", written=written)
    assert isinstance(other.room.core, PlainLineCore)
    assert not isinstance(one.room.core, PlainLineCore)
    for step in (*steps, ("work",)):
        one.play(step)
        other.play(step)
        assert one.seen == other.seen
    assert one.relay.take() == other.relay.take()
    assert one.packer.take() == other.packer.take()


def make_core(**changes: Any) -> Any:
    require_compiled()
    room = LineRoom("signals", writers=_WRITERS, clock=LineClock(), write=print, on_failure=print, **changes)
    return room.core


@pytest.mark.parametrize("core", ["fastest", "plain"])
def test_a_pack_with_one_unreadable_event_is_refused_and_nothing_of_it_is_heard(core: Any) -> None:
    room = LineRoom("risk", writers=("features",), clock=LineClock(), write=print, on_failure=print, core=core)
    heard: list[Any] = []
    room.subscribe(CLEAN_TICKS, heard.append, group="test")
    codec, packs = body_codec(CLEAN_TICKS), Packer(body_codec(CLEAN_TICKS), most_events=100, most_bytes=1 << 20)
    ticks = [make_tick(seq=seq, instrument_id=f"金{seq}.SHFE" if seq % 2 else f"au{seq}.SHFE") for seq in range(4)]
    for tick in ticks:
        packs.add(None, tick)
    (pack,) = packs.take()
    damaged = pack.replace("金3".encode(), b"\xff\xff\xff3")
    with pytest.raises(ValueError, match="utf-8"):
        room.offer_pack(CLEAN_TICKS.name, codec, damaged, (1_000, 1))
    for writer in ("market", "features"):
        room.core.told(writer, (2_000,))
    room.work()
    assert heard == []
    room.offer_pack(CLEAN_TICKS.name, codec, pack, (1_000, 1))
    room.work()
    assert heard == ticks


def test_a_writer_nobody_named_is_not_known() -> None:
    core = make_core()
    with pytest.raises(KeyError, match="kitchen"):
        core.told("kitchen", BEGINNING)
    with pytest.raises(KeyError, match="kitchen"):
        core.await_only(("kitchen",))


def test_a_place_of_too_many_or_too_large_numbers_is_refused() -> None:
    core = make_core()
    for place in ((1,) * 17, (1 << 63,)):
        with pytest.raises(OverflowError):
            core.told("market", place)


def test_a_mark_lets_go_what_is_before_it_and_no_more() -> None:
    room = LineRoom("risk", writers=("features",), clock=LineClock(), write=print, on_failure=print)
    heard: list[object] = []
    room.subscribe(BARS, heard.append, group="test")
    for at in range(3):
        room.offer(BARS.name, (1, at, 1, 0), at)
    for writer in ("market", "features"):
        room.core.told(writer, (1, 2))
    room.work()
    assert heard == [0, 1]
