"""Ticks as CSV under CTP's own column names, as the replay reads them back."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final

from tradewind.market.foreign.china_time import china_datetime

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tradewind.domain.tick import RawTick

_LEVELS: Final = 5
_NAMES: Final = (
    *("TradingDay", "InstrumentID", "ExchangeID", "LastPrice", "PreSettlementPrice", "PreClosePrice"),
    *("PreOpenInterest", "OpenPrice", "HighestPrice", "LowestPrice", "Volume", "Turnover", "OpenInterest"),
    *("SettlementPrice", "UpperLimitPrice", "LowerLimitPrice", "UpdateTime", "UpdateMillisec", "ActionDay"),
    *(
        f"{side}{kind}{level}"
        for level in range(1, _LEVELS + 1)
        for side in ("Bid", "Ask")
        for kind in ("Price", "Volume")
    ),
)


def write_ticks(path: Path, days: Iterable[tuple[int, Iterable[RawTick]]]) -> int:
    """Write each trading day's ticks; return how many. Times are kept to the millisecond, receive times not at all.

    Raises: OSError: the disk refused.
    """
    count = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(_NAMES)
        for day, ticks in days:
            for tick in ticks:
                writer.writerow(_row(day, tick))
                count += 1
    return count


def _row(day: int, tick: RawTick) -> list[Any]:
    symbol, _, exchange = tick[0].partition(".")
    at = china_datetime(tick[1])
    book = [(tick[8], tick[9], tick[10], tick[11]), *(tick[21] or ())][:_LEVELS]
    levels = [value for level in book for value in level]
    return [
        *(day, symbol, exchange, tick[4], tick[15], tick[16], tick[17], tick[12], tick[13], tick[14]),
        *(tick[5], tick[6], tick[7], tick[20], tick[18], tick[19], f"{at:%H:%M:%S}", at.microsecond // 1_000),
        f"{at:%Y%m%d}",
        *levels,
        *[None] * (4 * _LEVELS - len(levels)),
    ]
