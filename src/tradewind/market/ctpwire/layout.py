"""The fields of CTP's depth market data as the wire carries them: names, order, kinds and the C struct.

The order is that of the protobuf numbers 1–46 and of the CSV columns; CTP's own header has the same first 44.
"""

from __future__ import annotations

import sys
from enum import Enum
from typing import Final, NamedTuple

from tradewind.ctp.tick_layout import RECORD as RECORD  # noqa: PLC0414 - one layout for both ways it comes


class Kind(Enum):
    """What a field holds; the values are protobuf's type numbers."""

    TEXT = 9
    PRICE = 1
    """A double; DBL_MAX where there is none. Also turnover and open interest."""
    COUNT = 5
    LONG = 3


class WireField(NamedTuple):
    """One field under its names in each spelling."""

    name: str
    ctp_name: str
    kind: Kind

    @property
    def camel_name(self) -> str:
        """Return CTP's name with a small first letter: `instrumentID`."""
        return self.ctp_name[0].lower() + self.ctp_name[1:]


_WORDS: Final = {"id": "ID"}
LEVELS: Final = range(1, 6)
_NAMES: Final = (
    ("trading_day instrument_id exchange_id exchange_inst_id", Kind.TEXT),
    ("last_price pre_settlement_price pre_close_price pre_open_interest", Kind.PRICE),
    ("open_price highest_price lowest_price", Kind.PRICE),
    ("volume", Kind.COUNT),
    ("turnover open_interest close_price settlement_price upper_limit_price lower_limit_price", Kind.PRICE),
    ("pre_delta curr_delta", Kind.PRICE),
    ("update_time", Kind.TEXT),
    ("update_millisec", Kind.COUNT),
    *(
        pair
        for level in LEVELS
        for pair in (
            (f"bid_price{level}", Kind.PRICE),
            (f"bid_volume{level}", Kind.COUNT),
            (f"ask_price{level}", Kind.PRICE),
            (f"ask_volume{level}", Kind.COUNT),
        )
    ),
    ("average_price", Kind.PRICE),
    ("action_day local_timestamp", Kind.TEXT),
    ("timestamp", Kind.LONG),
)


def _ctp_name(name: str) -> str:
    return "".join(_WORDS.get(word, word.capitalize()) for word in name.split("_"))


FIELDS: Final = tuple(WireField(name, _ctp_name(name), kind) for names, kind in _NAMES for name in names.split())
"""All 46, in the order of their protobuf numbers."""
CSV_COLUMNS: Final = 44
"""A row has these and may have more behind them (CircuitRefPrice, a local time), which nobody needs."""
PLACE: Final = {field.name: index for index, field in enumerate(FIELDS)}
NO_PRICE: Final = sys.float_info.max
"""CTP's DBL_MAX: there is no such price."""

DEEPER: Final = tuple(
    tuple(f"{part}{level}" for part in ("bid_price", "bid_volume", "ask_price", "ask_volume")) for level in LEVELS[1:]
)
"""Names of the levels beyond the first."""
HEAD: Final = ("instrument_id", "exchange_id", "trading_day", "action_day", "update_time", "update_millisec")
"""What names and dates a quote."""
BODY: Final = (
    *("last_price", "volume", "turnover", "open_interest"),
    *("bid_price1", "bid_volume1", "ask_price1", "ask_volume1"),
    *("open_price", "highest_price", "lowest_price", "pre_settlement_price", "pre_close_price", "pre_open_interest"),
    *("upper_limit_price", "lower_limit_price", "settlement_price"),
)
"""A raw tick's fields from the last price to the settlement price, in its order."""

_RECORD_ORDER: Final = (
    *("trading_day", "", "exchange_id", ""),
    *(field.name for field in FIELDS[4:43]),
    *("action_day", "instrument_id", "exchange_inst_id", "", ""),
)
RECORD_PLACE: Final = {name: index for index, name in enumerate(_RECORD_ORDER) if name}
RECORD_FIELDS: Final = len(_RECORD_ORDER)
