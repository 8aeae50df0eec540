"""Who and what exists at this desk, as the risk gate asks for it: accounts, products, plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tradewind.domain.plan import TradingPlan
    from tradewind.pretrade.ports import MarginPrice


class KnownNames:
    """`pretrade.ports.DeskNames` from the settings and from the plans that people made."""

    def __init__(
        self,
        *,
        accounts: Mapping[str, MarginPrice],
        live_accounts: Iterable[str],
        books: Iterable[str],
        products: Iterable[str],
        plans: Callable[[], Iterable[TradingPlan]],
    ) -> None:
        """`accounts` by the price at which their margin is counted; `books` are named product/strategy.

        `live_accounts` are those whose orders reach a real exchange.
        """
        self._accounts = dict(accounts)
        self._live = frozenset(live_accounts)
        parts = [book.partition("/") for book in books]
        self._products = frozenset(products) | {product for product, _, _ in parts}
        self._strategies = frozenset(strategy for _, _, strategy in parts)
        self._plans = plans

    def has_account(self, account_id: str) -> bool:
        """Say whether the account is one of ours."""
        return account_id in self._accounts

    def has_product(self, product_code: str) -> bool:
        """Say whether a setting, an account's book or a plan names the product."""
        return product_code in self._products or any(plan.params.product_code == product_code for plan in self._plans())

    def has_strategy(self, strategy: str) -> bool:
        """Say whether a plan or an account's book is called so."""
        return strategy in self._strategies or any(plan.name == strategy for plan in self._plans())

    def is_live(self, account_id: str) -> bool:
        """Say whether orders of the account reach a real exchange."""
        return account_id in self._live

    def margin_price(self, account_id: str) -> MarginPrice:
        """Return at which price the ledger counts the margin of the account's new lots."""
        return self._accounts[account_id]
