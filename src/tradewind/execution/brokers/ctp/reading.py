"""Order and trade returns as reports: pure translation, one row of CTP's in, one report of ours out."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tradewind.domain.instrument import instrument_id_of
from tradewind.domain.prices import exact_price
from tradewind.execution.brokers.ctp.words import OFFSETS, SIDES, number, status_of
from tradewind.execution.ports import FillReport, OrderReport, VenueStatus
from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.execution.brokers.ctp.contracts import CtpContract

_CHINA: Final = timezone(timedelta(hours=8))
_EVENING: Final = 18
_MORNING: Final = 8
_FRIDAY: Final = 5
_AHEAD: Final = timedelta(minutes=5)
"""Clocks differ."""
_MARKET: Final = "1"
_DIGITS: Final = 4
_REASON_CODES: Final = {VenueStatus.REJECTED: "exchange_refused", VenueStatus.CANCELLED: "cancelled"}


class Reader:
    """Reads the rows of one account; raises ValueError or KeyError for what is no order or trade."""

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id
        self.contracts: Mapping[str, CtpContract] = {}

    def instrument_id(self, row: Mapping[str, Any]) -> str:
        """Return our name of a row's contract; the exchange may be left out of a row, not of its contract."""
        symbol, exchange = row["InstrumentID"].strip(), row["ExchangeID"].strip()
        contract = self.contracts.get(symbol)
        if contract is not None and not exchange:
            return contract.instrument_id
        return instrument_id_of(symbol, exchange)

    def order(self, row: Mapping[str, Any], client_order_id: str, now_ns: int) -> OrderReport:
        """Return the exchange's view of an order."""
        status = status_of(row["OrderStatus"], row["OrderSubmitStatus"])
        is_market = row["OrderPriceType"] == _MARKET
        return OrderReport(
            account_id=self._account_id,
            client_order_id=client_order_id,
            order_id=row["OrderSysID"].strip(),
            instrument_id=self.instrument_id(row),
            side=SIDES[row["Direction"]],
            offset=OFFSETS[row["CombOffsetFlag"][:1]],
            quantity=row["VolumeTotalOriginal"],
            price=None if is_market else self._price(row, "LimitPrice"),
            status=status,
            filled_quantity=row["VolumeTraded"],
            trading_day=int(row["TradingDay"]),
            ts_event=moment_of(row["InsertTime"], int(row["TradingDay"]), now_ns),
            reason_code=_REASON_CODES.get(status, ""),
            reason=row["StatusMsg"].strip() if status in _REASON_CODES else "",
        )

    def fill(self, row: Mapping[str, Any], client_order_id: str, now_ns: int) -> FillReport:
        """Return lots that were done."""
        price = self._price(row, "Price")
        if price is None or row["Volume"] < 1:
            message = f"a trade needs a price and lots, had {row['Price']!r} and {row['Volume']!r}"
            raise ValueError(message)
        return FillReport(
            account_id=self._account_id,
            client_order_id=client_order_id,
            order_id=row["OrderSysID"].strip(),
            fill_id=row["TradeID"].strip(),
            instrument_id=self.instrument_id(row),
            side=SIDES[row["Direction"]],
            offset=OFFSETS[row["OffsetFlag"][:1]],
            quantity=row["Volume"],
            price=price,
            trading_day=int(row["TradingDay"]),
            ts_event=moment_of(row["TradeTime"], int(row["TradingDay"]), now_ns),
        )

    def _price(self, row: Mapping[str, Any], name: str) -> Decimal | None:
        price = number(row[name])
        if price is None:
            return None
        contract = self.contracts.get(row["InstrumentID"].strip())
        return exact_price(price, _DIGITS if contract is None else contract.price_digits)


def moment_of(time_of_day: str, trading_day: int, now_ns: int) -> int:
    """Return when "HH:MM:SS" of a trading day was, in ns UTC; `now_ns` where it says nothing.

    Dates of CTP's are wrong at night on two exchanges, so none is read: a day time is the trading day's own, a night
    time the newest of that hour that is not in the future and in a week's nights. After a holiday that may be told some
    days late; nothing but the display depends on it.
    """
    parts = time_of_day.strip().split(":")
    if len(parts) != len(("hour", "minute", "second")) or not all(part.isdecimal() for part in parts):
        return now_ns
    hour, minute, second = map(int, parts)
    now = datetime.fromtimestamp(now_ns / NS_PER_S, _CHINA)
    own = date(trading_day // 10_000, trading_day // 100 % 100, trading_day % 100)
    is_night = hour >= _EVENING or hour < _MORNING
    day = min(now.date(), own) if is_night else own
    try:
        moment = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=_CHINA)
    except ValueError:
        return now_ns
    while is_night and (moment > now + _AHEAD or not _is_a_night(moment, own)):
        moment -= timedelta(days=1)
    return int(moment.timestamp()) * NS_PER_S


def _is_a_night(moment: datetime, trading_day: date) -> bool:
    """Nights begin from Monday to Friday, before their trading day."""
    evening = moment.date() - timedelta(days=0 if moment.hour >= _EVENING else 1)
    return evening.isoweekday() <= _FRIDAY and evening < trading_day
