"""A room on Redis without Redis: marks count when all that they speak of has been read, and ride where they can."""

from __future__ import annotations

from typing import Any

import msgspec

from signals_builders import make_signal, make_snapshot
from strategies_builders import make_bar
from tradewind.bus.line_order import TIMER, LineKey
from tradewind.bus.packs import body_codec, packer, unpack
from tradewind.bus.redis.keys import shard_of
from tradewind.bus.redis.passage import Passage
from tradewind.bus.redis.room_bus import RoomBus
from tradewind.bus.redis.timing import EVERY, ReadingTimes
from tradewind.bus.redis.writer import build_writer
from tradewind.bus.settings import BusSettings
from tradewind.bus.topics import BARS, CLEAN_TICKS, FEATURES, SIGNALS, Topic
from tradewind.domain.signal import SignalTimes
from tradewind.kernel.clock import LineClock, SystemClock
from tradewind.kernel.metrics import Metrics
from tradewind.runtime.services import row

from builders import make_tick

TICK: LineKey = (1_000, 0)
_MARKS = b"tradewind:bus:line:strategies"


NAMES = ("IF2101.CFFEX", "IC2101.CFFEX", "IH2101.CFFEX", "au2512.SHFE", "rb2105.SHFE")


class Wire:
    """Notes what is written to Redis."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)


def make_room(name: str, *, shards: int = 1, metrics: Metrics | None = None) -> RoomBus:
    settings, metrics = BusSettings(kind="redis", codec="packed", mirrors=False, shards=shards), metrics or Metrics()
    writer = build_writer(settings, name=name, metrics=metrics)
    return RoomBus(
        name, reads=row(name).reads, writes=row(name).writes, clock=LineClock(), settings=settings, metrics=metrics,
        writer=writer, on_failure=print,
    )  # fmt: skip


def entry(topic: Topic[Any], *events: tuple[LineKey | None, Any], mark: LineKey | None = None) -> list[bytes]:
    one = packer(topic)
    for key, event in events:
        one.add(key, event)
    if mark is not None:
        one.mark(mark)
    (pack,) = one.take()
    return [b"payload", pack]


def ticks_in(command: bytes) -> list[Any]:
    pack = command[command.index(b"\xc1") : -2]
    return list(unpack(body_codec(CLEAN_TICKS), pack, (1_000, 0), is_tick=True)[0])


def written(bus: RoomBus) -> list[bytes]:
    """Return the commands that wait for Redis, in order, and forget them."""
    spool, bus._writer._spool = bus._writer._spool, []
    return spool


def test_a_mark_does_not_count_while_more_of_its_writer_waits() -> None:
    bus, heard = make_room("signals"), []
    bus.subscribe(SIGNALS, lambda signal: heard.append(signal.seq), group="test")
    bus._wanted()
    bus.reader.aim(1, 1 << 30)
    bus.reader._asked = 1
    ticks = entry(CLEAN_TICKS, *((None, make_tick(seq=seq, ts_recv=seq)) for seq in (1, 2, 3)))
    first = entry(SIGNALS, ((*TICK, 1, 0, 2, 0), make_signal(seq=1)), mark=(1_000, 0, TIMER))
    second = entry(SIGNALS, ((1_000, 1, 1, 0, 2, 0), make_signal(seq=2)))
    newest = [b"payload", msgspec.json.encode((1_000, 2, TIMER))]
    bus.take([(b"dfp:clean_ticks", [(b"1000-0", ticks)])])
    bus.take([(b"dfp:strategy_signals", [(b"1000-1", first)]), (_MARKS, [(b"1000-9", newest)])])
    assert heard == [1]
    assert bus.mark == (1_000, 0, TIMER)
    bus.take([(b"dfp:strategy_signals", [(b"1000-2", second)])])
    bus.take([])
    assert heard == [1, 2]
    assert bus.mark == (1_000, 2, TIMER)


def test_bars_written_ahead_of_their_features_say_nothing_of_how_far_features_are() -> None:
    bus, heard = make_room("strategies"), []
    bus.subscribe(FEATURES, lambda snapshot: heard.append(snapshot.seq), group="test")
    bus._wanted()
    bus.reader._asked = 1
    features = entry(FEATURES, ((1_000, 0, 1, 0), make_snapshot(seq=1)), mark=(1_000, 0, TIMER))
    bar = entry(BARS, ((1_000, 9, 1, 0), make_bar(seq=10)))
    bus.take([(b"tradewind:bars", [(b"1000-1", bar)])])
    assert list(bus.mark) == [0, 0]
    bus.take([(b"tradewind:features", [(b"1000-2", features)])])
    assert heard == [1]
    assert bus.mark == (1_000, 0, TIMER)


def test_of_a_mark_that_rode_and_one_that_was_written_the_later_counts() -> None:
    bus = make_room("signals")
    bus.subscribe(SIGNALS, print, group="test")
    bus._wanted()
    ticks = entry(CLEAN_TICKS, *((None, make_tick(seq=seq, ts_recv=seq)) for seq in (1, 2, 3)))
    rode = entry(SIGNALS, ((1_000, 1, 1, 0, 2, 0), make_signal(seq=2)), mark=(1_000, 2, TIMER))
    earlier = [b"payload", msgspec.json.encode((1_000, 0, TIMER))]
    bus.take([(b"dfp:clean_ticks", [(b"1000-0", ticks)])])
    bus.take([(b"dfp:strategy_signals", [(b"1000-1", rode)]), (_MARKS, [(b"1000-2", earlier)])])
    assert bus.mark == (1_000, 2, TIMER)


def test_the_mark_of_a_turn_rides_with_its_features_behind_its_bars() -> None:
    bus = make_room("features")
    tell_features, tell_bar = bus.publisher(FEATURES), bus.publisher(BARS)

    def on_tick(tick: Any) -> None:
        tell_features(make_snapshot(seq=tick.seq))
        tell_bar(make_bar(seq=tick.seq))

    bus.subscribe(CLEAN_TICKS, on_tick, group="test")
    ticks = entry(CLEAN_TICKS, *((None, make_tick(seq=seq, ts_recv=seq)) for seq in (1, 2)))
    bus.take([(b"dfp:clean_ticks", [(b"1000-0", ticks)])])
    *bars, features = written(bus)
    assert [b"tradewind:bars" in command for command in bars] == [True, True]
    pack = features[features.index(b"\xc1") : -2]
    events, last, mark = unpack(body_codec(FEATURES), pack, (0, 0), is_tick=False)
    assert [event.seq for event in events] == [1, 2]
    assert last == (1_000, 1, 1, 0)
    assert mark == (1_000, 1, TIMER) == bus.mark


def test_a_turn_without_events_writes_its_mark() -> None:
    bus = make_room("features")
    ticks = entry(CLEAN_TICKS, (None, make_tick(ts_recv=1)))
    bus.take([(b"dfp:clean_ticks", [(b"1000-0", ticks)])])
    # Its pack brings time alone; the mark rides with that.
    (times,) = written(bus)
    assert b"tradewind:features" in times
    bus.take([(b"tradewind:bus:line:market", [(b"1000-1", [b"payload", b"[5]"])])])
    (mark,) = written(bus)
    assert b"tradewind:bus:line:features" in mark
    assert bus.mark == (1_000, 0, TIMER, 6)


def test_a_mark_of_nobody_is_passed_over() -> None:
    bus = make_room("features")
    for payload in (b"[]", b"{", b"[-1]", b"[" + b"1," * 20 + b"1]", b'["a"]'):
        bus.take([(b"tradewind:bus:line:market", [(b"1000-1", [b"payload", payload])])])
    assert bus.mark == (0, 0)


def test_what_comes_after_the_lease_has_lapsed_is_not_taken_and_read_again_when_it_is_ours() -> None:
    bus, link = make_room("features"), Wire()
    heard: list[object] = []
    bus.subscribe(CLEAN_TICKS, heard.append, group="test")
    bus.reader.attach(link)  # type: ignore[arg-type]  # all that the reader asks of a link
    bus.may_work = lambda: False
    batch = [(b"dfp:clean_ticks", [(b"1000-0", entry(CLEAN_TICKS, (None, make_tick())))])]
    replies: list[Any] = [batch, False]
    bus.reader.drain(lambda: replies.pop(0))
    assert heard == []
    assert bus.reader.cursors[b"dfp:clean_ticks"] == b"0-0"
    assert len(link.written) == 1
    bus.may_work = lambda: True
    bus.reader.go_on()
    assert len(link.written) == 2
    assert b"XREAD" in link.written[1]


async def test_the_market_of_a_split_line_packs_for_each_shard_apart() -> None:
    bus = make_room("market", shards=2)
    tell = bus.publisher(CLEAN_TICKS)
    first, second = "IF2101.CFFEX", next(name for name in NAMES if shard_of(name, 2) != shard_of(NAMES[0], 2))
    for name in (first, second, first):
        tell(make_tick(instrument_id=name))
    bus._writer.flush()
    packs = {command.split(b"\r\n")[4]: command for command in written(bus)}
    keys = [f"dfp:clean_ticks:{{{shard_of(name, 2)}}}".encode() for name in (first, second)]
    assert [len(ticks_in(packs[key])) for key in keys] == [2, 1]
    assert bus.packing is not None
    assert [bus.packing.counters()[key]() for key in keys] == [2, 1]


def test_a_mark_told_again_is_written_though_marks_ride() -> None:
    bus = make_room("features")
    bus.subscribe(CLEAN_TICKS, lambda tick: bus.publisher(FEATURES)(make_snapshot(seq=tick.seq)), group="test")
    bus.take([(b"dfp:clean_ticks", [(b"1000-0", entry(CLEAN_TICKS, (None, make_tick(ts_recv=1))))])])
    assert not [command for command in written(bus) if b"tradewind:bus:line:features" in command]
    bus.tell_again()
    (mark,) = written(bus)
    assert b"tradewind:bus:line:features" in mark
    assert msgspec.json.encode((1_000, 0, TIMER)) in mark


def test_a_signal_is_written_with_what_the_bus_knows_of_its_way() -> None:
    bus = make_room("strategies")
    tell = bus.publisher(SIGNALS)
    bus.subscribe(
        FEATURES,
        lambda _features: tell(make_signal(seq=1, times=SignalTimes(ts_recv=999_500_000, ts_made=5, own_ns=6))),
        group="test",
    )
    bus._wanted()
    bus.reader._asked = 1
    said: list[Any] = []
    bus._writes[SIGNALS.name] = lambda _place, signal: said.append(signal)
    features = entry(FEATURES, ((1_000, 0, 1, 0), make_snapshot(seq=1)), mark=(1_000, 0, TIMER))
    before_ns = SystemClock().now_ns()
    bus.take([(b"tradewind:features", [(b"1003-0", features)])])
    (times,) = [signal.times for signal in said]
    assert (times.ts_recv, times.ts_made, times.own_ns) == (999_500_000, 5, 6)
    assert (times.ts_told, times.ts_features) == (1_000_000_000, 1_003_000_000)
    assert before_ns <= times.ts_heard <= SystemClock().now_ns()


def test_of_a_signal_that_a_timer_led_to_the_bus_knows_nothing_but_the_reading() -> None:
    passage = Passage(lambda: 77)
    passage.read()
    passage.features_came((9_000, 0))
    late = make_signal(times=SignalTimes(ts_recv=2_000_000_000, ts_made=5))
    assert passage.noted(late, (1_000, 0, TIMER, 2_000_000_000)).times == SignalTimes(
        ts_recv=2_000_000_000, ts_heard=77, ts_made=5
    )
    bare = make_signal()
    assert passage.noted(bare, (1_000, 0)) is bare


def test_a_room_apart_tells_how_long_an_event_takes_it() -> None:
    told: list[tuple[str, str, int]] = []
    times = ReadingTimes("features", lambda topic, room, ns: told.append((topic, room, ns)))
    for reading in range(1 + 2 * EVERY):
        times.begin()
        if times.is_on and reading:
            times.count("clean_ticks", 3)
        times.end()
    assert [(topic, room) for topic, room, _ in told] == [("clean_ticks", "features")] * 2
    assert all(ns >= 0 for _, _, ns in told)


def test_what_a_room_reads_is_measured_by_the_topics_it_hears() -> None:
    metrics = Metrics()
    bus = make_room("features", metrics=metrics)
    bus.subscribe(CLEAN_TICKS, lambda _tick: None, group="test")
    bus.take([(b"dfp:clean_ticks", [(b"1000-0", entry(CLEAN_TICKS, (None, make_tick(ts_recv=1))))])])
    assert {key: hop.count for key, hop in metrics.hops.items()} == {("clean_ticks", "features"): 1}
