"""Bodies of the old routes, of which nothing is written down: each reading is taken that can mean one thing only."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tradewind.collector.control import legacy
from tradewind.domain.job import JobPlan
from tradewind.errors import InputError

HASH = "m-abcdefgh"
CODES = ("TSLA.US", "USDCNY")
EXECUTE: dict[str, Any] = {"type": "execute", "args": {"codes": list(CODES)}}
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("name", ["hash", "module_hash", "moduleHash", "module_id", "moduleId"])
def test_a_module_is_named_in_any_of_these_words(name: str) -> None:
    assert legacy.module_named({name: HASH}) == HASH


@pytest.mark.parametrize("named", [None, 7, "", "short", "a/b/c/d/e/f", ["x" * 12], "x" * 129])
def test_what_can_name_no_module_is_refused(named: Any) -> None:
    with pytest.raises(InputError, match="hash must name a module"):
        legacy.module_named({"hash": named})


@pytest.mark.parametrize(
    "body",
    [
        {"message": EXECUTE},
        {"message": json.dumps(EXECUTE)},
        {"data": EXECUTE},
        {"command": EXECUTE},
        {"message": {"message": EXECUTE}},
        {"message": {"message": json.dumps(EXECUTE)}},
        EXECUTE,
        {"message": {"type": "execute", "codes": list(CODES)}},
        {"message": {"type": "execute", "args": list(CODES)}},
        {"message": {"type": "execute", "args": "TSLA.US,USDCNY"}},
        {"message": {"type": "execute", "args": json.dumps(EXECUTE["args"])}},
        {"message": {"args": {"codes": list(CODES)}}},
        {"codes": "tsla.us, usdcny"},
    ],
)
def test_a_job_is_read_wherever_it_stands(body: dict[str, Any]) -> None:
    assert legacy.command_in({"hash": HASH, **body}, HASH) == JobPlan(codes=CODES, modules=(HASH,))


@pytest.mark.parametrize("body", [{"message": {"type": "shutdown"}}, {"message": "shutdown"}, {"type": "shutdown"}])
def test_a_shutdown_is_read_wherever_it_stands(body: dict[str, Any]) -> None:
    assert legacy.command_in(body, HASH) is None


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "message.type must be execute or shutdown, was 'None'"),
        ({"message": {}}, "was 'None'"),
        ({"message": {"type": "shell"}}, "was 'shell'"),
        ({"message": {"type": ["execute"]}}, "message.type must be"),
        ({"message": "restart"}, "the body must be a JSON object"),
        ({"message": 7}, "message must be a JSON object, was '7'"),
        ({"message": {"type": "execute"}}, "codes must be a list"),
        ({"message": {"type": "execute", "args": {"codes": ["../etc"]}}}, "is no code"),
        ({"message": {"type": "execute", "args": 7}}, "codes must be a list"),
        ({"message": {"type": "execute", "args": {"codes": ["A"], "collection": "admin"}}}, "collection"),
        ({"message": {"type": "execute", "args": {"codes": [f"A{n}" for n in range(2_001)]}}}, "2000"),
    ],
)
def test_what_is_no_command_is_refused_with_what_is_allowed(body: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        legacy.command_in(body, HASH)
    assert told in str(caught.value)


def test_a_body_may_be_a_form_and_what_it_lacks_may_stand_in_the_query() -> None:
    form = urlencode({"hash": HASH, "message": json.dumps(EXECUTE)}).encode()

    assert legacy.body_of(form, kind=FORM) == {"hash": HASH, "message": json.dumps(EXECUTE)}
    assert legacy.body_of(b"", query={"hash": HASH}) == {"hash": HASH}
    assert legacy.body_of(b'{"hash": "other"}', query={"hash": HASH}) == {"hash": "other"}


@pytest.mark.parametrize(
    ("raw", "kind"),
    [(b"[]", ""), (b"{", ""), (b"\xff", ""), (b"[" * 5_000, ""), (b"a=1&" * 60, FORM), (b"\xff=1", FORM)],
)
def test_a_body_that_cannot_be_read_is_refused(raw: bytes, kind: str) -> None:
    with pytest.raises(InputError, match="the body must be"):
        legacy.body_of(raw, kind=kind)


STEP = {"hash": HASH, "args": {"codes": list(CODES)}}


@pytest.mark.parametrize(
    "body",
    [
        {"steps": [STEP]},
        {"modules": [STEP]},
        {"nodes": [STEP]},
        {"modules": [HASH], "args": {"codes": list(CODES)}},
        {"modules": [HASH], "codes": "TSLA.US,USDCNY"},
        {"steps": [{"moduleHash": HASH, "codes": list(CODES)}]},
        {"steps": [{"hash": HASH}], "args": list(CODES)},
    ],
)
def test_steps_are_read_in_any_of_these_forms(body: dict[str, Any]) -> None:
    assert legacy.names_in(body) == [HASH]
    (step,) = legacy.steps_in(body, {HASH: "m1"})
    assert step.plan == JobPlan(codes=CODES, modules=("m1",))


def test_a_step_may_go_to_a_label_and_a_workflow_has_a_name_of_either_word() -> None:
    body = {"workflow_name": "收盘", "steps": [{"label": "hk", "name": "港股", "codes": "00700.HK"}]}

    assert (legacy.workflow_named(body), legacy.names_in(body)) == ("收盘", [])
    (step,) = legacy.steps_in(body, {})
    assert (step.name, step.plan.label, step.plan.modules) == ("港股", "hk", ())


@pytest.mark.parametrize(
    "body",
    [{}, {"steps": []}, {"steps": "all"}, {"steps": [STEP] * 33}, {"steps": [7]}, {"steps": [[HASH]]}, {"steps": [{}]}],
)
def test_what_is_no_list_of_steps_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"step|hash must name"):
        legacy.steps_in(body, {HASH: "m1"})
    with pytest.raises(InputError, match=r"step|hash must name"):
        legacy.names_in(body)
