"""What the broker says an account holds, and where our books say otherwise."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tradewind.domain.account import Account, Direction, Position
from tradewind.domain.instrument import instrument_id_of
from tradewind.execution.brokers.ctp.words import DIRECTIONS, number
from tradewind.execution.ports import Difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tradewind.execution.brokers.ctp.contracts import CtpContract

HeldKey = tuple[str, Direction]
_HISTORY: Final = "2"
_SHOWN: Final[Mapping[str, str]] = {
    "pre_balance": "PreBalance",
    "deposit": "Deposit",
    "withdraw": "Withdraw",
    "close_pnl": "CloseProfit",
    "commission": "Commission",
    "balance": "Balance",
    "available": "Available",
    "margin": "CurrMargin",
    "position_pnl": "PositionProfit",
    "frozen_margin": "FrozenMargin",
    "frozen_commission": "FrozenCommission",
}
_BEFORE: Final = frozenset({"pre_balance", "deposit", "withdraw"})
_CENT: Final = Decimal("0.01")


class Held(NamedTuple):
    """Lots of one contract one way, by the day they were opened."""

    today: int
    yesterday: int


class Books(NamedTuple):
    """What our ledger says of an account."""

    positions: tuple[Position, ...]
    account: Account | None


def read_positions(rows: Iterable[Mapping[str, Any]], contracts: Mapping[str, CtpContract]) -> dict[HeldKey, Held]:
    """Return what is held; up to two rows of a contract and a direction are one position.

    Where days are kept apart a row is of today or of history. Elsewhere YdPosition is yesterday's at the open, which
    nothing reduces: yesterday's of now are the lots that are not today's.
    """
    held: dict[HeldKey, Held] = {}
    for row in rows:
        direction = DIRECTIONS.get(row["PosiDirection"])
        if direction is None or not row["Position"]:
            continue
        symbol, exchange = row["InstrumentID"].strip(), row["ExchangeID"].strip()
        contract = contracts.get(symbol)
        is_date_kept = contract is not None and contract.is_date_kept
        name = instrument_id_of(symbol, exchange) if contract is None else contract.instrument_id
        of_row = 0 if row["PositionDate"] == _HISTORY else row["Position"]
        today = of_row if is_date_kept else row["TodayPosition"]
        before = held.get((name, direction), Held(0, 0))
        held[name, direction] = Held(before.today + today, before.yesterday + row["Position"] - today)
    return held


def read_funds(row: Mapping[str, Any]) -> dict[str, Decimal]:
    """Return an account's amounts under our names, to the cent; what CTP leaves empty is left out."""
    amounts = {ours: number(row[theirs]) for ours, theirs in _SHOWN.items() if theirs in row}
    return {name: _cents(Decimal(repr(amount))) for name, amount in amounts.items() if amount is not None}


def differences(books: Books, held: Mapping[HeldKey, Held], funds: Mapping[str, Decimal]) -> tuple[Difference, ...]:
    """Return where our books and the broker's say different things: lots by day, amounts to the cent.

    Of the amounts only those that no price of the moment moves.
    """
    return (*_lots(books.positions, held), *_amounts(books.account, funds))


def _lots(positions: Iterable[Position], held: Mapping[HeldKey, Held]) -> Iterator[Difference]:
    ours = {(each.instrument_id, each.direction): Held(each.today, each.yesterday) for each in positions}
    for key in sorted({*ours, *held}):
        mine, theirs = ours.get(key, Held(0, 0)), held.get(key, Held(0, 0))
        subject = f"{key[0]} {key[1]}"
        if mine.today != theirs.today:
            yield Difference("position_today", subject, str(mine.today), str(theirs.today))
        if mine.yesterday != theirs.yesterday:
            yield Difference("position_yesterday", subject, str(mine.yesterday), str(theirs.yesterday))


def _amounts(account: Account | None, funds: Mapping[str, Decimal]) -> Iterator[Difference]:
    if account is None:
        return
    ours = {
        # What our ledger begins with is paid in; at the broker it was there the day before.
        "before_trading": account.pre_balance + account.deposit - account.withdraw,
        "close_pnl": account.close_pnl,
        "commission": account.commission,
    }
    theirs = {name: funds[name] for name in ours if name in funds}
    if funds.keys() >= _BEFORE:
        theirs["before_trading"] = funds["pre_balance"] + funds["deposit"] - funds["withdraw"]
    for name, amount in theirs.items():
        mine = _cents(ours[name])
        if mine != amount:
            yield Difference(f"funds_{name}", account.currency, str(mine), str(amount))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT)
