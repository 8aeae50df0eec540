"""What an operator sets about accounts: which there are, and how their broker counts."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tradewind.domain.statement_review import Confirming
from tradewind.errors import ConfigError

MarginPrice = Literal["pre_settlement", "last", "average", "open"]
"""At which price today's lots are counted for margin: CTP MarginPriceType 1, 2, 3, 4."""
PnlInAvailable = Literal["all", "loss", "gain", "none"]
"""Which summed position P&L counts in what is available: CTP Algorithm 1, 2, 3, 4."""


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account, and how its broker counts.

    Raises: ConfigError: an id or a book that cannot be one.
    """

    id: Annotated[str, Meta(min_length=1, max_length=40)]
    currency: Annotated[str, Meta(min_length=3, max_length=3)] = "CNY"
    initial_deposit: Annotated[int, Meta(ge=0, le=10**15)] = 1_000_000
    margin_price: MarginPrice = "open"
    pnl_in_available: PnlInAvailable = "all"
    is_close_gain_available: bool = True
    is_commission_in_cents: bool = False
    """True where the broker rounds the commission of each fill to the cent, as CTP brokers do."""
    books: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a book that is no product/strategy."""
        for book in self.books:
            if book.count("/") != 1:
                message = f"portfolio.accounts, {self.id}: a book is named product/strategy, was {book!r}"
                raise ConfigError(message)


class PortfolioSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the ledger.

    Raises: ConfigError: two accounts of one id.
    """

    accounts: Annotated[
        tuple[AccountSettings, ...],
        Meta(
            description="the accounts: `id`, `currency`, `initial_deposit` (paid in once, in whole units), "
            "`margin_price` of today's lots (open, pre_settlement, last, average), `pnl_in_available` (all, loss, "
            "gain, none), `is_close_gain_available`, `is_commission_in_cents` "
            "(each fill's rounded, as CTP brokers do), `books` shown from the start, each product/strategy"
        ),
    ] = (AccountSettings(id="paper"),)
    publish_ms: Annotated[
        int, Meta(ge=1, le=60_000, description="positions and accounts whose prices alone moved are told this often")
    ] = 250
    hours: Annotated[
        tuple[str, ...],
        Meta(min_length=1, description="trading hours that must all be over before an account's day can end"),
    ] = ("night_0230", "index_futures", "bond_futures")
    settle_after_s: Annotated[
        int, Meta(ge=0, le=14_400, description="seconds after the last close until an account's day is settled")
    ] = 1_800
    settle_wait_s: Annotated[
        int,
        Meta(
            ge=0,
            le=86_400,
            description="seconds into the next day that settling waits for the price of a contract that did not trade",
        ),
    ] = 60
    settlement_price: Annotated[
        Literal["official", "average", "last", "statement"],
        Meta(
            description="price a day is settled at where no broker's statement of it tells one; `official`: the "
            "exchange's where the feed carries it, else the day's average; `average`: turnover ÷ volume ÷ multiplier; "
            "`last`: the last price; `statement`: wait for the statement until the next day begins, then `official`"
        ),
    ] = "official"
    confirm_statements: Annotated[
        Confirming,
        Meta(
            description="who confirms a broker's statement; `auto`: policy where all was read and each difference "
            "is explained, else a person; `person`: a person in any case"
        ),
    ] = "person"
    reviews_kept: Annotated[
        int, Meta(ge=5, le=10_000, description="compared statements kept at hand of each account; all are on record")
    ] = 60
    sample_s: Annotated[int, Meta(ge=1, le=3_600, description="equity is sampled this often while the line runs")] = 60
    samples: Annotated[
        int, Meta(ge=10, le=100_000, description="equity samples kept of each account; the oldest goes first")
    ] = 1_500
    days_kept: Annotated[
        int, Meta(ge=10, le=100_000, description="settled days kept of each account and book; the oldest goes first")
    ] = 2_500
    max_books: Annotated[
        int,
        Meta(ge=1, le=10_000, description="virtual books of one account; fills of further ones go to the book `/`"),
    ] = 500
    aside_kept: Annotated[
        int,
        Meta(
            ge=1, le=1_000_000, description="fills that could not be booked kept for inspection; the oldest goes first"
        ),
    ] = 1_000

    def __post_init__(self) -> None:
        """Refuse what cannot be told apart."""
        ids = [account.id for account in self.accounts]
        twice = sorted({each for each in ids if ids.count(each) > 1})
        if twice:
            message = f"portfolio.accounts: each id once, was more often: {', '.join(twice)}"
            raise ConfigError(message)
