"""Builders for the `ctpmarket` wire: a decoder, one golden quote and it in every documented form."""

from __future__ import annotations

import ctypes
import json
import struct
from typing import Any, ClassVar

from tradewind.domain.tick import RawTick
from tradewind.market.contracts import InstrumentTable
from tradewind.market.ctpwire.decoder import DecoderLimits, FrameDecoder
from tradewind.market.ctpwire.moments import Moments
from tradewind.market.ctpwire.names import ContractNames
from tradewind.market.ctpwire.refusals import QuarantineLimits

NOW_NS = 1_764_552_600_600_000_000
"""2025-12-01 09:30:00.6 in China: when the golden quote is received."""
GOLDEN_NS = NOW_NS - 100_000_000
NO_PRICE = 1.7976931348623157e308
TABLE = InstrumentTable()

GOLDEN: dict[str, Any] = {
    "trading_day": "20251201",
    "instrument_id": "au2602",
    "exchange_id": "SHFE",
    "exchange_inst_id": "",
    "last_price": 962.7,
    "pre_settlement_price": 950.62,
    "pre_close_price": 953.42,
    "pre_open_interest": 200_000.0,
    "open_price": 957.0,
    "highest_price": 964.98,
    "lowest_price": 951.0,
    "volume": 323_936,
    "turnover": 310_361_654_160.0,
    "open_interest": 201_234.0,
    "close_price": NO_PRICE,
    "settlement_price": NO_PRICE,
    "upper_limit_price": 1083.7,
    "lower_limit_price": 817.52,
    "pre_delta": 0.0,
    "curr_delta": NO_PRICE,
    "update_time": "09:30:00",
    "update_millisec": 500,
    **{
        name: value
        for level in range(1, 6)
        for name, value in (
            (f"bid_price{level}", 962.68 if level == 1 else NO_PRICE),
            (f"bid_volume{level}", 3 if level == 1 else 0),
            (f"ask_price{level}", 962.7 if level == 1 else NO_PRICE),
            (f"ask_volume{level}", 5 if level == 1 else 0),
        )
    },
    "average_price": 958_095.5959,
    "action_day": "20251201",
    "local_timestamp": "2025-12-01 09:30:00.600",
    "timestamp": 1_764_552_600_600,
}
"""The first 44 in the order of the CSV, all 46 in the order of the protobuf numbers."""

GOLDEN_TICK = RawTick._make(
    (
        *("au2602.SHFE", GOLDEN_NS, NOW_NS, 20251201, 962.7, 323_936, 310_361_654_160.0, 201_234.0),
        *(962.68, 3, 962.7, 5, 957.0, 964.98, 951.0, 950.62, 953.42, 200_000.0, 1083.7, 817.52, None, None),
    )
)


def make_decoder(*, wanted: tuple[str, ...] = (), unwanted: tuple[str, ...] = (), **changes: Any) -> FrameDecoder:
    """Return a decoder that knows the shipped contract table, with these parts changed."""
    return FrameDecoder(
        **{
            "names": ContractNames(TABLE.find_symbol, wanted=wanted, unwanted=unwanted),
            "moments": Moments(trusts_action_day=False),
            "quarantine": QuarantineLimits(),
            "limits": DecoderLimits(),
            **changes,
        }
    )


def decode(*frames: bytes) -> list[RawTick]:
    """Return what a new decoder reads from one message."""
    return [RawTick._make(tick) for tick in make_decoder().decode(frames, NOW_NS)]


def golden_protobuf() -> bytes:
    """Return the golden quote as protobuf, written by hand: tags and lengths as the wire has them."""
    parts = []
    for number, (name, value) in enumerate(GOLDEN.items(), 1):
        if isinstance(value, str):
            parts.append(varint(number << 3 | 2) + varint(len(value)) + value.encode() if value else b"")
        elif isinstance(value, float):
            parts.append(varint(number << 3 | 1) + struct.pack("<d", value) if value else b"")
        else:
            parts.append(varint(number << 3) + varint(value) if value else b"")
        assert name
    return b"".join(parts)


def golden_csv() -> str:
    """Return the golden quote as 44 columns."""
    return ",".join(str(value) for value in list(GOLDEN.values())[:44])


def golden_json(**changes: Any) -> bytes:
    """Return the golden quote as a JSON object under its snake_case names, with these fields changed."""
    return json.dumps({**GOLDEN, **changes}).encode()


class DepthMarketData(ctypes.Structure):
    """CThostFtdcDepthMarketDataField of 6.7 as its header declares it."""

    _fields_: ClassVar[Any] = [
        *[("TradingDay", ctypes.c_char * 9), ("reserve1", ctypes.c_char * 31), ("ExchangeID", ctypes.c_char * 9)],
        ("reserve2", ctypes.c_char * 31),
        *[(f"price{at}", ctypes.c_double) for at in range(7)],
        ("Volume", ctypes.c_int),
        *[(f"amount{at}", ctypes.c_double) for at in range(8)],
        *[("UpdateTime", ctypes.c_char * 9), ("UpdateMillisec", ctypes.c_int)],
        *[
            (f"{part}{level}", kind)
            for level in range(1, 6)
            for part, kind in (
                *[("BidPrice", ctypes.c_double), ("BidVolume", ctypes.c_int)],
                *[("AskPrice", ctypes.c_double), ("AskVolume", ctypes.c_int)],
            )
        ],
        *[("AveragePrice", ctypes.c_double), ("ActionDay", ctypes.c_char * 9), ("InstrumentID", ctypes.c_char * 81)],
        *[("ExchangeInstID", ctypes.c_char * 81), ("BandingUpper", ctypes.c_double), ("BandingLower", ctypes.c_double)],
    ]


def golden_struct() -> bytes:
    """Return the golden quote as the C compiler lays it out."""
    values = list(GOLDEN.values())
    record = DepthMarketData()
    record.TradingDay, record.ExchangeID = b"20251201", b"SHFE"
    for at in range(7):
        setattr(record, f"price{at}", values[4 + at])
    record.Volume = values[11]
    for at in range(8):
        setattr(record, f"amount{at}", values[12 + at])
    record.UpdateTime, record.UpdateMillisec = b"09:30:00", 500
    for level in range(1, 6):
        for name, theirs in (("bid_price", "BidPrice"), ("bid_volume", "BidVolume")):
            setattr(record, f"{theirs}{level}", GOLDEN[f"{name}{level}"])
        for name, theirs in (("ask_price", "AskPrice"), ("ask_volume", "AskVolume")):
            setattr(record, f"{theirs}{level}", GOLDEN[f"{name}{level}"])
    record.ActionDay, record.InstrumentID = b"20251201", b"au2602"
    return bytes(record)


def varint(number: int) -> bytes:
    """Return a number as protobuf writes it."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
