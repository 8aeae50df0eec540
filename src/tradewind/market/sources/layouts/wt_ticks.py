"""WonderTrader's tick blocks as Parquet: one row a snapshot, prices absent as 0, Chinese civil time as numbers.

    exchg=CFFEX code=IF2101 price=5230.8 total_volume=311 total_turnover=487976040.0 action_date=20210104
    action_time=93000400 (09:30:00.400) bid_price1=5231.4 bid_qty1=2 ask_price1=5231.6 ask_qty1=1 settle_price=0.0 …

The two or three rows after the close carry the settlement price; they are passed on like the others.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

from tradewind.domain.instrument import instrument_id_of
from tradewind.market.sources.layouts.columns import china_ns, counts, numbers, plain, prices, whole_numbers
from tradewind.market.sources.layouts.parquet import Columns, Convert, ParquetLayout

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tradewind.domain.tick import RawTick
    from tradewind.market.sources.layouts.recording_file import ReadingOptions

_TEXTS: Final = ("exchg", "code")
_NUMBERS: Final = (
    *("price", "open", "high", "low", "settle_price", "upper_limit", "lower_limit", "total_volume", "total_turnover"),
    *("open_interest", "trading_date", "action_date", "action_time", "pre_close", "pre_settle", "pre_interest"),
    *("bid_price1", "bid_qty1", "ask_price1", "ask_qty1"),
)


def _begin(_path: Path, options: ReadingOptions) -> Convert:
    named = options.instrument

    def convert(columns: Columns) -> Iterable[RawTick]:
        ts = plain_times(columns)
        return zip(  # type: ignore[return-value]  # plain tuples of RawTick's shape
            instrument_ids(columns["code"], columns["exchg"]) if named is None else repeat(named),
            ts,
            ts,
            counts(columns["trading_date"]),
            prices(numbers(columns["price"])),
            counts(columns["total_volume"]),
            prices(numbers(columns["total_turnover"]), is_zero_absent=False),
            plain(numbers(columns["open_interest"])),
            prices(numbers(columns["bid_price1"])),
            counts(columns["bid_qty1"]),
            prices(numbers(columns["ask_price1"])),
            counts(columns["ask_qty1"]),
            prices(numbers(columns["open"])),
            prices(numbers(columns["high"])),
            prices(numbers(columns["low"])),
            prices(numbers(columns["pre_settle"])),
            prices(numbers(columns["pre_close"])),
            prices(numbers(columns["pre_interest"])),
            prices(numbers(columns["upper_limit"])),
            prices(numbers(columns["lower_limit"])),
            prices(numbers(columns["settle_price"])),
            repeat(None),
            strict=False,
        )

    return convert


def plain_times(columns: Columns) -> list[int]:
    """Return each row's time in ns UTC."""
    times: list[int] = china_ns(whole_numbers(columns["action_date"]), whole_numbers(columns["action_time"])).tolist()
    return times


def instrument_ids(codes: Any, exchanges: Any) -> Iterable[str]:  # noqa: ANN401 - pyarrow columns, which have no types
    """Return each row's `symbol.EXCHANGE`, one string object per contract."""
    code, exchange = codes.dictionary_encode(), exchanges.dictionary_encode()
    names, places = code.dictionary.to_pylist(), exchange.dictionary.to_pylist()
    if codes.null_count or exchanges.null_count:
        message = "a row names no contract"
        raise ValueError(message)
    if len(names) == 1 and len(places) == 1:
        return repeat(instrument_id_of(names[0], places[0]))
    ids: dict[tuple[int, int], str] = {}
    rows = []
    for key in zip(code.indices.to_pylist(), exchange.indices.to_pylist(), strict=True):
        joined = ids.get(key)
        if joined is None:
            joined = ids[key] = instrument_id_of(names[key[0]], places[key[1]])
        rows.append(joined)
    return rows


LAYOUT: Final = ParquetLayout(
    name="wt_ticks",
    required={**dict.fromkeys(_TEXTS, "text"), **dict.fromkeys(_NUMBERS, "number")},
    begin=_begin,
)
