"""The parts of a quote beside its last price and volume: day prices, book, depth. Repairs by making absent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.domain.tick import TickFlag
from tradewind.market.quality import LimitState
from tradewind.market.reasons import RepairReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.domain.tick import DepthLevel, RawTick
    from tradewind.market.prices import PriceGrid

HUGE: Final = 1e18
"""Turnover and open interest from here on are absurd."""

DayFields = tuple[
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
]
"""open, high, low, pre_settlement, pre_close, pre_open_interest, limit_up, limit_down, settlement."""
Book = tuple[float | None, int, float | None, int]
"""bid, bid volume, ask, ask volume."""


def clean_day_fields(grid: PriceGrid, raw: RawTick, repairs: list[RepairReason]) -> DayFields:
    """Return the fields that change seldom, and tell the grid the day's limits."""
    limit_up, limit_down = grid.plain(raw.limit_up), grid.plain(raw.limit_down)
    if limit_up is not None and limit_down is not None and limit_up <= limit_down:
        repairs.append(RepairReason.ABSURD_LIMITS)
        limit_up = limit_down = None
    grid.set_limits(limit_down, limit_up)
    fields = (
        grid.good(raw.open_price),
        grid.good(raw.high_price),
        grid.good(raw.low_price),
        grid.plain(raw.pre_settlement_price),
        grid.plain(raw.pre_close_price),
        amount(raw.pre_open_interest),
        limit_up,
        limit_down,
        grid.plain(raw.settlement_price),
    )
    given = raw[12:21]
    repairs.extend(
        RepairReason.ABSURD_FIELD
        for at, field in enumerate(fields)
        if field is None and given[at] is not None and not (at in {6, 7} and RepairReason.ABSURD_LIMITS in repairs)
    )
    return fields


def clean_book(grid: PriceGrid, raw: RawTick, max_volume: int, repairs: list[RepairReason]) -> Book:
    """Return the best bid and ask; an absurd price makes its side absent, a crossed book both."""
    bid, ask = grid.good(raw.bid_price), grid.good(raw.ask_price)
    if (bid is None) is not (raw.bid_price is None):
        repairs.append(RepairReason.ABSURD_FIELD)
    if (ask is None) is not (raw.ask_price is None):
        repairs.append(RepairReason.ABSURD_FIELD)
    if bid is not None and ask is not None and bid > ask:
        repairs.append(RepairReason.CROSSED_BOOK)
        bid = ask = None
    bid_volume = _size(raw.bid_volume, max_volume, repairs) if bid is not None else 0
    ask_volume = _size(raw.ask_volume, max_volume, repairs) if ask is not None else 0
    return bid, bid_volume, ask, ask_volume


def clean_depth(
    grid: PriceGrid, raw: RawTick, max_volume: int, repairs: list[RepairReason]
) -> tuple[DepthLevel, ...] | None:
    """Return the levels beyond the first; what is absurd in one is absent there."""
    if raw.depth is None:
        return None
    levels: list[DepthLevel] = []
    for raw_bid, raw_bid_volume, raw_ask, raw_ask_volume in raw.depth:
        bid, ask = grid.good(raw_bid), grid.good(raw_ask)
        if (bid is None) is not (raw_bid is None) or (ask is None) is not (raw_ask is None):
            repairs.append(RepairReason.ABSURD_FIELD)
        bid_volume = _size(raw_bid_volume, max_volume, repairs) if bid is not None else 0
        ask_volume = _size(raw_ask_volume, max_volume, repairs) if ask is not None else 0
        levels.append((bid, bid_volume, ask, ask_volume))
    return tuple(levels)


def depth_by_memo(
    memo: Mapping[float | None, float | None],
    raw_depth: Any,  # noqa: ANN401 - unchecked yet
    max_volume: int,
) -> tuple[DepthLevel, ...] | None:
    """Return the same as `clean_depth` where every price has been judged before, by look-up alone.

    Raises: LookupError, TypeError, ValueError: something in it has to be looked at carefully.
    """
    if raw_depth is None:
        return None
    if raw_depth.__class__ is not tuple:
        raise ValueError
    levels: list[DepthLevel] = []
    for raw_bid, bid_volume, raw_ask, ask_volume in raw_depth:
        bid, ask = memo[raw_bid], memo[raw_ask]
        is_plain = bid is not None and ask is not None and bid_volume.__class__ is ask_volume.__class__ is int
        if not is_plain or not 0 <= bid_volume <= bid_volume + ask_volume < max_volume:
            raise ValueError
        levels.append((bid, bid_volume, ask, ask_volume))
    return tuple(levels)


def limit_state_of(day: DayFields, last: float, book: Book) -> LimitState | None:
    """Say whether the market is locked: at the limit, and nobody on the other side."""
    if last == day[6] and book[2] is None:
        return "up"
    if last == day[7] and book[0] is None:
        return "down"
    return None


def flags_of(*, is_baseline: bool, is_auction: bool, state: LimitState | None, is_repaired: bool) -> int:
    """Return a tick's flags as the number that goes into it."""
    flags = TickFlag.NONE
    if is_baseline:
        flags |= TickFlag.BASELINE
    if is_auction:
        flags |= TickFlag.AUCTION
    if state is not None:
        flags |= TickFlag.LIMIT_UP if state == "up" else TickFlag.LIMIT_DOWN
    if is_repaired:
        flags |= TickFlag.REPAIRED
    return int(flags)


def amount(value: float | None) -> float | None:
    """Return a turnover or an open interest, or `None` where it is absent or absurd."""
    return float(value) if value is not None and 0.0 <= value < HUGE else None


def _size(volume: int | None, max_volume: int, repairs: list[RepairReason]) -> int:
    if volume is None:
        return 0
    if 0 <= volume < max_volume:
        return volume
    repairs.append(RepairReason.ABSURD_SIZE)
    return 0
