"""Strategies are called with what they want, and their signals are stamped with where they came from."""

from __future__ import annotations

from typing import Any

from strategies_builders import Plain, make_answer, make_bar, make_snapshot, strategy_room
from tradewind.domain.bar import Bar
from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.signal import Signal, SignalTimes
from tradewind.domain.tick import Tick

from builders import MORNING_NS, make_tick


class Watcher(Plain):
    """Remembers everything, says nothing."""

    def on_tick(self, tick: Tick) -> None:
        self.seen.append(tick)

    def on_features(self, snapshot: FeatureSnapshot) -> None:
        self.seen.append(snapshot)

    def on_bar(self, bar: Bar) -> None:
        self.seen.append(bar)


class Talker(Plain):
    """Answers every snapshot."""

    def on_features(self, snapshot: FeatureSnapshot) -> Signal:
        return make_answer(instrument_id=snapshot.instrument_id)


class BarTalker(Plain):
    """Answers bars and snapshots."""

    def on_features(self, snapshot: FeatureSnapshot) -> Signal:
        return make_answer(instrument_id=snapshot.instrument_id)

    def on_bar(self, bar: Bar) -> Signal:
        return make_answer(instrument_id=bar.instrument_id)


def test_every_hook_gets_its_events() -> None:
    room = strategy_room()
    room.run("watcher", Watcher)
    events: list[Any] = [make_tick(), make_snapshot(), make_bar()]
    room.feed(*events)
    assert room.instance("watcher").seen == events


def test_only_topics_that_a_strategy_wants_are_subscribed() -> None:
    room = strategy_room()
    assert (room.service.needs_ticks, room.service.needs_features, room.service.needs_bars) == (False, False, False)
    room.run("talker", Talker)
    assert (room.service.needs_ticks, room.service.needs_features, room.service.needs_bars) == (False, True, False)
    room.service.unload("talker")
    assert not room.service.needs_features


def test_a_watched_folder_may_bring_strategies_of_any_kind(tmp_path: Any) -> None:
    room = strategy_room(folder=str(tmp_path))
    assert room.service.needs_ticks
    assert room.service.needs_features
    assert room.service.needs_bars


def test_a_signal_is_stamped_with_its_origin() -> None:
    room = strategy_room()
    room.run("talker", Talker)
    room.feed(make_snapshot(seq=7, last_price=5231.2))
    (signal,) = room.signals
    assert signal.signal_id == "talker:IF2101.CFFEX:7"
    assert (signal.strategy, signal.seq, signal.ts_event) == ("talker", 7, MORNING_NS)
    assert (signal.last_price, signal.cause) == (5231.2, "tick:IF2101.CFFEX:7")
    assert room.metrics.signals.counts == {"talker": 1}


def test_several_signals_of_one_event_are_told_apart() -> None:
    class Pair(Plain):
        def on_features(self, snapshot: FeatureSnapshot) -> list[Signal]:  # noqa: ARG002 - the port's signature
            return [make_answer(), make_answer(side="sell")]

    room = strategy_room()
    room.run("pair", Pair)
    room.feed(make_snapshot(seq=7))
    assert [signal.signal_id for signal in room.signals] == ["pair:IF2101.CFFEX:7", "pair:IF2101.CFFEX:7:2"]


def test_a_bars_signal_is_told_apart_from_its_last_ticks() -> None:
    room = strategy_room()
    room.run("talker", BarTalker)
    room.feed(make_snapshot(seq=118), make_snapshot(seq=119), make_bar(seq=118))
    assert [signal.signal_id.removeprefix("talker:IF2101.CFFEX:") for signal in room.signals] == [
        "118",
        "119",
        "118:bar",
    ]
    assert (room.signals[-1].ts_event, room.signals[-1].last_price) == (make_bar().ts_close, 5231.0)


def test_each_instrument_has_an_instance_of_its_own() -> None:
    room = strategy_room()
    room.run("watcher", Watcher)
    room.feed(make_snapshot(), make_snapshot(instrument_id="au2512.SHFE"))
    assert len(room.instance("watcher").seen) == 1
    assert room.health("watcher").instances == 2


def test_a_strategy_may_ask_for_one_instance_for_all() -> None:
    class Shared(Watcher):
        per_instrument = False

    room = strategy_room()
    room.run("shared", Shared)
    room.feed(make_snapshot(), make_snapshot(instrument_id="au2512.SHFE"))
    assert len(room.instance("shared").seen) == 2
    assert room.health("shared").instances == 1


def test_an_event_delivered_twice_is_seen_once() -> None:
    room = strategy_room()
    room.run("watcher", Watcher)
    room.feed(make_snapshot(), make_snapshot(), make_bar(), make_bar(), make_tick(), make_tick())
    assert len(room.instance("watcher").seen) == 3
    assert room.metrics.gaps.total() == 0


def test_a_jump_in_sequence_is_counted_but_not_for_bars() -> None:
    room = strategy_room()
    room.run("watcher", Watcher)
    room.feed(make_snapshot(seq=1), make_snapshot(seq=5), make_bar(seq=118), make_bar(seq=240))
    assert room.metrics.gaps.counts == {"strategies": 1}
    assert len(room.instance("watcher").seen) == 4


def test_instruments_beyond_the_limit_are_passed_over_and_counted() -> None:
    room = strategy_room(max_instruments=1)
    room.run("talker", Talker)
    room.feed(make_snapshot(), make_snapshot(instrument_id="au2512.SHFE"))
    assert len(room.signals) == 1
    assert room.service.runner.passed_over == 1


def test_a_strategy_loaded_later_sees_instruments_already_followed() -> None:
    room = strategy_room()
    room.run("watcher", Watcher)
    room.feed(make_snapshot(seq=1))
    room.run("talker", Talker)
    room.feed(make_snapshot(seq=2))
    assert [signal.seq for signal in room.signals] == [2]


def test_an_unloaded_strategy_is_not_called_again() -> None:
    room = strategy_room()
    room.run("talker", Talker)
    room.feed(make_snapshot(seq=1))
    assert room.service.unload("talker")
    assert not room.service.unload("talker")
    room.feed(make_snapshot(seq=2))
    assert len(room.signals) == 1


def test_a_reload_starts_the_new_version_with_fresh_state() -> None:
    room = strategy_room()
    room.run("watcher", Watcher)
    room.feed(make_snapshot(seq=1))
    room.run("watcher", Watcher)
    room.feed(make_snapshot(seq=2))
    assert [snapshot.seq for snapshot in room.instance("watcher").seen] == [2]
    assert room.health("watcher").version == 2


def test_events_are_handed_on_as_they_are() -> None:
    room = strategy_room()
    room.run("watcher", Watcher)
    snapshot = make_snapshot()
    room.feed(snapshot)
    assert room.instance("watcher").seen[0] is snapshot
    assert snapshot == make_snapshot()


def test_a_detached_room_hears_nothing() -> None:
    room = strategy_room()
    room.run("talker", Talker)
    room.service.detach()
    room.feed(make_snapshot())
    assert room.signals == []


def test_a_signal_carries_when_its_tick_came_in_and_when_it_was_made() -> None:
    room = strategy_room(wall_ns=lambda: MORNING_NS + 70_000, sample_every=1)
    room.run("talker", Talker)
    room.feed(make_snapshot(ts_event=MORNING_NS), make_snapshot(seq=2, ts_event=MORNING_NS + 10))
    first, second = (signal.times for signal in room.signals)
    assert first is not None
    assert second is not None
    assert (first.ts_recv, first.ts_made) == (MORNING_NS, MORNING_NS + 70_000)
    assert (second.ts_recv, second.ts_told, second.ts_merged) == (MORNING_NS + 10, 0, 0)
    assert second.own_ns > 0


def test_times_that_a_strategy_makes_up_are_not_passed_on_and_a_replay_has_none() -> None:
    class Liar(Plain):
        def on_features(self, snapshot: FeatureSnapshot) -> Signal:
            return make_answer(instrument_id=snapshot.instrument_id, times=SignalTimes(ts_made=1))

    room = strategy_room()
    room.run("liar", Liar)
    room.feed(make_snapshot())
    assert room.signals[0].times is None
