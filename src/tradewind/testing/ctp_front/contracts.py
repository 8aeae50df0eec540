"""The contracts that the fronts trade: the shipped tables, the rows of an instrument query, and prices of the day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

from tradewind.domain.prices import exact_price
from tradewind.errors import InputError
from tradewind.market.contracts import InstrumentTable
from tradewind.market.rates import RateTable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tradewind.domain.instrument import Instrument
    from tradewind.domain.rates import CommissionRate, MarginRate

Act = Literal["open", "close", "close_today"]
NO_PRICE: Final = 1.7976931348623157e308
_NO_MARGIN: Final = Decimal("0.1")
_CHINESE: Final = ("SHFE", "INE", "DCE", "CZCE", "CFFEX", "GFEX")
_NO_FEE: Final = Decimal("0.0001")


@dataclass(frozen=True)
class Contract:
    """One contract, in CTP's words. Rates are final: the broker's part is in them."""

    symbol: str
    exchange: str
    product: str
    name: str
    multiplier: int
    price_tick: Decimal
    hours_id: str
    is_date_kept: bool
    expire_date: int
    max_limit_quantity: int = 500
    max_market_quantity: int = 30
    is_larger_side_only: bool = False
    closes_today_first: bool = False
    margins: tuple[Decimal, Decimal, Decimal, Decimal] = (_NO_MARGIN, Decimal(0), _NO_MARGIN, Decimal(0))
    """Long by money, long by volume, short by money, short by volume."""
    fees: tuple[Decimal, Decimal, Decimal, Decimal, Decimal, Decimal] = (_NO_FEE, Decimal(0)) * 3
    """Open, close, close today; each by money and by volume."""

    def fee(self, act: Act, price: Decimal, quantity: int) -> Decimal:
        """Return the commission of lots."""
        at = {"open": 0, "close": 2, "close_today": 4}[act]
        return price * self.multiplier * quantity * self.fees[at] + quantity * self.fees[at + 1]

    def margin(self, direction: str, price: Decimal, quantity: int) -> Decimal:
        """Return the margin of lots at a price; direction 2 is long."""
        by_money, by_volume = self.margins[:2] if direction == "2" else self.margins[2:]
        return price * self.multiplier * quantity * by_money + quantity * by_volume

    def row(self) -> dict[str, Any]:
        """Return it as `OnRspQryInstrument` shows it."""
        year, month = divmod(self.expire_date // 100, 100)
        return {
            "InstrumentID": self.symbol, "ExchangeID": self.exchange, "InstrumentName": self.name,
            "ExchangeInstID": self.symbol, "ProductID": self.product, "ProductClass": "1", "DeliveryYear": year,
            "DeliveryMonth": month, "MaxMarketOrderVolume": self.max_market_quantity, "MinMarketOrderVolume": 1,
            "MaxLimitOrderVolume": self.max_limit_quantity, "MinLimitOrderVolume": 1,
            "VolumeMultiple": self.multiplier, "PriceTick": float(self.price_tick), "CreateDate": "20240101",
            "OpenDate": "20240102", "ExpireDate": str(self.expire_date), "InstLifePhase": "1", "IsTrading": 1,
            "PositionType": "2", "PositionDateType": "1" if self.is_date_kept else "2",
            "LongMarginRatio": float(self.margins[0]), "ShortMarginRatio": float(self.margins[2]),
            "MaxMarginSideAlgorithm": "1" if self.is_larger_side_only else "0", "UnderlyingInstrID": self.product,
            "StrikePrice": NO_PRICE, "OptionsType": " ", "UnderlyingMultiple": 1.0, "CombinationType": "0",
        }  # fmt: skip


class ContractList:
    """Every contract of the fronts, by symbol."""

    def __init__(self, contracts: Iterable[Contract]) -> None:
        self._contracts = {contract.symbol: contract for contract in contracts}

    def find(self, symbol: str) -> Contract | None:
        """Return the contract, `None` where there is none."""
        return self._contracts.get(symbol)

    def require(self, symbol: str) -> Contract:
        """Return the contract.

        Raises: InputError: there is none.
        """
        found = self._contracts.get(symbol)
        if found is None:
            message = f"the fronts know no contract {symbol!r}; they know {len(self._contracts)} others"
            raise InputError(message)
        return found

    def list_also(self, instrument_id: str, trading_day: int) -> Contract | None:
        """Return the contract, listed now if it was not; `None` where no table knows it."""
        found = self._contracts.get(instrument_id.rpartition(".")[0]) or contract_of(instrument_id, trading_day)
        if found is not None:
            self._contracts[found.symbol] = found
        return found

    def all(self) -> list[Contract]:
        """Return all, in the order of the table."""
        return list(self._contracts.values())

    def change(self, symbol: str, **changes: Any) -> None:  # noqa: ANN401 - fields of a Contract
        """Change facts of a contract: rates, its last day.

        Raises: InputError: there is no such contract.
        """
        self._contracts[symbol] = replace(self.require(symbol), **changes)

    def add(self, contract: Contract) -> None:
        """List one more."""
        self._contracts[contract.symbol] = contract

    def remove(self, symbol: str) -> None:
        """List it no more: it has expired."""
        self._contracts.pop(symbol, None)


def shipped_contracts(trading_day: int) -> ContractList:
    """Return the futures of China in the shipped tables that have not expired; what has no rate gets an example's."""
    table = InstrumentTable()
    rates = RateTable(table, holds_before=True)
    return ContractList(
        _contract(found, rates, trading_day)
        for found in table.all()
        if found.exchange in _CHINESE and found.option is None and (found.expire_date or 0) >= trading_day
    )


def contract_of(instrument_id: str, trading_day: int) -> Contract | None:
    """Return a contract that need not be listed, `None` where no table knows its product or it is none of China's.

    One that would have expired lives on for a year: recordings are older than the tables.
    """
    table = InstrumentTable()
    found = table.find(instrument_id)
    if found is None or found.exchange not in _CHINESE or found.option is not None:
        return None
    made = _contract(found, RateTable(table, holds_before=True), trading_day)
    return made if made.expire_date >= trading_day else replace(made, expire_date=trading_day + 10_000)


def _contract(found: Instrument, table: RateTable, trading_day: int) -> Contract:
    rates = table.find(found.instrument_id, trading_day)
    plain = Contract(
        symbol=found.symbol,
        exchange=found.exchange,
        product=found.product_id,
        name=found.symbol,
        multiplier=found.contract_multiplier,
        price_tick=exact_price(found.price_tick, found.price_digits),
        hours_id=found.hours_id,
        is_date_kept=found.is_date_kept,
        expire_date=found.expire_date or 0,
    )
    if rates is None:
        return plain
    return replace(
        plain,
        max_limit_quantity=rates.max_limit_quantity,
        max_market_quantity=rates.max_market_quantity,
        is_larger_side_only=rates.is_larger_side_only,
        closes_today_first=rates.close_priority == "today_first",
        margins=_margins(rates.margin),
        fees=_fees(rates.commission),
    )


def _margins(rate: MarginRate) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    return rate.long_by_money, rate.long_by_volume, rate.short_by_money, rate.short_by_volume


def _fees(rate: CommissionRate) -> tuple[Decimal, Decimal, Decimal, Decimal, Decimal, Decimal]:
    return (
        rate.open_by_money, rate.open_by_volume, rate.close_by_money, rate.close_by_volume,
        rate.close_today_by_money, rate.close_today_by_volume,
    )  # fmt: skip
