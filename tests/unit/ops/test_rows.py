"""Events as lines of a terminal: columns, filters, and nothing in a text that steers the terminal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.ops.rows import (
    VIEWS,
    cells,
    harmless,
    head_line,
    is_wanted,
    json_line,
    loose_line,
    row_line,
    width_of,
    written,
)
from tradewind.push.topics import PUSH_TOPICS

_NS = 1_000_000_000
_TICK = {
    "instrument_id": "au2604.SHFE", "ts_event": 1_795_275_561 * _NS + 250_000_000, "last_price": 942.94,
    "bid_price": 942.94, "bid_volume": 13, "ask_price": 942.96, "ask_volume": 18, "volume": 11264,
}  # fmt: skip
_ORDER = {"status": "working", "request": {"instrument_id": "rb2605.SHFE", "side": "buy", "price": "3107"}}


def test_a_quote_is_a_line_under_its_heads() -> None:
    view = VIEWS["quotes"]

    assert head_line(view).split() == ["time", "contract", "last", "bid", "ask", "volume"]
    assert row_line(view, _TICK).split() == [
        "23:39:21.250", "au2604.SHFE", "942.94", "942.94", "13", "942.96", "18", "11264",
    ]  # fmt: skip


def test_figures_stand_below_each_other() -> None:
    view = VIEWS["quotes"]
    other = {**_TICK, "last_price": 12_108.0, "volume": 5}

    assert len(row_line(view, _TICK)) == len(row_line(view, other)) == len(head_line(view))


def test_what_is_not_there_is_a_dash() -> None:
    assert cells(VIEWS["orders"], _ORDER) == ["-", "rb2605.SHFE", "buy", "-", "-", "3107", "working", "-", "-"]


@pytest.mark.parametrize(
    ("wanted", "is_it"),
    [({}, True), ({"request.side": "BUY"}, True), ({"request.side": "sell"}, False), ({"nothing.there": "x"}, False)],
)
def test_events_are_chosen_by_fields_also_those_inside(wanted: dict[str, str], is_it: bool) -> None:  # noqa: FBT001 - a case
    assert is_wanted(_ORDER, wanted) is is_it


@given(st.text())
def test_no_text_can_steer_the_terminal(text: str) -> None:
    shown = harmless(text)

    assert len(shown) == len(text)
    assert shown.isprintable() or not shown


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=40), max_size=4))
def test_a_line_of_json_is_the_event_and_nothing_but_printable(fields: dict[str, str]) -> None:
    line = json_line("chat", {"text": fields})

    assert line.isprintable()
    assert json.loads(line) == {"topic": "chat", "text": fields}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(["text", "number", "time", "percent", "money", "list"]),
)
def test_whatever_a_server_sends_is_written_somehow(value: Any, kind: str) -> None:
    assert written(value, kind).isprintable()


def test_wide_characters_take_two_cells() -> None:
    assert width_of("黄金au") == 6


def test_every_view_is_of_a_topic_of_push() -> None:
    assert set(VIEWS) <= {topic.name for topic in PUSH_TOPICS}


def test_a_topic_without_columns_shows_its_plain_fields() -> None:
    assert loose_line({"version": "1", "hops": [1], "ts": 5}) == "version=1 ts=5"
