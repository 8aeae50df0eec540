"""Looks now and then whether people of the directory server are still there; who is not loses what they had open."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tradewind.errors import StoreError, TransientError
from tradewind.identity.adopting import adopt, shut_out
from tradewind.identity.keeping import Who
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from tradewind.domain.user import User
    from tradewind.identity.directory import Directory
    from tradewind.identity.ports import PasswordJudge
    from tradewind.kernel.clock import Clock
    from tradewind.stores.people import IdentityStore

_LOG = get_log("identity.ldap")
_WHO = Who("ldap", "ldap")


class LdapWatch:
    """A service: one look at everybody every `check_s`, one after another."""

    name = "ldap"

    def __init__(
        self, *, judge: PasswordJudge, store: IdentityStore, directory: Directory, clock: Clock, check_s: float
    ) -> None:
        self._judge = judge
        self._store = store
        self._directory = directory
        self._clock = clock
        self._check_s = check_s

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(self._check_s)
            await self.look()

    async def look(self) -> None:
        """Look at everybody once; with the server away nobody loses anything."""
        for user in self._directory.people.users:
            if user.source == "ldap" and user.may_come_in:
                try:
                    await self._follow(user)
                except (TransientError, StoreError, TimeoutError) as error:
                    _LOG.warning("ldap_not_followed", reason=str(error))
                    return

    async def _follow(self, user: User) -> None:
        person = await self._judge.look_up(user.username)
        ts = self._clock.now_ns()
        if person is None or person.is_locked:
            reason = "gone" if person is None else "locked"
            await asyncio.to_thread(self._store.change, lambda book: shut_out(book, _WHO, user, reason=reason, ts=ts))
            _LOG.info("user_shut_out", username=user.username, reason=reason)
        elif set(person.groups) != set(user.groups):
            await asyncio.to_thread(self._store.change, lambda book: adopt(book, _WHO, person, ts=ts))
