"""The identity room's shell: keeps this process' copy of the store fresh, and ends in time what is over."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from tradewind.domain.rights import EVERY
from tradewind.errors import ConfigError, StoreError
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tradewind.domain.rights import Principal
    from tradewind.identity.directory import Directory
    from tradewind.identity.sessions import Sessions
    from tradewind.identity.tokens import AccessTokens
    from tradewind.stores.people import IdentityStore

_LOG = get_log("identity")
_SWEEP_EVERY_S: Final = 0.5
"""What a replaced token opened is to end within a second."""
_AGAIN_AFTER_S: Final = (0.25, 0.5, 1.0, 2.0)


class IdentityService:
    """Follows the store; pages that are open count as being used.

    `failure` says why the store cannot be asked, `None` while it can: users cannot sign in meanwhile.
    """

    name = "identity"

    def __init__(
        self,
        *,
        store: IdentityStore,
        directory: Directory,
        sessions: Sessions,
        tokens: AccessTokens,
        refresh_s: float = 0.25,
        open_pages: Callable[[], Iterable[str]] = tuple,
        close_connections: Callable[[str], object] = lambda _handle: None,
        on_rights_changed: Callable[[str, Principal], object] | None = None,
        traded: frozenset[str] = frozenset(),
    ) -> None:
        """Ask `open_pages` for the handles of sign-ins that have a live connection.

        Tell `close_connections(handle)` that what came in under that handle must end or come in anew: its access token
        was replaced, its user shut out, or what its user may do has changed. Whoever gives live connections their new
        rights without closing them takes `on_rights_changed(handle, principal)` instead of the last.
        `traded` are the products that orders may name by the settings: of others that grants name people are told.
        """
        self._store = store
        self._directory = directory
        self._sessions = sessions
        self._tokens = tokens
        self._refresh_s = refresh_s
        self._open_pages = open_pages
        self._close_connections = close_connections
        self._is_open = False
        self._failures = 0
        self._is_known = asyncio.Event()
        self._turn = asyncio.Lock()
        self.failure: str | None = "users are not known yet: the store has not been opened"
        self._on_rights_changed = on_rights_changed
        self._traded = traded
        self._named = -1
        self.strange_products: tuple[str, ...] = ()
        """Products in somebody's grants that no setting lets orders name."""
        directory.on_rights_changed = self._rights_changed
        directory.on_shut_out = self._shut_out

    async def wait_known(self) -> None:
        """Wait until users have been read once."""
        await self._is_known.wait()

    async def run(self) -> None:
        """Follow and sweep until cancelled, then write the times of last use."""
        self._sweep()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_sweeping(), name="identity sweep")
                tasks.create_task(self._keep_following(), name="identity follow")
        finally:
            with contextlib.suppress(StoreError, ConfigError):
                self._sessions.flush_now()
            self._store.close()

    async def _keep_sweeping(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_EVERY_S)
            self._sweep()

    async def _keep_following(self) -> None:
        while True:
            await self.refresh()
            # A store that is away is asked less and less often.
            await asyncio.sleep(_AGAIN_AFTER_S[min(self._failures, 4) - 1] if self._failures else self._refresh_s)

    async def refresh(self) -> None:
        """Write what is to be written and take over what others changed; a store that is away is no error here."""
        try:
            async with self._turn:
                await self._follow()
        except (StoreError, ConfigError) as error:
            self._failures += 1
            if self.failure != str(error):
                _LOG.warning("identity_store_away", reason=str(error))
            self.failure = str(error)
        else:
            if self.failure is not None:
                _LOG.info("identity_store_followed", users=len(self._directory.people.users))
            self._failures, self.failure = 0, None
            self._is_known.set()

    async def _follow(self) -> None:
        if not self._is_open:
            await _to_the_end(self._store.open)
            self._is_open = True
        await self._sessions.flush()
        counters = await asyncio.to_thread(self._store.counters)
        if counters.people != self._directory.people.version:
            self._directory.take(await asyncio.to_thread(self._store.people))
        if self._named != self._directory.people.version:
            self._name_strange()
        await self._sessions.refresh(counters.sign_ins)
        self._sessions.heard()

    def _name_strange(self) -> None:
        people, directory = self._directory.people, self._directory
        self._named = people.version
        named = {grant.product_code for user in people.users for grant in directory.grants_of(user)}
        strange = tuple(sorted(named - self._traded - {EVERY, ""}))
        if strange and strange != self.strange_products:
            _LOG.warning(
                "grants_name_products_nobody_trades",
                products=list(strange),
                allowed=sorted(self._traded) or "none",
                advice="add them to trading.products, or let a plan or a book of portfolio.accounts name them",
            )
        self.strange_products = strange

    def _sweep(self) -> None:
        in_use = tuple(self._open_pages())
        for handle in in_use:
            if self._tokens.is_replaced(handle):
                self._close_connections(handle)
        self._sessions.sweep(in_use)

    def _rights_changed(self, username: str) -> None:
        """Let live connections of somebody go on with the rights of now, or come in anew; their sessions go on.

        What a key opened has its part of them and no more.
        """
        user, change = self._directory.user(username), self._on_rights_changed
        for handle, key in self._sessions.opened_by(username, user.user_id if user is not None else -1):
            directory = self._directory
            principal = directory.principal(username) if key is None else directory.principal_of_key(key)
            if change is None or principal is None:
                self._close_connections(handle)
            else:
                change(handle, principal)

    def _shut_out(self, username: str) -> None:
        user = self._directory.user(username)
        if user is not None:
            for handle, _ in self._sessions.opened_by(username, user.user_id):
                self._close_connections(handle)
            self._sessions.end_all_of(user.user_id)


async def _to_the_end(call: Callable[[], None]) -> None:
    """Run `call` in a thread; who is cancelled meanwhile waits for it all the same: what it opens must be closed."""
    working = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        await asyncio.shield(working)
    except asyncio.CancelledError:
        with contextlib.suppress(StoreError, ConfigError):
            await working
        raise
