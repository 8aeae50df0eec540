"""The frames shown in the push protocol are frames: commands are understood, messages are what we send."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from documents import REPO, snippets
from tradewind.bus.seed_forms import SeedOpportunityMessage
from tradewind.domain.opportunity import Opportunity
from tradewind.domain.risk import RiskAlert
from tradewind.domain.signal import Signal
from tradewind.domain.tick import Tick
from tradewind.push import PushSettings
from tradewind.push.commands import Ping, Subscribe, Unsubscribe, read_command
from tradewind.push.session import CloseCode
from tradewind.push.topics import PUSH_TOPICS

PAGE = "docs/push-protocol.md"
FRAMES: list[dict[str, Any]] = [json.loads(text) for text in snippets(PAGE, "json")]
MESSAGES = [frame for frame in FRAMES if "type" in frame]
EVENTS: dict[str, type[msgspec.Struct]] = {
    "quotes": Tick,
    "signals": Signal,
    "opportunities": Opportunity,
    "risk_alerts": RiskAlert,
}


def test_every_command_shown_is_understood() -> None:
    commands = [read_command(json.dumps(frame), PushSettings()) for frame in FRAMES if "op" in frame]
    assert [type(command) for command in commands] == [Subscribe, Subscribe, Unsubscribe, Ping]


def test_every_type_of_message_is_shown() -> None:
    kinds = "welcome subscribed snapshot delta reset unsubscribed pong heartbeat move error opportunity"
    assert {message["type"] for message in MESSAGES} == set(kinds.split())


def test_the_welcome_shown_tells_the_default_limits_and_every_topic() -> None:
    welcome = next(message for message in MESSAGES if message["type"] == "welcome")
    settings = PushSettings()
    assert welcome["limits"] == {name: getattr(settings, name) for name in welcome["limits"]}
    assert welcome["heartbeat_s"] == settings.heartbeat_s
    assert welcome["topics"] == [topic.name for topic in PUSH_TOPICS]


@pytest.mark.parametrize("message", [message for message in MESSAGES if "data" in message], ids=lambda m: m["topic"])
def test_the_events_shown_have_just_the_fields_of_their_kind(message: dict[str, Any]) -> None:
    kind = EVENTS[message["topic"]]
    # What push itself adds, to the topics that are stamped and to no others.
    stamp = {topic.name: {"ts_pushed"} if topic.is_stamped else set() for topic in PUSH_TOPICS}[message["topic"]]
    for event in message["data"]:
        assert set(event) - stamp <= set(kind.__struct_fields__)
        assert stamp <= set(event)
        msgspec.convert(event, kind)


def test_the_older_streams_frame_is_of_its_form() -> None:
    (frame,) = [message for message in MESSAGES if message["type"] == "opportunity"]
    shown = json.loads(msgspec.json.encode(msgspec.convert(frame, SeedOpportunityMessage)))
    assert shown == frame


@pytest.mark.parametrize("page", [PAGE, "docs/push-protocol.en.md"])
def test_every_close_code_and_topic_is_explained(page: str) -> None:
    text = (REPO / page).read_text(encoding="utf-8")
    assert [code for code in CloseCode if str(int(code)) not in text] == []
    assert [topic.name for topic in PUSH_TOPICS if f"| `{topic.name}` |" not in text] == []
