"""An order of ours as CTP wants it: every field that must be set, or why it cannot be sent."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from tradewind.domain.order import PriceType
from tradewind.execution.brokers.ctp.words import HEDGE_LETTERS, SIDE_LETTERS, TRIPLES, offset_letter

if TYPE_CHECKING:
    from tradewind.domain.order import OrderRequest
    from tradewind.execution.brokers.ctp.contracts import CtpContract
    from tradewind.execution.brokers.ctp.settings import CtpAccountSettings

Fields = dict[str, object]


class Unsendable(NamedTuple):
    """Why an order cannot go out as it is."""

    code: str
    reason: str


def order_fields(
    request: OrderRequest,
    contract: CtpContract,
    account: CtpAccountSettings,
    *,
    reference: str,
    stand_in: Decimal | None = None,
) -> Fields | Unsendable:
    """Return the fields of ReqOrderInsert; `stand_in` is the limit of a market order where none is taken.

    Source: CThostFtdcInputOrderField; every field named here must be set, or the front refuses the order (15).
    """
    price = request.price if request.price_type is PriceType.LIMIT else stand_in
    refused = _bad_quantity(request, contract, is_limit=price is not None) or _bad_price(request, price, contract)
    if refused is not None:
        return refused
    kind = PriceType.MARKET if price is None else PriceType.LIMIT
    price_type, time_condition, volume_condition = TRIPLES[kind, request.time_in_force]
    symbol, _, exchange = request.instrument_id.rpartition(".")
    return {
        "BrokerID": account.place.broker_id,
        "InvestorID": account.investor,
        "UserID": account.user_id,
        "InstrumentID": symbol,
        "ExchangeID": exchange,
        "OrderRef": reference,
        "OrderPriceType": price_type,
        "Direction": SIDE_LETTERS[request.side],
        "CombOffsetFlag": offset_letter(request.offset, is_date_kept=contract.is_date_kept),
        "CombHedgeFlag": HEDGE_LETTERS[account.hedge],
        "LimitPrice": 0.0 if price is None else float(price),
        "VolumeTotalOriginal": request.quantity,
        "TimeCondition": time_condition,
        "VolumeCondition": volume_condition,
        "MinVolume": 1,
        "ContingentCondition": "1",
        "ForceCloseReason": "0",
        "IsAutoSuspend": 0,
        "UserForceClose": 0,
    }


def cancel_fields(account: CtpAccountSettings, instrument_id: str, key: Fields) -> Fields:
    """Return the fields of ReqOrderAction that takes an order back; `key` names it one way or the other."""
    symbol, _, exchange = instrument_id.rpartition(".")
    return {
        "BrokerID": account.place.broker_id,
        "InvestorID": account.investor,
        "UserID": account.user_id,
        "InstrumentID": symbol,
        "ExchangeID": exchange,
        "ActionFlag": "0",
        **key,
    }


def _bad_quantity(request: OrderRequest, contract: CtpContract, *, is_limit: bool) -> Unsendable | None:
    most = contract.max_limit_quantity if is_limit else contract.max_market_quantity
    least = contract.min_limit_quantity
    if not least <= request.quantity <= most:
        return Unsendable("quantity", f"quantity must be {least} to {most} lots, was {request.quantity}")
    return None


def _bad_price(request: OrderRequest, price: Decimal | None, contract: CtpContract) -> Unsendable | None:
    if price is None:
        is_market = request.price_type is PriceType.MARKET
        return None if is_market else Unsendable("price", "a limit order needs a price")
    if price % contract.price_tick:
        return Unsendable("price_step", f"price must be a multiple of {contract.price_tick}, was {price}")
    return None
