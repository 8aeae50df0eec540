"""Text rows: CSV of CTP's columns in CTP's order, and `symbol price volume timestamp` in words.

20251201,au2602,SHFE,,962.7,950.62,…,09:30:00,500,962.68,3,962.7,5,…,958095.6,20251201
au2602 962.7 323936 1764552600500
"""

from __future__ import annotations

import csv
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from tradewind.market.ctpwire.layout import BODY, CSV_COLUMNS, DEEPER, HEAD, PLACE
from tradewind.market.ctpwire.numbers import NumberTexts, price_of
from tradewind.market.ctpwire.refusals import RefusalReason, RefusedFrameError

if TYPE_CHECKING:
    from tradewind.market.ctpwire.assembler import Assembler

_LARGEST_COUNT: Final = 1 << 62
_LOTS: Final = tuple(BODY.index(name) for name in ("volume", "bid_volume1", "ask_volume1"))
_PRICES: Final = tuple(
    index
    for index, name in enumerate(BODY)
    if index not in _LOTS and name not in {"turnover", "open_interest", "pre_open_interest"}
)
_WORDS: Final = 4
_MOST_EXTRA: Final = 20


class RowReader:
    """Reads one row at a time."""

    def __init__(self, assembler: Assembler) -> None:
        self._assembler = assembler
        self._number_of = NumberTexts().__getitem__
        self._head = itemgetter(*(PLACE[name] for name in HEAD))
        self._body = itemgetter(*(PLACE[name] for name in BODY))
        self._depth = itemgetter(*(PLACE[name] for level in DEEPER for name in level))

    def read(self, line: str) -> tuple[Any, ...] | None:
        """Return a CSV row as a raw tick, `None` when it is filtered out.

        Raises: RefusedFrameError: it cannot be read.
        """
        cells = next(csv.reader((line,)), []) if '"' in line else line.split(",")
        if not CSV_COLUMNS <= len(cells) <= CSV_COLUMNS + _MOST_EXTRA:
            short = RefusalReason.TRUNCATED if len(cells) < CSV_COLUMNS else RefusalReason.MALFORMED
            raise RefusedFrameError(short, f"{len(cells)} columns, must be {CSV_COLUMNS} in CTP's order")
        if cells[0] == "TradingDay":
            raise RefusedFrameError(RefusalReason.NO_QUOTE, "a row of column names")
        symbol, exchange, trading_day, action, clock, ms = self._head(cells)
        numbers: list[Any] = list(map(self._number_of, self._body(cells)))
        for at in _PRICES:
            if numbers[at] == 0.0:
                numbers[at] = None
        for at in _LOTS:
            numbers[at] = _lots(numbers[at])
        numbers.append(self._depth_of(cells))
        return self._assembler.tick(
            (symbol, exchange, trading_day, action, clock, _lots(self._number_of(ms)) or 0), tuple(numbers)
        )

    def read_words(self, words: list[str]) -> tuple[Any, ...] | None:
        """Return `symbol price volume timestamp` as a raw tick, `None` when it is filtered out.

        Raises: RefusedFrameError: it cannot be read.
        """
        symbol, price, volume, time = words
        last, lots = price_of(price), _lots(self._number_of(volume))
        ts = self._assembler.moment_of(time)
        contract = self._assembler.contract(symbol, "")
        return self._assembler.tick_at(contract, "", ts, (last, lots, *(None,) * (len(BODY) - 1)))

    def _depth_of(self, cells: list[str]) -> tuple[Any, ...] | None:
        """Return the levels beyond the first; fronts that send one level leave the second's volumes 0."""
        texts = self._depth(cells)
        if not self._number_of(texts[1]) and not self._number_of(texts[3]):
            return None
        numbers = list(map(self._number_of, texts))
        return tuple(
            (bid or None, _lots(bid_lots) or 0, ask or None, _lots(ask_lots) or 0)
            for bid, bid_lots, ask, ask_lots in zip(*(iter(numbers),) * 4, strict=True)
        )


def looks_like_words(words: list[str]) -> bool:
    """Tell `symbol price volume timestamp` from any other four words."""
    return len(words) == _WORDS and all(word[:1].isdigit() or word[:1] in "-." for word in words[1:])


def _lots(number: float | None) -> int | None:
    return int(number) if number is not None and abs(number) < _LARGEST_COUNT else None
