"""What came of comparing a broker's statement with our books, and whether somebody confirmed it.

A difference is theirs less ours, each with a code. `cause` is a code too, "" where nothing we know explains it: then
policy confirms nothing, and a person has to look.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tradewind.domain.message import AccountId, Ask, Directive, Text
from tradewind.domain.rights import Permission
from tradewind.domain.told_rates import PullProgress

if TYPE_CHECKING:
    from collections.abc import Mapping

Cause = Literal[
    "", "rounding", "carried", "fee_rate", "margin_rate", "settlement_price", "sum_of_trades", "sum_of_positions",
    "sum_of_parts", "message_fees", "closed_other_day", "quantity", "price",
]  # fmt: skip
Confirming = Literal["auto", "person"]
"""Who confirms: policy where nothing is unexplained, or a person in any case."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One amount on which the statement and our books differ; `None` where one of them says nothing."""

    code: str
    """What differs: `funds.commission`, `trade.missing`, `position.margin` …"""
    subject: str = ""
    """The trade or the position; "" for the account."""
    ours: Decimal | None = None
    theirs: Decimal | None = None
    cause: Cause = ""
    detail: dict[str, str] = {}
    """What would give theirs: `by_money` or `by_volume` of a rate, a price, a name."""

    @property
    def amount(self) -> Decimal:
        """Return theirs less ours."""
        return (self.theirs or Decimal(0)) - (self.ours or Decimal(0))

    @property
    def is_explained(self) -> bool:
        """True where a cause is known."""
        return bool(self.cause)


class Confirmation(msgspec.Struct, frozen=True):
    """Who confirmed a statement: a person, or `policy`."""

    actor: str
    by: Confirming
    reason: str
    ts_event: int


class StatementReview(msgspec.Struct, frozen=True, kw_only=True):
    """One account's statement of a day, compared; every change is a new `version`. `digest` names the text."""

    account_id: str
    trading_day: int
    version: int
    digest: str
    trades: int
    positions: int
    differences: tuple[Difference, ...]
    difference_count: int
    """All of them; of very many only the first are kept, the unexplained before the others."""
    unexplained_count: int
    malformed_count: int
    other_sections: tuple[str, ...]
    confirmation: Confirmation | None
    ts_event: int

    @property
    def is_clean(self) -> bool:
        """True where nothing is left unexplained and every line could be read."""
        return not self.unexplained_count and not self.malformed_count


class StatementsView(msgspec.Struct, frozen=True):
    """What there is of statements: reviews, the newest day first, and by account the day whose statement waits."""

    reviews: tuple[StatementReview, ...]
    waiting: dict[str, int]
    pulls: dict[str, PullProgress]
    """By account, how far the pulling of its rates is."""
    troubles: dict[str, str]
    """By account, why its statement could not be had or confirmed."""


class AskStatements(Ask, frozen=True, kw_only=True, tag="statements"):
    """The reviews of the newest statements, the newest first, with what waits."""


class TakeStatement(Directive, frozen=True, kw_only=True, tag="take_statement"):
    """Compare a statement that came as a file: the text as the broker wrote it."""

    account_id: AccountId
    text: Annotated[str, Meta(min_length=1, max_length=8_000_000)]


class ConfirmStatement(Directive, frozen=True, kw_only=True, tag="confirm_statement"):
    """Confirm the statement of a day: exactly the one that was shown, by its digest."""

    account_id: AccountId
    trading_day: Annotated[int, Meta(ge=19900101, le=99991231)]
    digest: Annotated[str, Meta(min_length=1, max_length=64)]
    reason: Text = ""


StatementCommand = TakeStatement | ConfirmStatement
STATEMENT_NEEDS: Final[Mapping[type[Ask | Directive], Permission]] = {
    AskStatements: Permission.VIEW,
    TakeStatement: Permission.SETTLE,
    ConfirmStatement: Permission.SETTLE,
}
"""The permission each message asks for, merged into `domain.desk.NEEDS`."""
