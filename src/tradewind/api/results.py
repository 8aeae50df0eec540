"""Gathers what days and trades brought: closed days from the record, today from the desk, as far as a caller sees."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.domain.attribution import book_of
from tradewind.domain.day_result import DayPart, DayResult, TradeResult
from tradewind.errors import SwitchedOffError
from tradewind.stores.asking import LARGEST_PAGE, Ask, Condition, Test

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tradewind.api.ports import House
    from tradewind.domain.rights import Reach
    from tradewind.stores.asking import Records

LAST_DAY: Final = 99_999_999
_AT_ONCE: Final = 200
_FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(TradeResult))
_FUNDS: Final = tuple(
    field.name for field in msgspec.structs.fields(DayResult) if field.name not in {"parts", "ts_event"}
)
_PART: Final = (
    "instrument_id", "close_pnl", "position_pnl", "commission", "bought", "sold", "contract_multiplier", "price",
)  # fmt: skip


class Span(msgspec.Struct, frozen=True):
    """Of which account, which of its books ("": all that the caller sees) and which trading days, ends included."""

    account_id: str
    book: str = ""
    from_day: int = 0
    until_day: int = LAST_DAY


class Ledgers(msgspec.Struct, frozen=True):
    """The days of a span: of the account as a whole where the caller sees it, and of its books; the oldest first.

    `live_day` is the trading day that still goes on; 0 where it is not within the span.
    """

    whole: tuple[DayResult, ...]
    books: tuple[DayResult, ...]
    live_day: int

    @property
    def days(self) -> list[DayResult]:
        """Return a result for each day: the account's own, else all books of the day together."""
        if self.whole:
            return list(self.whole)
        together: dict[int, DayResult] = {}
        for each in self.books:
            known = together.get(each.trading_day)
            together[each.trading_day] = each if known is None else _joined(known, each)
        return list(together.values())

    @property
    def parted(self) -> tuple[DayResult, ...]:
        """Return what profits are parted from: books; they sum to the account."""
        return self.books or self.whole


async def ledgers_of(house: House, span: Span, reach: Reach, now: Iterable[DayResult]) -> Ledgers:
    """Return the days of a span; `now` is what the desk says of today."""
    asked = _records(house)
    rows = await _rows(asked, "day_results", span, reach)
    parts: defaultdict[tuple[str, int], list[DayPart]] = defaultdict(list)
    for row in await _rows(asked, "day_parts", span, reach):
        parts[row["book"], row["trading_day"]].append(_part(row))
    found = {(row["book"], row["trading_day"]): _result(row, parts) for row in rows}
    live = [
        each
        for each in now
        if span.from_day <= each.trading_day <= span.until_day and (not span.book or each.book == span.book)
    ]
    # A day that has just ended may be in the record before the desk begins the next.
    found.update({(each.book, each.trading_day): each for each in live if (each.book, each.trading_day) not in found})
    ordered = [found[key] for key in sorted(found, key=lambda key: (key[1], key[0]))]
    return Ledgers(
        whole=tuple(each for each in ordered if not each.book),
        books=tuple(each for each in ordered if each.book),
        live_day=max((each.trading_day for each in live), default=0),
    )


async def trades_of(house: House, span: Span, reach: Reach) -> list[TradeResult]:
    """Return the booked fills of a span, the oldest first."""
    found = await _rows(_records(house), "trade_results", span, reach)
    trades = [TradeResult(**{name: row[name] for name in _FIELDS}) for row in found]
    return [trade for trade in trades if not span.book or book_of(trade) == span.book]


async def arrivals_of(house: House, trades: Iterable[TradeResult], reach: Reach) -> dict[tuple[str, str], Decimal]:
    """Return the prices that the trades' instructions saw when they were given, by instruction and contract."""
    asked, names = _records(house), list(dict.fromkeys(trade.instruction_id for trade in trades))
    prices: dict[tuple[str, str], Decimal] = {}
    for start in range(0, len(names), _AT_ONCE):
        condition = Condition("instruction_id", Test.ONE_OF, [*names[start : start + _AT_ONCE]])
        async for rows in asked.export(Ask(view="instructions", where=(condition,), limit=LARGEST_PAGE), reach):
            for row in rows:
                prices.update(_arrivals(row["instruction_id"], row["instruction_lines"] or ()))
    return prices


def _arrivals(instruction_id: str, lines: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Decimal]:
    found = {}
    for line in lines:
        try:
            found[instruction_id, str(line["instrument_id"])] = Decimal(str(line.get("arrival_price") or ""))
        except InvalidOperation:
            continue
    return found


async def _rows(asked: Records, view: str, span: Span, reach: Reach) -> list[dict[str, Any]]:
    where = [
        Condition("account_id", Test.IS, span.account_id),
        Condition("trading_day", Test.AT_LEAST, span.from_day),
        Condition("trading_day", Test.AT_MOST, span.until_day),
    ]
    if span.book and view != "trade_results":
        where.append(Condition("book", Test.IS, span.book))
    ask = Ask(view=view, where=tuple(where), is_descending=False, limit=LARGEST_PAGE)
    return [row async for rows in asked.export(ask, reach) for row in rows]


def _result(row: Mapping[str, Any], parts: Mapping[tuple[str, int], list[DayPart]]) -> DayResult:
    found = parts.get((row["book"], row["trading_day"]), ())
    return DayResult(**{name: row[name] for name in _FUNDS}, ts_event=row["settled_at"], parts=tuple(found))


def _part(row: Mapping[str, Any]) -> DayPart:
    return DayPart(**{name: row[name] for name in _PART}, long=row["long_lots"], short=row["short_lots"])


def _joined(one: DayResult, other: DayResult) -> DayResult:
    names = ("pre_balance", "deposit", "withdraw", "close_pnl", "position_pnl", "commission", "balance", "margin")
    sums = {name: getattr(one, name) + getattr(other, name) for name in names}
    return msgspec.structs.replace(one, **sums, parts=(*one.parts, *other.parts))


def _records(house: House) -> Records:
    if house.records is None:
        message = "there are no records here: trading.enabled is off, or a recording plays"
        raise SwitchedOffError(message)
    return house.records
