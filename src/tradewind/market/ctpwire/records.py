"""CTP's own struct as it lies in memory: 584 bytes, texts ended by NUL."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from tradewind.market.ctpwire.layout import BODY, DEEPER, RECORD, RECORD_PLACE
from tradewind.market.ctpwire.numbers import ABSENT_FROM
from tradewind.market.ctpwire.protobuf import depth_of

if TYPE_CHECKING:
    from tradewind.market.ctpwire.assembler import Assembler

_TEXTS: Final = ("instrument_id", "exchange_id", "trading_day", "action_day", "update_time")
_PRICED: Final = frozenset(
    index
    for index, name in enumerate(BODY)
    if name not in {"volume", "turnover", "open_interest", "bid_volume1", "ask_volume1", "pre_open_interest"}
)
_AMOUNTS: Final = frozenset(BODY.index(name) for name in ("turnover", "open_interest", "pre_open_interest"))


class RecordReader:
    """Reads CThostFtdcDepthMarketDataField."""

    def __init__(self, assembler: Assembler) -> None:
        self._tick = assembler.tick
        self._texts = itemgetter(*(RECORD_PLACE[name] for name in _TEXTS))
        self._ms = RECORD_PLACE["update_millisec"]
        self._body = itemgetter(*(RECORD_PLACE[name] for name in BODY))
        self._depth = itemgetter(*(RECORD_PLACE[name] for level in DEEPER for name in level))

    def read(self, body: bytes) -> tuple[Any, ...] | None:
        """Return the quote as a raw tick, `None` when it is filtered out.

        Raises: RefusedFrameError: it names no contract or no time.
        """
        values = RECORD.unpack(body)
        # What stands behind the NUL is whatever the publisher's memory held.
        texts = [text.partition(b"\0")[0] for text in self._texts(values)]
        none = ABSENT_FROM
        numbers = [
            (number if -none < number < none and (number or index in _AMOUNTS) else None)
            if index in _PRICED or index in _AMOUNTS
            else number
            for index, number in enumerate(self._body(values))
        ]
        depth = self._depth(values)
        numbers.append(depth_of(depth) if depth[1] or depth[3] else None)
        return self._tick((*texts, values[self._ms]), tuple(numbers))


def looks_like_record(body: bytes) -> bool:
    """Tell a struct by its size and by a first field that is a day or empty."""
    return len(body) == RECORD.size and body[0] in b"\x0012" and b"\0" in body
