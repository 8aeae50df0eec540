"""Which rows follow from an event: pure functions by topic, so that every table can be made again from the journal.

`symbol` in the older system's tables is a bare futures contract ("au2512"); what is traded elsewhere keeps its whole
id, since the same code may name two things on two stock exchanges.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.domain.account import Account, Booking, Position, Settlement
from tradewind.domain.instruction import Instruction, Trigger
from tradewind.domain.order import Fill, Order, OrderRequest, RefusedOrder
from tradewind.kernel.clock import NS_PER_S
from tradewind.stores.sql.book_rows import book_columns, book_rows, fill_detail, order_detail, refused_detail
from tradewind.stores.sql.columns import moment
from tradewind.stores.sql.puts import Put, short
from tradewind.stores.sql.result_rows import day_rows, trade_row
from tradewind.stores.sql.signal_rows import alert_rows, opportunity_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FUTURES_EXCHANGES: Final = frozenset({"SHFE", "DCE", "CZCE", "CFFEX", "INE", "GFEX"})


class Projections:
    """The registry: topic name → rows. What a fill cost is NULL until the ledger has told it, never a guess."""

    def __init__(self, *, equity_s: int = 60) -> None:
        self._equity_ns = equity_s * NS_PER_S
        self.rows: Mapping[str, Callable[[Any], list[Put]]] = {
            "orders": order_rows,
            "refused_orders": refused_rows,
            "fills": fill_rows,
            "bookings": booking_rows,
            "instructions": instruction_rows,
            "plans": plan_rows,
            "triggers": trigger_rows,
            "settlements": settlement_rows,
            "positions": position_rows,
            "accounts": self._account_rows,
            "day_results": day_rows,
            "opportunities": opportunity_rows,
            "risk_alerts": alert_rows,
        }

    def of(self, topic: str, event: Any) -> list[Put]:  # noqa: ANN401 - any topic's event
        """Return the rows that follow from one event; none for a topic that has no table."""
        find = self.rows.get(topic)
        return find(event) if find is not None else []

    def _account_rows(self, account: Account) -> list[Put]:
        ts = account.ts_event // self._equity_ns * self._equity_ns
        point = Put(
            "equity_points",
            (("account_id", account.account_id), ("book", account.book), ("ts", ts)),
            {
                name: getattr(account, name)
                for name in (
                    *("trading_day", "currency", "balance", "available", "margin", "deposit", "withdraw"),
                    *("close_pnl", "position_pnl", "commission"),
                )
            },
        )
        return [point] if account.book else [_account_row(account), point]


def symbol_of(instrument_id: str) -> str:
    """Return what the older system's tables call a contract."""
    symbol, _, exchange = instrument_id.rpartition(".")
    return symbol if exchange in FUTURES_EXCHANGES else instrument_id


def trade_id(fill: Fill) -> str:
    """Return one text for what makes a fill unique."""
    exchange, day, own, side = fill.key
    return short(f"{exchange}-{day}-{own.strip()}-{side[0]}")


def fill_rows(fill: Fill) -> list[Put]:
    """Return a fill's row, before it is booked."""
    name = trade_id(fill)
    row = Put("trades", (("trade_id", name),), _trade(fill, None), keeps=("commission",))
    return [row, *fill_detail(fill, name)]


def booking_rows(booking: Booking) -> list[Put]:
    """Return a fill's row with what it cost."""
    name = trade_id(booking.fill)
    row = Put("trades", (("trade_id", name),), _trade(booking.fill, booking.commission))
    return [row, trade_row(booking, name)]


def order_rows(order: Order) -> list[Put]:
    """Return an order's row after one of its changes."""
    values = {
        **_request(order.request),
        "status": order.status.value,
        "version": order.version,
        "filled_quantity": order.filled_quantity,
        "turnover": order.turnover,
        "order_id": short(order.order_id.strip()),
        "margin": order.margin,
        "commission": order.commission,
        "reason_code": order.reason_code,
        "reason": order.reason,
        "updated_at": order.ts_event,
    }
    return [Put("orders", (("client_order_id", order.client_order_id),), values), *order_detail(order)]


def refused_rows(refused: RefusedOrder) -> list[Put]:
    """Return the row of an order the gate did not let pass; people look for it among the others."""
    said = "; ".join(f"{no.rule} ({no.scope}): limit {no.limit}, was {no.actual}" for no in refused.refusals)
    values = {
        **_request(refused.order),
        "status": "refused",
        "version": 0,
        "filled_quantity": 0,
        "turnover": Decimal(0),
        "order_id": "",
        "margin": None,
        "commission": None,
        "reason_code": refused.refusals[0].code if refused.refusals else "",
        "reason": said,
        "updated_at": refused.ts_event,
    }
    row = Put("orders", (("client_order_id", refused.order.client_order_id),), values)
    return [row, *refused_detail(refused.order)]


def instruction_rows(instruction: Instruction) -> list[Put]:
    """Return an instruction's row after one of its changes."""
    names = (
        *("account_id", "product_code", "strategy", "actor", "version", "reason_code", "reason", "cause"),
        *("created_at", "updated_at"),
    )
    values: dict[str, Any] = {name: getattr(instruction, name) for name in names}
    values |= {
        "origin": instruction.origin.value,
        "status": instruction.status.value,
        "instruction_lines": msgspec.to_builtins(instruction.lines),
        **book_columns(instruction),
    }
    row = Put("instructions", (("instruction_id", instruction.instruction_id),), values)
    return [row, *book_rows(instruction)]


def trigger_rows(trigger: Trigger) -> list[Put]:
    """Return a trigger's row; what the older table has no column for goes to `trigger_details`."""
    values = {
        "strategy_name": trigger.strategy,
        "trigger_time": moment(trigger.ts_event),
        "trigger_condition": trigger.condition,
        "trigger_price": trigger.price,
        "action_type": trigger.action.value,
        "execution_result": trigger.result.value,
        "order_id": short(trigger.order_id) or None,
        "error_message": trigger.error or None,
        "details": {
            "instrument_id": trigger.instrument_id,
            "instruction_id": trigger.instruction_id,
            "cause": trigger.cause,
            "version": trigger.version,
        },
    }
    return [Put("strategy_triggers", (("trigger_id", trigger.trigger_id),), values)]


def plan_rows(plan: Any) -> list[Put]:  # noqa: ANN401 - whatever names parameters that a strategy trades with
    """Return a trading plan as the older system keeps a strategy's parameters: those it runs with, and whether."""
    values = {
        "config_data": msgspec.to_builtins(plan.params),
        "is_active": plan.is_active,
        "update_time": moment(plan.ts_event),
    }
    return [Put("strategy_configs", (("strategy_name", plan.name),), values)]


def settlement_rows(settlement: Settlement) -> list[Put]:
    """Return the end of a trading day."""
    values = {
        "next_trading_day": settlement.next_trading_day,
        "prices": msgspec.to_builtins(settlement.prices),
        "expired": list(settlement.expired),
        "actor": settlement.actor,
        "settled_at": settlement.ts_event,
    }
    key = (("account_id", settlement.account_id), ("trading_day", settlement.trading_day))
    return [Put("settlements", key, values)]


def position_rows(position: Position) -> list[Put]:
    """Return the account's own position; virtual books have no row, and neither has what is flat."""
    if position.book:
        return []
    key = (
        ("account_id", position.account_id),
        ("symbol", symbol_of(position.instrument_id)),
        ("direction", position.direction.value),
    )
    if position.open_price is None:
        return [Put("positions", key, None)]
    values = {
        "volume": position.quantity,
        "avg_price": position.open_price,
        "current_price": position.last_price,
        "unrealized_pnl": position.floating_pnl,
        "margin": position.margin,
        "open_time": moment(position.opened_at),
        "update_time": moment(position.ts_event),
    }
    return [Put("positions", key, values)]


def _account_row(account: Account) -> Put:
    values = {
        "balance": account.balance,
        "available": account.available,
        "margin": account.margin,
        # Counted against the opening price, as the older system counts a position's P&L.
        "unrealized_pnl": account.floating_pnl,
        "realized_pnl": account.close_pnl_by_trade,
        "update_time": moment(account.ts_event),
    }
    return Put("accounts", (("account_id", account.account_id),), values)


def _trade(fill: Fill, commission: Decimal | None) -> dict[str, Any]:
    return {
        "order_id": short(fill.client_order_id or fill.order_id.strip()),
        "account_id": fill.account_id,
        "symbol": symbol_of(fill.instrument_id),
        "direction": fill.side.value,
        "volume": fill.quantity,
        "price": fill.price,
        "commission": commission,
        "trade_time": moment(fill.ts_event),
    }


def _request(request: OrderRequest) -> dict[str, Any]:
    names = (
        *("instruction_id", "account_id", "product_code", "strategy", "instrument_id", "quantity", "price"),
        *("actor", "trading_day", "cause"),
    )
    values: dict[str, Any] = {name: getattr(request, name) for name in names}
    for name in ("side", "price_type", "time_in_force", "origin"):
        values[name] = getattr(request, name).value
    values["order_key"] = short(request.client_order_id)
    return {**values, "position_offset": request.offset.value, "created_at": request.ts_event}
