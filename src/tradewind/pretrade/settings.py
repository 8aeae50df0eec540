"""What an operator may set at the gate; the defaults are careful enough to let a paper account trade at once.

Limits come in rows, one a scope: `[[pretrade.limits]] scope = "account" key = "A1" max_order_quantity = 20`. Key "*"
speaks for every account (product, strategy, contract) that has no row of its own; a row of its own replaces single
limits and leaves the others as "*" says. Rows are laid over `limits.DEFAULTS`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tradewind.domain.trading_state import Scope
from tradewind.errors import ConfigError

EVERY: Final = "*"
Count = Annotated[int, Meta(ge=0)]
Action = Literal["reducing", "halted"]
_OF_BOOKS: Final = frozenset({Scope.ACCOUNT, Scope.PRODUCT, Scope.STRATEGY})
_ONLY_AT: Final = {
    "max_margin_use": frozenset({Scope.ACCOUNT}),
    "max_daily_loss": _OF_BOOKS,
    "max_daily_loss_ratio": _OF_BOOKS,
    "max_drawdown": _OF_BOOKS,
    "max_drawdown_ratio": _OF_BOOKS,
    "on_loss": _OF_BOOKS,
}


class ScopeLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The limits of one scope; what is absent is not limited there. Money in account currency, ratios as parts of 1.

    Raises: ConfigError: a limit where it has no meaning, below zero, or a key that does not fit the scope.
    """

    scope: Scope
    key: str = EVERY
    max_order_quantity: Count | None = None
    """Lots of one order."""
    max_order_value: Decimal | None = None
    """Price × multiplier × lots of one order."""
    max_net_position: Count | None = None
    """Lots of one contract, long less short, if every working order on one side were filled and none on the other."""
    max_gross_position: Count | None = None
    """Lots of one contract, long and short, with every opening order filled."""
    max_exposure: Decimal | None = None
    """Price × multiplier × gross lots over all contracts."""
    max_margin_use: Decimal | None = None
    """Margin ÷ balance after the order."""
    price_band: Decimal | None = None
    """How far a limit price may lie beyond the last price, as a part of it."""
    orders_per_second: Count | None = None
    orders_per_minute: Count | None = None
    cancels_per_second: Count | None = None
    cancels_per_minute: Count | None = None
    max_daily_loss: Decimal | None = None
    max_daily_loss_ratio: Decimal | None = None
    """As a part of the day's opening balance."""
    max_drawdown: Decimal | None = None
    max_drawdown_ratio: Decimal | None = None
    """As a part of the highest equity seen."""
    on_loss: Action | None = None
    """What becomes of the scope when a loss limit is reached."""

    def __post_init__(self) -> None:
        """Refuse a row that would limit nothing, or something else than it says."""
        where = f"pretrade.limits (scope {self.scope}, key {self.key!r})"
        if (self.scope is Scope.PLATFORM) is not (self.key == ""):
            message = f'{where}: the key of the platform is "", of any other scope a name or "*"; was {self.key!r}'
            raise ConfigError(message)
        for name in LIMIT_NAMES:
            value = getattr(self, name)
            if value is None:
                continue
            if self.scope not in _ONLY_AT.get(name, (self.scope,)):
                allowed = ", ".join(sorted(_ONLY_AT[name]))
                message = f"{where}: {name} is a limit of {allowed} only"
                raise ConfigError(message)
            if isinstance(value, Decimal) and not (value.is_finite() and value >= 0):
                message = f"{where}: {name} must be a number ≥ 0, was {value}"
                raise ConfigError(message)


LIMIT_NAMES: Final = tuple(name for name in ScopeLimits.__struct_fields__ if name not in {"scope", "key"})


class PretradeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the risk gate.

    Raises: ConfigError: two rows for one scope and key.
    """

    limits: Annotated[
        tuple[ScopeLimits, ...], Meta(description="limits by scope, laid over the defaults of docs/risk-rules.md")
    ] = ()
    stale_after_s: Annotated[
        float, Meta(gt=0.0, le=86_400.0, description="seconds without a tick after which a price is no reference")
    ] = 30.0
    takes_auction_orders: Annotated[bool, Meta(description="let orders pass in the opening auction")] = False
    near_expiry_days: Annotated[
        int, Meta(ge=0, le=366, description="days before a contract's last in which nothing is opened in it")
    ] = 3
    duplicates: Annotated[
        int, Meta(ge=1, le=10_000, description="equal orders allowed within duplicates_s; one more is refused")
    ] = 5
    duplicates_s: Annotated[
        float, Meta(gt=0.0, le=3_600.0, description="seconds in which equal orders are counted together")
    ] = 2.0
    refusals: Annotated[
        int, Meta(ge=1, le=10_000, description="refusals of one strategy within refusals_s that stop it")
    ] = 50
    refusals_s: Annotated[
        float, Meta(gt=0.0, le=3_600.0, description="seconds in which a strategy's refusals are counted")
    ] = 10.0
    on_refusals: Annotated[Action, Meta(description="what becomes of a strategy that is refused that often")] = "halted"
    report_confirmed_at: Annotated[
        dict[str, str],
        Meta(
            description="by account that trades on a real exchange: the day (YYYY-MM-DD) its report of programmatic "
            "trading was confirmed; without it the account may not trade"
        ),
    ] = {}
    two_person_reset: Annotated[
        bool, Meta(description="lifting a halt takes two different people, one after the other")
    ] = False
    watch_ms: Annotated[
        int, Meta(ge=1, le=100, description="milliseconds between two looks at the emergency stop's files")
    ] = 50
    recent_decisions: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Latest decisions kept for queries; oldest forgotten")
    ] = 1_000
    known_orders: Annotated[
        int,
        Meta(ge=1_000, le=10_000_000, description="client order ids remembered as used; beyond it oldest forgotten"),
    ] = 200_000

    def __post_init__(self) -> None:
        """Refuse two rows that contradict each other, and dates that are none."""
        seen = set()
        for row in self.limits:
            if (row.scope, row.key) in seen:
                message = f"pretrade.limits has two rows for scope {row.scope}, key {row.key!r}; make them one"
                raise ConfigError(message)
            seen.add((row.scope, row.key))
        for account, day in self.report_confirmed_at.items():
            parts = day.split("-")
            if [len(part) for part in parts] != [4, 2, 2] or not all(part.isdecimal() for part in parts):
                message = f"pretrade.report_confirmed_at.{account} must be a day YYYY-MM-DD, was {day!r}"
                raise ConfigError(message)
