"""One order at the fronts: the fields of `CThostFtdcOrderField`, and what an exchange has made of it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tradewind.domain.order import Offset, OrderRequest, Origin, PriceType, Side, TimeInForce
from tradewind.execution.brokers.paper.order import PaperOrder

if TYPE_CHECKING:
    from datetime import datetime

    from tradewind.testing.ctp_front.contracts import Contract

ALL_TRADED: Final = "0"
PART_TRADED: Final = "1"
QUEUEING: Final = "3"
CANCELLED: Final = "5"
UNKNOWN: Final = "a"
SUBMITTED: Final = "0"
ACCEPTED: Final = "3"
REFUSED: Final = "4"
_FINAL: Final = {ALL_TRADED, CANCELLED}
_COPIED: Final = (
    "BrokerID", "InvestorID", "UserID", "InstrumentID", "ExchangeID", "OrderPriceType", "Direction", "CombOffsetFlag",
    "CombHedgeFlag", "LimitPrice", "VolumeTotalOriginal", "TimeCondition", "VolumeCondition", "MinVolume",
    "ContingentCondition", "ForceCloseReason", "IsAutoSuspend", "RequestID", "InvestUnitID", "AccountID", "OrderMemo",
)  # fmt: skip
_WORDS: Final = {
    ALL_TRADED: "全部成交", PART_TRADED: "部分成交", QUEUEING: "未成交", CANCELLED: "已撤单", UNKNOWN: "报单已提交",
}  # fmt: skip
_OFFSETS: Final = {"0": Offset.OPEN, "3": Offset.CLOSE_TODAY, "4": Offset.CLOSE_YESTERDAY}
MARKET_PRICE: Final = "1"


class FrontOrder:
    """An order that the front took. `paper` is the same order as the matching knows it."""

    def __init__(
        self, asked: dict[str, Any], contract: Contract, *, session: tuple[int, int], day: str, now: datetime
    ) -> None:
        self.contract = contract
        self.investor = str(asked["InvestorID"])
        self.reference = str(asked["OrderRef"]).strip()
        self.session = session
        self.fields: dict[str, Any] = {name: asked[name] for name in _COPIED if name in asked} | {
            # References come back filled up with blanks, numbers of the exchange with blanks before them.
            "OrderRef": f"{self.reference:<12}", "FrontID": session[0], "SessionID": session[1], "TradingDay": day,
            "InsertDate": day, "InsertTime": f"{now:%H:%M:%S}", "OrderStatus": UNKNOWN, "OrderSubmitStatus": SUBMITTED,
            "OrderType": "0", "OrderSource": "0", "VolumeTraded": 0, "VolumeTotal": asked["VolumeTotalOriginal"],
            "ExchangeInstID": contract.symbol, "ExchangeID": contract.exchange, "StatusMsg": _WORDS[UNKNOWN],
            "UserProductInfo": "TRADEWIND", "SettlementID": 1, "CurrencyID": "CNY", "TraderID": "TRADER1",
        }  # fmt: skip
        self.paper = PaperOrder(self._request(day), order_id="")

    @property
    def system_id(self) -> str:
        """Return the exchange's number, blanks and all; empty before it has one."""
        return str(self.fields.get("OrderSysID", ""))

    @property
    def is_final(self) -> bool:
        """Say whether it is over."""
        return self.fields["OrderStatus"] in _FINAL

    @property
    def remaining(self) -> int:
        """Return the lots not done."""
        return int(self.fields["VolumeTotal"])

    @property
    def offset(self) -> str:
        """Return its first offset flag; combinations are not simulated."""
        return str(self.fields["CombOffsetFlag"])[0]

    @property
    def is_buy(self) -> bool:
        """Say whether it buys."""
        return bool(self.fields["Direction"] == "0")

    @property
    def price(self) -> Decimal:
        """Return its limit."""
        return Decimal(str(self.fields.get("LimitPrice", 0.0)))

    def become(self, status: str, submit: str | None = None, *, words: str = "") -> dict[str, Any]:
        """Change its state and return the fields to tell."""
        self.fields["OrderStatus"] = status
        if submit is not None:
            self.fields["OrderSubmitStatus"] = submit
        self.fields["StatusMsg"] = words or _WORDS[status]
        return dict(self.fields)

    def fill(self, lots: int) -> dict[str, Any]:
        """Count lots that were done and return the fields to tell."""
        self.fields["VolumeTraded"] += lots
        self.fields["VolumeTotal"] -= lots
        return self.become(PART_TRADED if self.remaining else ALL_TRADED)

    def _request(self, day: str) -> OrderRequest:
        asked = self.fields
        is_market = asked["OrderPriceType"] == MARKET_PRICE
        force = TimeInForce.DAY
        if asked.get("TimeCondition") == "1":
            force = TimeInForce.FOK if asked.get("VolumeCondition") == "3" else TimeInForce.FAK
        return OrderRequest(
            client_order_id=f"{self.session[0]}.{self.session[1]}.{self.reference}",
            instruction_id="",
            account_id=self.investor,
            product_code="",
            strategy="",
            instrument_id=f"{self.contract.symbol}.{self.contract.exchange}",
            side=Side.BUY if self.is_buy else Side.SELL,
            offset=_OFFSETS.get(self.offset, Offset.CLOSE),
            quantity=int(asked["VolumeTotalOriginal"]),
            price=None if is_market else self.price,
            price_type=PriceType.MARKET if is_market else PriceType.LIMIT,
            time_in_force=force,
            origin=Origin.EXTERNAL,
            actor="front",
            trading_day=int(day),
            ts_event=0,
            cause="",
        )
