"""Answers of the risk gate: what would be decided, and how much of each limit is used."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tradewind.domain.account import Position
from tradewind.domain.order import OrderRequest, Refusal
from tradewind.domain.trading_state import Scope, TradingState


class Headroom(msgspec.Struct, frozen=True, gc=False):
    """One limit of one scope: how much it allows, how much is used, working orders included, how much is left."""

    name: str
    scope: Scope
    key: str
    instrument_id: str
    """"" where the limit is over all contracts."""
    limit: Decimal | int
    used: Decimal | int
    left: Decimal | int


class WhatIfLine(msgspec.Struct, frozen=True, gc=False):
    """What would be decided on one order, and what it would freeze."""

    order: OrderRequest
    is_approved: bool
    refusals: tuple[Refusal, ...]
    margin: Decimal
    commission: Decimal


class AccountAfter(msgspec.Struct, frozen=True):
    """An account with all orders that pass working. `margin` as if they were filled, `frozen_margin` until they are."""

    account_id: str
    margin: Decimal
    frozen_margin: Decimal
    commission: Decimal
    available: Decimal | None
    balance: Decimal | None
    risk_ratio: Decimal | None


class WhatIf(msgspec.Struct, frozen=True):
    """The answer to a basket: each line, each account after it, what is left of each limit it meets."""

    lines: tuple[WhatIfLine, ...]
    accounts: tuple[AccountAfter, ...]
    headroom: tuple[Headroom, ...]

    @property
    def is_approved(self) -> bool:
        """True when every line would pass."""
        return all(line.is_approved for line in self.lines)


class CloseView(msgspec.Struct, frozen=True):
    """What closing a position would mean: the position, the gate's judgement, and the word that lets it be done."""

    position: Position
    quantity: int
    what_if: WhatIf
    confirmation: str


class Counts(msgspec.Struct, frozen=True):
    """The day's counts of an account in a contract, as the exchange sees them. `order_to_trade` is OTR."""

    account_id: str
    instrument_id: str
    trading_day: int
    orders: int
    cancels: int
    big_cancels: int
    self_trades: int
    messages: int
    filled_orders: int
    order_to_trade: float | None
    use: tuple[Headroom, ...]


class BurstCount(msgspec.Struct, frozen=True):
    """How often an account sent many messages at once on a trading day, and from how often it has to be reported."""

    account_id: str
    trading_day: int
    count: int
    reportable_from: int


class ScopeUse(msgspec.Struct, frozen=True):
    """How much of each limit of one scope is used."""

    scope: Scope
    key: str
    use: tuple[Headroom, ...]


class LimitsView(msgspec.Struct, frozen=True):
    """The limits of the gate with their use, and the regulatory counters."""

    scopes: list[ScopeUse]
    counters: tuple[Counts, ...]
    bursts: tuple[BurstCount, ...]


class HaltAnswer(msgspec.Struct, frozen=True):
    """What became of an act. `state` is the scope's now; `code` "" when it was done, else why not.

    `problem` tells what of it could not be written to the disk: a halt holds all the same, for as long as the process
    lives and the journal remembers.
    """

    state: TradingState | None
    code: str = ""
    reason: str = ""
    problem: str = ""

    @property
    def is_done(self) -> bool:
        """True when the act took effect."""
        return not self.code
