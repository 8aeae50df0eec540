"""What a job may ask for: codes that can be no part of a path, in a kind and a collection that exist."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.collector.protocol_jobs import MOST_CODES, Job, codes_of, job_of


def test_a_job_of_system_002_gives_nothing_but_codes() -> None:
    assert job_of({"codes": ["TSLA.US", "USDCNY"]}) == Job(kind="quotes", codes=("TSLA.US", "USDCNY"))


def test_a_job_may_name_its_kind_and_where_its_documents_go() -> None:
    assert job_of({"kind": "bars", "codes": "TSLA.US", "collection": "close", "url": "http://evil"}) == Job(
        kind="bars", codes=("TSLA.US",), collection="close"
    )


def test_each_kind_has_options_of_its_own() -> None:
    bars = {"kind": "kline", "codes": ["A"], "bar": "1d", "count": 500}
    assert job_of(bars) == Job(kind="kline", codes=("A",), bar="1d", count=500)
    stream = {"kind": "stream", "codes": ["A"], "watch": "depth", "duration_s": 60, "until_ms": 5}
    assert job_of(stream) == Job(kind="stream", codes=("A",), watch="depth", duration_s=60)


def test_the_end_of_a_stream_is_settled_when_it_begins() -> None:
    stream = Job(kind="stream", codes=("A",), duration_s=60)
    assert stream.begun(1_000).until_ms == 61_000
    assert Job(kind="stream", codes=("A",)).begun(1_000).until_ms is None


def test_codes_may_come_in_one_text_in_small_letters_and_twice() -> None:
    assert codes_of(" tsla.us ,AAPL.US,TSLA.US") == ("TSLA.US", "AAPL.US")


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ({}, "codes must be a list as ['TSLA.US', 'USDCNY'], was 'None'"),
        ({"codes": []}, "codes must be 1 to 10000, were 0"),
        ({"codes": ["A"] * (MOST_CODES + 1)}, "codes must be 1 to 10000, were 10001"),
        ({"codes": ["TSLA.US", "../../etc/passwd"]}, "'../../etc/passwd' is no code"),
        ({"codes": ["TSLA.US\n"]}, None),
        ({"codes": ["TSLA%2FUS"]}, "'TSLA%2FUS' is no code"),
        ({"codes": ["ＴＳＬＡ.US"]}, "is no code"),
        ({"codes": [7]}, "'7' is no code"),
        ({"codes": {"TSLA.US": 1}}, "codes must be a list"),
        ({"codes": ["A"], "kind": "os.system"}, "kind must be a word of small letters, was 'os.system'"),
        ({"codes": ["A"], "kind": ["quotes"]}, "kind must be a word of small letters"),
        ({"codes": ["A"], "collection": "users"}, "collection must be one of realtime, close, was 'users'"),
        ({"codes": ["A"], "collection": {"$ne": 1}}, "collection must be one of realtime, close"),
        ({"codes": ["A"], "kind": "depth", "collection": "close"}, "collection is of quotes"),
        ({"codes": ["A"], "kind": "kline", "bar": "7m"}, "bar must be one of 1m, 5m, 15m"),
        ({"codes": ["A"], "kind": "kline", "bar": 1}, "bar must be one of"),
        ({"codes": ["A"], "kind": "kline", "count": 501}, "count must be a whole number from 1 to 500, was '501'"),
        ({"codes": ["A"], "kind": "kline", "count": True}, "count must be a whole number"),
        ({"codes": ["A"], "kind": "stream", "watch": "news"}, "watch must be one of trade, depth, kline"),
        ({"codes": ["A"], "kind": "stream", "duration_s": -1}, "duration_s must be a whole number from 0 to 604800"),
        ({"codes": ["A"], "kind": "stream", "duration_s": 1.5}, "duration_s must be a whole number"),
    ],
)
def test_what_no_job_may_ask_is_named(args: dict[str, object], reason: str | None) -> None:
    found = job_of(args)
    if reason is None:
        assert isinstance(found, Job)
    else:
        assert isinstance(found, str)
        assert reason in found


@given(st.lists(st.text(max_size=12), min_size=1, max_size=4))
def test_a_code_that_passes_can_be_no_part_of_a_path(codes: list[str]) -> None:
    found = codes_of(codes)
    if not isinstance(found, str):
        assert all(set(code) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.") and code[0] != "." for code in found)
