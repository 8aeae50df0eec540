"""Registration: both forms of the query, and answers of every kind."""

from __future__ import annotations

import json

import pytest

from tradewind.collector.protocol_registration import Registration, envelope, from_query, hash_from, is_hash, to_query

MODULE = Registration(name="行情采集", description="stocks", model_hash="0" * 32)


def test_a_module_that_does_not_know_its_server_says_both_forms() -> None:
    assert list(to_query(MODULE)) == [
        "name", "description", "input_data", "output_data", "missionKind", "dataRequirement", "modelHash",
    ]  # fmt: skip


def test_each_form_can_be_said_alone() -> None:
    assert list(to_query(MODULE, "data")) == ["name", "description", "input_data", "output_data", "modelHash"]
    assert list(to_query(MODULE, "mission")) == ["name", "description", "missionKind", "dataRequirement", "modelHash"]


def test_what_a_module_says_is_read_as_it_was_meant() -> None:
    assert from_query(to_query(MODULE)) == MODULE


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({}, "name must be printable text and not empty, was ''"),
        ({"name": "a\x00b"}, "name must be printable text and not empty, was 'a.b'"),
        ({"name": "a", "input_data": "{"}, "input_data must be JSON, was '{'"),
        ({"name": "a" * 2001}, "'name' may have 2000 characters, has 2001"),
    ],
)
def test_what_no_module_may_say_of_itself_is_named(query: dict[str, str], reason: str) -> None:
    assert from_query(query) == reason


def test_the_hash_is_found_in_the_envelope_of_system_002() -> None:
    answer = envelope({"hash": "a1b2c3d4e5f60718"})
    assert answer == {"code": "2000", "message": "成功!", "result": {"hash": "a1b2c3d4e5f60718"}}
    assert hash_from(json.dumps(answer).encode()) == "a1b2c3d4e5f60718"
    assert hash_from(b'{"code":2000,"message":"ok","result":"a1b2c3d4e5f60718"}') == "a1b2c3d4e5f60718"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>502</html>", "the server's answer is no JSON but '<html>502</html>'"),
        (b"", "the server's answer is no JSON but ''"),
        (b'{"code":"3002","message":"no name"}', "the server refuses the registration: '3002 no name'"),
        (b"[]", "the server refuses the registration: '[]'"),
        (b'{"code":"2000","result":{}}', "the server's answer holds no hash but '{}'"),
        (b'{"code":"2000","result":{"hash":"../../x"}}', "the server's answer holds no hash"),
        (b'{"code":"2000","result":{"hash":"a&b=cdefgh"}}', "the server's answer holds no hash"),
    ],
)
def test_an_answer_without_a_usable_hash_says_what_the_server_said(body: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match="server") as caught:
        hash_from(body)
    assert reason in str(caught.value)


def test_a_hash_can_stand_in_an_address() -> None:
    assert is_hash("d41d8cd98f00b204e9800998ecf8427e")
    assert not is_hash("short")
    assert not is_hash("d41d8cd9 8f00b204")
    assert not is_hash(None)
