"""Ticks of CTP's library as they lie in the ring, and a made-up module of structs."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

from tradewind.ctp.tick_layout import FIELDS, packed

NO_PRICE = sys.float_info.max
_TEXTS = {"TradingDay", "reserve1", "ExchangeID", "reserve2", "UpdateTime", "ActionDay", "InstrumentID"}


def make_record(recv_ns: int, **changes: Any) -> bytes:
    """Return one record of the ring; what is not named is as empty as the library leaves it."""
    values: dict[str, Any] = dict.fromkeys(FIELDS, NO_PRICE)
    values |= dict.fromkeys((*_TEXTS, "ExchangeInstID"), "")
    values |= {name: 0 for name in FIELDS if "Volume" in name or name == "UpdateMillisec"}
    values |= {"InstrumentID": "rb2701", "LastPrice": 3000.0, "UpdateTime": "09:30:00", **changes}
    return recv_ns.to_bytes(8, "little") + packed(SimpleNamespace(**values))
