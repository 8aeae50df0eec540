"""Rows as 000's REST shows them: contracts under CTP's names, pages of rows, and the same as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from tradewind.bus.quote_form import SeedQuote
from tradewind.domain.instrument import Instrument

_BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it spreadsheets take the Chinese names for another encoding."""


class InstrumentRow(msgspec.Struct, frozen=True, kw_only=True):
    """One contract; what no table says is null."""

    instrument_id: str = msgspec.field(name="InstrumentID")
    exchange_id: str = msgspec.field(name="ExchangeID")
    instrument_name: str = msgspec.field(name="InstrumentName")
    product_id: str = msgspec.field(name="ProductID")
    volume_multiple: int = msgspec.field(name="VolumeMultiple")
    price_tick: float = msgspec.field(name="PriceTick")
    expire_date: str | None = msgspec.field(name="ExpireDate")
    position_date_type: str = msgspec.field(name="PositionDateType")
    instrument: str


class InstrumentPage(InstrumentRow, frozen=True, kw_only=True):
    """One contract with its newest quote, null before the first."""

    market_data: SeedQuote | None


class Page(msgspec.Struct, frozen=True):
    """A page of rows; `pages` is 0 when there is nothing at all."""

    data: Sequence[Any]
    total: int
    page: int
    per_page: int
    pages: int


ACCOUNT_COLUMNS: Final = (
    *("BrokerID", "AccountID", "TradingDay", "PreBalance", "Balance", "Available", "CurrMargin", "FrozenMargin"),
    *("Commission", "CloseProfit", "PositionProfit", "Deposit", "Withdraw"),
)
POSITION_COLUMNS: Final = (
    *("BrokerID", "InvestorID", "InstrumentID", "ExchangeID", "PosiDirection", "PositionDate", "Position"),
    *("TodayPosition", "YdPosition", "OpenCost", "PositionCost", "UseMargin", "PositionProfit", "CloseProfit"),
)


def fields_of(instrument: Instrument) -> dict[str, Any]:
    """Return the fields of a contract's row."""
    return {
        "instrument_id": instrument.symbol,
        "exchange_id": instrument.exchange,
        "instrument_name": instrument.name,
        "product_id": instrument.product_id,
        "volume_multiple": instrument.contract_multiplier,
        "price_tick": instrument.price_tick,
        "expire_date": None if instrument.expire_date is None else str(instrument.expire_date),
        "position_date_type": "1" if instrument.is_date_kept else "2",
        "instrument": instrument.instrument_id,
    }


def is_hit(instrument: Instrument, search: str) -> bool:
    """Say whether a contract is what somebody looks for; any part of id, name or product, in any case."""
    wanted = search.casefold()
    return any(wanted in text.casefold() for text in (instrument.instrument_id, instrument.name, instrument.product_id))


def page_of(rows: Sequence[Any], *, page: int, per_page: int) -> Page:
    """Return one page; one beyond the last is empty."""
    begin = (page - 1) * per_page
    return Page(rows[begin : begin + per_page], len(rows), page, per_page, -(-len(rows) // per_page))


def as_csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return rows as a spreadsheet opens them."""
    text = io.StringIO()
    text.write(_BYTE_ORDER_MARK)
    writer = csv.DictWriter(text, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
