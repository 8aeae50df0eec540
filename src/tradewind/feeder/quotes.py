"""A raw tick as the fields of CTP's depth market data, to be written in any form."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tradewind.kernel.clock import NS_PER_MS, NS_PER_S

if TYPE_CHECKING:
    from tradewind.domain.tick import RawTick

_CHINA: Final = timezone(timedelta(hours=8))
_SECONDS_KEPT: Final = 4096
_DEEPER: Final = range(2, 6)


class Quote(NamedTuple):
    """One quote: every field of `ctpwire.layout.FIELDS` by its name (`None`: absent), and what other forms need."""

    fields: dict[str, Any]
    instrument_id: str
    symbol: str
    exchange: str
    date_time: str
    """`2025-12-01 09:30:00.500000`, in China."""
    ts_ms: int


class QuoteMaker:
    """Turns raw ticks into quotes. Remembers how seconds are written; forgets all when full."""

    def __init__(self) -> None:
        self._written: dict[int, tuple[str, str, str]] = {}

    def quote(self, raw: RawTick | tuple[Any, ...]) -> Quote:
        """Return the tick's fields; the wire counts time in ms, finer is cut off."""
        # fmt: off
        (
            instrument_id, ts, recv, trading_day, last, volume, turnover, held, bid, bid_lots, ask, ask_lots,
            opened, high, low, pre_settle, pre_close, pre_held, up, down, settle, depth,
        ) = raw
        # fmt: on
        symbol, _, exchange = instrument_id.rpartition(".")
        day, clock, dashed = self._civil(ts // NS_PER_S)
        _, recv_clock, recv_dashed = self._civil(recv // NS_PER_S)
        ms = ts % NS_PER_S // NS_PER_MS
        fields = {
            "trading_day": str(trading_day) if trading_day else "",
            "instrument_id": symbol,
            "exchange_id": exchange,
            "exchange_inst_id": "",
            "last_price": last,
            "pre_settlement_price": pre_settle,
            "pre_close_price": pre_close,
            "pre_open_interest": pre_held,
            "open_price": opened,
            "highest_price": high,
            "lowest_price": low,
            "volume": volume,
            "turnover": turnover,
            "open_interest": held,
            "close_price": None,
            "settlement_price": settle,
            "upper_limit_price": up,
            "lower_limit_price": down,
            "pre_delta": None,
            "curr_delta": None,
            "update_time": clock,
            "update_millisec": ms,
            "bid_price1": bid,
            "bid_volume1": bid_lots,
            "ask_price1": ask,
            "ask_volume1": ask_lots,
            **_deeper(depth),
            "average_price": turnover / volume if turnover and volume else None,
            "action_day": day,
            "local_timestamp": f"{recv_dashed} {recv_clock}.{recv % NS_PER_S // NS_PER_MS:03d}",
            "timestamp": recv // NS_PER_MS,
        }
        micros = ts % NS_PER_S // 1000
        return Quote(fields, instrument_id, symbol, exchange, f"{dashed} {clock}.{micros:06d}", ts // NS_PER_MS)

    def _civil(self, second: int) -> tuple[str, str, str]:
        """Return `20251201`, `09:30:00` and `2025-12-01` of a second, in China."""
        written = self._written.get(second)
        if written is None:
            moment = datetime.fromtimestamp(second, _CHINA)
            dashed = moment.strftime("%Y-%m-%d")
            written = dashed.replace("-", ""), moment.strftime("%H:%M:%S"), dashed
            if len(self._written) >= _SECONDS_KEPT:
                self._written.clear()
            self._written[second] = written
        return written


def _deeper(depth: tuple[tuple[Any, ...], ...] | None) -> dict[str, Any]:
    levels = dict(zip(_DEEPER, depth or (), strict=False))
    return {
        name: value
        for level in _DEEPER
        for name, value in zip(
            (f"bid_price{level}", f"bid_volume{level}", f"ask_price{level}", f"ask_volume{level}"),
            levels.get(level, (None, 0, None, 0)),
            strict=True,
        )
    }
