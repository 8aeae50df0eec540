"""`identity.ports.PasswordJudge` on a directory server: search as ourselves, then bind as whom was found.

A name must be of exactly one entry, and an empty password is refused before anything is asked: servers take it for an
anonymous bind that succeeds (RFC 4513 §5.1.2).
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar

from tradewind.errors import ConfigError
from tradewind.identity.ldap import messages
from tradewind.identity.ldap.connection import Connection, LdapAwayError, tls_context
from tradewind.identity.ports import LdapPerson
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from tradewind.identity.ldap.messages import Entry
    from tradewind.identity.settings import LdapSettings

R = TypeVar("R")
_LOG = get_log("identity.ldap")
_AT_ONCE: Final = 4
_WAITING: Final = 32
_MOST_GROUPS: Final = 1_000
_AD_CONTROL: Final = "useraccountcontrol"
_AD_DISABLED: Final = 2


class LdapJudge:
    """Asks one directory server; every question has a connection of its own and is over by the deadline."""

    def __init__(self, settings: LdapSettings) -> None:
        """Raises: ConfigError: what it needs to look people up is not set."""
        if not settings.base:
            message = "access.ldap.base says where people are looked for; it is needed with access.ldap.url"
            raise ConfigError(message)
        self._settings = settings
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="ldap")
        self._under_way = 0

    async def judge(self, username: str, password: str) -> LdapPerson | None:
        """Return who this is, if the password is theirs. Raises: LdapAwayError."""
        if not password or not username:
            return None
        return await self._run(lambda: self._judge(username, password))

    async def look_up(self, username: str) -> LdapPerson | None:
        """Return who has this name. Raises: LdapAwayError."""
        return await self._run(lambda: self._look_up(username))

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return tls_context(self._settings)

    def _judge(self, username: str, password: str) -> LdapPerson | None:
        with Connection(self._settings, self._context) as connection:
            person = self._found(connection, username)
            # Nobody is bound as too, so that a stranger cannot tell by the time who there is.
            dn = person.dn if person is not None else f"{self._settings.username}=nobody,{self._settings.base}"
            code = connection.bind(dn, password)
            if person is None or code != messages.SUCCESS:
                if person is not None and code != messages.WRONG_PASSWORD:
                    _LOG.warning("ldap_bind_refused", username=person.username, code=code)
                return None
            return person

    def _look_up(self, username: str) -> LdapPerson | None:
        with Connection(self._settings, self._context) as connection:
            return self._found(connection, username)

    def _found(self, connection: Connection, username: str) -> LdapPerson | None:
        settings = self._settings
        if settings.bind_dn:
            code = connection.bind(settings.bind_dn, settings.password)
            if code != messages.SUCCESS:
                message = f"the directory server refuses access.ldap.bind_dn with code {code}; check its password"
                raise LdapAwayError(message)
        wanted = (settings.username, settings.english_name, settings.chinese_name, settings.email, settings.member_of)
        conditions = (("objectClass", settings.object_class), (settings.username, username))
        entries = connection.search(settings.base, conditions, (*wanted, *settings.locked), most=1)
        if len(entries) > 1:
            _LOG.error("ldap_name_not_unique", username=username[:64], attribute=settings.username)
        if len(entries) != 1:
            return None
        entry = entries[0]
        names = [one for one in entry.attributes.get(settings.username.lower(), ()) if _same(one, username)]
        # Servers compare more loosely than we do: who is found under another name is somebody else.
        return None if not names or not entry.dn else self._person(connection, entry, names[0])

    def _person(self, connection: Connection, entry: Entry, username: str) -> LdapPerson:
        settings = self._settings
        groups = set(entry.attributes.get(settings.member_of.lower(), ()))
        if settings.groups_base:
            conditions = ((settings.group_member, entry.dn),)
            found = connection.search(settings.groups_base, conditions, ("1.1",), most=_MOST_GROUPS)
            groups |= {group.dn for group in found}
        return LdapPerson(
            dn=entry.dn,
            username=username,
            english_name=entry.first(settings.english_name),
            chinese_name=entry.first(settings.chinese_name),
            email=entry.first(settings.email),
            groups=tuple(sorted(groups)),
            is_locked=any(_is_locked(name.lower(), entry) for name in settings.locked),
        )

    async def _run(self, work: Callable[[], R]) -> R:
        if self._under_way >= _AT_ONCE + _WAITING:
            message = "too many sign-ins are under way at the directory server; try again in a moment"
            raise LdapAwayError(message)
        self._under_way += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        future.add_done_callback(self._done)
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                return await asyncio.shield(future)
        except TimeoutError as error:
            message = f"the directory server {self._settings.url} cannot be asked: no answer in time"
            raise LdapAwayError(message) from error

    def _done(self, future: asyncio.Future[R]) -> None:
        self._under_way -= 1
        if not future.cancelled():
            # Nobody may be waiting for it any more; asked for here, it is not reported as forgotten.
            future.exception()


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _is_locked(name: str, entry: Entry) -> bool:
    value = entry.first(name)
    if name == _AD_CONTROL:
        return value.isdigit() and bool(int(value) & _AD_DISABLED)
    return bool(value) and value.casefold() != "false"
