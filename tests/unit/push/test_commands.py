"""What clients may say, and how they are told that they may not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.push.budget import CommandBudget
from tradewind.push.commands import Ping, Refusal, Subscribe, Unsubscribe, read_command
from tradewind.push.settings import PushSettings

SETTINGS = PushSettings(instruments=3)


def read(**fields: Any) -> Any:
    return read_command(json.dumps(fields), SETTINGS)


def refused(**fields: Any) -> str:
    refusal = read(**fields)
    assert isinstance(refusal, Refusal)
    return refusal.code


def test_a_subscription_without_wishes_gets_the_topics_defaults() -> None:
    wish = read(op="subscribe", id=7, topic="quotes")
    assert isinstance(wish, Subscribe)
    assert (wish.id, wish.mode, wish.instruments, wish.interval_ms) == (7, "latest", None, 50)
    assert read(op="subscribe", topic="signals").mode == "every"


def test_an_interval_is_rounded_up_to_one_on_offer() -> None:
    assert [read(op="subscribe", topic="quotes", interval_ms=ms).interval_ms for ms in (20, 21, 300, 5000)] == [
        20,
        50,
        500,
        5000,
    ]


def test_instruments_named_twice_or_in_another_order_are_the_same_wish() -> None:
    one = read(op="subscribe", topic="quotes", instruments=["b.DCE", "a.SHFE", "b.DCE"])
    assert one.instruments == ("a.SHFE", "b.DCE")


@pytest.mark.parametrize("name", ["IO2101-C-5200.CFFEX", "600000.SSE", "TSLA.US", "m2101-P-2900.DCE"])
def test_every_kind_of_instrument_id_is_understood(name: str) -> None:
    assert read(op="subscribe", topic="quotes", instruments=[name]).instruments == (name,)


@pytest.mark.parametrize(
    "name", ["", "au2512", "au2512.", ".SHFE", "a b.SHFE", "a" * 40 + ".SHFE", "x.shfe", "x.SHFE\n"]
)
def test_what_is_no_instrument_id_is_refused(name: str) -> None:
    assert refused(op="subscribe", topic="quotes", instruments=[name]) == "bad_instrument"


def test_the_topic_system_has_no_instruments() -> None:
    assert read(op="subscribe", topic="system", instruments=["au2512.SHFE"]).instruments is None


def test_refusals_name_their_cause() -> None:
    assert refused(op="fly") == "unknown_op"
    assert refused(op="subscribe") == "unknown_topic"
    assert refused(op="subscribe", topic="weather") == "unknown_topic"
    assert refused(op="unsubscribe", topic="weather") == "unknown_topic"
    assert refused(op="subscribe", topic="quotes", mode="some") == "bad_mode"
    assert refused(op="subscribe", topic="quotes", interval_ms=19) == "bad_interval"
    assert refused(op="subscribe", topic="quotes", interval_ms=5001) == "bad_interval"
    assert refused(op="subscribe", topic="quotes", instruments=["a.X1"] * 4) == "too_many_instruments"
    assert refused(op="subscribe", topic="quotes", instruments="au2512.SHFE") == "bad_command"
    assert refused(op="subscribe", topic="quotes", resume={"offset": 1}) == "bad_command"
    assert refused(op="subscribe", topic="quotes", instrument=["au2512.SHFE"]) == "bad_command"


def test_a_refusal_says_what_would_have_been_right_and_carries_the_commands_id() -> None:
    refusal = read(op="subscribe", id=3, topic="weather")
    assert refusal.id == 3
    assert "quotes" in refusal.allowed
    assert read(op="subscribe", id=4, topic=5).id == 4


def test_what_a_client_sent_comes_back_shortened() -> None:
    assert len(read(op="x" * 10_000).message) < 200


@pytest.mark.parametrize("text", ["", "{", "nonsense", "[1]", "null", "1e400", '{"op":"ping"} x', "[" * 50_000])
def test_text_that_is_no_command_is_refused(text: str) -> None:
    refusal = read_command(text, SETTINGS)
    assert isinstance(refusal, Refusal)
    assert refusal.code in {"bad_json", "bad_command"}


def test_deep_nesting_in_a_field_is_refused() -> None:
    refusal = read_command('{"op":"ping","x":' + "[" * 30_000, SETTINGS)
    assert isinstance(refusal, Refusal)


@given(st.text(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_text_raises(text: str) -> None:
    assert isinstance(read_command(text, SETTINGS), Refusal)


@pytest.mark.parametrize("field", ["id", "interval_ms"])
def test_a_number_too_large_to_be_written_back_is_refused(field: str) -> None:
    text = json.dumps({"op": "subscribe", "topic": "quotes"})[:-1] + f', "{field}": {"9" * 5_000}' + "}"
    refusal = read_command(text, SETTINGS)
    assert isinstance(refusal, Refusal)
    assert len(refusal.message) < 300


def test_ping_and_unsubscribe_are_understood() -> None:
    assert read(op="ping", id=1) == Ping(1)
    assert isinstance(read(op="unsubscribe", topic="quotes"), Unsubscribe)


def test_a_budget_refills_evenly() -> None:
    budget = CommandBudget(60, now_s=0.0)
    assert [budget.take(0.0) for _ in range(61)].count(True) == 60
    assert not budget.take(0.5)
    assert budget.take(1.5)
    assert [budget.take(1_000.0) for _ in range(61)].count(True) == 60
