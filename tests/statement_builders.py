"""Statements as a broker would write them who counted like our books, to be changed by one thing at a time."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec

from tradewind.domain.account import Direction
from tradewind.domain.ended_day import EndedDay, EndedPosition
from tradewind.domain.order import Offset
from tradewind.domain.statement import (
    Statement,
    StatementFunds,
    StatementLot,
    StatementPosition,
    StatementTrade,
)

ALL_SECTIONS = ("funds", "cash", "trades", "closes", "lots", "positions")


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def agreeing_statement(day: EndedDay, **changes: Any) -> Statement:
    """Return what a broker prints who agrees with the books in everything."""
    trades = tuple(
        StatementTrade(
            day=day.trading_day,
            exchange=trade.instrument_id.rpartition(".")[2],
            symbol=trade.instrument_id.rpartition(".")[0],
            side=trade.side,
            offset=trade.offset,
            price=trade.price,
            quantity=trade.quantity,
            turnover=trade.price * trade.quantity * trade.contract_multiplier,
            commission=cents(trade.commission),
            close_pnl=None if trade.offset is Offset.OPEN else cents(trade.close_pnl),
            fill_id=trade.fill_id,
        )
        for trade in day.trades
    )
    positions = [position for position in day.positions if position.margin or position.quantity]
    fields: dict[str, Any] = {
        "client_id": "880001",
        "day": day.trading_day,
        "funds": StatementFunds(
            pre_balance=cents(day.pre_balance),
            moved=cents(day.deposit - day.withdraw),
            close_pnl=cents(day.close_pnl),
            position_pnl=cents(day.position_pnl),
            commission=cents(day.commission),
            balance=cents(day.balance),
            equity=cents(day.balance),
            margin=cents(day.margin),
            available=cents(day.available),
            risk_degree=(day.margin / day.balance).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP),
        ),
        "trades": trades,
        "lots": tuple(lot_of(position) for position in positions),
        "positions": tuple(sum_of(position) for position in positions),
        "sections": ALL_SECTIONS,
    }
    return Statement(**{**fields, **changes})


def lot_of(position: EndedPosition) -> StatementLot:
    size = position.contract_multiplier * position.quantity
    return StatementLot(
        exchange=position.instrument_id.rpartition(".")[2],
        symbol=position.instrument_id.rpartition(".")[0],
        open_day=20260105,
        direction=position.direction,
        quantity=position.quantity,
        open_price=position.open_cost / size,
        pre_settlement=position.pre_settlement,
        settlement_price=position.settlement_price,
        floating_pnl=cents(position.floating_pnl),
        position_pnl=cents(position.position_pnl),
        margin=cents(position.margin),
    )


def sum_of(position: EndedPosition) -> StatementPosition:
    is_long = position.direction is Direction.LONG
    return StatementPosition(
        exchange="",
        symbol=position.instrument_id.rpartition(".")[0],
        long=position.quantity if is_long else 0,
        long_price=None,
        short=0 if is_long else position.quantity,
        short_price=None,
        pre_settlement=position.pre_settlement,
        settlement_price=position.settlement_price,
        position_pnl=cents(position.position_pnl),
        margin=cents(position.margin),
    )


def with_funds(statement: Statement, **amounts: str) -> Statement:
    """Return the statement with these lines of the summary changed by as much."""
    changed = {name: getattr(statement.funds, name) + Decimal(amount) for name, amount in amounts.items()}
    return msgspec.structs.replace(statement, funds=msgspec.structs.replace(statement.funds, **changed))


def with_trade(statement: Statement, at: int, **changes: Any) -> Statement:
    trades = list(statement.trades)
    trades[at] = msgspec.structs.replace(trades[at], **changes)
    return msgspec.structs.replace(statement, trades=tuple(trades))


def with_lot(statement: Statement, at: int, **changes: Any) -> Statement:
    lots = list(statement.lots)
    lots[at] = msgspec.structs.replace(lots[at], **changes)
    return msgspec.structs.replace(statement, lots=tuple(lots))
