"""Answers people about their notices, their wishes and their chat: each message of `domain.notice` and `domain.chat`.

Who asks goes along with each. What is personal is looked up by their own name; it is no field of any message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewind.domain import chat, notice
from tradewind.domain.notice import (
    ChannelView,
    DeliveryPage,
    DeliveryState,
    NoticePage,
    Preferences,
    PreferencesView,
    UnreadCount,
)
from tradewind.errors import InputError, NotAllowedError, TransientError
from tradewind.kernel.clock import NS_PER_S, monotonic_s
from tradewind.notices.kinds import SHOWN

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tradewind.domain.rights import Principal
    from tradewind.notices.chat_room import ChatRoom
    from tradewind.notices.dispatcher import Dispatcher
    from tradewind.notices.means import Means


class NoticeOffice:
    """`api.ports.PeopleDesk`; refuses until `open`."""

    def __init__(self, means: Means, *, chat_room: ChatRoom, dispatchers: Sequence[Dispatcher]) -> None:
        self._store, self._people = means.store, means.people
        self._clock, self._threads = means.clock, means.threads
        self._dispatchers = tuple(dispatchers)
        self.closed: str | None = "it has not started yet"
        """Why nobody is served, `None` while all is well."""
        self._answers: dict[type, Callable[[Any, Principal], Awaitable[object]]] = {
            notice.AskNotices: self._notices,
            notice.AskUnread: self._unread,
            notice.AskPreferences: self._preferences,
            notice.AskDeliveries: self._deliveries,
            chat.AskChatRooms: chat_room.rooms,
            chat.AskChat: chat_room.page,
            chat.AskChatHistory: chat_room.history,
        }
        self._deeds: dict[type, Callable[[Any, Principal], Awaitable[object]]] = {
            notice.MarkNotices: self._mark,
            notice.SetPreferences: self._set_preferences,
            notice.RetryDelivery: self._retry,
            chat.SayInChat: chat_room.say,
            chat.EditChat: chat_room.edit,
            chat.DeleteChat: chat_room.delete,
            chat.MarkChatRead: chat_room.mark,
        }

    async def answer(self, question: notice.NoticeQuestion | chat.ChatQuestion, who: Principal) -> object:
        """Return what was asked for, as far as it is the asker's.

        Raises:
            InputError: it names what there is not. NotAllowedError: it is not the asker's to see.
            TransientError: the room is not open. StoreError: the database does not answer.
        """
        self._require(question, who)
        return await self._answers[type(question)](question, who)

    async def carry_out(self, command: notice.NoticeCommand | chat.ChatCommand, who: Principal) -> object:
        """Do it; it is on record when this returns.

        Raises:
            InputError, StateConflictError: it cannot be done. NotAllowedError: not by them. TooFastError: not yet.
            TransientError: the room is not open. StoreError: the database does not answer.
        """
        self._require(command, who)
        return await self._deeds[type(command)](command, who)

    def _require(self, message: Any, who: Principal) -> None:  # noqa: ANN401 - any message of the four unions
        permission = notice.NOTICE_NEEDS.get(type(message))
        if permission is not None and not who.may_somewhere(permission):
            refused = f"this needs the permission {permission.value}"
            raise NotAllowedError(refused)
        if self.closed is not None:
            away = f"notices and chat are not open: {self.closed}"
            raise TransientError(away)

    async def _notices(self, ask: notice.AskNotices, who: Principal) -> NoticePage:
        found = await self._threads.call(
            self._store.notices, who.username, before=ask.before, limit=ask.limit, is_unread=ask.is_unread
        )
        unread = await self._threads.call(self._store.unread, who.username)
        return NoticePage(found, unread, found[-1].notice_id if len(found) == ask.limit else 0)

    async def _unread(self, _ask: notice.AskUnread, who: Principal) -> UnreadCount:
        return UnreadCount(await self._threads.call(self._store.unread, who.username))

    async def _preferences(self, _ask: notice.AskPreferences, who: Principal) -> PreferencesView:
        found = await self._threads.call(self._store.preferences, [who.username])
        own = found.get(who.username, Preferences(username=who.username))
        return self._shown(own)

    async def _set_preferences(self, do: notice.SetPreferences, who: Principal) -> PreferencesView:
        wished = Preferences(username=who.username, wishes=do.wishes, version=do.version)
        return self._shown(await self._threads.call(self._store.keep_preferences, wished, self._clock.now_ns()))

    def _shown(self, own: Preferences) -> PreferencesView:
        is_reached = any(user.username == own.username and user.email for user in self._people.users())
        return PreferencesView(own, SHOWN, is_reached and any(one.name == "email" for one in self._dispatchers))

    async def _mark(self, do: notice.MarkNotices, who: Principal) -> UnreadCount:
        now = self._clock.now_ns()
        await self._threads.call(self._store.mark, who.username, do.notice_ids, through=do.through, now=now)
        return UnreadCount(await self._threads.call(self._store.unread, who.username))

    async def _deliveries(self, ask: notice.AskDeliveries, _who: Principal) -> DeliveryPage:
        found = await self._threads.call(self._store.deliveries, state=ask.state, before=ask.before, limit=ask.limit)
        counts = await self._threads.call(self._store.counts)
        views = [self._channel(one, counts) for one in self._dispatchers]
        return DeliveryPage(found, views, found[-1].delivery_id if len(found) == ask.limit else 0)

    async def _retry(self, do: notice.RetryDelivery, _who: Principal) -> object:
        if not await self._threads.call(self._store.retry, do.delivery_id, self._clock.now_ns()):
            message = f"there is no delivery {do.delivery_id} that was given up"
            raise InputError(message)
        for one in self._dispatchers:
            one.wake()
        return await self._deliveries(notice.AskDeliveries(limit=1), _who)

    def _channel(self, one: Dispatcher, counts: dict[tuple[str, DeliveryState], int]) -> ChannelView:
        breaker = one.breaker
        left_s = breaker.wait_s(monotonic_s())
        return ChannelView(
            name=one.name,
            state="resting" if breaker.is_resting else "open",
            rests_until=self._clock.now_ns() + round(left_s * NS_PER_S) if left_s else 0,
            reason=breaker.reason,
            waiting=counts.get((one.name, DeliveryState.WAITING), 0) + counts.get((one.name, DeliveryState.SENDING), 0),
            dead=counts.get((one.name, DeliveryState.DEAD), 0),
        )
