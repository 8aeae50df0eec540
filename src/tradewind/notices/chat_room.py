"""The chat's shell: who may, what is kept, who hears of it. What counts is on record before anybody is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.chat import (
    AskChat,
    AskChatHistory,
    AskChatRooms,
    ChatMessage,
    ChatPage,
    DeleteChat,
    EditChat,
    MarkChatRead,
    RoomView,
    SayInChat,
)
from tradewind.domain.notice import Happening, NoticeKind
from tradewind.domain.rights import Permission, beyond
from tradewind.errors import InputError, NotAllowedError, StateConflictError, TooFastError
from tradewind.kernel.clock import NS_PER_S, monotonic_s
from tradewind.notices.chat import Pace, clean_text, may_enter, members, mentioned, names_of, rooms_of
from tradewind.notices.reading import EVERYWHERE, Draft, clean
from tradewind.stores.notices import NewMessage

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.rights import Principal
    from tradewind.domain.user import User
    from tradewind.notices.means import Means
    from tradewind.stores.notices import ChatStore

_change = msgspec.structs.replace


class ChatRoom:
    """All rooms. `on_said` hears each version of a message, `on_mention` whom a new one names; both on the loop."""

    def __init__(
        self,
        means: Means,
        *,
        store: ChatStore,
        on_said: Callable[[ChatMessage], None],
        on_mention: Callable[[Draft], None],
    ) -> None:
        self._settings = settings = means.settings.chat
        self._store = store
        self._people = means.people
        self._clock, self._metrics, self._threads = means.clock, means.metrics, means.threads
        self._on_said = on_said
        self._on_mention = on_mention
        self._pace = Pace(settings.rate, settings.rate_s)

    async def rooms(self, _ask: AskChatRooms, who: Principal) -> list[RoomView]:
        """Return the asker's rooms."""
        names = rooms_of(who, self._people.products())
        found = await self._threads.call(self._store.rooms, who.username, names)
        return [
            RoomView(name, *found.get(name, (0, 0)), tuple(user.username for user in members(name, self._people)))
            for name in names
        ]

    async def page(self, ask: AskChat, who: Principal) -> ChatPage:
        """Return messages of a room.

        Raises: NotAllowedError: the asker is no member.
        """
        self._require_member(who, ask.room)
        found = await self._threads.call(self._store.messages, ask.room, before=ask.before, limit=ask.limit)
        return ChatPage(found, found[-1].message_id if len(found) == ask.limit else 0)

    async def history(self, ask: AskChatHistory, who: Principal) -> list[ChatMessage]:
        """Return every version of a message.

        Raises: NotAllowedError: the asker may not read the record. InputError: there is no such message.
        """
        if not who.may_somewhere(Permission.AUDIT):
            message = "what a message said before is for who may read the record (permission audit)"
            raise NotAllowedError(message)
        found = await self._threads.call(self._store.history, ask.message_id)
        if not found:
            raise _no_message(ask.message_id)
        return found

    async def say(self, do: SayInChat, who: Principal) -> ChatMessage:
        """Keep a message and let the room hear it.

        Raises: NotAllowedError: no member. InputError: no text. TooFastError: too many in a while.
        """
        self._require_member(who, do.room)
        text = clean_text(do.text)
        self._require_pace(who)
        present = members(do.room, self._people)
        new = ChatMessage(
            message_id=0,
            room=do.room,
            product_code=do.room,
            username=who.username,
            name=clean(who.name or who.username, 100),
            text=text,
            mentions=mentioned(text, names_of(present)),
            attachments=do.attachments,
            created_at=self._clock.now_ns(),
        )
        said, is_new = await self._threads.call(self._store.say, NewMessage(new, do.request_id))
        if is_new:
            self._metrics.chat_messages.add("said")
            self._on_said(said)
            self._tell_mentioned(said, present)
        return said

    async def edit(self, do: EditChat, who: Principal) -> ChatMessage:
        """Change one's own message; whom it names now is not told again.

        Raises: NotAllowedError, InputError, TooFastError: as `say`. StateConflictError: changed meanwhile, or too old.
        """
        own = await self._own(do.message_id, who)
        text = clean_text(do.text)
        self._require_pace(who)
        if own.version != do.version:
            message = f"message {do.message_id} is at version {own.version}, not {do.version}; read it again"
            raise StateConflictError(message)
        changed = _change(
            own,
            text=text,
            mentions=mentioned(text, names_of(members(own.room, self._people))),
            attachments=do.attachments,
            version=own.version + 1,
            edited_at=self._clock.now_ns(),
        )
        return await self._changed(changed, "edited")

    async def delete(self, do: DeleteChat, who: Principal) -> ChatMessage:
        """Take one's own message back: its place stays, its text is in the history alone. Raises as `edit`."""
        own = await self._own(do.message_id, who)
        now = self._clock.now_ns()
        gone = _change(
            own, text="", mentions=(), attachments=(), version=own.version + 1, edited_at=now, deleted_at=now
        )
        return await self._changed(gone, "deleted")

    async def mark(self, do: MarkChatRead, who: Principal) -> None:
        """Count a room as read. Raises: NotAllowedError: no member."""
        self._require_member(who, do.room)
        await self._threads.call(self._store.mark, who.username, do.room, do.through)

    async def _changed(self, changed: ChatMessage, what: str) -> ChatMessage:
        kept = await self._threads.call(self._store.change, changed)
        self._metrics.chat_messages.add(what)
        self._on_said(kept)
        return kept

    async def _own(self, message_id: int, who: Principal) -> ChatMessage:
        """Return a message that the asker may change.

        Raises: NotAllowedError: beyond their rooms, or another's. StateConflictError: too old. InputError: none such.
        """
        found = await self._threads.call(self._store.message, message_id)
        if found is None and who.reach(Permission.CHAT).is_whole:
            raise _no_message(message_id)
        if found is None or not may_enter(who, found.room):
            # Whether there is such a message is not told to who may not read it.
            raise NotAllowedError(beyond(Permission.CHAT))
        if found.username != who.username:
            message = "only who wrote a message may change it or take it back"
            raise NotAllowedError(message)
        age_s = (self._clock.now_ns() - found.created_at) / NS_PER_S
        if found.deleted_at or age_s > self._settings.edit_s:
            why = "was taken back" if found.deleted_at else f"is older than {self._settings.edit_s} s"
            message = f"message {message_id} {why} and stays as it is"
            raise StateConflictError(message)
        return found

    def _require_member(self, who: Principal, room: str) -> None:
        # Whether there is such a room is not told to who may not enter it.
        if not may_enter(who, room) or room not in rooms_of(who, self._people.products()):
            self._metrics.chat_messages.add("refused")
            raise NotAllowedError(beyond(Permission.CHAT))

    def _require_pace(self, who: Principal) -> None:
        wait_s = self._pace.wait_s(who.username, monotonic_s())
        if wait_s:
            self._metrics.chat_messages.add("too_fast")
            message = f"at most {self._settings.rate} messages in {self._settings.rate_s:g} s; wait {wait_s:.0f} s"
            raise TooFastError(message)

    def _tell_mentioned(self, said: ChatMessage, present: list[User]) -> None:
        here = {user.username for user in present}
        named = tuple(name for name in said.mentions if name in here and name != said.username)
        if not named:
            return
        happening = Happening(
            event_id=f"chat:{said.message_id}",
            kind=NoticeKind.CHAT_MENTION,
            subject=str(said.message_id),
            actor=said.username,
            params={"room": said.room, "text": clean(said.text.replace("\n", " "), 120)},
            ts_event=said.created_at,
        )
        self._on_mention(Draft(happening, EVERYWHERE, named=named))


def _no_message(message_id: int) -> InputError:
    return InputError(f"there is no message {message_id}")
