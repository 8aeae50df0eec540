"""Which lots an order takes: how a wish to buy or sell becomes orders that open, close today's or close yesterday's.

The rule is the contract's own (`Instrument.is_date_kept`), not a list of exchanges: where dates are kept apart a close
must say whose lots it means; elsewhere the exchange decides and a plain close is all there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from tradewind.domain.instruction import Intent
from tradewind.domain.order import Offset

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tradewind.domain.rates import Rates

OffsetPolicy = Literal["cheapest", "today_first", "yesterday_first", "lock_today"]
"""Which lots to close first where dates are kept apart; `lock_today` opens the other way instead of closing today's."""
DEFAULT_POLICY: Final[OffsetPolicy] = "cheapest"


class Closable(NamedTuple):
    """Lots that stand against an order and that no other order has spoken for."""

    today: int
    yesterday: int


class Leg(NamedTuple):
    """A part of an order with one offset."""

    offset: Offset
    quantity: int


class BookLeg(NamedTuple):
    """A leg, and the strategy whose book it closes or opens."""

    offset: Offset
    quantity: int
    strategy: str


class Split(NamedTuple):
    """The legs, and what could not be done as wished."""

    legs: tuple[Leg, ...]
    missing: int


def split(
    intent: Intent,
    quantity: int,
    *,
    closable: Closable,
    is_date_kept: bool,
    policy: OffsetPolicy = DEFAULT_POLICY,
    is_today_dearer: bool = False,
) -> Split:
    """Return the legs that carry out `intent` for `quantity` lots.

    A close takes no more than is closable: the rest is `missing`, never opened by mistake. `is_today_dearer` says
    whether closing today's lots costs more, for the cheapest policy.
    """
    if intent is Intent.OPEN:
        return Split((Leg(Offset.OPEN, quantity),), 0)
    if is_date_kept:
        legs = tuple(_dated(quantity, closable, policy, is_today_dearer=is_today_dearer))
    else:
        lots = min(quantity, closable.today + closable.yesterday)
        legs = (Leg(Offset.CLOSE, lots),) if lots else ()
    left = quantity - sum(leg.quantity for leg in legs)
    if left and intent is Intent.AUTO:
        opening = sum(leg.quantity for leg in legs if leg.offset is Offset.OPEN)
        legs = (*(leg for leg in legs if leg.offset is not Offset.OPEN), Leg(Offset.OPEN, left + opening))
        left = 0
    return Split(legs, left)


def _dated(quantity: int, closable: Closable, policy: OffsetPolicy, *, is_today_dearer: bool) -> Iterator[Leg]:
    is_yesterday_first = policy in {"yesterday_first", "lock_today"} or (policy == "cheapest" and is_today_dearer)
    parts = [Leg(Offset.CLOSE_TODAY, closable.today), Leg(Offset.CLOSE_YESTERDAY, closable.yesterday)]
    if is_yesterday_first:
        parts.reverse()
    for offset, lots in parts:
        taken = min(quantity, lots)
        if taken:
            locks = policy == "lock_today" and offset is Offset.CLOSE_TODAY
            yield Leg(Offset.OPEN if locks else offset, taken)
            quantity -= taken


def by_size(legs: tuple[Leg, ...], largest: int) -> tuple[Leg, ...]:
    """Cut legs into pieces no larger than the exchange takes in one order."""
    pieces: list[Leg] = []
    for offset, quantity in legs:
        whole, rest = divmod(quantity, largest)
        pieces += [Leg(offset, largest)] * whole
        if rest:
            pieces.append(Leg(offset, rest))
    return tuple(pieces)


def within(account: Closable, books: Iterable[Closable], *, is_date_kept: bool) -> Closable:
    """Return what books may close together: never more than the account may."""
    held = tuple(books)
    today, yesterday = sum(each.today for each in held), sum(each.yesterday for each in held)
    if is_date_kept:
        return Closable(min(today, account.today), min(yesterday, account.yesterday))
    return Closable(0, min(today + yesterday, account.today + account.yesterday))


def by_book(legs: Iterable[Leg], books: Mapping[str, Closable], own: str) -> tuple[BookLeg, ...]:
    """Say whose lots each leg takes: closings go through `books` (by strategy) in their order, openings are `own`."""
    left = {strategy: list(closable) for strategy, closable in books.items()}
    found: list[BookLeg] = []
    for offset, wanted in legs:
        if offset is Offset.OPEN:
            found.append(BookLeg(offset, wanted, own))
            continue
        left_of_leg = wanted
        for strategy, lots in left.items():
            taken = _taken(offset, left_of_leg, lots)
            if taken:
                found.append(BookLeg(offset, taken, strategy))
                left_of_leg -= taken
    return tuple(found)


def _taken(offset: Offset, wanted: int, lots: list[int]) -> int:
    """Take lots of the days that an offset closes out of `lots` (today, yesterday); return how many."""
    taken = 0
    for day, offset_of_day in enumerate((Offset.CLOSE_TODAY, Offset.CLOSE_YESTERDAY)):
        part = min(wanted - taken, lots[day]) if offset in {Offset.CLOSE, offset_of_day} else 0
        lots[day] -= part
        taken += part
    return taken


def is_today_dearer(rates: Rates) -> bool:
    """Tell whether closing today's lots costs more than yesterday's, whichever way it is counted."""
    rate = rates.commission
    by_money = rate.close_today_by_money - rate.close_by_money
    by_volume = rate.close_today_by_volume - rate.close_by_volume
    return by_money > 0 or (by_money == 0 and by_volume > 0)
