"""Answers of the provider, good and bad."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.infoway.answers import Trade, bars_of, depth_of, read_answer, read_rows, trade_of
from tradewind.infoway.frames import Acknowledged, Refusal, Unreadable, read_message, subscription
from tradewind.infoway.reactions import LIVE, REST, Reaction, of_live, of_rest

# The answer of seed 002, as its page prints it (C-002-3).
GOLDEN = b"""{"ret": 200, "msg": "success", "traceId": "x", "data": [
  {"s": "TSLA.US", "t": 1750177346523, "p": "5188.211", "v": "3.0", "vw": "15564.6330", "td": 0}]}"""
ROW: dict[str, Any] = {"s": "TSLA.US", "t": 1750177346523, "p": "5188.211", "v": "3.0", "vw": "15564.6330", "td": 0}


def answered(told: object, status: int = 200) -> tuple[Reaction, str]:
    answer = read_answer(status, msgspec.json.encode(told))
    return answer.meaning.reaction, answer.told


def test_the_seeds_answer_is_read_and_its_numbers_stay_as_they_were_written() -> None:
    answer = read_answer(200, GOLDEN)
    assert answer.meaning.reaction is Reaction.TAKE
    trades, unreadable = read_rows(answer.rows, trade_of)
    assert trades == [Trade(s="TSLA.US", t=1750177346523, p="5188.211", v="3.0", vw="15564.6330", td=0)]
    assert unreadable == 0


@pytest.mark.parametrize(
    ("told", "status", "reaction"),
    [
        ({"detail": "Rate limit exceeded"}, 200, Reaction.RETRY),
        ({"detail": "Rate limit exceeded"}, 429, Reaction.RETRY),
        ({"title": "Service Unavailable", "status": 503}, 503, Reaction.RETRY),
        ({"title": "Forbidden", "status": 403}, 403, Reaction.STOP_KEY),
        ({"ret": 401, "msg": "Unauthorized"}, 200, Reaction.STOP_KEY),
        ({"ret": 401, "msg": "Unauthorized"}, 401, Reaction.STOP_KEY),
        ({"msg": "Unauthorized"}, 401, Reaction.STOP_KEY),
        ({"ret": 501, "msg": "Request frequency exceed the limit"}, 200, Reaction.RETRY),
        ({"ret": 502, "msg": "…"}, 200, Reaction.DAY_OVER),
        ({"ret": 508, "msg": "All product not exists"}, 200, Reaction.REFUSE_CODES),
        ({"ret": 509, "msg": "expired"}, 200, Reaction.STOP_KEY),
        ({"ret": 514, "msg": "no permission"}, 200, Reaction.REFUSE_CODES),
        ({"ret": 500, "msg": "Server error"}, 200, Reaction.RETRY),
        ({"ret": 500, "msg": "The token permission has expired"}, 200, Reaction.STOP_KEY),
        ({"ret": 500, "msg": "All product not exists"}, 500, Reaction.REFUSE_CODES),
        ({"ret": 777, "msg": "?"}, 200, Reaction.REFUSE_REQUEST),
        ({"ret": 200, "data": {"not": "a list"}}, 200, Reaction.RETRY),
        ({}, 200, Reaction.RETRY),
        ([], 200, Reaction.RETRY),
        ({}, 302, Reaction.REFUSE_REQUEST),
        ({"ret": True}, 200, Reaction.RETRY),
    ],
)
def test_what_an_answer_says_decides_and_http_only_where_it_says_nothing(
    told: object, status: int, reaction: Reaction
) -> None:
    assert answered(told, status)[0] is reaction


def test_an_answer_in_gbk_is_read_and_counted_as_such() -> None:
    body = msgspec.json.encode({"ret": 501, "msg": "请求过于频繁"}).decode().encode("gbk")
    answer = read_answer(200, body)
    assert (answer.meaning.reaction, answer.told, answer.is_recoded) == (Reaction.RETRY, "请求过于频繁", True)


def test_a_foreign_message_is_shown_short_and_without_control_characters() -> None:
    _, told = answered({"ret": 400, "msg": "\x1b[31m" + "x" * 5_000})
    assert told.isprintable()
    assert len(told) == 120


BAD_PRICES: list[Any] = ["NaN", "inf", "-1", "0", "", "1e999", "1_000", None, True, [], "x" * 100]
BAD_SIZES: list[Any] = ["NaN", "-3", None, {}]


@pytest.mark.parametrize(
    "change",
    [
        *({"p": bad} for bad in BAD_PRICES),
        *({"v": bad} for bad in BAD_SIZES),
        *({"vw": bad} for bad in ("Infinity", "-0.1", None)),
        *({"t": bad} for bad in ("1750177346523", 1750177346, 0, -1, 10**18, None, 1.5, True)),
        *({"s": bad} for bad in ("", 7, None, "x" * 100, "特斯拉")),
    ],
)
def test_a_row_that_no_trade_can_be_is_none(change: dict[str, Any]) -> None:
    assert trade_of({**ROW, **change}) is None


def test_a_bare_number_counts_and_an_unknown_direction_is_unknown() -> None:
    trade = trade_of({**ROW, "p": 12.5, "v": 3, "td": 9})
    assert trade is not None
    assert (trade.p, trade.v, trade.td) == ("12.5", "3", 0)


def test_depth_comes_in_columns_and_bars_in_seconds_as_text() -> None:
    depth = depth_of({"s": "X.US", "t": 1750177346523, "a": [["10.1", "10.2"], ["5", "6"]], "b": [["10.0"], ["7"]]})
    assert depth is not None
    assert (depth.asks, depth.bids) == (((10.1, 5.0), (10.2, 6.0)), ((10.0, 7.0),))
    assert depth_of({"s": "X.US", "t": 1750177346523, "a": [["10.1", "10.2"], ["5"]], "b": []}) is None
    row = {"t": "1750177320", "o": "1", "h": "2", "l": "0.5", "c": "1.5", "v": "10", "vw": "15", "pc": "0.03%"}
    bars = bars_of({"s": "X.US", "respList": [row]})
    assert bars is not None
    assert (bars[0].t, bars[0].h, bars[0].vw) == (1_750_177_320, 2.0, 15.0)
    assert bars_of({"s": "X.US", "respList": [{**row, "c": "NaN"}]}) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["ret", "code", "data", "msg", "detail", "status", "s", "t", "p", "a"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.binary(max_size=200) | JSON.map(msgspec.json.encode), st.integers(100, 599))
def test_no_answer_however_strange_raises_or_is_taken_for_trades(body: bytes, status: int) -> None:
    answer = read_answer(status, body)
    rows, unreadable = read_rows(answer.rows, trade_of)
    assert len(rows) + unreadable == len(answer.rows)
    for read in (depth_of, bars_of):
        read_rows(answer.rows, read)


@given(st.text(max_size=100) | st.binary(max_size=100) | JSON.map(lambda told: msgspec.json.encode(told).decode()))
def test_no_live_message_however_strange_raises(raw: str | bytes) -> None:
    read_message(raw)


def test_the_same_number_means_another_thing_at_each_door() -> None:
    assert of_rest(508).reaction is Reaction.REFUSE_CODES
    assert of_live(508).reaction is Reaction.STOP_KEY
    assert of_rest(514).reaction is Reaction.REFUSE_CODES
    assert of_live(514).reaction is Reaction.STOP_LINE
    assert of_rest(513).reaction is Reaction.REFUSE_REQUEST
    assert of_live(513).reaction is Reaction.RECONNECT


def test_the_final_numbers_of_a_live_connection_are_those_of_the_providers_documents() -> None:
    final = {code for code, meaning in LIVE.items() if meaning.reaction in {Reaction.STOP_KEY, Reaction.STOP_LINE}}
    assert final == {502, *range(508, 513), 514, *range(517, 522)}


def test_only_what_passes_by_itself_is_asked_again_over_rest() -> None:
    assert {code for code, meaning in REST.items() if meaning.reaction is Reaction.RETRY} == {429, 500, 501, 524}


@pytest.mark.parametrize(
    ("told", "change"),
    [("-0.25", -0.25), ("1.5", 1.5), (-0.25, -0.25), (2, 2.0), ("0", 0.0), (None, None), ("--1", None), ("NaN", None),
     ("-inf", None), ("0.03%", None), (True, None), ([], None), ("", None)],
)  # fmt: skip
def test_a_bar_tells_how_far_it_is_from_the_one_before_where_it_can_be_read(told: object, change: float | None) -> None:
    row = {"t": "1750177346", "o": "1", "h": "2", "l": "1", "c": "2", "v": "3", "vw": "6", "pca": told}
    bars = bars_of({"s": "X.US", "respList": [row]})
    assert bars is not None
    assert bars[0].change == change


def test_live_messages_are_told_apart() -> None:
    assert read_message("You have permission to subscribe to all market data") is None
    assert read_message('{"code":200,"msg":"ws connect success"}') is None
    assert read_message('{"code":10001,"msg":"ok"}') == Acknowledged()
    assert isinstance(read_message(msgspec.json.encode({"code": 10_002, "data": ROW})), Trade)
    assert read_message('{"code":10002,"data":{"s":"X"}}') == Unreadable("no trade")
    failed = read_message('Subscribe fail: {"code":516,"msg":"too many"}')
    assert isinstance(failed, Refusal)
    assert failed.meaning.reaction is Reaction.SUBSCRIBE_AGAIN
    prose = read_message("Subscribe fail: market not purchased")
    assert isinstance(prose, Refusal)
    assert (prose.meaning.reaction, prose.told) == (Reaction.REFUSE_REQUEST, "market not purchased")


def test_a_subscription_is_one_message_for_many_codes() -> None:
    assert msgspec.json.decode(subscription("trade", ("AAPL.US", "TSLA.US"), "t1")) == {
        "code": 10_000,
        "trace": "t1",
        "data": {"codes": "AAPL.US,TSLA.US"},
    }
    bars = msgspec.json.decode(subscription("bar", ("AAPL.US",), "t2", bar=8))
    assert bars["data"] == {"arr": [{"type": 8, "codes": "AAPL.US"}]}
