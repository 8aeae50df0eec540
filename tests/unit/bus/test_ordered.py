"""The bus of the order line: one order of events for every room."""

from __future__ import annotations

from typing import Any

import pytest

from tradewind.bus.desk_topics import CASH_MOVES, DESK_TOPICS, JOURNALLED, SETTLEMENTS
from tradewind.bus.ordered import OrderedBus
from tradewind.bus.topics import TOPICS
from tradewind.runtime.services import DESK


def ordered_bus(failures: list[tuple[str, str]], max_at_once: int = 100) -> OrderedBus:
    def report(topic: str, group: str, _event: object, _error: Exception) -> None:
        failures.append((topic, group))

    return OrderedBus(on_failure=report, max_at_once=max_at_once)


def test_what_a_handler_publishes_comes_after_every_room_has_had_what_set_it_off() -> None:
    bus = ordered_bus([])
    heard: list[str] = []
    publish: Any = bus.publisher(CASH_MOVES)
    answer: Any = bus.publisher(SETTLEMENTS)

    def first(event: Any) -> None:
        heard.append(f"first {event}")
        answer("answer")

    bus.subscribe(CASH_MOVES, first, group="first")
    bus.subscribe(CASH_MOVES, lambda event: heard.append(f"second {event}"), group="second")
    bus.subscribe(SETTLEMENTS, lambda event: heard.append(f"second {event}"), group="second")
    publish("question")
    assert heard == ["first question", "second question", "second answer"]


def test_the_tap_hears_each_event_before_any_room_and_in_the_same_order() -> None:
    bus = ordered_bus([])
    heard: list[str] = []
    bus.tap(lambda topic, event: heard.append(f"{topic.name} {event}"))
    answer: Any = bus.publisher(SETTLEMENTS)

    def room(_event: Any) -> None:
        heard.append("room")
        answer("b")

    bus.subscribe(CASH_MOVES, room, group="room")
    publish: Any = bus.publisher(CASH_MOVES)
    publish("a")
    assert heard == ["cash_moves a", "room", "settlements b"]


def test_a_room_that_raises_is_reported_and_the_others_are_served() -> None:
    failures: list[tuple[str, str]] = []
    bus = ordered_bus(failures)
    heard: list[Any] = []

    def broken(_event: object) -> None:
        raise ValueError

    bus.subscribe(CASH_MOVES, broken, group="broken")
    bus.subscribe(CASH_MOVES, heard.append, group="well")
    publish: Any = bus.publisher(CASH_MOVES)
    publish(1)
    publish(2)
    assert heard == [1, 2]
    assert failures == [("cash_moves", "broken")] * 2


def test_rooms_that_answer_each_other_for_ever_are_stopped_and_the_next_event_is_handled() -> None:
    bus = ordered_bus([], max_at_once=10)
    publish: Any = bus.publisher(CASH_MOVES)
    echo = bus.subscribe(CASH_MOVES, publish, group="echo")
    with pytest.raises(OverflowError, match="set off more than 10 others, the last on cash_moves"):
        publish("again")
    echo.cancel()
    heard: list[Any] = []
    bus.subscribe(CASH_MOVES, heard.append, group="room")
    publish("next")
    assert heard == ["next"]


def test_a_cancelled_subscription_hears_nothing_more() -> None:
    bus = ordered_bus([])
    heard: list[Any] = []
    subscription = bus.subscribe(CASH_MOVES, heard.append, group="room")
    publish: Any = bus.publisher(CASH_MOVES)
    publish(1)
    subscription.cancel()
    subscription.cancel()
    publish(2)
    assert heard == [1]
    assert bus.groups(CASH_MOVES) == ()


def test_each_topic_of_the_order_line_has_one_writer_of_that_name_and_a_reader_or_an_edge() -> None:
    for topic in DESK_TOPICS.values():
        assert {row.name for row in DESK if topic in row.writes} == {topic.writer}
    assert not DESK_TOPICS.keys() & TOPICS.keys()
    assert {topic.name for topic in JOURNALLED} < DESK_TOPICS.keys()
