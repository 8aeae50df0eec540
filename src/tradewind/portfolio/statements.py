"""Brokers' statements at the portfolio: each compared once its day has ended here, confirmed by whom policy says.

A statement that came before the books ended its day gives them its settlement prices and waits for them. What came of
it is told as a `StatementReview`, which is of record; the statement itself is not: a broker answers it again.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from tradewind.domain.statement_review import Confirmation, Difference, StatementReview
from tradewind.errors import InputError, StateConflictError
from tradewind.portfolio.matching_positions import settlement_prices_of
from tradewind.portfolio.reconciling import reconcile

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.ended_day import EndedDay
    from tradewind.domain.statement import Statement
    from tradewind.kernel.clock import Clock
    from tradewind.portfolio.books import Books
    from tradewind.portfolio.settings import PortfolioSettings

POLICY: Final = "policy"
"""Stands as the actor of what nobody confirmed in person."""
_KEPT: Final = 1_000
"""Differences kept of one review: a hundred are read by nobody, a thousand name every trade of a busy day."""


class Waiting(NamedTuple):
    """A statement whose day has not ended here yet."""

    statement: Statement
    digest: str


class Statements:
    """What waits, what came of those compared, and the confirming of them."""

    def __init__(
        self, settings: PortfolioSettings, books: Books, clock: Clock, *, tell: Callable[[StatementReview], None]
    ) -> None:
        self._settings = settings
        self._books = books
        self._clock = clock
        self._tell = tell
        self._waiting: dict[str, Waiting] = {}
        self._reviews: dict[str, deque[StatementReview]] = {}

    def take(self, account_id: str, statement: Statement, digest: str) -> StatementReview | None:
        """Compare a statement; return the review, `None` while its day has not ended here.

        The same text again changes nothing.

        Raises: InputError: no such account, or a statement that cannot be compared; says why.
        """
        self._require(account_id, statement)
        known = self.review(account_id, statement.day)
        if known is not None and known.digest == digest:
            return known
        account = self._books.accounts[account_id].account
        self._books.marks.note_statement(statement.day, settlement_prices_of(statement))
        if account.trading_day and statement.day >= account.trading_day:
            self._waiting[account_id] = Waiting(statement, digest)
            return None
        return self._compare(account_id, statement, digest)

    def on_settled(self, account_id: str) -> None:
        """Compare what waited for the day that has just ended."""
        waiting = self._waiting.get(account_id)
        if waiting is not None and waiting.statement.day < self._books.accounts[account_id].account.trading_day:
            del self._waiting[account_id]
            self._compare(account_id, *waiting)

    def confirm(self, account_id: str, trading_day: int, digest: str, *, actor: str, reason: str) -> StatementReview:
        """Confirm a statement in person; one that is confirmed stays as it is.

        Raises: InputError: there is none of that day. StateConflictError: it is not the one that was shown.
        """
        review = self.review(account_id, trading_day)
        if review is None:
            days = ", ".join(str(each.trading_day) for each in self._reviews.get(account_id, ())) or "none yet"
            message = f"account {account_id} has no compared statement of {trading_day}; there are: {days}"
            raise InputError(message)
        if review.digest != digest:
            message = f"the statement of {trading_day} is another one by now; look at it again before confirming"
            raise StateConflictError(message)
        if review.confirmation is not None:
            return review
        confirmation = Confirmation(actor, "person", reason, self._clock.now_ns())
        confirmed = msgspec.structs.replace(review, version=review.version + 1, confirmation=confirmation)
        self._tell(confirmed)
        return confirmed

    def apply(self, review: StatementReview) -> None:
        """Take in a review of record; an older version than the one known changes nothing."""
        kept = self._reviews.setdefault(review.account_id, deque())
        at = next((index for index, each in enumerate(kept) if each.trading_day == review.trading_day), None)
        if at is None:
            kept.append(review)
            ordered = sorted(kept, key=lambda each: each.trading_day)[-self._settings.reviews_kept :]
            self._reviews[review.account_id] = deque(ordered)
        elif kept[at].version < review.version:
            kept[at] = review

    def review(self, account_id: str, trading_day: int) -> StatementReview | None:
        """Return the review of a day."""
        found = self._reviews.get(account_id, ())
        return next((each for each in found if each.trading_day == trading_day), None)

    def reviews(self) -> list[StatementReview]:
        """Return all that are kept, the newest day first."""
        found = [review for kept in self._reviews.values() for review in kept]
        return sorted(found, key=lambda each: (-each.trading_day, each.account_id))

    def waiting(self) -> dict[str, int]:
        """Return by account the day whose statement waits for the books to end it."""
        return {account_id: each.statement.day for account_id, each in self._waiting.items()}

    def _require(self, account_id: str, statement: Statement) -> None:
        if account_id not in self._books.accounts:
            known = ", ".join(self._books.accounts)
            message = f"there is no account {account_id[:50]!r}; there are: {known}"
            raise InputError(message)
        if statement.is_monthly:
            message = f"a statement of a month ({statement.period}) is not compared; allowed: one of a day"
            raise InputError(message)
        if not statement.day or "funds" not in statement.sections:
            message = "this is no statement of a day: it names no day, or has no summary of the funds (资金状况)"
            raise InputError(message)
        currency = self._books.accounts[account_id].account.currency
        if statement.currency != currency:
            message = f"the statement is in {statement.currency}; allowed: {currency}, the money of {account_id}"
            raise InputError(message)

    def _compare(self, account_id: str, statement: Statement, digest: str) -> StatementReview:
        day = self._ended(account_id, statement.day)
        earlier = [each for each in self._reviews.get(account_id, ()) if each.trading_day < statement.day]
        previous = self._day_before(account_id, statement.day)
        before = next((each for each in reversed(earlier) if each.trading_day == previous), None)
        differences: tuple[Difference, ...]
        if day is None:
            # The books begin later, or have let go of that day: somebody must say that it is right.
            differences = (Difference(code="day.unknown", subject=str(statement.day)),)
        else:
            differences = reconcile(day, statement, before)
        known = self.review(account_id, statement.day)
        review = StatementReview(
            account_id=account_id,
            trading_day=statement.day,
            version=1 if known is None else known.version + 1,
            digest=digest,
            trades=len(statement.trades),
            positions=len(statement.positions or statement.lots),
            differences=tuple(sorted(differences, key=lambda each: each.is_explained)[:_KEPT]),
            difference_count=len(differences),
            unexplained_count=sum(not each.is_explained for each in differences),
            malformed_count=len(statement.malformed),
            other_sections=tuple(each.title for each in statement.others),
            confirmation=None,
            ts_event=self._clock.now_ns(),
        )
        if review.is_clean and self._settings.confirm_statements == "auto":
            confirmation = Confirmation(POLICY, "auto", "", review.ts_event)
            review = msgspec.structs.replace(review, confirmation=confirmation)
        self._tell(review)
        return review

    def _ended(self, account_id: str, trading_day: int) -> EndedDay | None:
        days = self._books.ended.get(account_id, ())
        return next((day for day in days if day.trading_day == trading_day), None)

    def _day_before(self, account_id: str, trading_day: int) -> int:
        """Return the day that the books ended before this one, 0 where they know none."""
        days = (day.trading_day for day in self._books.ended.get(account_id, ()))
        return max((day for day in days if day < trading_day), default=0)
