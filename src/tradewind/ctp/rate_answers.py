"""Makes rates, contracts and ways of counting of what a front answers; nothing is filled in that was not told.

A rate may come for the product though the contract was asked for, for all investors though one asked, or not at all.
Numbers are the library's: DBL_MAX is none. Source: CThostFtdcInstrumentMarginRateField and its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from tradewind.domain.instrument import OptionTerms
from tradewind.domain.rates import CommissionRate, MarginRate
from tradewind.domain.told_rates import ToldContract, ToldCounting, ToldRates

if TYPE_CHECKING:
    from collections.abc import Iterable

    Row = Mapping[str, Any]

_EMPTY: Final = 1e300
_FIGURES: Final = 12
"""Figures of a rate that count: a double has a few more, which are noise (0.00010000000000000001)."""
_RANGES: Final = {"1": 1, "2": 2, "3": 3}
"""InvestorRange: all, a group, this very investor; the narrower one counts."""
_SPECULATION: Final = "1"
_FUTURES: Final = "1"
_OPTIONS: Final = frozenset({"2", "6"})
_RIGHTS: Final[Mapping[str, Literal["call", "put"]]] = {"1": "call", "2": "put"}
"""OptionsType."""
_MARGIN_PRICES: Final = {"1": "pre_settlement", "2": "last", "3": "average", "4": "open"}
_COUNTED: Final = {"1": "all", "2": "loss", "3": "gain", "4": "none"}
_AVAILABLE: Final = {"0": True, "2": False}
_LARGEST: Final = 1_000_000
"""Lots of an order; more is no size."""


def margin_told(rows: Iterable[Row], contract: str, product_id: str, *, trading_day: int) -> ToldRates | None:
    """Return the margin that an answer about `contract` ("au2604.SHFE") tells, `None` where it tells none."""
    fitting = [row for row in rows if _text(row, "HedgeFlag") in {"", _SPECULATION}]
    row = _best(fitting, contract, product_id)
    rate = None if row is None else _margin(row)
    if row is None or rate is None:
        return None
    return msgspec.structs.replace(_about(row, contract, product_id, trading_day), margin=rate)


def commission_told(rows: Iterable[Row], contract: str, product_id: str, *, trading_day: int) -> ToldRates | None:
    """Return the commission that an answer about `contract` tells, without fees of messages; `None` for none."""
    row = _best(rows, contract, product_id)
    rate = None if row is None else _commission(row)
    if row is None or rate is None:
        return None
    return msgspec.structs.replace(_about(row, contract, product_id, trading_day), commission=rate)


def order_fees_told(rows: Iterable[Row], contract: str, product_id: str, *, trading_day: int) -> ToldRates | None:
    """Return the fees of messages (申报费) that an answer about `contract` tells, `None` for none."""
    row = _best(rows, contract, product_id)
    if row is None:
        return None
    order, cancel = _number(row, "OrderCommByVolume"), _number(row, "OrderActionCommByVolume")
    if order is None or cancel is None:
        return None
    return msgspec.structs.replace(_about(row, contract, product_id, trading_day), order_fee=order, cancel_fee=cancel)


def contract_told(row: Row) -> ToldContract | None:
    """Return a contract's facts, `None` where one that is needed is missing or absurd."""
    symbol, exchange = _text(row, "InstrumentID"), _text(row, "ExchangeID")
    multiplier, tick = row.get("VolumeMultiple"), row.get("PriceTick")
    is_known = symbol and exchange and isinstance(multiplier, int) and multiplier > 0
    if not is_known or not isinstance(tick, float | int) or not 0 < tick < _EMPTY:
        return None
    kind = _text(row, "ProductClass")
    expire = _text(row, "ExpireDate")
    return ToldContract(
        instrument_id=f"{symbol}.{exchange}",
        product_id=_text(row, "ProductID"),
        name=_text(row, "InstrumentName"),
        contract_multiplier=int(multiplier or 0),
        price_tick=float(tick),
        is_date_kept=_text(row, "PositionDateType") == "1",
        expire_date=int(expire) if expire.isdecimal() else None,
        is_trading=bool(row.get("IsTrading", 1)),
        kind="future" if kind == _FUTURES else "option" if kind in _OPTIONS else "other",
        option=_option_told(row, exchange) if kind in _OPTIONS else None,
    )


def _option_told(row: Row, exchange: str) -> OptionTerms | None:
    underlying, strike = _text(row, "UnderlyingInstrID"), _number(row, "StrikePrice")
    right = _RIGHTS.get(_text(row, "OptionsType"))
    if not underlying or right is None or strike is None or strike <= 0:
        return None
    return OptionTerms(f"{underlying}.{exchange}", float(strike), right)


def sizes_told(row: Row, *, trading_day: int) -> ToldRates | None:
    """Return the order sizes and the larger side of a contract, from the row of its facts."""
    symbol, exchange = _text(row, "InstrumentID"), _text(row, "ExchangeID")
    if not symbol or not exchange:
        return None
    largest = {name: row.get(f"Max{kind}OrderVolume") for name, kind in (("limit", "Limit"), ("market", "Market"))}
    smallest = row.get("MinLimitOrderVolume")
    side = _text(row, "MaxMarginSideAlgorithm")
    return ToldRates(
        valid_from=trading_day,
        contract=f"{symbol}.{exchange}",
        max_limit_quantity=_size(largest["limit"]),
        max_market_quantity=_size(largest["market"]),
        min_quantity=_size(smallest) or None,
        is_larger_side_only={"0": False, "1": True}.get(side),
    )


def counting_told(rows: Iterable[Row]) -> ToldCounting | None:
    """Return how the broker counts the account (ReqQryBrokerTradingParams), `None` where it did not say."""
    row = next(iter(rows), None)
    if row is None:
        return None
    return ToldCounting(
        margin_price=_MARGIN_PRICES.get(_text(row, "MarginPriceType")),
        pnl_in_available=_COUNTED.get(_text(row, "Algorithm")),
        is_close_gain_available=_AVAILABLE.get(_text(row, "AvailIncludeCloseProfit")),
    )


def groups_told(rows: Iterable[Row]) -> dict[str, str]:
    """Return by product ("SHFE.au") the group it counts in for the larger side (ReqQryProductGroup)."""
    found = {}
    for row in rows:
        exchange, product, group = (_text(row, name) for name in ("ExchangeID", "ProductID", "ProductGroupID"))
        if exchange and product and group:
            found[f"{exchange}.{product}"] = f"{exchange}.{group}"
    return found


def _best(rows: Iterable[Row], contract: str, product_id: str) -> Row | None:
    """Return the row that counts: of the contract before the product, of the investor before all."""
    symbol = contract.rpartition(".")[0]
    fitting = [row for row in rows if _text(row, "InstrumentID") in {symbol, product_id}]
    return max(
        fitting,
        key=lambda row: (_text(row, "InstrumentID") == symbol, _RANGES.get(_text(row, "InvestorRange"), 0)),
        default=None,
    )


def _about(row: Row, contract: str, product_id: str, trading_day: int) -> ToldRates:
    """Return rates about what the row is about, the contract or its product, without any part yet."""
    symbol, _, exchange = contract.rpartition(".")
    if _text(row, "InstrumentID") == symbol:
        return ToldRates(valid_from=trading_day, contract=contract)
    return ToldRates(valid_from=trading_day, product=f"{exchange}.{product_id}")


def _margin(row: Row) -> MarginRate | None:
    parts = [
        _rate(row, f"{side}MarginRatioBy{kind}", is_part=kind == "Money")
        for side in ("Long", "Short")
        for kind in ("Money", "Volume")
    ]
    return None if any(part is None for part in parts) else MarginRate(*(part or Decimal(0) for part in parts))


def _commission(row: Row) -> CommissionRate | None:
    parts = [
        _rate(row, f"{act}RatioBy{kind}", is_part=kind == "Money")
        for act in ("Open", "Close", "CloseToday")
        for kind in ("Money", "Volume")
    ]
    return None if any(part is None for part in parts) else CommissionRate(*(part or Decimal(0) for part in parts))


def _rate(row: Row, name: str, *, is_part: bool) -> Decimal | None:
    """Return a rate, `None` where it is absurd: below 0, or more than all of the money."""
    value = _number(row, name)
    return None if value is None or value < 0 or (is_part and value > 1) else value


def _number(row: Row, name: str) -> Decimal | None:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _EMPTY:
        return None
    return Decimal(f"{value:.{_FIGURES}g}").normalize() + 0


def _size(value: object) -> int | None:
    return value if isinstance(value, int) and 0 <= value <= _LARGEST else None


def _text(row: Row, name: str) -> str:
    return str(row.get(name) or "").strip("\0 ")
