"""Every form a quote can be published in, as one table: name → usual topic and encoder."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from tradewind.market.ctpwire.layout import (
    CSV_COLUMNS,
    FIELDS,
    LEVELS,
    NO_PRICE,
    RECORD,
    RECORD_FIELDS,
    RECORD_PLACE,
    Kind,
)
from tradewind.market.ctpwire.protobuf import message_classes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.feeder.quotes import Quote

_COUNTS: Final = frozenset(field.name for field in FIELDS if field.kind in {Kind.COUNT, Kind.LONG})
_BATCH: Final = 3
"""The message type of a batch."""
_NAMED_ABROAD: Final = frozenset({"US", "COMEX"})
"""Exchanges whose symbols nobody finds without the exchange."""


class Format(NamedTuple):
    """One form of the wire."""

    topic: str
    encode: Callable[[Quote], bytes]
    is_text: bool
    """True where `topic body` fits into one frame."""


def _filled(quote: Quote) -> dict[str, Any]:
    """Return every field as CTP has it: DBL_MAX for no price, 0 for no count."""
    return {
        name: value if value is not None else 0 if name in _COUNTS else NO_PRICE for name, value in quote.fields.items()
    }


def encode_protobuf(quote: Quote) -> bytes:
    """Write `ctp.MarketDataMessage`.

    Raises: ValueError: a count is larger than 32 bits.
    """
    data: bytes = _message(quote).SerializeToString()
    return data


def encode_protobuf_batch(quote: Quote) -> bytes:
    """Write `ctp.MarketDataBatchMessage` of one quote.

    Raises: ValueError: as above.
    """
    batch = message_classes()[1](
        market_data=[_message(quote)], timestamp=quote.fields["timestamp"], message_type=_BATCH
    )
    data: bytes = batch.SerializeToString()
    return data


def encode_csv(quote: Quote) -> bytes:
    """Write CTP's 44 columns."""
    values = _filled(quote)
    return ",".join(str(values[field.name]) for field in FIELDS[:CSV_COLUMNS]).encode()


def encode_struct(quote: Quote) -> bytes:
    """Write CThostFtdcDepthMarketDataField.

    Raises: struct.error: a count is larger than 32 bits.
    """
    filled = _filled(quote)
    # The two old names of the contract stay empty, the banding prices behind it are those that nobody sets.
    values: list[Any] = [b""] * (RECORD_FIELDS - 2) + [NO_PRICE] * 2
    for name, place in RECORD_PLACE.items():
        value = filled[name]
        values[place] = value.encode() if type(value) is str else value
    return RECORD.pack(*values)


def encode_words(quote: Quote) -> bytes:
    """Write `symbol price volume timestamp`."""
    fields = quote.fields
    symbol = quote.instrument_id if quote.exchange in _NAMED_ABROAD else quote.symbol
    last = fields["last_price"]
    return f"{symbol} {last if last is not None else NO_PRICE} {fields['volume'] or 0} {quote.ts_ms}".encode()


def snake(quote: Quote) -> dict[str, Any]:
    """Name the fields as the protobuf message does."""
    return _filled(quote)


def ctp(quote: Quote) -> dict[str, Any]:
    """Name the fields as CTP does."""
    return {field.ctp_name: value for field, value in zip(FIELDS, _filled(quote).values(), strict=True)}


def camel(quote: Quote) -> dict[str, Any]:
    """Name the fields as Java programs do."""
    return {field.camel_name: value for field, value in zip(FIELDS, _filled(quote).values(), strict=True)}


def vnpy(quote: Quote) -> dict[str, Any]:
    """Name the fields as vn.py does, which writes 0 for what is absent and knows no settlement."""
    fields = {name: value if value is not None else 0 for name, value in quote.fields.items()}
    levels = {
        f"{side}_{part}_{level}": fields[f"{side}_{part}{level}"]
        for level in LEVELS
        for side in ("bid", "ask")
        for part in ("price", "volume")
    }
    return {
        "gateway_name": "CTP",
        "symbol": quote.symbol,
        "exchange": quote.exchange,
        "name": quote.symbol,
        "datetime": f"{quote.date_time}+08:00",
        "volume": fields["volume"],
        "turnover": fields["turnover"],
        "open_interest": fields["open_interest"],
        "last_price": fields["last_price"],
        "last_volume": 0,
        "limit_up": fields["upper_limit_price"],
        "limit_down": fields["lower_limit_price"],
        "open_price": fields["open_price"],
        "high_price": fields["highest_price"],
        "low_price": fields["lowest_price"],
        "pre_close": fields["pre_close_price"],
        **levels,
    }


def tqsdk(quote: Quote) -> dict[str, Any]:
    """Name the fields as TqSdk does, which has no trading day."""
    fields = quote.fields
    levels = {name: fields[name] for level in LEVELS for name in _level_names(level)}
    return {
        "instrument_id": f"{quote.exchange}.{quote.symbol}",
        "datetime": quote.date_time,
        "last_price": fields["last_price"],
        "highest": fields["highest_price"],
        "lowest": fields["lowest_price"],
        "open": fields["open_price"],
        "close": fields["close_price"],
        "average": fields["average_price"],
        "volume": fields["volume"],
        "amount": fields["turnover"],
        "open_interest": fields["open_interest"],
        "settlement": fields["settlement_price"],
        "upper_limit": fields["upper_limit_price"],
        "lower_limit": fields["lower_limit_price"],
        "pre_open_interest": fields["pre_open_interest"],
        "pre_settlement": fields["pre_settlement_price"],
        "pre_close": fields["pre_close_price"],
        **levels,
    }


def short(quote: Quote) -> dict[str, Any]:
    """Write the few fields of the shortest form, with the date that old recordings need."""
    fields = quote.fields
    return {
        "iid": quote.instrument_id if quote.exchange in _NAMED_ABROAD else quote.symbol,
        "price": fields["last_price"],
        "vol": fields["volume"],
        "date": fields["action_day"],
        "time": fields["update_time"],
        "msec": fields["update_millisec"],
        "bid1": fields["bid_price1"],
        "bidvol1": fields["bid_volume1"],
        "ask1": fields["ask_price1"],
        "askvol1": fields["ask_volume1"],
    }


def _as_rtn(quote: Quote) -> object:
    return {"MsgType": "RtnDepthMarketData", "DepthMarketData": ctp(quote)}


def _as_data(quote: Quote) -> object:
    return {"type": "market_data", "data": snake(quote)}


def _as_rtn_data(quote: Quote) -> object:
    fields = tqsdk(quote)
    return {"aid": "rtn_data", "data": [{"quotes": {fields["instrument_id"]: fields}}]}


def _as_array(quote: Quote) -> object:
    return [snake(quote)]


def _json(shape: Callable[[Quote], object], topic: str = "MARKET_DATA") -> Format:
    encode = msgspec.json.Encoder().encode
    return Format(topic, lambda quote: encode(shape(quote)), is_text=True)


def _as_msgpack(quote: Quote) -> bytes:
    return msgspec.msgpack.encode(snake(quote))


def _message(quote: Quote) -> Any:  # noqa: ANN401 - a class made at run time
    values = {name: value.encode() if type(value) is str else value for name, value in _filled(quote).items()}
    return message_classes()[0](**values)


@cache
def _level_names(level: int) -> tuple[str, ...]:
    return tuple(f"{side}_{part}{level}" for side in ("ask", "bid") for part in ("price", "volume"))


FORMATS: Final[Mapping[str, Format]] = {
    "protobuf": Format("MARKET_DATA_PROTOBUF", encode_protobuf, is_text=False),
    "protobuf-batch": Format("MARKET_DATA_PROTOBUF", encode_protobuf_batch, is_text=False),
    "csv": Format("MARKET_DATA", encode_csv, is_text=True),
    "json": _json(snake),
    "json-ctp": _json(ctp),
    "json-camel": _json(camel),
    "json-vnpy": _json(vnpy),
    "json-tqsdk": _json(tqsdk),
    "json-short": _json(short),
    "json-rtn": _json(_as_rtn),
    "json-data": _json(_as_data),
    "json-rtn-data": _json(_as_rtn_data),
    "json-array": _json(_as_array),
    "msgpack": Format("MARKET_DATA", _as_msgpack, is_text=False),
    "struct": Format("MARKET_DATA", encode_struct, is_text=False),
    "words": Format("TICK", encode_words, is_text=True),
}
"""What `tradewind feed --format` takes."""
