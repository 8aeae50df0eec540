"""Fetches the statement of each day from the broker, and tells the broker what was confirmed here.

It looks twice a minute while a day's statement is due, which is from the day's end on; a front that is away, as all are
between the day and the night, costs nothing but the next look. Whether the broker has the confirmation is asked first:
it is sent where it is missing, after a restart too, and never without a review that is confirmed; but where neither the
broker nor our books know a day that is over, there is nothing to see, and the broker waits for the word all the same.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from tradewind.ctp.statement import join_pieces
from tradewind.errors import InputError, TransientError
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.ctp.queries import StatementBroker
    from tradewind.domain.statement_review import StatementReview
    from tradewind.portfolio.service import PortfolioService
    from tradewind.runtime.desk.statement_desk import StatementDesk

_LOG = get_log("statements")
LOOK_S: Final = 30.0
_FIRST_LOOK_S: Final = 1.0
"""Seconds between looks until every account has answered once: people wait to trade."""


class StatementAccount(NamedTuple):
    """One account at its broker."""

    account_id: str
    broker_id: str
    investor_id: str

    def fields(self) -> dict[str, object]:
        """Return what every query about it begins with."""
        return {"BrokerID": self.broker_id, "InvestorID": self.investor_id}


class StatementKeeper:
    """A service (`kernel.service`): `run` looks after the statements of these accounts until cancelled."""

    name = "statements"

    def __init__(
        self,
        portfolio: PortfolioService,
        desk: StatementDesk,
        broker: StatementBroker,
        accounts: Sequence[StatementAccount],
        *,
        look_s: float = LOOK_S,
    ) -> None:
        self._portfolio = portfolio
        self._desk = desk
        self._broker = broker
        self._accounts = tuple(accounts)
        self._look_s = look_s
        self._asked_for: dict[str, int] = {}
        self._confirmed: dict[str, int] = {}
        self._heard: set[str] = set()
        self.troubles: dict[str, str] = {}
        """Why an account's statement could not be had or confirmed, by account; gone once it could."""

    async def run(self) -> None:
        """Look again and again."""
        while True:
            await self.look()
            everybody_spoke = len(self._heard) == len(self._accounts)
            await asyncio.sleep(self._look_s if everybody_spoke else min(self._look_s, _FIRST_LOOK_S))

    async def look(self) -> None:
        """Fetch and confirm what is due, account by account."""
        for account in self._accounts:
            try:
                if self._is_due(account.account_id):
                    await self._fetch(account)
                await self._confirm(account)
            except (TransientError, InputError) as error:
                self._trouble(account.account_id, str(error))
            else:
                self.troubles.pop(account.account_id, None)

    def _is_due(self, account_id: str) -> bool:
        """Say whether the day that ended last, or waits to be ended, has no review yet."""
        statements = self._portfolio.statements
        if account_id in statements.waiting():
            return False
        newest = self._newest(account_id)
        return newest is None or newest.trading_day < self._portfolio.day_due(account_id)

    async def _fetch(self, account: StatementAccount) -> None:
        rows = await self._broker.queries(account.account_id).query(
            "ReqQrySettlementInfo", {**account.fields(), "TradingDay": ""}
        )
        self._heard.add(account.account_id)
        pieces = join_pieces(rows)
        if pieces is None and self._begins_today(account.account_id):
            await self._confirm_nothing(account)
            return
        if pieces is None:
            message = "the broker has no statement yet"
            raise TransientError(message)
        self._desk.take(account.account_id, pieces.text)

    def _begins_today(self, account_id: str) -> bool:
        """Say whether no day of the account is over, in our books or by a statement that was looked at."""
        reviews = self._portfolio.statements.reviews()
        return not self._portfolio.day_due(account_id) and all(each.account_id != account_id for each in reviews)

    async def _confirm_nothing(self, account: StatementAccount) -> None:
        """Confirm once that an account begins without a statement."""
        wants = self._broker.wants_confirmation(account.account_id)
        if self._confirmed.get(account.account_id) is not None and not wants:
            return
        rows = await self._broker.queries(account.account_id).query("ReqQrySettlementInfoConfirm", account.fields())
        if wants or not rows:
            _LOG.info("no_statement_confirmed", account_id=account.account_id)
            self._broker.confirm(account.account_id)
        self._confirmed[account.account_id] = 0

    async def _confirm(self, account: StatementAccount) -> None:
        """Send the confirmation of the newest review that has one, unless the broker has it."""
        account_id = account.account_id
        review = self._to_send(account_id)
        if review is None:
            self._heard.add(account_id)
            self._confirm_again(account_id)
            return
        rows = await self._broker.queries(account_id).query("ReqQrySettlementInfoConfirm", account.fields())
        days = [int(day) for row in rows if (day := str(row.get("ConfirmDate") or "").strip()).isdecimal()]
        # Sent in the evening it bears the date of the statement's own day, as a confirmation of the one before does.
        first = review.trading_day if self._asked_for.get(account_id) == review.trading_day else review.trading_day + 1
        if max(days, default=0) >= first:
            self._confirmed[account_id] = review.trading_day
            _LOG.info("statement_is_confirmed", account_id=account_id, trading_day=review.trading_day)
            return
        if self._asked_for.get(account_id) != review.trading_day:
            _LOG.info("statement_confirmation_sent", account_id=account_id, trading_day=review.trading_day)
        self._asked_for[account_id] = review.trading_day
        self._broker.confirm(account_id)

    def _confirm_again(self, account_id: str) -> None:
        """Say it once more where the front has begun another day since, or forgot: the newest statement still holds."""
        newest = self._newest(account_id)
        is_waiting = account_id in self._portfolio.statements.waiting()
        if newest is None or newest.confirmation is None or is_waiting or self._is_due(account_id):
            return
        if self._broker.wants_confirmation(account_id):
            _LOG.info("statement_confirmed_again", account_id=account_id, trading_day=newest.trading_day)
            self._broker.confirm(account_id)

    def _newest(self, account_id: str) -> StatementReview | None:
        return next((each for each in self._portfolio.statements.reviews() if each.account_id == account_id), None)

    def _to_send(self, account_id: str) -> StatementReview | None:
        newest = self._newest(account_id)
        if newest is None or newest.confirmation is None:
            return None
        return newest if self._confirmed.get(account_id, 0) < newest.trading_day else None

    def _trouble(self, account_id: str, reason: str) -> None:
        if self.troubles.get(account_id) != reason:
            _LOG.warning("statement_not_had", account_id=account_id, reason=reason)
        self.troubles[account_id] = reason
