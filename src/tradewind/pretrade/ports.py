"""What the gate asks of others: names of the desk, the health of the journal, the files of the stop, foreign rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tradewind.domain.order import Refusal
    from tradewind.domain.release import Mixture
    from tradewind.domain.trading_state import Scope, TradingState
    from tradewind.pretrade.case import Case


MarginPrice = Literal["pre_settlement", "last", "average", "open"]
"""At which price a broker counts the margin of today's lots: CTP MarginPriceType 1, 2, 3, 4."""


class DeskNames(Protocol):
    """Who and what exists. An order that names anything else is refused; "" names no product and no strategy."""

    def has_account(self, account_id: str) -> bool:
        """Say whether the account is one of ours."""
        ...

    def has_product(self, product_code: str) -> bool:
        """Say whether the product (fund) exists."""
        ...

    def has_strategy(self, strategy: str) -> bool:
        """Say whether the strategy exists."""
        ...

    def is_live(self, account_id: str) -> bool:
        """Say whether orders of the account reach a real exchange, and not the paper broker."""
        ...

    def margin_price(self, account_id: str) -> MarginPrice:
        """Return how the account's margin is counted: the ledger's setting, so that both count alike."""
        ...


class JournalHealth(Protocol):
    """The part of `stores.ports.Journal` the gate looks at before each order."""

    @property
    def failure(self) -> str | None:
        """Return why nothing can be recorded now, `None` while all is well."""
        ...


class Releases(Protocol):
    """Whether all processes of the installation run one release; see `bus.redis.roll_call`."""

    @property
    def mixture(self) -> Mixture | None:
        """Return what is mixed and what may be traded meanwhile, `None` while all agree."""
        ...


class StopFiles(Protocol):
    """The emergency stop on disk; see `pretrade.files.HaltFiles`."""

    def is_stopped(self) -> bool:
        """Say whether the stop file lies there; asked before each order."""
        ...

    def keep(self, states: Iterable[TradingState]) -> str:
        """Write the latched states through to the disk; return why that failed, "" when it did not."""
        ...


class RiskRule(Protocol):
    """One pre-trade rule, ours or a third party's (entry point `tradewind.risk_rules`: a class without arguments).

    `check` is pure: it reads the case, changes nothing and answers every reason it has to say no, or none.
    """

    @property
    def name(self) -> str:
        """Return the name refusals carry."""
        ...

    @property
    def codes(self) -> Mapping[str, str]:
        """Return its stable codes, each with what it means, in English."""
        ...

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """Return what its limits apply to."""
        ...

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Return the refusals; an exception refuses the order too."""
        ...
