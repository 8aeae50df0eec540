"""Compares positions by both ways of counting, their settlement prices and their margin.

Theirs are the lots in detail, or where a statement has none the sums. `position.unknown` is theirs alone,
`position.missing` ours alone.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.account import Direction
from tradewind.domain.statement_review import Difference
from tradewind.portfolio.rate_guess import Charged, guess_rate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.domain.ended_day import EndedDay, EndedPosition
    from tradewind.domain.statement import Statement, StatementLot
    from tradewind.domain.statement_review import Cause, StatementReview

_CENT: Final = Decimal("0.01")
_HALF_A_CENT: Final = Decimal("0.005")
_ZERO: Final = Decimal(0)
Key = tuple[str, Direction]


class TheirPosition(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement says of one contract held one way; `None` where it does not say. `open_value` Σ price × lots."""

    quantity: int
    settlement_price: Decimal
    pre_settlement: Decimal | None = None
    open_value: Decimal | None = None
    position_pnl: Decimal | None = None
    floating_pnl: Decimal | None = None
    margin: Decimal | None = None
    lines: int = 1


def position_differences(day: EndedDay, statement: Statement, before: StatementReview | None) -> list[Difference]:
    """Return where positions differ."""
    theirs = their_positions(statement)
    ours = {(_symbol(position.instrument_id), position.direction): position for position in day.positions}
    found: list[Difference] = []
    for key in dict.fromkeys((*ours, *theirs)):
        mine, other = ours.get(key), theirs.get(key)
        if mine is not None and other is not None:
            found += _compare(_name(key), mine, other, before)
        elif mine is not None:
            found.append(_missing(_name(key), mine))
        elif other is not None:
            found.append(_unknown(_name(key), other))
    return found


def their_positions(statement: Statement) -> dict[Key, TheirPosition]:
    """Return what they say is held, by contract and direction."""
    if statement.lots:
        return _from_lots(statement)
    found: dict[Key, TheirPosition] = {}
    for line in statement.positions:
        is_one_way = not (line.long and line.short)
        for direction, quantity in ((Direction.LONG, line.long), (Direction.SHORT, line.short)):
            if quantity:
                # A line of both directions tells their profit and margin together: whose they are it does not say.
                found[line.symbol, direction] = TheirPosition(
                    quantity=quantity,
                    settlement_price=line.settlement_price,
                    pre_settlement=line.pre_settlement,
                    position_pnl=line.position_pnl if is_one_way else None,
                    margin=line.margin if is_one_way else None,
                )
    return found


def settlement_prices_of(statement: Statement) -> Mapping[str, Decimal]:
    """Return the settlement price of each contract that a statement tells one of, by symbol."""
    told = {line.symbol: line.settlement_price for line in statement.positions}
    told |= {lot.symbol: lot.settlement_price for lot in statement.lots}
    return {symbol: price for symbol, price in told.items() if price > 0}


def _from_lots(statement: Statement) -> dict[Key, TheirPosition]:
    grouped: dict[Key, list[StatementLot]] = {}
    for lot in statement.lots:
        if lot.quantity:
            grouped.setdefault((lot.symbol, lot.direction), []).append(lot)
    return {
        key: TheirPosition(
            quantity=sum(lot.quantity for lot in lots),
            settlement_price=lots[0].settlement_price,
            pre_settlement=lots[0].pre_settlement,
            open_value=sum((lot.open_price * lot.quantity for lot in lots), _ZERO),
            position_pnl=_sum([lot.position_pnl for lot in lots]),
            floating_pnl=_sum([lot.floating_pnl for lot in lots]),
            margin=_sum([lot.margin for lot in lots]),
            lines=len(lots),
        )
        for key, lots in grouped.items()
    }


def _compare(
    subject: str, ours: EndedPosition, theirs: TheirPosition, before: StatementReview | None
) -> list[Difference]:
    found = []
    is_more = theirs.quantity != ours.quantity
    if is_more:
        found.append(
            _difference("quantity", subject, Decimal(ours.quantity), Decimal(theirs.quantity)),
        )
    moved = theirs.settlement_price - ours.settlement_price
    if moved:
        found.append(
            _difference("settlement_price", subject, ours.settlement_price, theirs.settlement_price, "settlement_price")
        )
    units = ours.contract_multiplier * ours.direction.sign
    by_price = moved * units * ours.quantity
    carried = _carried(subject, before) * units * ours.yesterday
    why: Cause = "quantity" if is_more else ""
    rounding = _HALF_A_CENT * (theirs.lines + 1)
    if theirs.open_value is not None:
        their_cost = theirs.open_value * ours.contract_multiplier
        if abs(their_cost - ours.open_cost) > rounding:
            found.append(_difference("open_cost", subject, ours.open_cost, their_cost, why))
    for name, our_amount, due in (
        ("position_pnl", ours.position_pnl, by_price - carried),
        ("floating_pnl", ours.floating_pnl, by_price),
    ):
        amount: Decimal | None = getattr(theirs, name)
        if amount is not None and abs(amount - our_amount) > rounding:
            is_price = due and abs(amount - our_amount - due) <= rounding
            cause: Cause = why or ("" if not is_price else "settlement_price" if moved else "carried")
            found.append(_difference(name, subject, our_amount, amount, cause))
    return found + _margin(subject, ours, theirs, why)


def _margin(subject: str, ours: EndedPosition, theirs: TheirPosition, why: Cause) -> list[Difference]:
    """Compare margin; at their own settlement price, the rate that gives theirs explains it."""
    if theirs.margin is None or abs(theirs.margin - ours.margin) <= _HALF_A_CENT * (theirs.lines + 1):
        return []
    money = theirs.settlement_price * (ours.contract_multiplier * theirs.quantity)
    guess = guess_rate([Charged(theirs.margin, money, theirs.quantity)])
    if ours.margin and theirs.settlement_price != ours.settlement_price and ours.settlement_price:
        at_theirs = ours.margin * theirs.settlement_price / ours.settlement_price
        if abs(at_theirs - theirs.margin) <= _HALF_A_CENT * (theirs.lines + 1):
            return [_difference("margin", subject, ours.margin, theirs.margin, why or "settlement_price")]
    if guess is None or why:
        return [_difference("margin", subject, ours.margin, theirs.margin, why)]
    return [_difference("margin", subject, ours.margin, theirs.margin, "margin_rate", **guess.told())]


def _carried(subject: str, before: StatementReview | None) -> Decimal:
    """Return by how much their settlement price of the day before exceeded the one our books took."""
    if before is None:
        return _ZERO
    found = (each for each in before.differences if each.code == "position.settlement_price")
    return next((each.amount for each in found if each.subject == subject), _ZERO)


def _missing(subject: str, ours: EndedPosition) -> Difference:
    detail = {
        "quantity": str(ours.quantity),
        "position_pnl": str(ours.position_pnl),
        "floating_pnl": str(ours.floating_pnl),
        "margin": str(ours.margin),
    }
    return Difference(code="position.missing", subject=subject, ours=Decimal(ours.quantity), detail=detail)


def _unknown(subject: str, theirs: TheirPosition) -> Difference:
    told = {"position_pnl": theirs.position_pnl, "floating_pnl": theirs.floating_pnl, "margin": theirs.margin}
    detail = {name: str(amount) for name, amount in told.items() if amount is not None}
    return Difference(code="position.unknown", subject=subject, theirs=Decimal(theirs.quantity), detail=detail)


def _difference(
    name: str, subject: str, ours: Decimal, theirs: Decimal, cause: Cause = "", **detail: str
) -> Difference:
    is_money = name not in {"quantity", "settlement_price"}
    mine = ours.quantize(_CENT, rounding=ROUND_HALF_UP) if is_money else ours
    return Difference(code=f"position.{name}", subject=subject, ours=mine, theirs=theirs, cause=cause, detail=detail)


def _sum(amounts: list[Decimal | None]) -> Decimal | None:
    told = [amount for amount in amounts if amount is not None]
    return sum(told, _ZERO) if len(told) == len(amounts) else None


def _symbol(instrument_id: str) -> str:
    return instrument_id.rpartition(".")[0]


def _name(key: Key) -> str:
    return f"{key[0]} {key[1]}"
