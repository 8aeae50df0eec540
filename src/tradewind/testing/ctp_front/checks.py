"""Why CTP, or the exchange behind it, refuses an order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.testing.ctp_front.codes import TEXTS
from tradewind.testing.ctp_front.orders import MARKET_PRICE

if TYPE_CHECKING:
    from tradewind.testing.ctp_front.contracts import Contract
    from tradewind.testing.ctp_front.investor import Investor
    from tradewind.testing.ctp_front.orders import FrontOrder
    from tradewind.testing.ctp_front.quotes import Quote

_NEEDED: Final = (
    "BrokerID", "InvestorID", "InstrumentID", "ExchangeID", "OrderRef", "OrderPriceType", "Direction", "CombOffsetFlag",
    "CombHedgeFlag", "VolumeTotalOriginal", "TimeCondition", "VolumeCondition", "ContingentCondition",
    "ForceCloseReason",
)  # fmt: skip
_ALLOWED: Final = {
    "OrderPriceType": "12", "Direction": "01", "TimeCondition": "13", "VolumeCondition": "123",
    "ContingentCondition": "1", "ForceCloseReason": "0",
}  # fmt: skip
_OFFSETS: Final = {"0", "1", "3", "4"}
_NO_MARKET_ORDERS: Final = {"SHFE", "INE"}
BAD_FIELD: Final = 15
NO_CONTRACT: Final = 16
DUPLICATE: Final = 22
NOT_CONFIRMED: Final = 42


def asked_refusal(asked: dict[str, Any], contract: Contract | None, investor: Investor, *, is_confirmed: bool) -> int:
    """Return the code with which CTP refuses an order for what it says, 0 where it takes it."""
    if not is_confirmed:
        return NOT_CONFIRMED
    if contract is None or contract.exchange != asked.get("ExchangeID", contract.exchange):
        return NO_CONTRACT
    if any(asked.get(name) in (None, "", 0) for name in _NEEDED) or not _fits(asked):
        return BAD_FIELD
    reference = str(asked["OrderRef"]).strip()
    if not reference.isdecimal():
        return BAD_FIELD
    return DUPLICATE if int(reference) <= investor.max_reference else 0


def exchange_refusal(order: FrontOrder, quote: Quote, *, is_open: bool) -> tuple[int, str] | None:
    """Return code and words with which the exchange refuses an order, `None` where it takes it."""
    contract, quantity = order.contract, order.remaining
    if not is_open:
        return 17, "当前状态禁止此项操作"
    if order.fields["OrderPriceType"] == MARKET_PRICE:
        is_refused = contract.exchange in _NO_MARKET_ORDERS
        most = contract.max_market_quantity
        return (80, TEXTS[80]) if is_refused else _too_many(quantity, most)
    if order.price % contract.price_tick:
        return 95, "报单价格不是最小变动价位的整数倍"
    upper, lower = quote.limits()
    if order.price > upper:
        return 95, "报单价格超出涨停板"
    if order.price < lower:
        return 95, "报单价格跌破跌停板"
    return _too_many(quantity, contract.max_limit_quantity)


def _too_many(quantity: int, most: int) -> tuple[int, str] | None:
    return (40, "报单手数超过最大下单量") if quantity > most else None


def _fits(asked: dict[str, Any]) -> bool:
    is_known = all(str(asked[name]) in allowed for name, allowed in _ALLOWED.items())
    return is_known and str(asked["CombOffsetFlag"])[0] in _OFFSETS and asked["VolumeTotalOriginal"] > 0
