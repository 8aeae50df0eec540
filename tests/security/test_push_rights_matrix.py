"""Every role, with every, one, another and no product, at every topic of push and at the quotes port."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from push_builders import FakeTimers, FakeWire, make_hub, read_frames
from quotes_builders import serving_quotes
from rights_table import ACCOUNT, COVERED, GRANTS, MAY, TOPICS, is_allowed
from statistics_builders import make_rows
from store_builders import make_account, make_fill, make_instruction, make_order, make_position, make_trigger
from tradewind.domain.access import Admitted, Refused
from tradewind.domain.chat import ChatMessage
from tradewind.domain.notice import Notice, NoticeKind
from tradewind.domain.plan import PlanParams, TradingPlan
from tradewind.domain.rights import SEED_CLIENT, Permission, Principal, Reach
from tradewind.domain.trading_state import LimitWarning, Scope, TradingMode, TradingState
from tradewind.identity.ports import AccessRequest
from tradewind.kernel.clock import FakeClock
from tradewind.kernel.metrics import Metrics
from tradewind.push.conversations import NativeConversation
from tradewind.push.hub import Hub
from tradewind.push.ports import Admission
from tradewind.push.session import Session
from tradewind.push.settings import PushSettings
from tradewind.push.topics import PUSH_TOPICS
from two_funds import person

PEOPLE = list(itertools.product(MAY, GRANTS))
OWNERS = ("fund_a", "fund_b")
READERS = ("li", "zhou")
FILTERED = {name for name, needs in TOPICS.items() if needs == "view"} | {"chat"}


def furnished_hub() -> Hub:
    """Return a hub to which something of each fund was told on every topic of the desk."""
    hub = make_hub(FakeTimers())
    for fund in OWNERS:
        account = ACCOUNT[fund]
        whose = {"product_code": fund, "account_id": account}
        params = PlanParams(account_id=account, product_code=fund)
        plan = f"plan_{fund}"
        told: dict[str, Any] = {
            "plans": TradingPlan(plan, params, params, is_active=True, version=1, actor="li", reason="", ts_event=1),
            "positions": make_position(account_id=account, book=f"{fund}/hand"),
            "accounts": make_account(account_id=account, book=f"{fund}/hand"),
            "orders": make_order(request={"client_order_id": f"o {fund}", **whose}),
            "fills": make_fill(fill_id=fund, **whose),
            "instructions": make_instruction(instruction_id=f"i {fund}", **whose),
            "triggers": make_trigger(trigger_id=f"t {fund}", strategy=plan),
            "trading_states": TradingState(Scope.PRODUCT, fund, TradingMode.HALTED, "li", "X", "", 1, 1),
            "chat": make_message(f"about {fund}", fund),
            "limit_warnings": LimitWarning("max_order", Scope.STRATEGY, plan, 80, "10", "8", 20260102, 1),
            **make_rows(fund, account),
        }
        assert set(told) == FILTERED
        for name, event in told.items():
            hub.feeds[name].accept(event)
    hub.feeds["chat"].accept(make_message("about all", "*"))
    for username in READERS:
        hub.feeds["notices"].accept(make_notice(username))
    return hub


def make_message(text: str, room: str) -> ChatMessage:
    """Return what zhou wrote in a room."""
    return ChatMessage(
        message_id=("*", *OWNERS).index(room) + 1,
        room=room,
        product_code=room,
        username="zhou",
        name="周",
        text=text,
        mentions=(),
        attachments=(),
        created_at=1,
    )


def make_notice(username: str) -> Notice:
    """Return word to somebody."""
    return Notice(
        notice_id=1,
        username=username,
        kind=NoticeKind.ORDER_REJECTED,
        is_urgent=True,
        product_code="",
        account_id="",
        subject=f"for {username}",
        actor="",
        params={},
        event_id="desk:1",
        ts_event=1,
        created_at=1,
    )


def ask_for(hub: Hub, principal: Principal, topic: str) -> list[dict[str, Any]]:
    """Subscribe as somebody and return what comes back."""
    settings, metrics, wire = PushSettings(), Metrics(), FakeWire()
    conversation = NativeConversation(
        hub, settings=settings, metrics=metrics, clock=FakeClock(1), server="tradewind/test"
    )
    session = Session(
        wire,
        conversation,
        principal=principal,
        session_id="s",
        settings=settings,
        metrics=metrics,
        now_s=lambda: 0.0,
    )
    wish = {"op": "subscribe", "id": 1, "topic": topic, "mode": "every"}
    session.on_text(json.dumps(wish).encode())
    told = [json.loads(payload) for _, payload in read_frames(bytes(wire.taken))]
    session.on_gone()
    return told


def test_every_topic_has_its_line_in_the_table() -> None:
    assert {topic.name for topic in PUSH_TOPICS} == set(TOPICS)


@pytest.mark.parametrize(("role", "scope"), PEOPLE)
def test_each_topic_is_for_those_who_may_and_holds_ones_own(role: str, scope: str) -> None:
    hub = furnished_hub()
    principal = person(role, *GRANTS[scope])
    for topic, needs in TOPICS.items():
        answer, *rest = ask_for(hub, principal, topic)
        if not is_allowed(needs, "nobody", role=role, scope=scope, fund="fund_a"):
            assert (answer["type"], answer["code"]) == ("error", "not_allowed"), topic
            assert needs == "somebody" or f"permission {needs}" in answer["message"]
            assert rest == []
            continue
        assert answer["type"] == "subscribed", topic
        if topic in FILTERED:
            text = json.dumps(rest)
            assert {fund for fund in OWNERS if fund in text} == COVERED[scope], topic
            assert ("about all" in text) == (topic == "chat")


@pytest.mark.parametrize(("role", "scope"), PEOPLE)
def test_notices_are_told_to_whom_they_are_for_whatever_others_may(role: str, scope: str) -> None:
    hub = furnished_hub()
    for username in (*READERS, "wu"):
        principal = person(role, *GRANTS[scope], name=username)
        answer, *rest = ask_for(hub, principal, "notices")
        assert answer["type"] == ("error" if scope == "none" else "subscribed")
        text = json.dumps(rest)
        assert [reader for reader in READERS if f"for {reader}" in text] == [username] * (
            scope != "none" and username in READERS
        )


class PrincipalGate:
    """Lets everybody in as whoever the test says."""

    def __init__(self, principal: Principal) -> None:
        self.principal = principal

    def decide(self, request: AccessRequest) -> Admitted | Refused:
        del request
        return Admitted(self.principal, "s")

    def admit(self, path: str, headers: object, peer: str) -> Admission:
        del path, headers, peer
        return Admitted(self.principal, "s")


@pytest.mark.parametrize(
    ("principal", "market", "test"),
    [
        *((person(role, ("fund_a", "*")), True, False) for role in MAY),
        (person("administrator", ("*", "*")), True, True),
        (SEED_CLIENT, True, True),
        (Principal("nobody", {}), False, False),
        (Principal("auditor", {Permission.AUDIT: Reach(frozenset({("*", "*")}))}), False, False),
    ],
    ids=lambda value: value.username if isinstance(value, Principal) else str(value),
)
async def test_the_quotes_port_asks_for_the_market(
    tmp_path: Path,
    principal: Principal,
    market: bool,  # noqa: FBT001 - what is expected of each
    test: bool,  # noqa: FBT001 - as above
) -> None:
    async with serving_quotes(tmp_path) as (world, client):
        world.house.gate.decide = PrincipalGate(principal).decide  # type: ignore[method-assign]  # whoever the test says
        for path, is_open in (
            ("/api/instruments", market),
            ("/api/stats", market),
            ("/api/realtime/status", market),
            ("/socket.io/?EIO=4&transport=polling", market),
            ("/api/realtime/test?symbol=nothing", test),
            ("/api/realtime/test/", test),
        ):
            answer = await client.get(path)
            if is_open:
                assert answer.status_code not in {401, 403}, (path, answer.text)
                assert answer.status_code < 500, (path, answer.text)
            else:
                assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed"), path


async def test_who_loses_the_market_loses_the_quotes_connection_and_nobody_else_does(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path) as (world, client):
        opened = await client.get("/socket.io/?EIO=4&transport=polling", headers=world.bearer)
        sid = json.loads(opened.text[1:])["sid"]
        poll = f"/socket.io/?EIO=4&transport=polling&sid={sid}"
        (own,) = world.service.session_ids()
        assert world.service.rights_changed(own, SEED_CLIENT) == 0
        assert world.service.rights_changed("another", Principal("wu", {})) == 0
        assert world.service.rights_changed(own, Principal("administrator", {})) == 1
        answer = await client.get(poll, headers=world.bearer)
        assert answer.status_code == 400
