"""Says what a day brought a ledger, contract by contract, while it lasts and when it has ended."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from tradewind.domain.account import Direction
from tradewind.domain.day_result import DayPart, DayResult

if TYPE_CHECKING:
    from tradewind.portfolio.ledger import Ledger
    from tradewind.portfolio.lots import Holding
    from tradewind.portfolio.marks import Marks

_ZERO: Final = Decimal(0)


def parts_of(ledger: Ledger) -> tuple[DayPart, ...]:
    """Return the contracts that were traded or held since the last settlement, as they stand now."""
    names = dict.fromkeys((*ledger.contracts, *(instrument_id for instrument_id, _ in ledger.holdings)))
    return tuple(_part(ledger, instrument_id) for instrument_id in names)


def result_now(ledger: Ledger, marks: Marks, ts_event: int) -> DayResult:
    """Return the ledger's day so far."""
    funds = ledger.account(marks, ts_event)
    return DayResult(
        account_id=funds.account_id,
        book=funds.book,
        trading_day=funds.trading_day,
        currency=funds.currency,
        pre_balance=funds.pre_balance,
        deposit=funds.deposit,
        withdraw=funds.withdraw,
        close_pnl=funds.close_pnl,
        position_pnl=funds.position_pnl,
        commission=funds.commission,
        balance=funds.balance,
        margin=funds.margin,
        ts_event=ts_event,
        parts=parts_of(ledger),
    )


def result_ended(ledger: Ledger, marks: Marks) -> DayResult:
    """Return the newest day that the ledger has settled; to be asked before the next day's rates are taken."""
    day = ledger.days[-1]
    return DayResult(
        account_id=ledger.account_id,
        book=ledger.book,
        trading_day=day.trading_day,
        currency=ledger.currency,
        pre_balance=day.pre_balance,
        deposit=day.deposit,
        withdraw=day.withdraw,
        close_pnl=day.close_pnl,
        position_pnl=day.position_pnl,
        commission=day.commission,
        balance=day.balance,
        margin=ledger.margin(marks),
        ts_event=day.ts_event,
        parts=ledger.ended_parts,
    )


def _part(ledger: Ledger, instrument_id: str) -> DayPart:
    day = ledger.contracts.get(instrument_id)
    held = {direction: ledger.holdings.get((instrument_id, direction)) for direction in Direction}
    there = [holding for holding in held.values() if holding is not None]
    return DayPart(
        instrument_id=instrument_id,
        close_pnl=_ZERO if day is None else day.close_pnl,
        position_pnl=sum((holding.position_pnl for holding in there), _ZERO),
        commission=_ZERO if day is None else day.commission,
        bought=0 if day is None else day.bought,
        sold=0 if day is None else day.sold,
        long=_lots(held[Direction.LONG]),
        short=_lots(held[Direction.SHORT]),
        contract_multiplier=there[0].terms.multiplier if there else 0,
        price=next((holding.price for holding in there if holding.quantity), there[0].price if there else None),
    )


def _lots(holding: Holding | None) -> int:
    return 0 if holding is None else holding.quantity
