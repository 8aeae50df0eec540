"""What people may look through: for each view its columns, what is searched and what tells its rows apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import Column, FromClause

from tradewind.stores.sql.book_tables import INSTRUCTION_DETAILS, INSTRUCTION_STEPS, POSITION_ADJUSTMENTS
from tradewind.stores.sql.record_tables import (
    ANCHORS,
    EQUITY_POINTS,
    INSTRUCTIONS,
    JOURNAL,
    ORDERS,
    SETTLEMENTS,
    TRIGGER_DETAILS,
)
from tradewind.stores.sql.result_tables import DAY_PARTS, DAY_RESULTS, TRADE_RESULTS
from tradewind.stores.sql.signal_tables import ALERTS, OPPORTUNITIES
from tradewind.stores.sql.trading_tables import ACCOUNTS, POSITIONS, STRATEGY_CONFIGS, STRATEGY_TRIGGERS, TRADES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Table


class View(msgspec.Struct, frozen=True):
    """One of them. `key` is unique and, without a wish to sort, the order; its first column comes first.

    Of `summed` a sum says something: money and lots, whatever the contract.
    `account` and `product` say whose a row is; a row without `account` belongs to nobody in particular, and one
    without `product` to the account as a whole. `book` holds the product where there is no column of its own.
    """

    source: FromClause
    columns: dict[str, Column[Any]]
    key: tuple[str, ...]
    searched: tuple[str, ...]
    account: Column[Any] | None = None
    product: Column[Any] | None = None
    book: Column[Any] | None = None
    summed: tuple[str, ...] = ()


def _columns(table: Table, *left_out: str) -> dict[str, Column[Any]]:
    return {column.name: column for column in table.columns if column.name not in left_out}


def _own(table: Table, key: tuple[str, ...], searched: tuple[str, ...], summed: tuple[str, ...] = ()) -> View:
    """Return a table as it stands; its own columns of the usual names say whose its rows are."""
    found = table.columns
    return View(
        table,
        _columns(table),
        key,
        searched,
        account=found.get("account_id"),
        product=found.get("product_code"),
        book=found.get("book"),
        summed=summed,
    )


def _trades() -> View:
    """Return fills with what their order says of them, and what a booked one brought by closing."""
    beside = ("instruction_id", "instrument_id", "product_code", "strategy", "position_offset", "trading_day", "actor")
    columns = _columns(TRADES) | {name: ORDERS.c[name] for name in beside}
    columns |= {name: TRADE_RESULTS.c[name] for name in ("close_pnl", "close_pnl_by_trade")}
    source = TRADES.outerjoin(ORDERS, ORDERS.c.order_key == TRADES.c.order_id)
    source = source.outerjoin(TRADE_RESULTS, TRADE_RESULTS.c.trade_id == TRADES.c.trade_id)
    return View(
        source,
        columns,
        ("id",),
        ("trade_id", "order_id", "account_id", "symbol", "strategy"),
        account=TRADES.c.account_id,
        product=ORDERS.c.product_code,
        summed=("volume", "commission", "close_pnl", "close_pnl_by_trade"),
    )


def _triggers() -> View:
    """Return triggers with what the older table has no column for; whose one is, its instruction knows."""
    columns = _columns(STRATEGY_TRIGGERS) | _columns(TRIGGER_DETAILS, "row_id")
    source = STRATEGY_TRIGGERS.outerjoin(TRIGGER_DETAILS, TRIGGER_DETAILS.c.row_id == STRATEGY_TRIGGERS.c.id)
    searched = ("strategy_name", "trigger_condition", "order_id", "error_message", "instrument_id")
    source = source.outerjoin(INSTRUCTIONS, INSTRUCTIONS.c.instruction_id == TRIGGER_DETAILS.c.instruction_id)
    return View(
        source,
        columns,
        ("id",),
        searched,
        account=INSTRUCTIONS.c.account_id,
        product=INSTRUCTIONS.c.product_code,
    )


VIEWS: Final[Mapping[str, View]] = {
    "trades": _trades(),
    "orders": _own(
        ORDERS,
        ("id",),
        ("client_order_id", "order_id", "account_id", "instrument_id", "strategy", "actor", "reason_code", "reason"),
        ("quantity", "filled_quantity"),
    ),
    "triggers": _triggers(),
    "instructions": _own(
        INSTRUCTIONS, ("id",), ("instruction_id", "account_id", "product_code", "strategy", "actor", "reason")
    ),
    "position_adjustments": _own(
        POSITION_ADJUSTMENTS, ("id",), ("instruction_id", "account_id", "product_code", "c_instrument_id", "wish")
    ),
    "instruction_details": _own(
        INSTRUCTION_DETAILS, ("id",), ("detail_id", "instruction_id", "account_id", "c_instrument_id", "trade_id")
    ),
    "instruction_steps": _own(
        INSTRUCTION_STEPS, ("instruction_id", "version"), ("instruction_id", "act", "actor", "reason", "note")
    ),
    "equity": _own(EQUITY_POINTS, ("ts", "account_id", "book"), ("account_id", "book")),
    "day_results": _own(DAY_RESULTS, ("trading_day", "account_id", "book"), ("account_id", "book")),
    "day_parts": _own(
        DAY_PARTS, ("trading_day", "account_id", "book", "instrument_id"), ("account_id", "book", "instrument_id")
    ),
    "trade_results": _own(TRADE_RESULTS, ("trading_day", "trade_id"), ("account_id", "instrument_id", "trader")),
    "opportunities": _own(
        OPPORTUNITIES, ("created_at", "opportunity_id"), ("opportunity_id", "instrument_id", "strategies")
    ),
    "alerts": _own(ALERTS, ("ts_event", "alert_id"), ("alert_id", "instrument_id", "kind")),
    "settlements": _own(SETTLEMENTS, ("trading_day", "account_id"), ("account_id", "actor")),
    "journal": _own(JOURNAL, ("seq", "chain"), ("kind", "actor", "source", "subject")),
    "anchors": _own(ANCHORS, ("seq", "chain"), ("chain",)),
    "accounts": _own(ACCOUNTS, ("id",), ("account_id",)),
    "positions": _own(POSITIONS, ("id",), ("account_id", "symbol")),
    "strategy_configs": _own(STRATEGY_CONFIGS, ("id",), ("strategy_name",)),
}
