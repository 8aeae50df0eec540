"""What notices and chat promise of their store: in memory, on SQLite, on MariaDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from notices_builders import T0, make_happening, make_telling
from tradewind.domain.chat import ALL_ROOM, ChartLink, ChatMessage, InstructionLink
from tradewind.domain.notice import Channel, DeliveryState, NoticeKind, Preferences, Quiet, Wishes
from tradewind.errors import StateConflictError
from tradewind.stores.memory_notices import MemoryChat, MemoryNotices
from tradewind.stores.notices import ChatStore, NewMessage, NoticeStore, Outcome, Step, Way
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.chat import SqlChat
from tradewind.stores.sql.notices import SqlNotices
from tradewind.stores.sql.store import SqlStore

MINUTE = 60_000_000_000
WAITING, SENDING, SENT, DEAD = DeliveryState


@pytest.fixture(params=["memory", "sqlite", "mariadb"])
def stores(
    request: pytest.FixtureRequest, settings_of: Callable[[str], StoreSettings], tmp_path: Path
) -> Iterator[tuple[NoticeStore, ChatStore]]:
    if request.param == "memory":
        yield MemoryNotices(), MemoryChat()
        return
    opened = SqlStore(settings_of(request.param), tmp_path)
    opened.open()
    yield SqlNotices(opened), SqlChat(opened)
    opened.close()


@pytest.fixture
def store(stores: tuple[NoticeStore, ChatStore]) -> NoticeStore:
    return stores[0]


@pytest.fixture
def chat(stores: tuple[NoticeStore, ChatStore]) -> ChatStore:
    return stores[1]


def mail(store: NoticeStore, count: int, username: str = "fang", now: int = T0) -> list[int]:
    """Let so many letters to one person wait; return their ids, the oldest first."""
    ways = (Way("email", username, now),)
    store.tell([make_telling(ways=ways, event_id=f"{username}:{now}:{number}") for number in range(count)], now)
    return [one.delivery_id for one in store.due("email", now, limit=1_000) if one.username == username]


def test_a_follower_begins_where_it_is_told_once_and_goes_on_from_its_steps(store: NoticeStore) -> None:
    assert store.begin("journal desk", 7) == 7
    assert store.take(Step("journal desk", 7, 9, (), {}), T0) == []
    assert store.begin("journal desk", 70) == 9


def test_a_step_writes_notices_letters_and_where_things_stand_or_nothing(store: NoticeStore) -> None:
    store.begin("journal desk", 0)
    telling = make_telling("fang", "meng", ways=(Way("email", "fang", T0),))
    step = Step("journal desk", 0, 3, (telling,), {"instruction i-1": "submitted"})
    told = store.take(step, T0)
    assert [(one.username, one.event_id, one.params, one.is_read) for one in told] == [
        ("fang", "desk:1", {"lines": "2", "reason": "换月"}, False),
        ("meng", "desk:1", {"lines": "2", "reason": "换月"}, False),
    ]
    assert store.states({"instruction i-1", "instruction i-2"}) == {"instruction i-1": "submitted"}
    with pytest.raises(StateConflictError, match="another one is at work"):
        store.take(Step("journal desk", 0, 4, (make_telling("vera", event_id="desk:2"),), {"x": "y"}), T0)
    assert store.unread("vera") == 0
    assert store.states({"x"}) == {}
    assert [one.happening for one in store.due("email", T0, limit=10)] == [make_happening()]


def test_a_happening_is_told_once_however_often_it_comes(store: NoticeStore) -> None:
    telling = make_telling("fang", ways=(Way("email", "fang", T0),))
    assert len(store.tell([telling], T0)) == 1
    assert store.tell([telling, telling], T0) == []
    assert len(store.due("email", T0, limit=10)) == store.unread("fang") == 1


def test_a_state_that_was_left_is_forgotten(store: NoticeStore) -> None:
    store.begin("j", 0)
    store.take(Step("j", 0, 1, (), {"order o-1": "order_unknown"}), T0)
    store.take(Step("j", 1, 2, (), {"order o-1": None}), T0)
    assert store.states({"order o-1"}) == {}


def test_notices_are_paged_backwards_and_marked_by_their_owner_alone(store: NoticeStore) -> None:
    store.tell([make_telling("fang", "meng", event_id=f"desk:{number}") for number in range(5)], T0)
    newest = store.notices("fang", before=0, limit=2, is_unread=False)
    older = store.notices("fang", before=newest[-1].notice_id, limit=10, is_unread=False)
    assert [one.event_id for one in (*newest, *older)] == ["desk:4", "desk:3", "desk:2", "desk:1", "desk:0"]
    assert store.mark("meng", [one.notice_id for one in newest], through=0, now=T0) == 0
    assert store.mark("fang", [newest[0].notice_id], through=0, now=T0) == 1
    assert store.mark("fang", [newest[0].notice_id], through=0, now=T0) == 0
    assert store.mark("fang", [], through=older[0].notice_id, now=T0) == 3
    assert [one.event_id for one in store.notices("fang", before=0, limit=9, is_unread=True)] == ["desk:3"]
    assert (store.unread("fang"), store.unread("meng")) == (1, 5)


def test_the_newest_of_all_people_stand_in_the_order_in_which_they_were_told(store: NoticeStore) -> None:
    store.tell([make_telling("fang", "meng", event_id="e1"), make_telling("vera", event_id="e2")], T0)
    assert [(one.username, one.event_id) for one in store.newest(2)] == [("meng", "e1"), ("vera", "e2")]
    assert len(store.newest(10)) == 3


def test_wishes_are_kept_as_versions_and_the_slower_of_two_is_told(store: NoticeStore) -> None:
    wishes = Wishes(
        language="en",
        channels={NoticeKind.ORDER_REJECTED: frozenset({Channel.EMAIL}), NoticeKind.RISK_ALERT: frozenset()},
        quiet=Quiet.OFF_SESSION,
    )
    assert store.preferences({"fang"}) == {}
    kept = store.keep_preferences(Preferences(username="fang", wishes=wishes), T0)
    assert kept == Preferences(username="fang", wishes=wishes, version=1)
    assert store.preferences({"fang", "meng"}) == {"fang": kept}
    with pytest.raises(StateConflictError, match="at version 1, not 0"):
        store.keep_preferences(Preferences(username="fang", wishes=Wishes()), T0)
    assert store.keep_preferences(Preferences(username="fang", version=1), T0).version == 2


def test_a_letter_is_claimed_by_one_and_again_only_when_they_fell_silent(store: NoticeStore) -> None:
    ids = mail(store, 2)
    assert store.claim(ids[:1], message_id="m1", until=T0 + MINUTE, now=T0)
    assert not store.claim(ids, message_id="m1", until=T0 + MINUTE, now=T0)
    assert [one.delivery_id for one in store.due("email", T0, limit=10)] == ids[1:]
    later = T0 + 2 * MINUTE
    (again, _) = sorted(store.due("email", later, limit=10), key=lambda one: one.delivery_id)
    assert (again.message_id, again.state) == ("m1", SENDING)
    assert not store.claim(ids[:1], message_id="m2", until=later + MINUTE, now=later)
    assert store.claim(ids[:1], message_id="m1", until=later + MINUTE, now=later)


def test_what_came_of_a_try_is_noted_and_counts_only_where_it_should(store: NoticeStore) -> None:
    (one,) = mail(store, 1)

    def tried(outcome: Outcome, now: int) -> tuple[DeliveryState, int, int, str]:
        assert store.claim([one], message_id="m", until=now + MINUTE, now=now)
        store.settle([one], message_id="m", outcome=outcome)
        (found,) = store.deliveries(state=None, before=0, limit=10)
        return found.state, found.attempts, found.due_at, found.error

    away = Outcome(WAITING, T0, due_at=T0, error="away", is_counted=False)
    assert tried(away, T0) == (WAITING, 0, T0, "away")
    assert tried(Outcome(WAITING, T0, due_at=T0 + MINUTE, error="later"), T0) == (WAITING, 1, T0 + MINUTE, "later")
    assert store.due("email", T0, limit=10) == []
    assert tried(Outcome(DEAD, T0, error="x" * 900), T0 + MINUTE)[::3] == (DEAD, "x" * 500)
    assert store.counts() == {("email", DEAD): 1}
    assert store.retry(one, T0 + MINUTE)
    assert not store.retry(one, T0 + MINUTE)
    assert tried(Outcome(SENT, T0 + MINUTE), T0 + MINUTE)[:2] == (SENT, 1)
    assert store.counts() == {}
    store.settle([one], message_id="m", outcome=away)
    assert [found.state for found in store.deliveries(state=SENT, before=0, limit=10)] == [SENT]


def test_a_digest_counts_as_one_message_and_is_tried_again_as_a_whole(store: NoticeStore) -> None:
    ids = mail(store, 3)
    assert store.claim(ids, message_id="digest", until=T0 + MINUTE, now=T0)
    store.settle(ids, message_id="digest", outcome=Outcome(DEAD, T0, error="refused"))
    assert store.retry(ids[1], T0)
    assert [one.message_id for one in store.due("email", T0, limit=10)] == ["digest"] * 3
    assert store.claim(ids, message_id="digest", until=T0 + MINUTE, now=T0)
    store.settle(ids, message_id="digest", outcome=Outcome(SENT, T0 + MINUTE))
    assert store.sent_since("email", {"fang", "meng"}, T0) == {"fang": [T0 + MINUTE]}
    assert store.sent_since("email", {"fang"}, T0 + MINUTE) == {}


def test_what_waits_can_be_put_off_but_not_brought_forward(store: NoticeStore) -> None:
    (one,) = mail(store, 1)
    store.postpone([one], T0 + 2 * MINUTE)
    store.postpone([one], T0 + MINUTE)
    assert store.due("email", T0 + MINUTE, limit=10) == []
    assert len(store.due("email", T0 + 2 * MINUTE, limit=10)) == 1


def test_old_notices_go_and_what_still_waits_stays(store: NoticeStore) -> None:
    store.tell([make_telling("fang", ways=(Way("email", "fang", T0),), event_id="old")], T0)
    store.tell([make_telling("fang", "meng", event_id=f"new:{number}") for number in range(4)], T0 + MINUTE)
    assert store.prune(T0 + MINUTE, most=3) == 3
    assert [one.event_id for one in store.notices("fang", before=0, limit=9, is_unread=False)] == [
        "new:3",
        "new:2",
        "new:1",
    ]
    assert store.unread("meng") == 3
    assert [one.happening.event_id for one in store.due("email", T0, limit=10)] == ["old"]


def make_message(**changes: object) -> ChatMessage:
    fields: dict[str, object] = {
        "message_id": 0,
        "room": "P1",
        "product_code": "P1",
        "username": "meng",
        "name": "孟经理",
        "text": "换月 <b>今天</b> 🙂",
        "mentions": ("tian",),
        "attachments": (InstructionLink(instruction_id="i-1"), ChartLink(instrument_id="au2606.SHFE")),
        "created_at": T0,
    }
    return ChatMessage(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_message_is_kept_as_it_was_written_and_a_request_once(chat: ChatStore) -> None:
    said, is_new = chat.say(NewMessage(make_message(), "r1"))
    assert is_new
    assert said == make_message(message_id=said.message_id)
    assert chat.message(said.message_id) == said
    assert chat.say(NewMessage(make_message(text="something else"), "r1")) == (said, False)
    assert chat.say(NewMessage(make_message(username="tian"), "r1"))[1]
    assert chat.message(said.message_id + 100) is None


def test_rooms_are_paged_backwards_each_for_itself(chat: ChatStore) -> None:
    for number in range(5):
        chat.say(NewMessage(make_message(text=f"{number}"), f"r{number}"))
        chat.say(NewMessage(make_message(room=ALL_ROOM, product_code=ALL_ROOM), f"all{number}"))
    newest = chat.messages("P1", before=0, limit=2)
    older = chat.messages("P1", before=newest[-1].message_id, limit=9)
    assert [one.text for one in (*newest, *older)] == ["4", "3", "2", "1", "0"]


def test_the_newest_of_all_rooms_are_as_they_are_now_in_the_order_of_their_ids(chat: ChatStore) -> None:
    first, second, third = (
        chat.say(NewMessage(make_message(room=room, product_code=room), f"r{room}"))[0]
        for room in ("P1", "P2", ALL_ROOM)
    )
    changed = make_message(room="P2", product_code="P2", message_id=second.message_id, text="明天", version=2)
    chat.change(changed)
    assert chat.newest(2) == [changed, third]
    assert chat.newest(9) == [first, changed, third]


def test_changes_are_versions_of_which_none_is_lost(chat: ChatStore) -> None:
    first, _ = chat.say(NewMessage(make_message(), "r1"))
    second = make_message(message_id=first.message_id, text="明天", version=2, edited_at=T0 + 1, mentions=())
    assert chat.change(second) == second
    with pytest.raises(StateConflictError, match="changed meanwhile"):
        chat.change(second)
    third = make_message(
        message_id=first.message_id,
        text="",
        version=3,
        edited_at=T0 + 2,
        deleted_at=T0 + 2,
        mentions=(),
        attachments=(),
    )
    chat.change(third)
    assert chat.history(first.message_id) == [first, second, third]
    assert chat.messages("P1", before=0, limit=9) == [third]
    assert chat.history(first.message_id + 100) == []


def test_unread_is_what_others_wrote_after_the_mark(chat: ChatStore) -> None:
    ids = [chat.say(NewMessage(make_message(text=f"{number}"), f"r{number}"))[0].message_id for number in range(4)]
    assert chat.rooms("meng", ["P1"]) == {"P1": (0, ids[-1])}
    assert chat.rooms("tian", ["P1", "P2"]) == {"P1": (4, ids[-1])}
    chat.mark("tian", "P1", ids[1])
    chat.mark("tian", "P1", ids[0])
    assert chat.rooms("tian", ["P1"]) == {"P1": (2, ids[-1])}
    assert chat.rooms("fang", ["P1"]) == {"P1": (4, ids[-1])}
    assert chat.rooms("fang", []) == {}
