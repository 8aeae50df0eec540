"""Ties statements and rates to the desk: what differs is told to people, what the broker knows is fetched from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradewind.bus.desk_topics import STATEMENT_REVIEWS
from tradewind.market.contract_days import FOLDER, ContractDays
from tradewind.market.contracts import InstrumentTable
from tradewind.runtime.desk.rate_pull import RatePull, RatePulls, RatesTold, ToldDays
from tradewind.runtime.desk.statement_keeper import StatementAccount, StatementKeeper

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from tradewind.audit.service import AuditService
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.statement_review import StatementReview
    from tradewind.domain.told_rates import ToldContract
    from tradewind.execution.brokers.ctp.broker import CtpBroker
    from tradewind.market.rates import RateTable
    from tradewind.runtime.desk.rooms import DeskRooms
    from tradewind.runtime.settings import TradewindSettings

_ACTOR: Final = "portfolio"
_SOURCE: Final = "line"


def tell_reviews(rooms: DeskRooms, audit: AuditService) -> None:
    """Put on record as an act, of which people are told, where a statement differs, and what policy confirmed."""

    def heard(review: StatementReview) -> None:
        told = {"product_code": "", "account_id": review.account_id}
        if review.confirmation is not None:
            if review.confirmation.by == "auto":
                detail = f"{review.trading_day}: {review.difference_count} differences, all explained"
                audit.record(
                    "statement_confirmed",
                    actor=review.confirmation.actor,
                    source=_SOURCE,
                    subject=review.account_id,
                    after={**told, "detail": detail},
                )
        elif not review.is_clean:
            first = next((each for each in review.differences if not each.is_explained), None)
            what = "lines that cannot be read" if first is None else f"{first.code} {first.subject}".strip()
            detail = f"{review.trading_day}: {review.unexplained_count} of {review.difference_count}, first {what}"
            audit.record(
                "reconciliation_differed",
                actor=_ACTOR,
                source=_SOURCE,
                subject=review.account_id,
                after={**told, "detail": detail},
            )

    rooms.bus.subscribe(STATEMENT_REVIEWS, heard, group="audit")


class SettlementPlace:
    """The statements and the rates of accounts at CTP brokers. Made before the desk recovers: it needs their rates."""

    def __init__(
        self, settings: TradewindSettings, broker: CtpBroker, *, rates: RateTable, instruments: InstrumentLookup
    ) -> None:
        """Read what was told on earlier days.

        Raises: StoreError: a file of told rates cannot be read.
        """
        self._broker = broker
        self._accounts = [
            StatementAccount(each.id, each.place.broker_id, each.investor) for each in settings.execution.ctp.accounts
        ]
        self._instruments = instruments
        self._days = ContractDays(Path(settings.data_dir) / FOLDER)
        self._look_s = settings.execution.ctp.statement_look_s
        self._held: Callable[[], Iterable[str]] = tuple
        # One table serves all accounts, so one account's rates fill it; another's fees show in its statements.
        first = self._accounts[0]
        self._pull = RatePull(
            broker.queries(first.account_id),
            ToldDays(Path(settings.data_dir) / "rates", first.account_id),
            RatesTold(rates.tell, rates.tell_groups, self._take_contracts),
            broker_id=first.broker_id,
            investor_id=first.investor_id,
            held=self._contracts_held,
        )
        self._pulls = RatePulls({first.account_id: self._pull}, self._trading_day)
        self._keeper: StatementKeeper | None = None

    def tie(self, rooms: DeskRooms) -> None:
        """Let people see how far it is, and ask about what is held first."""
        self._keeper = StatementKeeper(
            rooms.portfolio, rooms.statement_desk, self._broker, self._accounts, look_s=self._look_s
        )
        self._held = lambda: tuple(dict.fromkeys(each.instrument_id for each in rooms.portfolio.queries.positions()))
        rooms.rate_pulls = self._pulls.progress
        rooms.statement_troubles = lambda: {} if self._keeper is None else self._keeper.troubles

    @property
    def beside(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        """Return what runs while the desk is open."""
        return (self._pulls.run, *(() if self._keeper is None else (self._keeper.run,)))

    def _take_contracts(self, trading_day: int, contracts: list[ToldContract]) -> None:
        """Put the list of a day into the table, and where those who take quotes find it.

        Raises: TransientError: the disk does not take it.
        """
        if isinstance(self._instruments, InstrumentTable):
            self._instruments.tell(contracts)
        self._days.write(trading_day, contracts)

    def _contracts_held(self) -> Iterable[str]:
        return self._held()

    def _trading_day(self, account_id: str) -> int:
        """Return the day of an account's login, 0 while it does not work."""
        link = next((each for each in self._broker.accounts() if each.account_id == account_id), None)
        return link.trading_day if link is not None and link.is_working else 0
