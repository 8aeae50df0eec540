"""System 004's instructions over REST (C-004-2, C-004-6, C-004-7), at a desk in this process and apart from it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from hsapi_client import APPROVER, MANAGER, STRANGER, TRADER, OldClient, old_client, wish
from tradewind.api.dialects.hsapi_desk import keys_of
from tradewind.api.dialects.hsapi_states import ADJUSTMENT_WORDS, INSTRUCTION_WORDS, SETTING
from tradewind.bus.desk_topics import INSTRUCTIONS
from tradewind.domain.book import AdjustmentStatus
from tradewind.domain.instruction import InstructionStatus
from tradewind.domain.notice import NoticeKind
from tradewind.domain.rights import Permission, Principal, Reach
from tradewind.notices.reading import JournalReader
from tradewind.stores.ports import Entry
from two_funds import person

from waiting import eventually

LIST = "/instructions/"


@pytest_asyncio.fixture(params=["here", "apart"])
async def client(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[OldClient]:
    async with old_client(tmp_path, is_apart=request.param == "apart") as found:
        yield found


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[OldClient]:
    async with old_client(tmp_path) as found:
        yield found


async def test_an_adjustment_is_answered_with_the_instruction_and_the_positions_it_was_written_on(
    client: OldClient,
) -> None:
    told = await client.adjusts(wish(adjusted=2), wish("rb2605.SHFE", -3, price=2990), reason="re-balance")
    assert (told["id"], told["instruction_no"], told["product_code"]) == (1, "B000001", "p1")
    assert (told["status"], told["status_name"], told["created_by"]) == ("submitted", "待审批", "wang")
    assert told["total_current_delta_value"] == 0
    assert told["total_adjusted_delta_value"] == 2 * 600 * 1000 - 3 * 3000 * 10
    assert datetime.fromisoformat(told["created_at"]).tzinfo == UTC
    gold, steel = told["positions"]
    names = ("id", "instruction_id", "c_instrument_id", "current_position", "adjusted_position", "status", "buy_sell")
    assert [gold[name] for name in names] == [1000, 1, "au2606", 0, 2, "waiting", "buy"]
    assert [steel[name] for name in names] == [1001, 1, "rb2605", 0, -3, "waiting", "sell"]
    assert (steel["price"], steel["quantity"]) == (2990, 3)


async def test_an_instruction_goes_its_way_by_the_states_a_client_sets(client: OldClient) -> None:
    answer = await client.ask("POST", LIST, {"product_code": "p1", "account_id": "paper", "positions": [wish()]})
    assert (answer.status_code, answer.json()["status"]) == (201, "draft")
    assert answer.json()["allowed_status"] == ["submitted", "cancelled"]
    number = answer.json()["id"]
    for word, who, state in (
        ("pending", MANAGER, "submitted"),
        ("已审批", APPROVER, "approved"),
        ("received", TRADER, "accepted"),
    ):
        answer = await client.sets(number, word, who=who)
        assert (answer.status_code, answer.json()["status"]) == (200, state), answer.text
    fill = {"status": "done", "quantity": 2, "price": 600.02, "open_close": "open", "trade_id": "T1"}
    answer = await client.ask("PUT", f"/positions/{number * 1000}/status/", fill, who=TRADER)
    assert answer.json()["status"] == "done"
    assert (await client.get(f"{LIST}{number}/"))["status"] == "done"
    answer = await client.sets(number, "closed", who=TRADER)
    assert (answer.json()["status"], answer.json()["allowed_status"]) == ("closed", [])


async def test_a_rejection_says_why(here: OldClient) -> None:
    number = (await here.adjusts())["id"]
    answer = await here.sets(number, "rejected", who=APPROVER)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "reason")
    answer = await here.sets(number, "rejected", who=APPROVER, reason="too large")
    assert (answer.json()["status"], answer.json()["reason"]) == ("rejected", "too large")


async def test_what_is_taken_back_is_taken_back_however_often_it_is_asked(here: OldClient) -> None:
    number = (await here.adjusts())["id"]
    answers = [await here.sets(number, "cancelled") for _ in range(2)]
    assert [(each.status_code, each.json()["status"]) for each in answers] == [(200, "cancelled")] * 2
    assert answers[0].json()["version"] == answers[1].json()["version"]


async def test_one_instruction_is_found_by_its_number_or_its_name_with_and_without_a_slash(here: OldClient) -> None:
    told = await here.adjusts()
    for path in ("1", "1/", "B000001", "B000001/"):
        assert await here.get(f"{LIST}{path}") == told


async def test_the_list_is_paged_filtered_and_sorted(client: OldClient) -> None:
    for adjusted in (3, 1, 2):
        await client.adjusts(wish(adjusted=adjusted))
    steel = (await client.adjusts(wish("rb2605", 1)))["id"]
    page = await client.get(f"{LIST}?page=1&page_size=3")
    assert (page["count"], page["page"], page["page_size"]) == (4, 1, 3)
    assert [row["id"] for row in page["results"]] == [4, 3, 2]
    assert "positions" not in page["results"][0]
    assert [row["id"] for row in (await client.get(f"{LIST}?page=2&page_size=3"))["results"]] == [1]
    ordered = await client.get(f"{LIST}?ordering=-total_adjusted_delta_value")
    assert [row["quantity"] for row in ordered["results"]] == [3, 2, 1, 1]
    for query, found in (
        ("c_instrument_id=rb2605", [steel]),
        ("c_instrument_id=rb2605.SHFE", [steel]),
        ("status=submitted,approved&created_by=wang", [4, 3, 2, 1]),
        ("status=已审批", []),
        ("product_code=p2", []),
        ("account_id=paper&trader=li", []),
    ):
        assert [row["id"] for row in (await client.get(f"{LIST}?{query}"))["results"]] == found, query


async def test_a_list_that_cannot_be_says_which_parameter_is_wrong(here: OldClient) -> None:
    for query, field in (
        ("ordering=positions", "ordering"),
        ("ordering=-secret", "ordering"),
        ("status=nowhere", "status"),
        ("sort=up", "sort"),
        ("page=0", "page"),
        ("page_size=5000", "page_size"),
        ("page=1&page=2", "page"),
    ):
        answer = await here.ask("GET", f"{LIST}?{query}")
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, field), query
        assert answer.json()["detail"] == answer.json()["error"]["message"]


# rights


async def test_rights_are_those_of_role_product_and_account(here: OldClient) -> None:
    number = (await here.adjusts())["id"]
    for who, status, said in (
        (MANAGER, "accepted", "permission trade"),
        (TRADER, "approved", "permission approve"),
        (TRADER, "cancelled", "permission instruct"),
        (STRANGER, "approved", "does not cover this"),
    ):
        answer = await here.sets(number, status, who=who)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed"), answer.text
        assert said in answer.json()["detail"]
    body = {"product_code": "p1", "account_id": "paper", "positions": [wish()]}
    for who in (TRADER, STRANGER):
        assert (await here.ask("POST", f"{LIST}adjustment/", body, who=who)).status_code == 403
    assert (await here.get(LIST))["count"] == 1


async def test_what_is_foreign_is_answered_as_what_does_not_exist(here: OldClient) -> None:
    number = (await here.adjusts())["id"]
    for path in ("", "positions/"):
        foreign = await here.ask("GET", f"{LIST}{number}/{path}", who=STRANGER)
        absent = await here.ask("GET", f"{LIST}777/{path}", who=STRANGER)
        assert foreign.status_code == 403
        assert (foreign.status_code, foreign.content) == (absent.status_code, absent.content)
    assert (await here.get(LIST, who=STRANGER))["count"] == 0


async def test_nobody_approves_what_they_wrote(here: OldClient) -> None:
    number = (await here.adjusts())["id"]
    answer = await here.sets(number, "approved")
    assert answer.status_code == 403
    assert "somebody else must approve" in answer.json()["detail"]


async def test_who_may_approve_and_not_look_is_told_nothing_of_how_it_stands(here: OldClient) -> None:
    number = (await here.adjusts())["id"]
    blind = Principal("blind", {
        Permission.APPROVE: Reach(frozenset({("p1", "*")})), Permission.VIEW: Reach(frozenset({("p2", "*")}))
    })  # fmt: skip
    assert (await here.sets(number, "approved", who=blind, version=9)).json()["error"]["code"] == "state_conflict"
    assert (await here.sets(number, "approved", who=blind)).status_code == 403


# what cannot be


async def test_a_state_that_follows_from_orders_and_time_is_set_by_nobody(here: OldClient) -> None:
    number = (await here.adjusts())["id"]
    for state in set(InstructionStatus) - set(SETTING):
        answer = await here.sets(number, state.value, who=APPROVER)
        assert answer.status_code == 409
        assert f"nobody sets {state}" in answer.json()["detail"]
        assert answer.json()["error"]["allowed"] == [each.value for each in SETTING]


async def test_an_impossible_transition_is_refused_by_name_with_what_is_possible(client: OldClient) -> None:
    number = (await client.adjusts())["id"]
    answer = await client.sets(number, "accepted", who=TRADER)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "state_conflict")
    assert "B000001 is submitted: accept is not possible" in answer.json()["detail"]
    assert answer.json()["error"]["allowed"] == ["approved", "rejected", "cancelled"]


async def test_an_expired_instruction_takes_no_state(here: OldClient) -> None:
    soon = datetime.fromtimestamp(here.stage.clock.now_ns() // 10**9 + 5, UTC).isoformat()
    number = (await here.adjusts(expires_at=soon))["id"]
    here.stage.tick(600.0, after_s=10)
    assert (await here.get(f"{LIST}{number}/"))["status"] == "expired"
    for status, who in (("approved", APPROVER), ("accepted", TRADER), ("cancelled", MANAGER)):
        answer = await here.sets(number, status, who=who)
        assert answer.status_code == 409
        assert "is expired" in answer.json()["detail"]
        assert answer.json()["error"]["allowed"] == []


async def test_a_decision_on_an_older_version_is_stale(here: OldClient) -> None:
    told = await here.adjusts()
    for _ in range(2):
        answer = await here.sets(told["id"], "approved", who=APPROVER, version=99)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "state_conflict")
    assert (await here.sets(told["id"], "approved", who=APPROVER, version=told["version"])).status_code == 200
    stale = await here.sets(told["id"], "approved", who=APPROVER, version=told["version"])
    assert stale.status_code == 409


async def test_where_the_settings_ask_for_it_who_names_no_version_approves_nothing(tmp_path: Path) -> None:
    async with old_client(tmp_path, settings={"hsapi_needs_version": True}) as client:
        told = await client.adjusts()
        answer = await client.sets(told["id"], "approved", who=APPROVER)
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, "version")
        assert (await client.sets(told["id"], "approved", who=APPROVER, version=told["version"])).status_code == 200


async def test_a_client_that_saw_other_positions_writes_nothing(here: OldClient) -> None:
    body = {"product_code": "p1", "account_id": "paper", "positions": [wish(current_position=4)]}
    answer = await here.ask("POST", f"{LIST}adjustment/", body)
    assert answer.status_code == 409
    assert "0 lots are held now, you saw 4" in answer.json()["detail"]
    assert (await here.adjusts(wish(current_position=0)))["id"] == 1


async def test_lots_are_taken_however_a_client_writes_whole_numbers(here: OldClient) -> None:
    for key, lots in enumerate((2, 2.0, "2", "2.00")):
        assert (await here.adjusts(wish(adjusted=lots), key=f"k{key}"))["quantity"] == 2


WRONG: Final[tuple[tuple[dict[str, Any], str], ...]] = (
    ({"positions": []}, "length >= 1"),
    ({"positions": [wish(adjusted=1.5)]}, "whole number of lots"),
    ({"positions": [wish(adjusted="NaN")]}, "whole number of lots"),
    ({"positions": [wish(adjusted=10**7)]}, "whole number of lots"),
    ({"positions": [wish("gold")]}, "positions[0].c_instrument_id"),
    ({"positions": [wish("no.SHFE")]}, "no SHFE contract"),
    ({"positions": [wish(), wish("au2606.SHFE")]}, "stands twice"),
    ({"positions": [wish(adjusted=0)]}, "nothing is to be changed"),
    ({"positions": [wish(price=-1)]}, "limit_price must be above 0"),
    ({"positions": [wish(direction="long")]}, "unknown field"),
    ({"remark": "x"}, "unknown field"),
    ({"account_id": "nobody"}, "there is no account 'nobody'"),
    ({"expires_at": "tomorrow"}, "RFC3339"),
    ({"expires_at": "2026-01-05T09:00:00"}, "timezone"),
    ({"reason": "x" * 501}, "length <= 500"),
)


async def test_a_body_that_means_nothing_is_refused_in_words(here: OldClient) -> None:
    for change, said in WRONG:
        body = {"product_code": "p1", "account_id": "paper", "positions": [wish()], **change}
        for path in (LIST, f"{LIST}adjustment/"):
            answer = await here.ask("POST", path, body)
            assert answer.status_code in {404, 422}, answer.text
            assert said in answer.json()["detail"]
    assert (await here.get(LIST))["count"] == 0


async def test_a_body_that_cannot_be_read_is_refused_and_nothing_else_is_disturbed(here: OldClient) -> None:
    for content, kind, status in (
        (b"{", "application/json", 400),
        (b"[]", "application/json", 422),
        (b'{"positions": "all"}', "application/json", 422),
        (b"status=approved", "application/x-www-form-urlencoded", 415),
        (b" " * 1_600_000, "application/json", 413),
    ):
        for method, path in (("POST", f"{LIST}adjustment/"), ("POST", LIST), ("PUT", f"{LIST}1/status/")):
            answer = await here.ask(method, path, headers={"content-type": kind}, content=content)
            assert answer.status_code in {status, 422}, answer.text
            assert answer.json()["detail"]
    assert (await here.adjusts())["id"] == 1


async def test_a_name_that_no_instruction_can_have_is_404(here: OldClient) -> None:
    for name in ("0", "-1", "1.5", "C000001", "x" * 300, "9" * 40):
        for method, path in (("GET", f"{LIST}{name}/"), ("PUT", f"{LIST}{name}/status/")):
            answer = await here.ask(method, path, {"status": "cancelled"} if method == "PUT" else None)
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found"), answer.text


async def test_an_instruction_that_is_none_is_404_to_who_sees_everything(here: OldClient) -> None:
    everything = person("administrator", ("*", "*"), name="root-of-all")
    assert (await here.ask("GET", f"{LIST}77/", who=everything)).status_code == 404
    assert (await here.sets(77, "cancelled", who=everything)).status_code == 404


async def test_text_stays_text(here: OldClient) -> None:
    script = "<script>alert('信')</script>"
    told = await here.adjusts(reason=script)
    answer = await here.ask("GET", f"{LIST}{told['id']}/")
    assert answer.json()["reason"] == script
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


# once


async def test_the_same_key_is_the_same_instruction_and_another_key_another(here: OldClient) -> None:
    first = await here.adjusts(key="k1")
    assert await here.adjusts(key="k1") == first
    assert (await here.adjusts(key="k2"))["id"] != first["id"]


async def test_a_button_pressed_twice_by_a_client_without_keys_writes_one_instruction(client: OldClient) -> None:
    first, second = await asyncio.gather(client.adjusts(), client.adjusts())
    assert first["id"] == second["id"]
    assert (await client.get(LIST))["count"] == 1
    assert (await client.adjusts(wish(adjusted=3)))["id"] != first["id"]


async def test_what_was_taken_back_may_be_written_again_at_once(here: OldClient) -> None:
    first = await here.adjusts()
    assert (await here.sets(first["id"], "cancelled")).status_code == 200
    second = await here.adjusts()
    assert (second["id"], second["status"]) == (first["id"] + 1, "submitted")


def test_a_body_without_a_key_stands_for_another_act_after_a_while() -> None:
    now, before = keys_of("wang", "/a/", b"{}", 25 * 10**9)
    assert keys_of("wang", "/a", b"{}", 34 * 10**9) == (keys_of("wang", "/a", b"{}", 30 * 10**9)[0], now)
    assert keys_of("wang", "/a", b"{}", 45 * 10**9)[1] != now != before
    assert len({now, *(keys_of(*other, 25 * 10**9)[0] for other in (("li", "/a", b"{}"), ("wang", "/b", b"{}")))}) == 3
    assert len(now) <= 64


async def test_a_key_that_cannot_be_is_refused(here: OldClient) -> None:
    body = {"product_code": "p1", "account_id": "paper", "positions": [wish()]}
    for key in ("x" * 65, "信"):
        answer = await here.ask("POST", f"{LIST}adjustment/", body, headers={"idempotency-key": key.encode()})
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, "idempotency-key")


async def test_a_replayed_decision_within_its_key_is_answered_as_the_first(here: OldClient) -> None:
    told = await here.adjusts()
    body = {"status": "approved", "version": told["version"]}
    path = f"{LIST}{told['id']}/status/"
    first, second = [
        await here.ask("PUT", path, body, who=APPROVER, headers={"idempotency-key": "d1"}) for _ in range(2)
    ]
    assert (first.status_code, first.json()["status"]) == (200, "approved")
    assert first.json() == second.json()


# the account a here does not name


async def test_a_product_in_one_account_needs_none_named_and_another_does(here: OldClient) -> None:
    assert (await here.adjusts(account_id=""))["account_id"] == "paper"
    everybody = person("fund_manager", ("*", "*"), name="sun")
    body = {"product_code": "p2", "positions": [wish()]}
    answer = await here.ask("POST", f"{LIST}adjustment/", body, who=everybody)
    assert (answer.status_code, answer.json()["error"]["allowed"]) == (422, ["other", "paper"])


# C-004-6


async def test_nobody_hears_of_what_was_refused_and_everybody_of_what_was_written(here: OldClient) -> None:
    heard: list[tuple[str, str]] = []
    here.stage.rooms.bus.subscribe(
        INSTRUCTIONS, lambda told: heard.append((told.instruction_id, told.status.value)), group="test"
    )
    refused = {"product_code": "p2", "account_id": "paper", "positions": [wish()]}
    assert (await here.ask("POST", f"{LIST}adjustment/", refused)).status_code == 403
    assert (heard, entries_of(here)) == ([], [])
    await here.adjusts()
    assert heard == [("B000001", "draft"), ("B000001", "submitted")]
    drafted, submitted = entries_of(here)
    snapshot = json.loads(drafted.payload)["adjustments"]
    assert [(line["instrument_id"], line["adjusted_position"]) for line in snapshot] == [("au2606.SHFE", 2)]
    mail = JournalReader("desk").read(submitted)
    assert mail is not None
    assert mail.draft is not None
    assert (mail.draft.happening.kind, mail.draft.makers) == (NoticeKind.INSTRUCTION_SUBMITTED, ("wang",))


async def test_the_answer_waits_until_no_crash_can_undo_the_instruction(tmp_path: Path) -> None:
    async with old_client(tmp_path, is_instant=False) as client:
        journal = client.stage.memory
        journal.commit()
        asking = asyncio.create_task(client.adjusts())
        await eventually(lambda: journal.last_seq > journal.durable_seq)
        assert entries_of(client) == []
        assert not asking.done()
        journal.commit()
        assert (await asking)["id"] == 1
        assert [json.loads(entry.payload)["status"] for entry in entries_of(client)] == ["draft", "submitted"]


def entries_of(client: OldClient) -> list[Entry]:
    """Return what is on record of instructions."""
    return [entry for entry in client.stage.memory.durable_entries() if entry.kind == INSTRUCTIONS.name]


# its words


def test_every_state_has_its_words_and_no_word_means_two() -> None:
    assert set(INSTRUCTION_WORDS) == set(InstructionStatus)
    assert set(ADJUSTMENT_WORDS) == set(AdjustmentStatus)
    for table in (INSTRUCTION_WORDS, ADJUSTMENT_WORDS):
        words = [word for state, words in table.items() for word in {state.value, *words}]
        assert len(words) == len(set(words))


async def test_money_is_exact_to_the_last_digit(here: OldClient) -> None:
    await here.adjusts(wish(price="600.02"))
    answer = await here.ask("GET", f"{LIST}1/")
    line = json.loads(answer.text, parse_float=Decimal)["positions"][0]
    assert line["price"] == Decimal("600.02")
