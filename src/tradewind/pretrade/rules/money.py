"""Whether the account can pay: what the order would freeze is there, and margin stays below its part of the balance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.trading_state import Scope
from tradewind.pretrade.funds import group_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.domain.order import Refusal
    from tradewind.pretrade.case import Case


class FundsRule:
    """What is available covers margin and commission; a closing order binds no margin and always has its commission."""

    name: Final = "funds"
    codes: Final[Mapping[str, str]] = {"INSUFFICIENT_FUNDS": "available money does not cover margin and commission"}
    scopes: Final = (Scope.ACCOUNT,)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Compare with what is available, every working order counted as frozen."""
        purse = case.purse
        if not case.is_opening or purse is None or case.value is None:
            return ()
        available, needed = purse.available, case.margin + case.commission
        if available is None or needed <= available:
            return ()
        label = f"account:{case.request.account_id}"
        return (case.refuse(self.name, "INSUFFICIENT_FUNDS", scope=label, limit=available, actual=needed),)


class MarginUseRule:
    """Margin ÷ balance after the order, the larger side only where the exchange counts so."""

    name: Final = "margin_use"
    codes: Final[Mapping[str, str]] = {"MARGIN_USE": "margin would be a larger part of the balance than allowed"}
    scopes: Final = (Scope.ACCOUNT,)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Compare with positions and orders together."""
        purse, rates = case.purse, case.rates
        if not case.is_opening or purse is None or purse.account is None or rates is None:
            return ()
        balance = purse.account.balance
        after = purse.margin_after(group_of(rates), case.direction, case.margin)
        return tuple(
            case.refuse(
                self.name,
                "MARGIN_USE",
                scope=met.label,
                limit=met.limit,
                actual=f"{after / balance:.4f}" if balance > 0 else f"{after} of {balance}",
            )
            for met in case.limits.max_margin_use
            if after > met.limit * balance
        )
