"""Trading plans: how a strategy's opportunities become orders. A plan is what a person starts and stops.

Its book is named after it, so that positions and profit of each plan can be told apart within an account.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tradewind.domain.instruction import Execution


class Sizing(StrEnum):
    """How many lots an entry takes."""

    FIXED = "fixed"
    """`lots` of them."""
    MARGIN = "margin"
    """As many as `share` of the account's balance carries in margin."""
    RISK = "risk"
    """As many as lose `share` of the balance at the stop (`stop_ticks`)."""


class PlanParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person may set of a plan; a change takes effect at the next start."""

    account_id: Annotated[str, Meta(min_length=1, max_length=50, description="Account that trades")]
    product_code: Annotated[str, Meta(max_length=32, description="Product (fund) the positions belong to")] = ""
    strategies: Annotated[
        tuple[str, ...], Meta(description="Strategies of which one must contribute to the opportunity; empty: any")
    ] = ()
    instruments: Annotated[
        tuple[str, ...], Meta(description="Contracts (au2606.SHFE) or products (au.SHFE) to trade; empty: any")
    ] = ()
    sides: Annotated[Literal["both", "buy", "sell"], Meta(description="Directions of entry")] = "both"
    min_confidence: Annotated[float, Meta(ge=0, le=1, description="Least confidence of an opportunity to enter")] = 0.6
    min_contributions: Annotated[int, Meta(ge=1, le=100, description="Least number of strategies that agree")] = 1
    sizing: Annotated[Sizing, Meta(description="How many lots an entry takes")] = Sizing.FIXED
    lots: Annotated[int, Meta(ge=1, le=10_000, description="Lots of an entry (fixed sizing)")] = 1
    share: Annotated[Decimal, Meta(description="Part of the balance for margin or risk sizing")] = Decimal("0.05")
    max_lots: Annotated[int, Meta(ge=1, le=10_000, description="Most lots of one contract held by the plan")] = 10
    max_instruments: Annotated[int, Meta(ge=1, le=1_000, description="Most contracts held at once")] = 5
    exits_on_close: Annotated[bool, Meta(description="Close when the opportunity closes")] = True
    exits_on_reverse: Annotated[bool, Meta(description="Close when an opportunity of the other side appears")] = True
    stop_ticks: Annotated[int, Meta(ge=0, le=100_000, description="Close after a loss of so many ticks; 0: never")] = 0
    profit_ticks: Annotated[
        int, Meta(ge=0, le=100_000, description="Close after a gain of so many ticks; 0: never")
    ] = 0
    max_holding_s: Annotated[int, Meta(ge=0, le=864_000, description="Close after so many seconds; 0: never")] = 0
    cooldown_s: Annotated[int, Meta(ge=0, le=86_400, description="Seconds from an exit to the next entry")] = 60
    execution: Annotated[Execution, Meta(description="How entries and exits are worked")] = Execution()

    def __post_init__(self) -> None:
        """Check what the types cannot say."""
        if not 0 < self.share <= 1:
            message = f"share must be above 0 and at most 1, was {self.share}"
            raise ValueError(message)


class TradingPlan(msgspec.Struct, frozen=True):
    """A plan as it stands; every change is a new `version` of the same `name`.

    `params` are those it runs with (or ran with last), `next_params` those of the next start.
    """

    name: str
    params: PlanParams
    next_params: PlanParams
    is_active: bool
    version: int
    actor: str
    reason: str
    ts_event: int
