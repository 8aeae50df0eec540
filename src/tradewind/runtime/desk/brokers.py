"""Makes the broker that the settings name, and ties it to the ledger and the record; adapters are named here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from tradewind.errors import ConfigError
from tradewind.execution.brokers.paper.broker import PaperBroker
from tradewind.runtime.desk.settling import SettlementPlace, tell_reviews

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tradewind.audit.service import AuditService
    from tradewind.execution.brokers.ctp.broker import CtpBroker
    from tradewind.execution.brokers.ctp.holdings import Books
    from tradewind.execution.ports import Broker
    from tradewind.kernel.clock import LineClock
    from tradewind.market.rates import RateTable
    from tradewind.runtime.desk.rooms import DeskFacts, DeskRooms
    from tradewind.runtime.settings import TradewindSettings

_ACTOR: Final = "execution"
_SOURCE: Final = "broker"


class BrokerPlace:
    """The broker and what has to run beside it; `tie` lets it know our books and puts its acts on record."""

    def __init__(self, settings: TradewindSettings, *, clock: LineClock, facts: DeskFacts, rates: RateTable) -> None:
        """`rates` is the table of `facts`, for what a broker tells of rates.

        Raises: ConfigError: there is no such broker, or an account lacks something.
        """
        self._settlement: SettlementPlace | None = None
        self._ctp: CtpBroker | None = None
        self.broker: Broker
        match settings.execution.broker:
            case "paper":
                self.broker = PaperBroker(
                    settings=settings.execution.paper,
                    clock=clock,
                    instruments=facts.instruments,
                    calendar=facts.calendar,
                    rates=facts.rates,
                )
            case "ctp":
                self.broker = self._ctp = _ctp_broker(settings, clock=clock, facts=facts)
                self._settlement = SettlementPlace(settings, self._ctp, rates=rates, instruments=facts.instruments)
            case name:
                message = f"execution.broker must be paper or ctp, was {name!r}: no adapter of that name is installed"
                raise ConfigError(message)

    @property
    def beside(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        """Return what runs while the desk is open."""
        if self._ctp is None or self._settlement is None:
            return ()
        return (self._ctp.run, *self._settlement.beside)

    def tie(self, rooms: DeskRooms, audit: AuditService) -> None:
        """Compare what accounts hold with our ledger, and put on record what is done in their name."""
        tell_reviews(rooms, audit)
        ctp = self._ctp
        if ctp is None:
            return
        from tradewind.execution.brokers.ctp.holdings import Books  # noqa: PLC0415 - only where it is wanted

        def books(account_id: str) -> Books | None:
            queries = rooms.portfolio.queries
            account = queries.account(account_id)
            return None if account is None else Books(tuple(queries.positions(account_id)), account)

        def act(name: str, account_id: str, detail: str) -> None:
            if rooms.closed is None:
                audit.record(name, actor=_ACTOR, source=_SOURCE, subject=account_id, after=detail)

        def tend(account_id: str, wish: str) -> None:
            if wish == "compare":
                ctp.compare(account_id)
            else:
                ctp.log_in_again(account_id)

        rooms.tend = tend
        ctp.set_books(books)
        if self._settlement is not None:
            self._settlement.tie(rooms)
        ctp.act = act


def _ctp_broker(settings: TradewindSettings, *, clock: LineClock, facts: DeskFacts) -> CtpBroker:
    from tradewind.execution.brokers.ctp.broker import CtpBroker  # noqa: PLC0415 - only where it is wanted
    from tradewind.execution.brokers.ctp.credentials import read_secrets  # noqa: PLC0415 - likewise

    ctp = settings.execution.ctp
    if not ctp.accounts:
        message = "execution.broker is ctp and execution.ctp.accounts is empty: name the account, its user and broker"
        raise ConfigError(message)
    known = {account.id for account in settings.portfolio.accounts}
    strange = [account.id for account in ctp.accounts if account.id not in known]
    if strange:
        message = f"execution.ctp.accounts: {strange[0]} is not one of portfolio.accounts ({', '.join(sorted(known))})"
        raise ConfigError(message)
    return CtpBroker(
        settings=ctp,
        library=settings.ctp,
        data_dir=settings.data_dir,
        secrets={account.id: read_secrets(account, os.environ) for account in ctp.accounts},
        clock=clock,
        instruments=facts.instruments,
    )
