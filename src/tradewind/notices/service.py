"""The notices room: follows the journal, tells people, sends what goes out of the house, keeps the chat.

Alerts and alarms come from the bus and from the feed's watch: they are told as soon as the database has them, and are
lost with the process before that, for they are of no record.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from tradewind.bus.people_topics import CHAT, NOTICES
from tradewind.bus.topics import RISK_ALERTS
from tradewind.domain.notice import Happening, NoticeKind
from tradewind.domain.risk import Severity
from tradewind.errors import StoreError
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.log import get_log
from tradewind.notices.chat_room import ChatRoom
from tradewind.notices.cooldown import Cooldown
from tradewind.notices.dispatcher import Dispatcher
from tradewind.notices.follower import Follower
from tradewind.notices.office import NoticeOffice
from tradewind.notices.reading import EVERYWHERE, Draft, clean, clean_words
from tradewind.notices.telling import Group, Teller

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tradewind.bus.ports import Bus, Subscription
    from tradewind.domain.chat import ChatMessage
    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.notice import Language, Notice
    from tradewind.domain.risk import RiskAlert
    from tradewind.notices.means import Means
    from tradewind.notices.ports import Courier, Entries, Trouble
    from tradewind.notices.settings import NoticeSettings
    from tradewind.stores.notices import ChatStore

_LOG = get_log("notices")
ROOM: Final = "notices"
_ALARM_S: Final = 1.0
_PRUNE_S: Final = 3_600.0
_NS_PER_DAY: Final = 86_400 * NS_PER_S
_MOST_WAITING: Final = 1_000
_LOUD: Final = frozenset({Severity.HIGH, Severity.CRITICAL})


class NoticeService:
    """A service (`kernel.service`): `run` opens the room once its store is there, and serves until cancelled.

    `ready` returns when the journal may be read; `trouble` tells what is wrong with the feed now, `None` for nothing.
    `groups` pairs each courier of a group with what that group hears and its language.
    """

    name = ROOM

    def __init__(
        self,
        means: Means,
        *,
        chain: str,
        bus: Bus,
        entries: Entries,
        chat: ChatStore,
        calendar: TradingCalendar,
        ready: Callable[[], Awaitable[None]],
        email: Courier | None = None,
        groups: Sequence[tuple[Courier, Group, Language]] = (),
        trouble: Callable[[], Trouble | None] = lambda: None,
        backoff_scale: float = 1.0,
    ) -> None:
        self._settings, self._store, self._threads = means.settings, means.store, means.threads
        self._chat = chat
        self._clock, self._metrics, self._bus = means.clock, means.metrics, bus
        self._ready = ready
        self._trouble = trouble
        self._last_trouble: str | None = None
        self._alerts = Cooldown(means.settings.alert_again_s)
        self._publish_notice = bus.publisher(NOTICES)
        publish_chat = bus.publisher(CHAT)
        self._drafts: asyncio.Queue[Draft] = asyncio.Queue(_MOST_WAITING)
        self._attached: list[Subscription] = []
        ways: list[tuple[Courier, Language]] = [] if email is None else [(email, "zh")]
        ways += [(courier, language) for courier, _, language in groups]
        self._dispatchers = [
            Dispatcher(courier, means, calendar=calendar, language=language, backoff_scale=backoff_scale)
            for courier, language in ways
        ]
        self._teller = Teller(means.people, groups=[group for _, group, _ in groups], has_email=email is not None)
        self._follower = Follower(means, chain=chain, entries=entries, teller=self._teller, on_told=self._told)
        chat_room = ChatRoom(means, store=chat, on_said=publish_chat, on_mention=self._tell_soon)
        self.office = NoticeOffice(means, chat_room=chat_room, dispatchers=self._dispatchers)

    def change(self, settings: NoticeSettings) -> None:
        """Keep notices as long, and as many, as these say; the rest of the settings needs a new start."""
        self._settings = settings

    async def run(self) -> None:
        """Serve until cancelled."""
        await self._ready()
        self._attached = [self._bus.subscribe(RISK_ALERTS, self._on_alert, group=ROOM)]
        self.office.closed = None
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._follower.run())
                for dispatcher in self._dispatchers:
                    tasks.create_task(dispatcher.run())
                tasks.create_task(self._tell_drafts())
                tasks.create_task(self._watch_trouble())
                tasks.create_task(self._prune())
        finally:
            self.office.closed = "it is stopping"
            for subscription in self._attached:
                subscription.cancel()
            self._attached = []

    async def newest(self, limit: int) -> tuple[list[Notice], list[ChatMessage]]:
        """Return the newest that people were told and wrote, the oldest first: what copies of the topics should hold.

        Raises: StoreError: the database does not answer.
        """
        notices = await self._threads.call(self._store.newest, limit)
        return notices, await self._threads.call(self._chat.newest, limit)

    def _told(self, notices: Sequence[Notice]) -> None:
        """Let the pages hear what is on record now, and the channels look."""
        for notice in notices:
            self._metrics.notices_told.add(notice.kind.value)
            self._publish_notice(notice)
        for dispatcher in self._dispatchers:
            dispatcher.wake()

    def _on_alert(self, alert: RiskAlert) -> None:
        if alert.severity not in _LOUD or not self._alerts.is_over((alert.kind, alert.instrument_id), alert.ts_event):
            return
        words = {"alert": alert.kind.value, "severity": alert.severity.value, "instrument_id": alert.instrument_id}
        happening = Happening(
            event_id=clean(f"alert:{alert.alert_id}", 120),
            kind=NoticeKind.RISK_ALERT,
            subject=clean(alert.instrument_id),
            params=clean_words(words),
            ts_event=alert.ts_event,
        )
        self._tell_soon(Draft(happening, EVERYWHERE))

    def _tell_soon(self, draft: Draft) -> None:
        try:
            self._drafts.put_nowait(draft)
        except asyncio.QueueFull:
            self._metrics.notices_lost.add(draft.happening.kind.value)

    async def _tell_drafts(self) -> None:
        """Tell what no journal has, together where much comes at once."""
        while True:
            drafts = [await self._drafts.get()]
            while not self._drafts.empty():
                drafts.append(self._drafts.get_nowait())
            try:
                self._told(await self._threads.call(self._tell, drafts))
            except StoreError as error:
                for draft in drafts:
                    self._metrics.notices_lost.add(draft.happening.kind.value)
                _LOG.warning("alerts_not_told", count=len(drafts), reason=str(error))

    def _tell(self, drafts: Sequence[Draft]) -> list[Notice]:
        now = self._clock.now_ns()
        tellings = self._teller.tellings(drafts, now, preferences=self._store.preferences)
        return self._store.tell(tellings, now)

    async def _watch_trouble(self) -> None:
        while True:
            trouble = self._trouble()
            event_id = None if trouble is None else trouble.event_id
            if trouble is not None and event_id != self._last_trouble:
                happening = Happening(
                    event_id=clean(trouble.event_id, 120),
                    kind=NoticeKind.FEED_ALARM,
                    subject=clean(trouble.state),
                    params=clean_words({"state": trouble.state, "detail": trouble.message}),
                    ts_event=trouble.ts_event,
                )
                self._tell_soon(Draft(happening, EVERYWHERE))
            self._last_trouble = event_id
            await asyncio.sleep(_ALARM_S)

    async def _prune(self) -> None:
        while True:
            before = self._clock.now_ns() - self._settings.keep_days * _NS_PER_DAY
            try:
                await self._threads.call(self._store.prune, before, most=self._settings.keep_notices)
            except StoreError as error:
                _LOG.warning("notices_not_pruned", reason=str(error))
            await asyncio.sleep(_PRUNE_S)
