"""What one is told oneself, and what members of a room write to each other."""

from __future__ import annotations

from collections.abc import Sequence

from tradewind.client.calls import Call, Pages, act, ask, at
from tradewind.client.modes import Area, M, paged, route
from tradewind.domain.chat import ChartLink, ChatMessage, ChatPage, InstructionLink, RoomView
from tradewind.domain.notice import Notice, NoticePage, PreferencesView, UnreadCount, Wishes

_ROOM = "/api/v1/chat/rooms/{}"
_MESSAGE = "/api/v1/chat/messages/{}"
_NOTICES = "/api/v1/notices"


class People(Area[M]):
    """Of the asker alone: their notices, their rooms (`*` is the room of all)."""

    @paged
    def notices(self, *, is_unread: bool = False, page_size: int = 50) -> Pages[Notice]:
        """Go through what the asker was told, the newest first."""
        return Pages(
            page=lambda before: ask(_NOTICES, NoticePage, before=before, limit=page_size, unread=is_unread),
            rows=lambda page: page.notices,
            next_of=lambda page: page.next,
            first=0,
        )

    @route
    def unread(self) -> Call[UnreadCount]:
        """Return how many of the asker's notices are not read."""
        return ask(f"{_NOTICES}/unread", UnreadCount)

    @route
    def mark_read(self, *notice_ids: int, through: int = 0) -> Call[UnreadCount]:
        """Count notices as read: those named, and every one through `through`."""
        return act(f"{_NOTICES}/read", UnreadCount, {"notice_ids": notice_ids, "through": through})

    @route
    def preferences(self) -> Call[PreferencesView]:
        """Return what the asker chose, and all there is to choose from."""
        return ask(f"{_NOTICES}/preferences", PreferencesView)

    @route
    def choose(self, wishes: Wishes, *, version: int) -> Call[PreferencesView]:
        """Choose kinds, channels, language and quiet hours; `version` is that of the preferences that were seen."""
        return act(f"{_NOTICES}/preferences", PreferencesView, {"wishes": wishes, "version": version})

    @route
    def rooms(self) -> Call[list[RoomView]]:
        """List the asker's rooms, with what is unread in each and who is in it."""
        return ask("/api/v1/chat/rooms", list[RoomView])

    @paged
    def messages(self, room: str, *, page_size: int = 50) -> Pages[ChatMessage]:
        """Go through a room's messages, the newest first."""
        return Pages(
            page=lambda before: ask(at(f"{_ROOM}/messages", room), ChatPage, before=before, limit=page_size),
            rows=lambda page: page.messages,
            next_of=lambda page: page.next,
            first=0,
        )

    @route
    def say(
        self, room: str, text: str, *, attachments: Sequence[InstructionLink | ChartLink] = (), key: str = ""
    ) -> Call[ChatMessage]:
        """Write a message; the same `key` again is the same message."""
        return act(at(f"{_ROOM}/messages", room), ChatMessage, {"text": text, "attachments": attachments}, key=key)

    @route
    def edit(self, message_id: int, text: str, *, version: int) -> Call[ChatMessage]:
        """Write one's own young message anew; what it said stays on record."""
        return act(at(f"{_MESSAGE}/edit", message_id), ChatMessage, {"text": text, "version": version})

    @route
    def take_back(self, message_id: int) -> Call[ChatMessage]:
        """Take one's own young message back; what it said stays on record."""
        return act(at(f"{_MESSAGE}/delete", message_id), ChatMessage)

    @route
    def mark_room(self, room: str, through: int) -> Call[None]:
        """Count a room as read through a message."""
        return act(at(f"{_ROOM}/read", room), None, {"through": through})
