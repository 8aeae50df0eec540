"""Chat: what members of a room write to each other, of record; and what they may say to the room that keeps it.

There is a room for each product, and one for all. Text is text: nothing in it is ever run or rendered.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from tradewind.domain.rights import EVERY

ALL_ROOM: Final = EVERY
"""The room of everybody who may chat at all."""
LONGEST_TEXT: Final = 2_000
MOST_ATTACHMENTS: Final = 10

Room = Annotated[str, Meta(min_length=1, max_length=50)]
Text = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
MessageId = Annotated[int, Meta(ge=1)]
Place = Annotated[int, Meta(ge=0)]


class Attachment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """Something of ours that a message points to, by its id; who reads it sees it as far as their own rights go."""


class InstructionLink(Attachment, frozen=True, kw_only=True, tag="instruction"):
    """An instruction."""

    instruction_id: Annotated[str, Meta(min_length=1, max_length=200)]


class ChartLink(Attachment, frozen=True, kw_only=True, tag="chart"):
    """The chart of a contract; `interval_s` of its bars, `at` the moment to show (ns UTC), 0 for now."""

    instrument_id: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9._&-]+$")]
    interval_s: Annotated[int, Meta(ge=1, le=86_400)] = 60
    at: Place = 0


Attached = Annotated[tuple[InstructionLink | ChartLink, ...], Meta(max_length=MOST_ATTACHMENTS)]


class ChatMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message; every change is a new `version` of the same `message_id`. Times in ns UTC, 0 for never.

    `product_code` is whose members may see it: the room, `*` for the room of all. A message taken back keeps its place
    without its text.
    """

    message_id: int
    room: str
    product_code: str
    username: str
    name: str
    text: str
    mentions: tuple[str, ...]
    attachments: tuple[InstructionLink | ChartLink, ...]
    created_at: int
    version: int = 1
    edited_at: int = 0
    deleted_at: int = 0


class ChatAsk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="ask"):
    """A question; nothing changes."""


class AskChatRooms(ChatAsk, frozen=True, kw_only=True, tag="chat_rooms"):
    """The asker's rooms, with what is unread in each."""


class AskChat(ChatAsk, frozen=True, kw_only=True, tag="chat"):
    """Messages of a room, the newest first, written before the message `before` (0: the newest)."""

    room: Room
    before: Place = 0
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class AskChatHistory(ChatAsk, frozen=True, kw_only=True, tag="chat_history"):
    """What a message said before it was changed: every version, the oldest first. For who may read the record."""

    message_id: MessageId


class ChatDo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """A command of the person who gives it."""


class SayInChat(ChatDo, frozen=True, kw_only=True, tag="say_in_chat"):
    """Write a message; the same `request_id` again is the same message."""

    room: Room
    text: Text
    request_id: Annotated[str, Meta(min_length=1, max_length=64)]
    attachments: Attached = ()


class EditChat(ChatDo, frozen=True, kw_only=True, tag="edit_chat"):
    """Write one's own message anew, while it is young; `version` is the one that was seen."""

    message_id: MessageId
    text: Text
    version: Annotated[int, Meta(ge=1)]
    attachments: Attached = ()


class DeleteChat(ChatDo, frozen=True, kw_only=True, tag="delete_chat"):
    """Take one's own message back, while it is young."""

    message_id: MessageId


class MarkChatRead(ChatDo, frozen=True, kw_only=True, tag="mark_chat_read"):
    """Count everything in a room through a message as read."""

    room: Room
    through: Place


class RoomView(msgspec.Struct, frozen=True):
    """A room as one of its members sees it: what is unread, and the id of the newest message (0: none)."""

    room: str
    unread: int
    newest: int
    members: tuple[str, ...]


class ChatPage(msgspec.Struct, frozen=True):
    """Messages, the newest first; `next` is the `before` of the page that follows, 0 on the last."""

    messages: list[ChatMessage]
    next: int


ChatQuestion = AskChatRooms | AskChat | AskChatHistory
ChatCommand = SayInChat | EditChat | DeleteChat | MarkChatRead
