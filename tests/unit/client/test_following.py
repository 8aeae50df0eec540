"""What a client of push knows without a socket: its places, what it hands on, what it says was missed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from push_builders import make_signal
from tradewind.client import Gap, Place, StrangerError, Update, Wish
from tradewind.client.following import Following, Move
from tradewind.client.refusals import ForbiddenError, InvalidError
from tradewind.domain.signal import Signal

from builders import make_tick

EPOCH = "e1"
WELCOME = {"type": "welcome", "protocol": 1, "server": "tradewind/1", "topics": ["signals"], "heartbeat_s": 5.0}


def hear(following: Following, **fields: Any) -> list[Any]:
    return list(following.hear(msgspec.json.encode(fields)))


def said(following: Following) -> list[Any]:
    return [msgspec.json.decode(command) for command in following.commands]


def subscribed(following: Following, **changes: Any) -> list[Any]:
    fields = {
        "type": "subscribed",
        "topic": "signals",
        "epoch": EPOCH,
        "offset": 4,
        "recovered": False,
        "mode": "every",
    }
    return hear(following, **{**fields, **changes})


def told(following: Following, kind: str, offset: int, *names: str, topic: str = "signals") -> list[Any]:
    fields: dict[str, Any] = {"type": kind, "topic": topic, "offset": offset}
    if kind == "snapshot":
        fields["epoch"] = EPOCH
    return hear(following, **fields, data=[make_signal(signal_id=name) for name in names])


@pytest.fixture
def signals() -> Following:
    """Signals, followed up to offset 4."""
    following = Following({"signals": Wish()})
    following.begin()
    hear(following, **WELCOME)
    subscribed(following)
    told(following, "snapshot", 4, "a")
    return following


def test_nothing_is_said_before_the_platform_has_spoken() -> None:
    following = Following({"signals": Wish()})
    following.begin()
    assert (following.commands, following.is_live) == ([], False)


def test_wishes_are_sent_after_the_welcome_without_what_they_leave_open() -> None:
    following = Following({"quotes": Wish(instruments=("au2604.SHFE",), interval_ms=300), "signals": Wish()})
    hear(following, **WELCOME)
    assert said(following) == [
        {"op": "subscribe", "id": 1, "topic": "quotes", "instruments": ["au2604.SHFE"], "interval_ms": 300},
        {"op": "subscribe", "id": 2, "topic": "signals"},
    ]
    assert following.silence_s == 10.0


def test_values_come_as_their_types_with_the_place_to_go_on_from(signals: Following) -> None:
    (update,) = told(signals, "delta", 5, "b")
    assert isinstance(update, Update)
    assert isinstance(update.events[0], Signal)
    assert (update.is_snapshot, update.place) == (False, Place(EPOCH, 5))


def test_a_new_connection_asks_to_go_on_from_the_last_place(signals: Following) -> None:
    told(signals, "delta", 9, "b")
    signals.begin()
    hear(signals, **WELCOME)
    assert said(signals)[0]["resume"] == {"epoch": EPOCH, "offset": 9}
    assert subscribed(signals, offset=12, recovered=True) == []
    assert [update.events[0].signal_id for update in told(signals, "delta", 12, "c")] == ["c"]
    assert signals.recovered == {"signals": True}


def test_a_program_that_was_started_again_goes_on_where_it_says() -> None:
    following = Following({"signals": Wish()}, resume={"signals": Place(EPOCH, 7)})
    hear(following, **WELCOME)
    assert said(following)[0]["resume"] == {"epoch": EPOCH, "offset": 7}


def test_what_was_heard_before_is_not_handed_on_twice(signals: Following) -> None:
    told(signals, "delta", 6, "b", "c")
    assert told(signals, "delta", 6, "c") == []
    assert told(signals, "delta", 5, "b") == []


def test_a_place_that_is_not_kept_any_more_is_a_gap_before_the_snapshot(signals: Following) -> None:
    signals.begin()
    hear(signals, **WELCOME)
    assert subscribed(signals, epoch="e2", offset=1) == [Gap("signals", "not_kept")]
    assert told(signals, "snapshot", 1, "z")[0].is_snapshot
    assert told(signals, "delta", 2, "y")[0].events[0].signal_id == "y"


def test_the_first_subscription_is_no_gap() -> None:
    following = Following({"signals": Wish()})
    hear(following, **WELCOME)
    assert subscribed(following) == []


def test_a_topic_of_which_only_the_newest_is_wanted_has_no_gaps() -> None:
    following = Following({"quotes": Wish()})
    for epoch in ("e1", "e2"):
        hear(following, **WELCOME)
        assert subscribed(following, topic="quotes", epoch=epoch, mode="latest") == []


def test_being_too_slow_is_told(signals: Following) -> None:
    assert hear(signals, type="reset", topic="signals", epoch=EPOCH, offset=90, reason="too_slow") == [
        Gap("signals", "too_slow")
    ]
    assert told(signals, "snapshot", 90, "n")[0].place == Place(EPOCH, 90)


def test_a_quote_whose_number_leaves_some_out_is_a_gap() -> None:
    following = Following({"quotes": Wish(mode="every")})
    hear(following, **WELCOME)
    subscribed(following, topic="quotes", offset=0)
    hear(following, type="delta", topic="quotes", offset=2, data=[make_tick(seq=7), make_tick(seq=8)])
    gap, update = hear(following, type="delta", topic="quotes", offset=3, data=[make_tick(seq=11)])
    assert gap == Gap("quotes", "number", make_tick().instrument_id, 2)
    assert update.events[0].seq == 11


def test_numbers_count_anew_with_another_life_of_the_publisher() -> None:
    following = Following({"quotes": Wish(mode="every")}, is_plain=True)
    for epoch, seq in (("e1", 500), ("e2", 900)):
        hear(following, **WELCOME)
        subscribed(following, topic="quotes", epoch=epoch, offset=0)
        (update,) = hear(following, type="delta", topic="quotes", offset=1, data=[make_tick(seq=seq)])
        assert update.events[0]["seq"] == seq


def test_topics_that_are_not_offered_may_be_left_out() -> None:
    following = Following({"orders": Wish(), "signals": Wish()}, takes_what_is_offered=True)
    hear(following, **WELCOME)
    assert [command["topic"] for command in said(following)] == ["signals"]


@pytest.mark.parametrize(("code", "kind"), [("unknown_topic", InvalidError), ("not_allowed", ForbiddenError)])
def test_a_refused_wish_is_told_in_the_platforms_words(signals: Following, code: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=rf"no such topic; allowed: quotes, bars \({code}\)"):
        hear(signals, type="error", id=1, code=code, message="no such topic", allowed=["quotes", "bars"])


def test_a_later_protocol_is_refused() -> None:
    with pytest.raises(StrangerError, match="protocol 2, this client 1"):
        hear(Following({}), **{**WELCOME, "protocol": 2})


@pytest.mark.parametrize("text", [b"<html>", b"[]", b'{"type": 3}'])
def test_what_is_no_message_of_push_is_refused(text: bytes) -> None:
    with pytest.raises(StrangerError, match="no protocol"):
        Following({}).hear(text)


def test_values_in_unknown_words_are_refused_with_their_topic(signals: Following) -> None:
    with pytest.raises(StrangerError, match="values of signals"):
        hear(signals, type="delta", topic="signals", offset=5, data=[{"side": "sideways"}])


def test_messages_and_fields_of_a_later_platform_are_left_alone(signals: Following) -> None:
    assert hear(signals, type="weather", topic="signals", is_raining=True) == []
    assert hear(signals, type="heartbeat", ts=1, load=0.3) == []
    assert told(signals, "delta", 5, "b")[0].events[0].signal_id == "b"


def test_being_asked_to_move_counts_for_this_connection(signals: Following) -> None:
    assert hear(signals, type="move", within_s=2.0, gone_in_s=5.0) == []
    assert signals.move == Move(2.0, 5.0)
    signals.begin()
    assert signals.move is None


def test_values_of_a_topic_that_a_later_platform_adds_come_as_plain_json() -> None:
    following = Following({"tides": Wish()})
    hear(following, **WELCOME)
    subscribed(following, topic="tides", offset=0)
    (update,) = hear(following, type="delta", topic="tides", offset=1, data=[{"height": 2}])
    assert update.events == [{"height": 2}]
