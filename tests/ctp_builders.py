"""Ticks of CTP's library as they lie in the ring, and a made-up module of structs."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

from tradewind.ctp.tick_layout import FIELDS, packed
from tradewind.domain.told_rates import ToldContract

NO_PRICE = sys.float_info.max
_TEXTS = {"TradingDay", "reserve1", "ExchangeID", "reserve2", "UpdateTime", "ActionDay", "InstrumentID"}


def make_record(recv_ns: int, **changes: Any) -> bytes:
    """Return one record of the ring; what is not named is as empty as the library leaves it."""
    values: dict[str, Any] = dict.fromkeys(FIELDS, NO_PRICE)
    values |= dict.fromkeys((*_TEXTS, "ExchangeInstID"), "")
    values |= {name: 0 for name in FIELDS if "Volume" in name or name == "UpdateMillisec"}
    values |= {"InstrumentID": "rb2701", "LastPrice": 3000.0, "UpdateTime": "09:30:00", **changes}
    return recv_ns.to_bytes(8, "little") + packed(SimpleNamespace(**values))


def make_told(instrument_id: str, **changes: Any) -> ToldContract:
    """Return a contract of gold as a broker lists it, an option where `option` is among the changes."""
    fields: dict[str, Any] = {
        "instrument_id": instrument_id, "product_id": "au", "name": "", "contract_multiplier": 1000,
        "price_tick": 0.02, "is_date_kept": True, "expire_date": 20281215, "is_trading": True,
        "kind": "option" if "option" in changes else "future",
    }  # fmt: skip
    return ToldContract(**{**fields, **changes})
