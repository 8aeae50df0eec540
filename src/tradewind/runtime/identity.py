"""Who may come in, put together for the edges of one process; all of them follow the same store."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tradewind.errors import StoreAwayError
from tradewind.identity import AccessTokens, Gate, IdentityService, Sessions
from tradewind.identity.directory import Directory
from tradewind.identity.hashing import Hashing
from tradewind.identity.ldap import LdapJudge, LdapWatch
from tradewind.identity.office import Desk, IdentityOffice
from tradewind.identity.reception import Reception
from tradewind.identity.tickets import Tickets
from tradewind.identity.vault import Vault
from tradewind.kernel.clock import SystemClock
from tradewind.runtime.gateway.places import entry_of, public_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tradewind.domain.rights import Principal
    from tradewind.kernel.metrics import Metrics
    from tradewind.kernel.service import Service
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.stores.people import IdentityStore

R = TypeVar("R")


def access_tokens(settings: TradewindSettings) -> AccessTokens:
    """Return the token keeper of this installation."""
    return AccessTokens(Path(settings.data_dir) / "access.json")


def watch_tokens(settings: TradewindSettings) -> AccessTokens:
    """Return the keeper of the token that only reads metrics, at every door of every process; no store is asked."""
    return AccessTokens(Path(settings.data_dir) / "watch.json")


def identity_store(settings: TradewindSettings) -> IdentityStore:
    """Return the store of users, not opened yet; the database's library is loaded when it is."""
    return _OpenedLater(settings)


def vault(settings: TradewindSettings) -> Vault:
    """Return what seals second factors."""
    return Vault(Path(settings.access.key_file or Path(settings.data_dir) / "identity.key"))


def traded_products(settings: TradewindSettings) -> frozenset[str]:
    """Return the products that orders may name by the settings; plans that people make may add to them."""
    books = (book.partition("/")[0] for account in settings.portfolio.accounts for book in account.books)
    plans = (plan.product_code for plan in settings.instructions.plans.values())
    return frozenset({*settings.trading.products, *books, *plans}) - {""}


class IdentityRoom:
    """The identity room of one process: its gate, and where people are served."""

    def __init__(
        self,
        settings: TradewindSettings,
        *,
        metrics: Metrics,
        tokens: AccessTokens,
        other_door: tuple[str, int] | None = None,
    ) -> None:
        """`other_door` is where this process listens, if not where push does.

        Raises: ConfigError: the settings of access do not work.
        """
        self._whole = settings
        self._settings = access = settings.access
        self._tokens = tokens
        self._clock = clock = SystemClock()
        self._metrics = metrics
        self._vault = vault(settings)
        self._ldap = LdapJudge(access.ldap) if access.ldap.url else None
        self.store = store = identity_store(settings)
        self.directory = Directory()
        self.sessions = Sessions(store, settings=access, clock=clock, tokens=tokens)
        self._tickets = Tickets(store, settings=access, clock=clock)
        self.gate = self.gate_at(other_door or (settings.push.host, settings.push.port))

    def gate_at(self, door: tuple[str, int]) -> Gate:
        """Return a gate for a listener of this process, which knows the same people as every other."""
        settings = self._whole
        return Gate(
            settings=settings.access,
            tokens=self._tokens,
            sessions=self.sessions,
            directory=self.directory,
            tickets=self._tickets,
            clock=self._clock,
            count_refusal=self._metrics.access_refused.add,
            api_address=(settings.api.host, settings.api.port),
            push_address=door,
            entry=entry_of(settings.gateway),
            watch=watch_tokens(settings),
            prefix=settings.api.prefix,
            public_port=public_port(settings),
            quotes_address=(settings.quotes.host, settings.quotes.port) if settings.quotes.enabled else None,
        )

    def follow(
        self,
        *,
        open_pages: Callable[[], Iterable[str]] = tuple,
        close_connections: Callable[[str], object] | None = None,
        on_rights_changed: Callable[[str, Principal], object] | None = None,
    ) -> IdentityService:
        """Return the service that keeps this process' copy fresh; see `IdentityService`."""
        close = close_connections or (lambda _handle: None)
        self.sessions.on_ended = close
        return IdentityService(
            store=self.store,
            directory=self.directory,
            sessions=self.sessions,
            tokens=self._tokens,
            refresh_s=self._settings.refresh_s,
            open_pages=open_pages,
            close_connections=close,
            on_rights_changed=on_rights_changed,
            traded=traded_products(self._whole),
        )

    def served(self, service: IdentityService) -> tuple[Reception, IdentityOffice, list[Service]]:
        """Return where people sign in, where they are served, and the services this needs; for REST."""
        hashing = Hashing(self._settings.passwords)
        reception = Reception(
            store=self.store,
            directory=self.directory,
            sessions=self.sessions,
            gate=self.gate,
            service=service,
            hashing=hashing,
            vault=self._vault,
            settings=self._settings,
            clock=self._clock,
            ldap=self._ldap,
            count_refusal=self._metrics.access_refused.add,
        )
        desk = Desk(
            store=self.store,
            directory=self.directory,
            sessions=self.sessions,
            service=service,
            hashing=hashing,
            vault=self._vault,
            tickets=self._tickets,
            settings=self._settings,
            clock=self._clock,
            ldap=self._ldap,
            traded=traded_products(self._whole),
        )
        watch: list[Service] = []
        if self._ldap is not None:
            check_s = self._settings.ldap.check_s
            watch.append(
                LdapWatch(
                    judge=self._ldap, store=self.store, directory=self.directory, clock=self._clock, check_s=check_s
                )
            )
        return reception, IdentityOffice(desk), watch


class _OpenedLater:
    """`stores.people.IdentityStore` that is away until it is opened."""

    def __init__(self, settings: TradewindSettings) -> None:
        self._settings = settings
        self._store: IdentityStore | None = None

    def open(self) -> None:
        """Load the database's library, connect, see that the tables are there."""
        from tradewind.stores.sql.people import SqlIdentityStore  # noqa: PLC0415 - brings the database's library along

        store = SqlIdentityStore(self._settings.store, Path(self._settings.data_dir))
        with contextlib.ExitStack() as failing:
            failing.callback(store.close)
            store.open()
            failing.pop_all()
        self._store = store

    def close(self) -> None:
        """Let go of it."""
        if self._store is not None:
            self._store.close()

    def counters(self) -> Any:  # noqa: ANN401 - as the store answers, here and below
        """Return the counters."""
        return self._opened().counters()

    def people(self) -> Any:  # noqa: ANN401
        """Return everybody."""
        return self._opened().people()

    def sign_ins(self) -> Any:  # noqa: ANN401
        """Return open sessions and keys."""
        return self._opened().sign_ins()

    def find(self, kind: Any, key: str | int) -> Any:  # noqa: ANN401
        """Return a record."""
        return self._opened().find(kind, key)

    def take(self, kind: Any, key: str | int) -> Any:  # noqa: ANN401
        """Remove a record and return it."""
        return self._opened().take(kind, key)

    def change(self, work: Callable[[Any], R]) -> R:
        """Run `work` in one transaction."""
        return self._opened().change(work)

    def _opened(self) -> IdentityStore:
        if self._store is None:
            message = "the store of users is not open"
            raise StoreAwayError(message)
        return self._store
