"""One quote in the words of system 000: the JSON of the channel `market_data` and of the event of the same name.

Its fields in snake_case under its names; ours of the same meaning beside them. What the exchange did not say is null,
never the largest number there is.
"""

from __future__ import annotations

from typing import Final

import msgspec

from tradewind.bus.seed_forms import seed_time
from tradewind.domain.tick import Tick, TickFlag
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S

_SHANGHAI_S: Final = 8 * 3_600
_DAY_S: Final = 86_400
_ABSENT: Final = (None, 0, None, 0)
_NO_DEPTH: Final = (_ABSENT,) * 4


class SeedQuote(msgspec.Struct, frozen=True, gc=False):
    """A quote as 000's clients know it; `change` is against yesterday's settlement, as futures are quoted."""

    timestamp: str
    data_type: str
    instrument_id: str
    exchange_id: str
    trading_day: str
    update_time: str
    update_millisec: int
    last_price: float
    change: float | None
    change_percent: float | None
    change_on_close: float | None
    change_percent_on_close: float | None
    pre_settlement_price: float | None
    pre_close_price: float | None
    pre_open_interest: float | None
    open_price: float | None
    highest_price: float | None
    lowest_price: float | None
    high_price: float | None
    low_price: float | None
    volume: int
    turnover: float
    open_interest: float
    settlement_price: float | None
    upper_limit_price: float | None
    lower_limit_price: float | None
    bid_price: float | None
    bid_volume: int
    ask_price: float | None
    ask_volume: int
    bid_price1: float | None
    bid_volume1: int
    ask_price1: float | None
    ask_volume1: int
    bid_price2: float | None
    bid_volume2: int
    ask_price2: float | None
    ask_volume2: int
    bid_price3: float | None
    bid_volume3: int
    ask_price3: float | None
    ask_volume3: int
    bid_price4: float | None
    bid_volume4: int
    ask_price4: float | None
    ask_volume4: int
    bid_price5: float | None
    bid_volume5: int
    ask_price5: float | None
    ask_volume5: int
    is_test: bool
    instrument: str
    seq: int


def seed_quote(tick: Tick) -> SeedQuote:
    """Say a quote in 000's words."""
    symbol, _, exchange = tick.instrument_id.rpartition(".")
    last = tick.last_price
    bid, bid_volume, ask, ask_volume = tick.bid_price, tick.bid_volume, tick.ask_price, tick.ask_volume
    depth = _NO_DEPTH if tick.depth is None else (*tick.depth, *_NO_DEPTH)[:4]
    of_day_s = (tick.ts_event // NS_PER_S + _SHANGHAI_S) % _DAY_S
    return SeedQuote(
        seed_time(tick.ts_event), "market_tick", symbol, exchange, str(tick.trading_day),
        f"{of_day_s // 3_600:02d}:{of_day_s // 60 % 60:02d}:{of_day_s % 60:02d}",
        tick.ts_event % NS_PER_S // NS_PER_MS, last,
        *_change(last, tick.pre_settlement_price), *_change(last, tick.pre_close_price),
        tick.pre_settlement_price, tick.pre_close_price, tick.pre_open_interest, tick.open_price,
        tick.high_price, tick.low_price, tick.high_price, tick.low_price, tick.volume, tick.turnover,
        tick.open_interest, tick.settlement_price, tick.limit_up, tick.limit_down,
        bid, bid_volume, ask, ask_volume, bid, bid_volume, ask, ask_volume,
        *depth[0], *depth[1], *depth[2], *depth[3],
        bool(tick.flags & TickFlag.TEST), tick.instrument_id, tick.seq,
    )  # fmt: skip


def _change(last: float, before: float | None) -> tuple[float | None, float | None]:
    """Return how far a price has moved, and how far in percent; rounded, since both are for the eye."""
    if not before:
        return None, None
    change = last - before
    return round(change, 6), round(change / before * 100.0, 4)
