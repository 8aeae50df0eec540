"""What a module and its control server say to each other: every word, both heartbeat forms, wrapped and bare."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.collector import protocol as wire
from tradewind.collector.protocol_jobs import job_of
from tradewind.collector.protocol_reading import execution_id_of, read_for_module, read_for_server

_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1)
    | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc_", max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
_meta = st.dictionaries(st.text("abc_", max_size=6), _json, max_size=4)
_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_moment = st.none() | st.integers(0, 1 << 52) | st.text("0123456789.:TZ-", max_size=30)
_words = st.text("abc", min_size=1, max_size=5)
_to_module = st.one_of(
    st.just(wire.HeartbeatConfirm()),
    st.just(wire.ReceiveResult()),
    st.builds(wire.Ping, _moment),
    st.builds(wire.Execute, _meta, _meta),
    st.just(wire.Shutdown()),
    st.builds(wire.Cancel, _meta, st.booleans()),
    st.builds(wire.Welcome, st.just(wire.REPORTS) | st.just(())),
)
_to_server = st.one_of(
    st.just(wire.Heartbeat()),
    st.builds(wire.Pong, _moment),
    st.builds(wire.Succeeded, _meta, _json),
    st.builds(wire.Failed, _meta, _text),
    st.builds(wire.Closing, _text),
    st.builds(wire.Accepted, _meta),
    st.builds(wire.Progress, _meta, st.integers(0, 1 << 20), st.integers(1 << 20, 1 << 40)),
    st.builds(
        wire.State,
        version=_text,
        kinds=st.lists(_words, max_size=3).map(tuple),
        running=st.lists(_words, max_size=3).map(tuple),
        unsent=st.integers(0, 100),
        load=st.floats(0, 100),
    ),
)  # fmt: skip


@given(_to_module)
def test_what_a_server_says_is_read_as_it_was_meant_bare_or_wrapped(message: wire.ToModule) -> None:
    assert read_for_module(wire.encode(message)) == message
    assert read_for_module(wire.encode(message, wrapped=True)) == message
    assert read_for_module(wire.encode(message, wrapped=True, inner_text=True)) == message


@given(_to_server)
def test_what_a_module_says_is_read_as_it_was_meant(message: wire.ToServer) -> None:
    assert read_for_server(wire.encode(message)) == message


@given(st.text() | st.binary() | _json.map(json.dumps))
def test_whatever_comes_is_read_or_named_and_never_raises(frame: str | bytes) -> None:
    for read in (read_for_module, read_for_server):
        assert isinstance(read(frame), wire.ToModule | wire.ToServer | wire.Unreadable)


META = {"execution_id": 7, "workflow_id": 3, "workflow_name": "收盘"}
EXECUTE = {"type": "execute", "meta": META, "args": {"codes": []}}


@pytest.mark.parametrize(
    "frame",
    [
        json.dumps(EXECUTE),
        json.dumps({"message": EXECUTE}),
        json.dumps({"message": json.dumps(EXECUTE)}),
        json.dumps({"message": json.dumps(EXECUTE, ensure_ascii=False)}, ensure_ascii=False).encode(),
        json.dumps({"code": "2000", "message": EXECUTE}),
    ],
    ids=["bare", "wrapped", "wrapped as text", "wrapped as text in bytes", "wrapped with more"],
)
def test_a_job_is_the_same_however_a_server_of_system_002_writes_it(frame: str | bytes) -> None:
    assert read_for_module(frame) == wire.Execute(META, {"codes": []})


def test_both_heartbeat_forms_are_written_to_the_letter() -> None:
    assert wire.encode(wire.Heartbeat()) == "heartbeat"
    assert wire.encode(wire.HeartbeatConfirm()) == "heartbeat confirm"
    assert json.loads(wire.encode(wire.Ping(1763773200))) == {"type": "ping", "timestamp": 1763773200}
    assert json.loads(wire.encode(wire.Pong("2026-11-22"))) == {"type": "pong", "timestamp": "2026-11-22"}


def test_results_are_written_to_the_letter() -> None:
    meta = {"execution_id": "e1"}
    assert json.loads(wire.encode(wire.Succeeded(meta, {"stored": 2}))) == {
        "status": "success", "meta": meta, "result": {"stored": 2},
    }  # fmt: skip
    assert json.loads(wire.encode(wire.Failed(meta, "密钥"))) == {"status": "error", "meta": meta, "message": "密钥"}
    assert json.loads(wire.encode(wire.Closing())) == {"status": "success", "message": "模块正在关闭"}
    assert wire.encode(wire.ReceiveResult()) == "receive result"


def test_the_answer_to_a_shutdown_is_no_result() -> None:
    assert read_for_server('{"status":"success","message":"模块正在关闭"}') == wire.Closing()
    assert read_for_server('{"status":"success","meta":{},"result":null}') == wire.Succeeded({}, None)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("", "must be a JSON object with a type, was ''"),
        ("receive results", "must be a JSON object with a type, was 'receive results'"),
        ("[1]", "must be a JSON object with a type, was '[1]'"),
        ('{"type":"eval","args":{}}', "type must be one of execute, shutdown, cancel, ping, welcome, was 'eval'"),
        ('{"type":["execute"]}', "type must be one of execute, shutdown, cancel, ping, welcome, was \"['execute']\""),
        ('{"message":"{"}', "must be a JSON object with a type, was '{'"),
        ('{"message":{"message":{"type":"shutdown"}}}', "type must be one of"),
        ('{"type":"execute","meta":[],"args":{}}', "meta must be a JSON object, was '[]'"),
        ('{"type":"execute","meta":{},"args":"rm -rf"}', "args must be a JSON object, was 'rm -rf'"),
        (json.dumps({"type": "execute", "meta": {"a": "x" * 20_000}}), "meta may have 16384 bytes"),
        ("x" * (wire.MOST_BYTES + 1), "a message may have 1048576 bytes"),
        ("信" * (wire.MOST_BYTES // 2), "a message may have 1048576 bytes"),
        (b"\xff\xfe", "a message must be UTF-8 text"),
        ("[" * 200_000, "must be a JSON object with a type"),
        ('{"type":"welcome","accepts":"all"}', "accepts must be a list of accepted, progress, state, was 'all'"),
    ],
)
def test_what_no_server_may_say_is_named(frame: str | bytes, reason: str) -> None:
    found = read_for_module(frame)
    assert isinstance(found, wire.Unreadable)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ('{"status":"done","meta":{}}', "status must be success or error, was 'done'"),
        ('{"status":"success","meta":7}', "meta must be a JSON object, was '7'"),
        ('{"type":"progress","meta":{},"done":3,"whole":2}', "0 ≤ done ≤ whole, were '3' and '2'"),
        ('{"type":"progress","meta":{},"done":true,"whole":2}', "were 'True' and '2'"),
        ('{"type":"state","version":3}', "this is no state of a module"),
        (
            '{"type":"execute","meta":{},"args":{}}',
            "type must be one of pong, accepted, progress, state, was 'execute'",
        ),
    ],
)
def test_what_no_module_may_say_is_named(frame: str, reason: str) -> None:
    found = read_for_server(frame)
    assert isinstance(found, wire.Unreadable)
    assert reason in found.reason


@pytest.mark.parametrize("depth", range(700, 1_100, 7))
def test_what_is_read_can_be_written_again_however_deeply_it_is_nested(depth: int) -> None:
    nest = "[" * depth + "]" * depth
    for text in (f'{{"type":"execute","meta":{{"a":{nest}}}}}', f'{{"type":"execute","args":{{"codes":[{nest}]}}}}'):
        found = read_for_module(text)
        if isinstance(found, wire.Execute):
            wire.encode(wire.Failed(found.meta, str(job_of(found.args))), wrapped=True)
            json.dumps(found.args)
        else:
            assert isinstance(found, wire.Unreadable)
    result = read_for_server(f'{{"status":"success","meta":{{}},"result":{nest}}}')
    assert isinstance(result, wire.Unreadable) or wire.encode(result)


def test_of_an_unreadable_job_its_meta_is_kept_so_that_the_server_can_be_told() -> None:
    found = read_for_module('{"type":"execute","meta":{"execution_id":"e1"},"args":[]}')
    assert isinstance(found, wire.Unreadable)
    assert found.meta == {"execution_id": "e1"}


def test_an_error_without_words_is_an_error_all_the_same() -> None:
    assert read_for_server('{"status":"error","meta":{}}') == wire.Failed({}, "'None'")


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({"execution_id": "e-1"}, "e-1"),
        ({"execution_id": 12}, "12"),
        ({"executionId": "e-1"}, "e-1"),
        ({"execution_id": True}, None),
        ({"execution_id": ""}, None),
        ({"execution_id": "a\nb"}, None),
        ({"execution_id": "x" * 129}, None),
        ({"execution_id": {"$ne": ""}}, None),
        ({}, None),
    ],
)
def test_an_execution_is_known_by_one_short_printable_id(meta: dict[str, Any], expected: str | None) -> None:
    assert execution_id_of(meta) == expected
