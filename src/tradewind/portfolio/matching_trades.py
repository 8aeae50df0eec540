"""Finds each trade of a statement among our fills, and says where the two differ.

`trade.unknown` is theirs alone, `trade.missing` ours alone. A fill is found by its id; where a broker prints another
number, by what it did.
"""

from __future__ import annotations

import re
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.ended_day import EndedTrade
from tradewind.domain.order import Offset
from tradewind.domain.statement import StatementTrade
from tradewind.domain.statement_review import Difference
from tradewind.portfolio.rate_guess import Charged, guess_rate

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.ended_day import EndedDay
    from tradewind.domain.statement import Statement
    from tradewind.domain.statement_review import Cause

_CENT: Final = Decimal("0.01")
_FUTURE: Final = re.compile(r"([A-Za-z]+)\d+")
_ZERO: Final = Decimal(0)


class Matched(msgspec.Struct, frozen=True):
    """A trade that both know. Theirs may stand on several lines, one for each day whose lots it closed."""

    ours: EndedTrade
    theirs: tuple[StatementTrade, ...]

    @property
    def commission(self) -> Decimal:
        """Return what they charged."""
        return sum((line.commission for line in self.theirs), _ZERO)

    @property
    def close_pnl(self) -> Decimal | None:
        """Return what closing brought by their count, `None` where they do not say."""
        told = [line.close_pnl for line in self.theirs if line.close_pnl is not None]
        return sum(told, _ZERO) if told else None


def trade_differences(day: EndedDay, statement: Statement) -> list[Difference]:
    """Return where trades differ."""
    if "trades" not in statement.sections and not statement.trades:
        return _missing(day.trades) if day.trades else []
    matched, unknown, missing = _match(day, statement)
    found = [_unknown(line) for line in unknown] + _missing(tuple(missing))
    by_kind: dict[tuple[str, Offset], list[Matched]] = defaultdict(list)
    for pair in matched:
        found += _facts(pair)
        by_kind[_product(pair.ours.instrument_id), pair.theirs[0].offset].append(pair)
    for kind in by_kind.values():
        found += _commissions(kind)
    is_by_day = statement.counting == "by_day"
    for pair in matched:
        found += _close_pnl(pair, is_by_day=is_by_day)
    return found


def _match(day: EndedDay, statement: Statement) -> tuple[list[Matched], list[StatementTrade], list[EndedTrade]]:
    """Return trades that both know, theirs alone and ours alone."""
    ours = list(day.trades)
    groups: dict[tuple[object, ...], list[StatementTrade]] = defaultdict(list)
    for line in statement.trades:
        groups[line.symbol, line.side, _id(line.fill_id)].append(line)
    matched, unmatched = [], []
    for key, lines in groups.items():
        found = _take(ours, key, _by_id)
        if found is None:
            unmatched += lines
        else:
            matched.append(Matched(found, tuple(lines)))
    left = []
    for line in unmatched:
        found = _take(ours, _did(line), _did)
        if found is None:
            left.append(line)
        else:
            matched.append(Matched(found, (line,)))
    return matched, left, ours


def _take(
    trades: list[EndedTrade], key: tuple[object, ...], key_of: Callable[[EndedTrade], tuple[object, ...]]
) -> EndedTrade | None:
    """Remove and return the first trade of that key."""
    for at, trade in enumerate(trades):
        if key_of(trade) == key:
            return trades.pop(at)
    return None


def _by_id(trade: EndedTrade) -> tuple[object, ...]:
    return _symbol(trade.instrument_id), trade.side, _id(trade.fill_id)


def _did(trade: EndedTrade | StatementTrade) -> tuple[object, ...]:
    symbol = trade.symbol if isinstance(trade, StatementTrade) else _symbol(trade.instrument_id)
    return symbol, trade.side, trade.offset is Offset.OPEN, trade.quantity, trade.price


def _unknown(line: StatementTrade) -> Difference:
    detail = {
        "side": line.side.value,
        "offset": line.offset.value,
        "quantity": str(line.quantity),
        "price": str(line.price),
        "commission": str(line.commission),
        "close_pnl": str(line.close_pnl or _ZERO),
    }
    return Difference(code="trade.unknown", subject=_name(line.symbol, line.side, line.fill_id), detail=detail)


def _missing(trades: tuple[EndedTrade, ...]) -> list[Difference]:
    return [
        Difference(
            code="trade.missing",
            subject=_name(_symbol(trade.instrument_id), trade.side, trade.fill_id),
            detail={
                "side": trade.side.value,
                "offset": trade.offset.value,
                "quantity": str(trade.quantity),
                "price": str(trade.price),
                "commission": str(trade.commission),
                "close_pnl": str(trade.close_pnl),
            },
        )
        for trade in trades
    ]


def _facts(pair: Matched) -> list[Difference]:
    """Compare what a trade did."""
    ours, first = pair.ours, pair.theirs[0]
    subject = _name(first.symbol, first.side, first.fill_id)
    quantity = sum(line.quantity for line in pair.theirs)
    found = []
    if quantity != ours.quantity:
        found.append(
            Difference(code="trade.quantity", subject=subject, ours=Decimal(ours.quantity), theirs=Decimal(quantity))
        )
    if any(line.price != ours.price for line in pair.theirs):
        found.append(Difference(code="trade.price", subject=subject, ours=ours.price, theirs=first.price))
    if (first.offset is Offset.OPEN) != (ours.offset is Offset.OPEN):
        detail = {"ours": ours.offset.value, "theirs": first.offset.value}
        found.append(Difference(code="trade.offset", subject=subject, detail=detail))
    return found


def _commissions(pairs: list[Matched]) -> list[Difference]:
    """Compare what trades of one product and offset cost; one rate that gives all of theirs explains them."""
    differing = [pair for pair in pairs if _cents(pair.ours.commission) != pair.commission]
    if not differing:
        return []
    guess = guess_rate(
        Charged(pair.commission, _money(pair.ours), pair.ours.quantity) for pair in pairs if len(pair.theirs) == 1
    )
    found = []
    for pair in differing:
        first = pair.theirs[0]
        cause: Cause = "fee_rate" if guess is not None and len(pair.theirs) == 1 else ""
        if len(pair.theirs) > 1 or first.offset not in {pair.ours.offset, Offset.CLOSE, Offset.OPEN}:
            # Another day's lots cost another rate: theirs says which lots it took.
            cause = cause or "closed_other_day"
        found.append(
            Difference(
                code="trade.commission",
                subject=_name(first.symbol, first.side, first.fill_id),
                ours=_cents(pair.ours.commission),
                theirs=pair.commission,
                cause=cause,
                detail=guess.told() if guess is not None and cause == "fee_rate" else {},
            )
        )
    return found


def _close_pnl(pair: Matched, *, is_by_day: bool) -> list[Difference]:
    theirs, ours = pair.close_pnl, pair.ours.close_pnl if is_by_day else pair.ours.close_pnl_by_trade
    if theirs is None or theirs == _cents(ours):
        return []
    first = pair.theirs[0]
    is_price = any(line.price != pair.ours.price for line in pair.theirs)
    is_quantity = sum(line.quantity for line in pair.theirs) != pair.ours.quantity
    cause: Cause = "price" if is_price else "quantity" if is_quantity else ""
    return [
        Difference(
            code="trade.close_pnl",
            subject=_name(first.symbol, first.side, first.fill_id),
            ours=_cents(ours),
            theirs=theirs,
            cause=cause,
        )
    ]


def _money(trade: EndedTrade) -> Decimal:
    return trade.price * (trade.contract_multiplier * trade.quantity)


def _product(instrument_id: str) -> str:
    """Return the product of a future; an option's rates are its own."""
    symbol = _symbol(instrument_id)
    future = _FUTURE.fullmatch(symbol)
    return future[1] if future is not None else symbol


def _symbol(instrument_id: str) -> str:
    return instrument_id.rpartition(".")[0]


def _id(fill_id: str) -> str:
    """Return a fill's id as both write it: fronts fill it up with blanks, brokers with zeros or not at all."""
    return fill_id.strip().lstrip("0") or "0"


def _name(symbol: str, side: str, fill_id: str) -> str:
    return f"{symbol} {side} {fill_id.strip()}"


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)
