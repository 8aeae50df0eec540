"""Depth ticks as CTP's market fronts send them: each exchange's own habits, packed as the struct lies in memory."""

from __future__ import annotations

import struct
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Any, Final

from tradewind.testing.ctp_front.contracts import NO_PRICE

if TYPE_CHECKING:
    from datetime import datetime

    from tradewind.testing.ctp_front.contracts import Contract

_LAYOUT: Final = struct.Struct("@9s31s9s31s7di8d9si" + "didi" * 5 + "d9s81s81s2d")
_LEVELS: Final = tuple(
    f"{side}{what}{level}" for level in range(1, 6) for side in ("Bid", "Ask") for what in ("Price", "Volume")
)
NAMES: Final = (
    "TradingDay", "reserve1", "ExchangeID", "reserve2", "LastPrice", "PreSettlementPrice", "PreClosePrice",
    "PreOpenInterest", "OpenPrice", "HighestPrice", "LowestPrice", "Volume", "Turnover", "OpenInterest", "ClosePrice",
    "SettlementPrice", "UpperLimitPrice", "LowerLimitPrice", "PreDelta", "CurrDelta", "UpdateTime", "UpdateMillisec",
    *_LEVELS, "AveragePrice", "ActionDay", "InstrumentID", "ExchangeInstID", "BandingUpperPrice", "BandingLowerPrice",
)  # fmt: skip
_TEXTS: Final = {
    "TradingDay", "reserve1", "ExchangeID", "reserve2", "UpdateTime", "ActionDay", "InstrumentID", "ExchangeInstID"
}  # fmt: skip
_NUMBERS_OF_LOTS: Final = {"Volume", "UpdateMillisec", *(name for name in _LEVELS if "Volume" in name)}
_LIMIT: Final = Decimal("0.1")
_EVENING: Final = 18
_ROLL: Final = 6


def packed(fields: dict[str, Any]) -> bytes:
    """Return the 584 bytes of a tick; prices that are missing are the largest double."""
    values: list[Any] = []
    for name in NAMES:
        if name in _TEXTS:
            values.append(str(fields.get(name, "")).encode("gb18030"))
        elif name in _NUMBERS_OF_LOTS:
            values.append(int(fields.get(name, 0)))
        else:
            values.append(float(fields.get(name, NO_PRICE)))
    return _LAYOUT.pack(*values)


class Quote:
    """One contract's day at the market: what it traded and what its book shows."""

    def __init__(self, contract: Contract, pre_settlement: Decimal) -> None:
        self.contract = contract
        self.pre_settlement = pre_settlement
        self.pre_close = pre_settlement
        self.pre_open_interest = 0
        self.open_interest = 0
        self.volume = 0
        self.turnover = Decimal(0)
        self.last: Decimal | None = None
        self.prices: list[Decimal] = []
        self.book: dict[str, Any] = {}
        self.settlement: Decimal | None = None

    def trade(self, price: Decimal, lots: int) -> None:
        """Let lots trade."""
        self.last = price
        if not self.prices:
            self.prices = [price, price, price]
        self.prices[1] = max(self.prices[1], price)
        self.prices[2] = min(self.prices[2], price)
        self.volume += lots
        self.turnover += price * self.contract.multiplier * lots

    def average(self) -> Decimal:
        """Return the day's average price on the tick, rounded down; the last settlement price where none traded."""
        if not self.volume:
            return self.last or self.pre_settlement
        average = self.turnover / (self.volume * self.contract.multiplier)
        return on_tick(average, self.contract.price_tick)

    def limits(self) -> tuple[Decimal, Decimal]:
        """Return the day's upper and lower limit price, both rounded down to a tick as exchanges do."""
        tick = self.contract.price_tick
        return on_tick(self.pre_settlement * (1 + _LIMIT), tick), on_tick(self.pre_settlement * (1 - _LIMIT), tick)

    def fields(self, trading_day: str, now: datetime) -> dict[str, Any]:
        """Return the tick as the fronts show it now."""
        contract = self.contract
        upper, lower = self.limits()
        is_czce = contract.exchange == "CZCE"
        # CZCE counts turnover without the multiplier, and its average is a price already.
        turnover = self.turnover / contract.multiplier if is_czce else self.turnover
        shown: dict[str, Any] = {
            "InstrumentID": contract.symbol, "reserve1": contract.symbol, "PreSettlementPrice": self.pre_settlement,
            "PreClosePrice": self.pre_close, "PreOpenInterest": self.pre_open_interest, "Volume": self.volume,
            "Turnover": turnover, "OpenInterest": self.open_interest, "UpperLimitPrice": upper,
            "LowerLimitPrice": lower, "PreDelta": 0, "CurrDelta": 0, "UpdateTime": f"{now:%H:%M:%S}",
            "UpdateMillisec": 0 if is_czce else now.microsecond // 1000, **days(contract.exchange, trading_day, now),
            "AveragePrice": turnover / self.volume if self.volume else self.pre_settlement,
        }  # fmt: skip
        for level in range(2, 6):
            shown |= {f"BidVolume{level}": 0, f"AskVolume{level}": 0}
        if self.last is not None:
            shown["LastPrice"] = self.last
            shown |= dict(zip(("OpenPrice", "HighestPrice", "LowestPrice"), self.prices, strict=False))
        if self.settlement is not None:
            shown |= {"SettlementPrice": self.settlement, "ClosePrice": self.last or self.settlement}
        return shown | self.book


def on_tick(price: Decimal, tick: Decimal) -> Decimal:
    """Return the price rounded down to a whole number of ticks."""
    return (price / tick).quantize(Decimal(1), ROUND_DOWN) * tick


def days(exchange: str, trading_day: str, now: datetime) -> dict[str, str]:
    """Return TradingDay and ActionDay as each exchange fills them: at night DCE's and CZCE's are wrong."""
    natural = f"{now:%Y%m%d}"
    is_night = now.hour >= _EVENING or now.hour < _ROLL
    if exchange == "DCE":
        return {"TradingDay": trading_day, "ActionDay": trading_day}
    if exchange == "CZCE" and is_night:
        return {"TradingDay": natural, "ActionDay": natural}
    return {"TradingDay": trading_day, "ActionDay": natural}
