"""One client: its answers, its limits, its health."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from push_builders import PING, TEXT, FakeTimers, FakeWire, make_hub, make_opportunity, read_frames
from tradewind.domain.opportunity import OpportunityState
from tradewind.domain.rights import ADMINISTRATOR, Principal
from tradewind.kernel.clock import FakeClock
from tradewind.kernel.metrics import Metrics
from tradewind.push.conversations import NativeConversation, OpportunityConversation
from tradewind.push.feed import tick_intake
from tradewind.push.roster import Roster
from tradewind.push.session import CloseCode, Session
from tradewind.push.settings import PushSettings
from tradewind.push.topics import PUSH_TOPICS

from builders import make_tick

BEAT = b"\x89\x00\x81\x02{}"


class Stage:
    """One session on a fake socket."""

    def __init__(self, *, native: bool = True, **changes: Any) -> None:
        self.timers = FakeTimers()
        self.metrics = Metrics()
        self.settings = PushSettings(**changes)
        self.hub = make_hub(self.timers, self.metrics, **changes)
        self.wire = FakeWire()
        self.conversation = (
            NativeConversation(
                self.hub,
                settings=self.settings,
                metrics=self.metrics,
                clock=FakeClock(5_000_000_000),
                server="tradewind/test",
            )
            if native
            else OpportunityConversation(self.hub)
        )
        self.session = Session(
            self.wire,
            self.conversation,
            principal=Principal("li", ADMINISTRATOR.reaches),
            session_id="s1",
            settings=self.settings,
            metrics=self.metrics,
            now_s=lambda: self.timers.now_s,
        )
        self.wire.on_full = self.session.on_full
        self.wire.on_drained = self.session.on_drained
        self.session.opened()

    def say(self, **fields: Any) -> list[dict[str, Any]]:
        """Send one command and return what comes back."""
        self.wire.taken.clear()
        self.session.on_text(json.dumps(fields).encode())
        return self.heard()

    def heard(self) -> list[dict[str, Any]]:
        messages = [json.loads(payload) for kind, payload in read_frames(bytes(self.wire.taken)) if kind == 0x81]
        self.wire.taken.clear()
        return messages

    @property
    def code(self) -> int | None:
        return self.wire.closed_with[0] if self.wire.closed_with else None


def test_the_roster_names_the_sign_ins_that_are_connected() -> None:
    stage = Stage()
    roster = Roster(metrics=stage.metrics, per_identity=10)
    roster.enter(stage.session)
    assert roster.session_ids() == {"s1"}
    roster.leave(stage.session)
    assert roster.session_ids() == set()


def test_the_first_frame_says_who_we_are_and_what_is_allowed() -> None:
    stage = Stage()
    (welcome,) = stage.heard()
    assert (welcome["type"], welcome["protocol"], welcome["epoch"]) == ("welcome", 1, stage.hub.epoch)
    assert welcome["topics"] == [topic.name for topic in PUSH_TOPICS]
    assert welcome["limits"]["queued_bytes"] == 1_048_576


def test_the_answer_to_a_subscription_comes_before_its_snapshot() -> None:
    subscribed, snapshot = Stage().say(op="subscribe", id=1, topic="quotes")
    assert subscribed == {
        "type": "subscribed",
        "id": 1,
        "topic": "quotes",
        "epoch": snapshot["epoch"],
        "offset": 0,
        "recovered": False,
        "mode": "latest",
        "interval_ms": 50,
    }
    assert snapshot["type"] == "snapshot"


def test_subscribing_again_replaces_the_list_of_instruments() -> None:
    stage = Stage()
    intake = tick_intake(stage.hub.feeds["quotes"], lambda: None)
    stage.say(op="subscribe", topic="quotes", instruments=["IF2101.CFFEX"])
    stage.say(op="subscribe", topic="quotes", instruments=["au2512.SHFE"])
    intake(make_tick(instrument_id="IF2101.CFFEX"))
    intake(make_tick(instrument_id="au2512.SHFE"))
    stage.timers.advance(1)
    assert [tick["instrument_id"] for message in stage.heard() for tick in message["data"]] == ["au2512.SHFE"]


def test_nothing_of_a_topic_follows_its_unsubscribed() -> None:
    stage = Stage()
    intake = tick_intake(stage.hub.feeds["quotes"], lambda: None)
    stage.say(op="subscribe", topic="quotes")
    intake(make_tick())
    assert [message["type"] for message in stage.say(op="unsubscribe", topic="quotes")] == ["unsubscribed"]
    stage.timers.advance(1)
    assert stage.heard() == []


def test_unsubscribing_from_what_one_does_not_have_is_an_error() -> None:
    stage = Stage()
    stage.say(op="subscribe", topic="bars")
    (error,) = stage.say(op="unsubscribe", id=9, topic="quotes")
    assert (error["code"], error["id"], error["allowed"]) == ("not_subscribed", 9, ["bars"])


def test_a_refused_command_is_answered_and_counted_and_the_connection_stays() -> None:
    stage = Stage()
    (error,) = stage.say(op="fly", id=2)
    assert (error["type"], error["code"], error["id"]) == ("error", "unknown_op", 2)
    assert stage.metrics.push_commands_refused.counts == {"unknown_op": 1}
    assert stage.code is None
    assert stage.say(op="ping", id=3) == [{"type": "pong", "id": 3, "ts": 5_000_000_000}]


def test_subscriptions_are_limited() -> None:
    stage = Stage(subscriptions=1)
    stage.say(op="subscribe", topic="quotes")
    assert stage.say(op="subscribe", topic="bars")[0]["code"] == "too_many_subscriptions"
    assert stage.say(op="subscribe", topic="quotes")[0]["type"] == "subscribed"


def test_the_topic_system_shows_the_state_of_the_moment() -> None:
    _, snapshot = Stage().say(op="subscribe", topic="system")
    assert snapshot["data"] == [{"services": "up"}]


def test_several_topics_of_one_turn_are_one_write() -> None:
    stage = Stage()
    intake = tick_intake(stage.hub.feeds["quotes"], lambda: None)
    stage.say(op="subscribe", topic="quotes")
    stage.say(op="subscribe", topic="opportunities")
    before = stage.wire.writes
    intake(make_tick())
    stage.hub.feeds["opportunities"].accept(make_opportunity())
    stage.timers.turn()
    assert stage.wire.writes == before + 1
    assert [message["topic"] for message in stage.heard()] == ["quotes", "opportunities"]


def test_too_many_commands_close_the_connection() -> None:
    stage = Stage(commands_per_minute=3)
    for _ in range(4):
        stage.session.on_text(b'{"op":"ping"}')
    assert stage.code == CloseCode.TOO_MANY
    assert stage.metrics.push_commands_refused.counts == {"closed_4429": 1}


@pytest.mark.parametrize(
    ("breach", "code"),
    [
        (lambda session: session.on_foreign("binary"), CloseCode.BAD_PROTOCOL),
        (lambda session: session.on_text(b"\xff"), CloseCode.NOT_UTF8),
        (lambda session: session.on_text(b" " * 2_000), CloseCode.TOO_BIG),
        (lambda session: session.on_continuation(b"x", is_final=True), CloseCode.BAD_PROTOCOL),
    ],
)
def test_each_breach_of_the_protocol_has_its_code(breach: Callable[[Session], None], code: CloseCode) -> None:
    stage = Stage(frame_bytes=1_024)
    breach(stage.session)
    assert stage.code == code


def test_a_command_may_come_in_several_frames() -> None:
    stage = Stage()
    stage.heard()
    stage.session.on_text(b'{"op":', is_final=False)
    stage.session.on_continuation(b'"ping"', is_final=False)
    stage.session.on_continuation(b"}", is_final=True)
    assert [message["type"] for message in stage.heard()] == ["pong"]


def test_parts_that_never_end_are_too_big_together() -> None:
    stage = Stage(frame_bytes=1_024)
    stage.session.on_text(b"x" * 600, is_final=False)
    stage.session.on_continuation(b"x" * 600, is_final=False)
    assert stage.code == CloseCode.TOO_BIG


def test_a_closed_session_hears_and_says_nothing_more() -> None:
    stage = Stage()
    stage.say(op="subscribe", topic="opportunities")
    stage.session.close(CloseCode.SESSION_ENDED, "the session has ended")
    stage.session.close(CloseCode.STOPPING, "again")
    stage.session.on_text(b'{"op":"ping"}')
    stage.session.on_ping(b"")
    stage.session.on_drained()
    stage.hub.feeds["opportunities"].accept(make_opportunity())
    stage.timers.advance(100)
    stage.session.sweep(1_000.0, BEAT)
    assert (stage.heard(), stage.code) == ([], CloseCode.SESSION_ENDED)


def test_heartbeats_come_at_their_interval() -> None:
    stage = Stage(heartbeat_s=20)
    beats = 0
    for second in range(1, 61):
        stage.timers.advance(1)
        stage.session.on_pong()
        stage.wire.taken.clear()
        stage.session.sweep(float(second), BEAT)
        beats += [kind for kind, _ in read_frames(bytes(stage.wire.taken))].count(PING)
    assert beats == 3


def test_the_native_heartbeat_is_a_ping_and_a_message_and_the_older_streams_a_bare_ping() -> None:
    native, older = (list(read_frames(Stage(native=is_native).conversation.beat())) for is_native in (True, False))
    assert [kind for kind, _ in native] == [PING, TEXT]
    assert json.loads(native[1][1]) == {"type": "heartbeat", "ts": 5_000_000_000}
    assert older == [(PING, b"")]


def test_when_too_much_waits_for_all_together_those_for_whom_most_waits_are_closed() -> None:
    roster = Roster(metrics=Metrics(), per_identity=10)
    stages = [Stage() for _ in range(4)]
    for stage, waiting in zip(stages, (100, 400, 0, 300), strict=True):
        stage.wire.waiting[:] = b"x" * waiting
        roster.enter(stage.session)
    roster.relieve(800)
    assert [stage.code for stage in stages] == [None] * 4
    roster.relieve(399)
    assert [stage.code for stage in stages] == [None, CloseCode.TOO_SLOW, None, CloseCode.TOO_SLOW]
    assert stages[1].metrics.push_dropped.counts == {"client_too_slow": 1}
    roster.relieve(100)
    assert stages[0].code is None


def test_a_peer_silent_for_two_heartbeats_is_given_up() -> None:
    stage = Stage(heartbeat_s=20)
    for second in range(1, 42):
        stage.session.sweep(float(second), BEAT)
    assert stage.wire.is_aborted
    assert stage.metrics.push_dropped.counts == {"client_lost": 1}


def test_a_socket_that_takes_nothing_for_too_long_is_closed() -> None:
    stage = Stage(stalled_s=30)
    stage.wire.stick()
    stage.say(op="subscribe", topic="quotes")
    assert stage.session.is_paused
    for second in range(31):
        stage.session.sweep(float(second), BEAT)
    assert stage.code is None
    stage.session.sweep(31.0, BEAT)
    assert stage.code == CloseCode.TOO_SLOW


def test_a_socket_that_takes_a_little_is_left_in_peace() -> None:
    stage = Stage(stalled_s=30)
    stage.wire.stick()
    stage.say(op="subscribe", topic="quotes")
    for second in range(100):
        if second % 20 == 0:
            del stage.wire.waiting[0]
        stage.session.sweep(float(second), BEAT)
    assert stage.code is None


def test_pings_of_a_client_that_does_not_read_are_not_answered() -> None:
    stage = Stage()
    stage.wire.stick()
    stage.say(op="subscribe", topic="quotes")
    waiting = stage.wire.buffered()
    stage.session.on_ping(b"x" * 100)
    assert stage.wire.buffered() == waiting


def test_the_older_stream_tells_what_is_open_and_then_every_change_and_hears_nothing() -> None:
    stage = Stage(native=False)
    stage.session.on_text(b"anything")
    feed = stage.hub.feeds["opportunities"]
    feed.accept(make_opportunity())
    stage.timers.turn()
    feed.accept(make_opportunity(version=2, state=OpportunityState.CLOSED))
    stage.timers.turn()
    messages = stage.heard()
    assert [message["type"] for message in messages] == ["opportunity", "opportunity"]
    assert [message["payload"]["state"] for message in messages] == ["NEW", "CLOSED"]


def test_the_older_stream_greets_with_one_frame_an_open_opportunity() -> None:
    stage = Stage()
    feed = stage.hub.feeds["opportunities"]
    for name in "ab":
        feed.accept(make_opportunity(opportunity_id=name))
    late = FakeWire()
    session = Session(
        late,
        OpportunityConversation(stage.hub),
        principal=Principal("li", ADMINISTRATOR.reaches),
        session_id=None,
        settings=stage.settings,
        metrics=stage.metrics,
        now_s=lambda: 0.0,
    )
    session.opened()
    assert [json.loads(payload)["payload"]["id"] for _, payload in read_frames(bytes(late.taken))] == ["a", "b"]


def test_the_roster_counts_by_dialect_and_bounds_by_user() -> None:
    stage = Stage()
    roster = Roster(metrics=stage.metrics, per_identity=1)
    other = Stage().session
    assert roster.enter(stage.session)
    assert not roster.enter(other)
    assert (len(roster), stage.metrics.push_clients.values) == (2, {"native": 2})
    assert roster.of_session("s1") == [stage.session, other]
    roster.leave(other)
    roster.leave(other)
    emptied: list[int] = []
    roster.when_empty(lambda: emptied.append(1))
    roster.leave(stage.session)
    assert (emptied, stage.metrics.push_clients.values) == ([1], {"native": 0})
