"""Every role, with every, one, another and no product, at every channel of system 004."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from push_builders import FakeWire, read_frames
from rights_table import CHANNELS, COVERED, GRANTS, MAY, is_allowed
from security.test_push_rights_matrix import furnished_hub
from tradewind.bus import hsapi_forms
from tradewind.domain.rights import Principal
from tradewind.kernel.clock import FakeClock
from tradewind.kernel.metrics import Metrics
from tradewind.push.hsapi import hsapi_conversations
from tradewind.push.session import Conversation, Session
from tradewind.push.settings import PushSettings
from two_funds import person

PEOPLE = list(itertools.product(MAY, GRANTS))


def sit(conversation: Conversation, principal: Principal) -> tuple[Session, FakeWire]:
    """Return the session of somebody who came in, and what it writes on."""
    wire = FakeWire()
    session = Session(
        wire,
        conversation,
        principal=principal,
        session_id="s",
        settings=PushSettings(),
        metrics=Metrics(),
        now_s=lambda: 0.0,
    )
    return session, wire


def told_on(wire: FakeWire) -> list[dict[str, Any]]:
    """Return every message written so far."""
    return [json.loads(payload) for _, payload in read_frames(bytes(wire.taken))]


def test_every_channel_of_system_004_has_its_line_in_the_table() -> None:
    assert hsapi_forms.CHANNELS.keys() == CHANNELS.keys()


@pytest.mark.parametrize(("role", "scope"), PEOPLE)
def test_each_channel_is_for_those_who_may_and_holds_ones_own(role: str, scope: str) -> None:
    hub = furnished_hub()
    principal = person(role, *GRANTS[scope])
    conversations = hsapi_conversations(hub, settings=PushSettings(), metrics=Metrics(), clock=FakeClock(1))
    for channel, needs in CHANNELS.items():
        conversation = conversations[f"/hsapi/ws/{channel}/"]
        is_open = is_allowed(needs, "nobody", role=role, scope=scope, fund="fund_a")
        assert conversation.may_enter(principal) is is_open, channel
        # Whoever got past the door all the same is told no more than that.
        session, wire = sit(conversation, principal)
        session.opened()
        (answer,) = told_on(wire)
        if not is_open:
            assert (answer["type"], answer["code"]) == ("error", "not_allowed"), channel
            assert f"permission {needs}" in answer["message"]
            assert not session.subscriptions
            continue
        assert (answer["type"], answer["channel"]) == ("snapshot", channel)
        if needs == "view":
            assert {row["product_code"] for row in answer["data"]} == COVERED[scope], channel
