"""What the broker says of its contracts: exchange, price step, largest order, whether days are kept apart."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.domain.instrument import instrument_id_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_KEEPS_DATES: Final = "1"
_DIGITS: Final = 6
_EMPTY: Final = 1e9
"""No price steps so far; CTP writes what it has not as DBL_MAX."""


class CtpContract(msgspec.Struct, frozen=True, gc=False):
    """One contract as its broker describes it (CThostFtdcInstrumentField); quantities in lots."""

    instrument_id: str
    price_tick: Decimal
    contract_multiplier: int
    is_date_kept: bool
    max_limit_quantity: int
    max_market_quantity: int
    """0 where the exchange takes no market orders."""
    min_limit_quantity: int

    @property
    def price_digits(self) -> int:
        """Return the decimals of its prices."""
        exponent = self.price_tick.normalize().as_tuple().exponent
        return max(0, -exponent) if isinstance(exponent, int) else 0


def read_contracts(rows: Iterable[Mapping[str, Any]]) -> tuple[dict[str, CtpContract], int]:
    """Return contracts by the exchange's symbol, and how many rows were none."""
    found: dict[str, CtpContract] = {}
    bad = 0
    for row in rows:
        contract = _read(row)
        if contract is None:
            bad += 1
        else:
            found[row["InstrumentID"].strip()] = contract
    return found, bad


def _read(row: Mapping[str, Any]) -> CtpContract | None:
    symbol, exchange = row["InstrumentID"].strip(), row["ExchangeID"].strip()
    tick = row["PriceTick"]
    if not symbol or not exchange or not 0 < tick < _EMPTY or row["VolumeMultiple"] < 1:
        return None
    return CtpContract(
        instrument_id=instrument_id_of(symbol, exchange),
        price_tick=Decimal(f"{tick:.{_DIGITS}f}").normalize(),
        contract_multiplier=row["VolumeMultiple"],
        is_date_kept=row["PositionDateType"] == _KEEPS_DATES,
        max_limit_quantity=row["MaxLimitOrderVolume"],
        max_market_quantity=row["MaxMarketOrderVolume"],
        min_limit_quantity=max(1, row["MinLimitOrderVolume"]),
    )
