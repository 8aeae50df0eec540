"""Sends what waits for one channel: plans, claims, tries once, notes what came of it.

A claim is durable before the try, under the id that this message has for ever. Whoever dies in between leaves a claim
that runs out, and the next one sends the same message again under the same id: at least once, and known as the same.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from tradewind.domain.notice import Channel, DeliveryState, Wishes
from tradewind.domain.rights import Permission
from tradewind.errors import StoreError
from tradewind.kernel.clock import NS_PER_S, monotonic_s
from tradewind.kernel.log import get_log
from tradewind.kernel.rng import named_rng
from tradewind.notices.breaker import Breaker
from tradewind.notices.planning import Batch, Cap, Plan, plan, retry_at
from tradewind.notices.ports import Parcel, Result, Sent
from tradewind.notices.quiet import awake_at
from tradewind.stores.notices import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.notice import Delivery, Happening, Language, Preferences
    from tradewind.domain.user import User
    from tradewind.notices.means import Means
    from tradewind.notices.ports import Courier

_LOG = get_log("notices")
_LOOK_S: Final = 2.0
_AT_ONCE: Final = 400
_HOOK_CAP_S: Final = 60.0
_NS_PER_H: Final = 3_600 * NS_PER_S


class Dispatcher:
    """One channel's sender; several processes may each have one, and none sends what another has claimed."""

    def __init__(
        self,
        courier: Courier,
        means: Means,
        *,
        calendar: TradingCalendar,
        language: Language = "zh",
        backoff_scale: float = 1.0,
    ) -> None:
        """`language` is a group's; people have their own."""
        self._courier = courier
        self._settings, self._store, self._people = means.settings, means.store, means.people
        self._clock, self._metrics, self._threads = means.clock, means.metrics, means.threads
        self._calendar = calendar
        self._language: Language = language
        self._rng = named_rng(0, "notices", courier.name)
        self._news = asyncio.Event()
        self._is_personal = courier.name == Channel.EMAIL
        own = means.settings
        self._cap = Cap(own.email_cap, own.email_cap_s) if self._is_personal else Cap(own.hook_cap, _HOOK_CAP_S)
        self._failure: str | None = None
        self.breaker = Breaker(self._rng, failures=own.rest_after, scale=backoff_scale)

    @property
    def name(self) -> str:
        """Return the channel's name."""
        return self._courier.name

    def wake(self) -> None:
        """Look at once: something may be due."""
        self._news.set()

    async def run(self) -> None:
        """Send until cancelled."""
        try:
            while not _is_called_off():
                self._news.clear()
                try:
                    is_more = await self.turn()
                    self._failure = None
                except StoreError as error:
                    is_more = False
                    if self._failure is None:
                        _LOG.warning("deliveries_wait", channel=self.name, reason=str(error))
                    self._failure = str(error)
                if not is_more:
                    await self._courier.rest()
                    if not _is_called_off():
                        await self._wait()
        finally:
            await self._courier.rest()

    async def turn(self) -> bool:
        """Send what is due now; return whether there may be more at once.

        Raises: StoreError: the database does not answer.
        """
        if self.breaker.wait_s(monotonic_s()):
            return False
        now = self._clock.now_ns()
        due = await self._threads.call(self._store.due, self.name, now, limit=_AT_ONCE)
        is_more = len(due) == _AT_ONCE
        if is_more:
            # The last message may have more in it than was read: it waits for the next turn.
            due = [one for one in due if not one.message_id or one.message_id != due[-1].message_id]
        planned, chosen = await self._planned(due, now)
        for later in planned.later:
            await self._threads.call(self._store.postpone, later.ids, later.due_at)
        for batch in planned.batches:
            if self.breaker.wait_s(monotonic_s()):
                return False
            await self._send(batch, chosen)
        return is_more or bool(planned.batches)

    async def _planned(self, due: Sequence[Delivery], now: int) -> tuple[Plan, Mapping[str, Preferences]]:
        usernames = {one.username for one in due}
        since = now - round(self._cap.seconds * NS_PER_S)
        sent = await self._threads.call(self._store.sent_since, self.name, usernames, since) if usernames else {}
        chosen: Mapping[str, Preferences] = {}
        if self._is_personal and usernames:
            chosen = await self._threads.call(self._store.preferences, usernames)

        def awake(username: str) -> int:
            wishes = chosen[username].wishes if username in chosen else Wishes()
            return awake_at(wishes, now, calendar=self._calendar, hours_id=self._settings.hours_id)

        return plan(due, now=now, cap=self._cap, sent=sent, awake_at=awake), chosen

    async def _send(self, batch: Batch, chosen: Mapping[str, Preferences]) -> None:
        now = self._clock.now_ns()
        until = now + self._settings.claim_s * NS_PER_S
        claimed = await self._threads.call(
            self._store.claim, batch.ids, message_id=batch.message_id, until=until, now=now
        )
        if not claimed:
            return
        try:
            sent = await self._tried(batch, chosen)
        except Exception as error:  # noqa: BLE001 - a courier may be a stranger's; its failure is this letter's alone
            _LOG.error("courier_failed", channel=self.name, message_id=batch.message_id, exc_info=error)
            sent = Sent(Result.LATER, f"the courier failed: {type(error).__name__}")
        self._metrics.notice_tries.add(f"{self.name}/{sent.result}")
        outcome = self._outcome(batch, sent)
        await self._threads.call(self._store.settle, batch.ids, message_id=batch.message_id, outcome=outcome)
        if outcome.state is DeliveryState.DEAD:
            _LOG.error("delivery_given_up", channel=self.name, message_id=batch.message_id, reason=outcome.error)
        self._count(sent)

    async def _tried(self, batch: Batch, chosen: Mapping[str, Preferences]) -> Sent:
        first = batch.deliveries[0]
        happenings = tuple(one.happening for one in batch.deliveries)
        newest = max(one.ts_event for one in happenings)
        if not self._is_personal:
            return await self._courier.send(Parcel(batch.message_id, "", "", self._language, happenings, newest))
        user = self._user(first.username)
        if user is None or not user.email:
            return Sent(Result.REFUSED, f"nobody of the name {first.username!r} has an address any more")
        seen = tuple(one for one in happenings if self._may_see(user, one))
        if not seen:
            return Sent(Result.REFUSED, f"{first.username!r} may not see what it is about any more")
        own = chosen.get(user.username)
        language = (own.wishes.language if own is not None else None) or user.language
        return await self._courier.send(Parcel(batch.message_id, user.email, user.name, language, seen, newest))

    def _may_see(self, user: User, one: Happening) -> bool:
        """Say whether somebody still may see what they are told; a letter may have waited for days."""
        principal = self._people.principal(user.username)
        if principal is None:
            return False
        is_placed = bool(one.product_code and one.account_id)
        return not is_placed or principal.may(Permission.VIEW, one.product_code, one.account_id)

    def _user(self, username: str) -> User | None:
        """Return whom to write to; who is shut out is written to no more."""
        users = (user for user in self._people.users() if user.username == username and user.may_come_in)
        return next(users, None)

    def _outcome(self, batch: Batch, sent: Sent) -> Outcome:
        now = self._clock.now_ns()
        oldest = min(one.created_at for one in batch.deliveries)
        attempts = max(one.attempts for one in batch.deliveries)
        is_old = now - oldest > self._settings.give_up_h * _NS_PER_H
        match sent.result:
            case Result.SENT:
                return Outcome(DeliveryState.SENT, now)
            case Result.REFUSED:
                return Outcome(DeliveryState.DEAD, now, error=sent.reason)
            case Result.LATER if attempts + 1 >= self._settings.tries:
                return Outcome(DeliveryState.DEAD, now, error=f"{sent.reason}; tried {attempts + 1} times")
            case _ if is_old:
                return Outcome(
                    DeliveryState.DEAD, now, error=f"{sent.reason}; not sent for {self._settings.give_up_h:g} h"
                )
            case Result.LATER:
                due_at = retry_at(attempts, now, self._rng)
                return Outcome(DeliveryState.WAITING, now, due_at=due_at, error=sent.reason)
            case Result.AWAY:
                return Outcome(DeliveryState.WAITING, now, due_at=now, error=sent.reason, is_counted=False)

    def _count(self, sent: Sent) -> None:
        if sent.result is not Result.AWAY:
            if self.breaker.succeeded():
                _LOG.info("channel_answers_again", channel=self.name)
        elif self.breaker.failed(monotonic_s(), sent.reason):
            _LOG.warning("channel_rests", channel=self.name, reason=sent.reason)

    async def _wait(self) -> None:
        resting_s = self.breaker.wait_s(monotonic_s())
        if resting_s:
            await asyncio.sleep(resting_s)
            return
        try:
            async with asyncio.timeout(_LOOK_S):
                await self._news.wait()
        except TimeoutError:
            return


def _is_called_off() -> bool:
    """Say whether this task was cancelled, even where a courier has answered instead of letting go.

    `asyncio.wait_for` gives back an answer that comes together with a cancellation, which is then lost (Python < 3.12).
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
