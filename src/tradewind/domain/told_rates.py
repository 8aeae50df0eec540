"""What a broker itself tells about a contract or a product: parts of rates and facts, each of the day it was told.

What it does not tell is `None` and stays unknown; an answer for a product holds for each of its contracts that has
none of its own.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from tradewind.domain.instrument import OptionTerms
from tradewind.domain.rates import CommissionRate, MarginRate


class ToldRates(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Rates that hold from `valid_from` on. Either `product` ("SHFE.au") or `contract` ("au2604.SHFE") is given."""

    valid_from: int
    product: str = ""
    contract: str = ""
    margin: MarginRate | None = None
    commission: CommissionRate | None = None
    order_fee: Decimal | None = None
    """Per order message; told apart from the commission, and charged beside it."""
    cancel_fee: Decimal | None = None
    max_limit_quantity: int | None = None
    max_market_quantity: int | None = None
    min_quantity: int | None = None
    is_larger_side_only: bool | None = None

    @property
    def subject(self) -> str:
        """Return what it is about."""
        return self.product or self.contract


class ToldContract(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a contract as the exchange has them today."""

    instrument_id: str
    product_id: str
    name: str
    contract_multiplier: int
    price_tick: float
    is_date_kept: bool
    expire_date: int | None
    is_trading: bool
    kind: Literal["future", "option", "other"]
    option: OptionTerms | None = None
    """`None`: no option, or one of which not all was told."""


class ToldCounting(msgspec.Struct, frozen=True, kw_only=True):
    """How the broker counts an account: the words of `portfolio.accounts`; `None` where it told nothing we know."""

    margin_price: str | None
    pnl_in_available: str | None
    is_close_gain_available: bool | None


class PullProgress(msgspec.Struct, frozen=True):
    """How far the pulling of an account's rates is. `empty` were answered with nothing, `failed` not at all."""

    trading_day: int
    total: int
    done: int
    empty: int
    failed: int
    covered: int
    """Not asked: their product's answer holds for them."""
    now: str
    """What is being asked, "" when nothing is left."""
    trouble: str = ""
    """Why the last question was not answered."""

    @property
    def left(self) -> int:
        """Return what is still to be asked."""
        return self.total - self.done - self.failed - self.covered
