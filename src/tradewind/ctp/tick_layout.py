"""CThostFtdcDepthMarketDataField as it lies in memory: 584 bytes, the same in 6.7.7 and 6.7.11.

What the child copies out of a callback and the platform reads in batches.
"""

from __future__ import annotations

import struct
from typing import Any, Final

RECORD: Final = struct.Struct("@9s31s9s31s7di8d9si" + "didi" * 5 + "d9s81s81s2d")
"""As the C compiler lays it out."""
FIELDS: Final = (
    *("TradingDay", "reserve1", "ExchangeID", "reserve2"),
    *("LastPrice", "PreSettlementPrice", "PreClosePrice", "PreOpenInterest"),
    *("OpenPrice", "HighestPrice", "LowestPrice", "Volume", "Turnover", "OpenInterest"),
    *("ClosePrice", "SettlementPrice", "UpperLimitPrice", "LowerLimitPrice", "PreDelta", "CurrDelta"),
    *("UpdateTime", "UpdateMillisec"),
    *(f"{side}{level}" for level in range(1, 6) for side in ("BidPrice", "BidVolume", "AskPrice", "AskVolume")),
    *("AveragePrice", "ActionDay", "InstrumentID", "ExchangeInstID", "BandingUpperPrice", "BandingLowerPrice"),
)
"""The library's names, in the order of the layout."""
SIZE: Final = RECORD.size


def packed(tick: Any) -> bytes:  # noqa: ANN401 - a struct of a binding
    """Return a tick of a binding whose structs are plain objects as the real one's would lie in memory."""
    values = (getattr(tick, name, "") for name in FIELDS)
    return RECORD.pack(*(value.encode("gb18030") if isinstance(value, str) else value for value in values))
