"""The chat: members alone, text alone, one's own within a while, nobody too fast, nothing lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices_builders import FakePeople, Room, make_desk, make_user
from tradewind.domain.chat import (
    ALL_ROOM,
    LONGEST_TEXT,
    AskChat,
    AskChatHistory,
    AskChatRooms,
    ChartLink,
    ChatMessage,
    DeleteChat,
    EditChat,
    InstructionLink,
    MarkChatRead,
    SayInChat,
)
from tradewind.domain.notice import NoticeKind
from tradewind.domain.rights import PLATFORM
from tradewind.errors import InputError, NotAllowedError, StateConflictError, TooFastError
from tradewind.notices.chat import Pace, clean_text, mentioned, names_of

from waiting import eventually

CALLED = {"meng": "meng", "孟经理": "meng", "王小": "xiao", "王小明": "ming", "tian": "tian", "tian2": "tian2"}


async def say(house: Room, username: str, text: str, **changes: Any) -> ChatMessage:
    fields = {"room": "P1", "text": text, "request_id": f"{username}-{len(house.said)}"}
    said = await house.office.carry_out(SayInChat(**{**fields, **changes}), house.people.who(username))
    assert isinstance(said, ChatMessage)
    return said


async def texts(house: Room, username: str, **changes: Any) -> list[str]:
    page: Any = await house.office.answer(AskChat(**{"room": "P1", **changes}), house.people.who(username))
    return [message.text for message in page.messages]


async def test_members_read_what_members_write_and_the_topic_carries_it() -> None:
    room = Room()
    said = await say(
        room,
        "meng",
        "换月今天做",
        attachments=(InstructionLink(instruction_id="i-1"), ChartLink(instrument_id="au2606.SHFE")),
    )
    assert room.said == [said]
    assert (said.username, said.name, said.room, said.product_code) == ("meng", "孟经理", "P1", "P1")
    assert await texts(room, "tian") == await texts(room, "fang") == ["换月今天做"]


@pytest.mark.parametrize(("username", "name"), [("vera", "P1"), ("meng", "P2"), ("fang", "P9"), ("tian", "")])
async def test_who_is_no_member_reads_nothing_and_writes_nothing(username: str, name: str) -> None:
    room = Room()
    for ask in (
        room.office.answer(AskChat(room=name), room.people.who(username)),
        room.office.carry_out(SayInChat(room=name, text="x", request_id="r"), room.people.who(username)),
        room.office.carry_out(MarkChatRead(room=name, through=1), room.people.who(username)),
    ):
        with pytest.raises(NotAllowedError, match="there is no such thing"):
            await ask
    assert room.said == []


async def test_rooms_are_those_of_ones_products_and_that_of_all() -> None:
    room = Room()
    said = await say(room, "meng", "一")
    await say(room, "fang", "二", room=ALL_ROOM)
    views: Any = await room.office.answer(AskChatRooms(), room.people.who("tian"))
    assert [(view.room, view.unread) for view in views] == [(ALL_ROOM, 1), ("P1", 1)]
    assert views[1].members == ("meng", "tian", "fang")
    await room.office.carry_out(MarkChatRead(room="P1", through=said.message_id), room.people.who("tian"))
    views = await room.office.answer(AskChatRooms(), room.people.who("tian"))
    assert [(view.room, view.unread) for view in views] == [(ALL_ROOM, 1), ("P1", 0)]
    views = await room.office.answer(AskChatRooms(), room.people.who("fang"))
    assert [view.room for view in views] == [ALL_ROOM, "P1", "P2"]


async def test_who_may_not_chat_at_all_has_no_room() -> None:
    people = make_desk(odd=make_user("odd", "nothing_of_the_kind"))
    room = Room(people)
    assert await room.office.answer(AskChatRooms(), people.who("odd")) == []
    with pytest.raises(NotAllowedError):
        await room.office.answer(AskChat(room=ALL_ROOM), people.who("odd"))


async def test_pages_go_backward() -> None:
    room = Room(chat={"rate": 100})
    for number in range(5):
        await say(room, "meng", f"{number}")
    page: Any = await room.office.answer(AskChat(room="P1", limit=2), room.people.who("tian"))
    assert [message.text for message in page.messages] == ["4", "3"]
    assert await texts(room, "tian", before=page.next) == ["2", "1", "0"]


async def test_the_same_request_is_one_message_heard_once() -> None:
    room = Room()
    first = await say(room, "meng", "一", request_id="r1")
    assert await say(room, "meng", "一", request_id="r1") == first
    assert room.said == [first]


async def test_ones_own_may_be_changed_for_a_while_and_what_it_said_stays_on_record() -> None:
    room = Room()
    first = await say(room, "meng", "@tian 卖 3 手")
    who = room.people.who("meng")
    edit = EditChat(message_id=first.message_id, text="买 3 手", version=1)
    changed: Any = await room.office.carry_out(edit, who)
    assert (changed.text, changed.version, changed.mentions) == ("买 3 手", 2, ())
    with pytest.raises(StateConflictError, match="at version 2, not 1"):
        await room.office.carry_out(edit, who)
    gone: Any = await room.office.carry_out(DeleteChat(message_id=first.message_id), who)
    assert (gone.text, gone.version, gone.deleted_at > 0) == ("", 3, True)
    assert room.said == [first, changed, gone]
    assert await texts(room, "tian") == [""]
    history: Any = await room.office.answer(AskChatHistory(message_id=first.message_id), room.people.who("fang"))
    assert [message.text for message in history] == ["@tian 卖 3 手", "买 3 手", ""]
    with pytest.raises(NotAllowedError, match="permission audit"):
        await room.office.answer(AskChatHistory(message_id=first.message_id), who)
    with pytest.raises(StateConflictError, match="was taken back"):
        await room.office.carry_out(DeleteChat(message_id=first.message_id), who)


async def test_another_ones_old_or_missing_message_cannot_be_changed() -> None:
    room = Room()
    said = await say(room, "meng", "一")
    with pytest.raises(NotAllowedError, match="only who wrote"):
        await room.office.carry_out(DeleteChat(message_id=said.message_id), room.people.who("fang"))
    for username, message_id in (("vera", said.message_id), ("meng", 99)):
        with pytest.raises(NotAllowedError, match="there is no such thing"):
            await room.office.carry_out(DeleteChat(message_id=message_id), room.people.who(username))
    with pytest.raises(InputError, match="there is no message 99"):
        await room.office.carry_out(DeleteChat(message_id=99), room.people.who("fang"))
    room.clock.advance(301)
    with pytest.raises(StateConflictError, match="older than 300 s"):
        await room.office.carry_out(DeleteChat(message_id=said.message_id), room.people.who("meng"))


async def test_who_writes_too_fast_waits_and_nobody_else_does() -> None:
    room = Room(chat={"rate": 2, "rate_s": 3_600.0})
    await say(room, "meng", "一")
    await say(room, "meng", "二")
    with pytest.raises(TooFastError, match="at most 2 messages in 3600 s"):
        await say(room, "meng", "三")
    await say(room, "tian", "四")
    assert room.metrics.chat_messages.counts == {"said": 3, "too_fast": 1}


async def test_who_is_mentioned_is_told_once_if_they_are_a_member() -> None:
    room = Room()
    said = await say(room, "meng", "@田交易 @tian @vera @meng @gone 请看")
    assert said.mentions == ("tian", "meng")
    await eventually(lambda: room.service._drafts.qsize() == 1)
    room.service._told(room.service._tell([room.service._drafts.get_nowait()]))
    (notice,) = room.notices
    assert (notice.username, notice.kind, notice.actor) == ("tian", NoticeKind.CHAT_MENTION, "meng")
    assert notice.params == {"room": "P1", "text": "@田交易 @tian @vera @meng @gone 请看"}


async def test_a_message_is_text_whatever_it_looks_like() -> None:
    room = Room()
    for text in ("<script>alert(1)</script>", "=1+1", "[x](javascript:alert(1))", "&lt;b&gt;", "'; DROP TABLE x; --"):
        assert (await say(room, "meng", text)).text == text


@pytest.mark.parametrize("text", ["", " \n\t ", "\x00\x07", "\u202e", "x" * (LONGEST_TEXT + 1)])
async def test_nothing_and_too_much_are_refused(text: str) -> None:
    room = Room()
    with pytest.raises(InputError, match=r"was empty|at most 2000 characters"):
        await room.office.carry_out(SayInChat(room="P1", text=text, request_id="r"), room.people.who("meng"))


@given(st.text(max_size=300))
def test_a_cleaned_text_is_clean_and_cleaning_it_again_changes_nothing(text: str) -> None:
    try:
        kept = clean_text(text)
    except InputError:
        return
    assert clean_text(kept) == kept
    assert all(mark == "\n" or mark == "\t" or ord(mark) >= 0x20 for mark in kept)  # noqa: PLR1714
    assert not set(kept) & set("\u202e\u2066\u2028\x7f\x85")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@meng 请看", ("meng",)),
        ("@孟经理请看", ("meng",)),
        ("@王小明请看", ("ming",)),
        ("@王小看", ("xiao",)),
        ("请@meng，@tian。", ("meng", "tian")),
        ("@tian2 @tian", ("tian2", "tian")),
        ("@tian23", ()),
        ("@tian.example", ()),
        ("a@meng", ()),
        ("@@meng", ("meng",)),
        ("@", ()),
        ("@nobody @meng @meng", ("meng",)),
    ],
)
def test_whose_name_stands_behind_an_at(text: str, found: tuple[str, ...]) -> None:
    assert mentioned(text, CALLED) == found


@given(st.text(alphabet="@ab孟 .", max_size=60), st.dictionaries(st.text("ab孟", min_size=1), st.just("x"), max_size=4))
def test_only_members_are_ever_found(text: str, names: dict[str, str]) -> None:
    assert set(mentioned(text, names)) <= set(names.values())


def test_a_name_that_two_share_means_neither_and_a_username_its_own() -> None:
    users = [make_user("a", chinese_name="王伟"), make_user("b", chinese_name="王伟"), make_user("c", english_name="a")]
    assert names_of(users) == {"a": "a", "b": "b", "c": "c"}


def test_pace_lets_so_many_through_in_a_while_and_forgets_people_in_the_end() -> None:
    pace = Pace(2, 10.0)
    assert [pace.wait_s("meng", moment) for moment in (0.0, 4.0, 5.0, 9.0, 10.0)] == [0.0, 0.0, 5.0, 1.0, 0.0]
    for number in range(20_000):
        pace.wait_s(f"{number}", 0.0)
    assert len(pace._written) == 10_000


async def test_a_part_of_the_platform_may_speak_too() -> None:
    room = Room(FakePeople(products=("P1",)))
    said: Any = await room.office.carry_out(SayInChat(room="P1", text="收盘", request_id="r"), PLATFORM)
    assert (said.username, said.name) == ("platform", "platform")
