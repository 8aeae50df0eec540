"""One session as it is heard: refusals are counted and told, too much ends it, the socket is used when it is safe."""

from __future__ import annotations

import json
from typing import Any

from quotes_fakes import FakePost, FakeSocket, RoomsWorld
from tradewind.domain.access import Admitted
from tradewind.domain.rights import Principal
from tradewind.quotes.client import Client
from tradewind.quotes.conversation import Conversation
from tradewind.quotes.settings import QuotesSettings
from tradewind.quotes.socket_io import Mailbox

SUBSCRIBE = '42["subscribe_market"]'


class Talk:
    def __init__(self, *, wire: FakeSocket | None = None, **settings: Any) -> None:
        self.now_s = 0.0
        self.refused: list[str] = []
        self.conversation = Conversation(
            Admitted(Principal("li", {})),
            settings=QuotesSettings(**settings),
            now_s=lambda: self.now_s,
            count_refused=self.refused.append,
            wire=wire,
        )

    def connect(self) -> tuple[Client, FakePost]:
        client, post = RoomsWorld().polling_client()
        self.conversation.client = client
        return client, post


def test_what_is_not_passed_on_is_counted_and_told() -> None:
    talk = Talk()
    _, post = talk.connect()
    assert not talk.conversation.hears('42["evil"]')
    assert talk.refused == ["unknown_event"]
    [(event, data)] = post.fetch()
    assert (event, data["status"], data["code"]) == ("error", "error", "unknown_event")
    assert "subscribe_market" in data["allowed"]


def test_before_the_connect_there_is_nobody_to_tell() -> None:
    talk = Talk()
    assert not talk.conversation.hears(SUBSCRIBE)
    assert talk.refused == ["not_connected"]


def test_too_much_ends_it_whatever_was_said() -> None:
    talk = Talk(events_per_minute=2)
    _, post = talk.connect()
    assert talk.conversation.hears("3")
    assert not talk.conversation.hears("junk")
    assert not talk.conversation.hears(SUBSCRIBE)
    assert talk.conversation.is_over
    talk.now_s = 3_600.0
    assert not talk.conversation.hears(SUBSCRIBE)
    assert [data["code"] for _, data in post.fetch()] == ["malformed", "too_many_events"]


def test_a_socket_from_the_handshake_is_written_to_from_the_first_event_on() -> None:
    wire = FakeSocket()
    talk = Talk(wire=wire)
    client, post = talk.connect()
    client.say("connected", {})
    assert (wire.frames, len(post.packets)) == ([], 1)
    assert talk.conversation.hears(SUBSCRIBE)
    client.say("subscription_success", {})
    assert [event for event, _ in wire.events()] == ["subscription_success"]


def test_an_upgraded_socket_is_written_to_from_the_upgrade_on() -> None:
    talk = Talk()
    client, post = talk.connect()
    wire = FakeSocket()
    assert talk.conversation.hears("2probe", wire)
    client.say("market_status", {})
    assert wire.frames == []
    assert talk.conversation.hears("5", wire)
    client.say("market_status", {})
    assert len(wire.frames) == len(post.packets) == 1


async def test_a_mailbox_never_waits_and_tells_when_too_much_was_put_in() -> None:
    mailbox = Mailbox(2)
    await mailbox.put("a")
    await mailbox.put("b")
    assert not mailbox.is_overfull
    await mailbox.put("c")
    await mailbox.put(None)
    assert mailbox.is_overfull
    assert [mailbox.get_nowait() for _ in range(mailbox.qsize())] == ["a", "b", None]


def test_a_refusal_is_json_with_every_field() -> None:
    talk = Talk()
    client, post = talk.connect()
    talk.conversation.hears("45")
    text = post.packets[0].encode()
    assert set(json.loads(text[2:])[1]) == {"status", "code", "message", "event", "allowed", "symbols"}
    assert client.missed == {}
