"""Whether an order could meet one of our own: all accounts are under common control, so whichever it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.order import Side
from tradewind.domain.trading_state import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from tradewind.domain.order import Refusal
    from tradewind.pretrade.case import Case


class SelfTradeRule:
    """No order crosses a working order of ours on the other side; the refusal says which price would not."""

    name: Final = "self_trade"
    codes: Final[Mapping[str, str]] = {"SELF_TRADE": "it could trade with an order of our own"}
    scopes: Final = (Scope.INSTRUMENT,)

    def check(self, case: Case) -> tuple[Refusal, ...]:
        """Look through the working orders of the contract on the other side."""
        request = case.request
        against = case.desk.working.against(request.instrument_id, request.side)
        if not against:
            return ()
        is_buy, price = request.side is Side.BUY, request.price
        crossed = [
            working.request
            for working in against.values()
            if not working.is_final and _cross(is_buy, price, working.request.price)
        ]
        if not crossed:
            return ()
        prices = [other.price for other in crossed if other.price is not None]
        if price is None or len(prices) < len(crossed):
            free = "no working order against it"
        else:
            free = f"price < {min(prices)}" if is_buy else f"price > {max(prices)}"
        others = ", ".join(other.client_order_id for other in crossed[:3])
        more = f" and {len(crossed) - 3} more" if len(crossed) > 3 else ""  # noqa: PLR2004 - three are shown
        label = f"instrument:{request.instrument_id}"
        actual = f"{price if price is not None else 'market'} against {others}{more}"
        return (case.refuse(self.name, "SELF_TRADE", scope=label, limit=free, actual=actual),)


def _cross(is_buy: bool, price: Decimal | None, other: Decimal | None) -> bool:  # noqa: FBT001 - which of the two prices is the buyer's
    if price is None or other is None:
        return True
    return price >= other if is_buy else price <= other
