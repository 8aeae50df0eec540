"""Which rows of the instruction book's tables follow from an event; pure, as in `projections`.

An instruction's version names the adjustments it changed: a fill in a basket of a thousand lines writes one row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tradewind.domain.book import is_of_book
from tradewind.stores.sql.book_tables import INSTRUCTION_DETAILS, INSTRUCTION_STEPS, POSITION_ADJUSTMENTS
from tradewind.stores.sql.puts import Put, short

if TYPE_CHECKING:
    from tradewind.domain.book import Adjustment, Step
    from tradewind.domain.instruction import Instruction
    from tradewind.domain.order import Fill, Order, OrderRequest


def book_rows(told: Instruction) -> list[Put]:
    """Return the rows of one version of an instruction beside its own: what changed of its adjustments, its step."""
    if not told.is_of_book:
        return []
    numbers = range(len(told.adjustments)) if told.touched is None else told.touched
    rows = [_adjustment_row(told, number, told.adjustments[number]) for number in numbers]
    if told.step is not None:
        rows.append(_step_row(told, told.step))
        for adjustment in told.adjustments:
            rows += _manual_rows(told, adjustment)
    return rows


def book_columns(told: Instruction) -> dict[str, Any]:
    """Return what the book adds to an instruction's own row."""
    return {
        "trader": told.trader,
        "makers": list(told.makers),
        "handling": msgspec.to_builtins(told.handling),
        "trading_day": told.trading_day,
        "expires_at": told.expires_at,
        "total_current_delta_value": told.total_current_delta_value,
        "total_adjusted_delta_value": told.total_adjusted_delta_value,
    }


def order_detail(order: Order) -> list[Put]:
    """Return the detail of an order of the book."""
    return _of_request(order.request, status=order.status.value, filled=order.filled_quantity)


def refused_detail(request: OrderRequest) -> list[Put]:
    """Return the detail of an order the gate did not let pass."""
    return _of_request(request, status="refused", filled=0)


def fill_detail(fill: Fill, name: str) -> list[Put]:
    """Return the detail of a fill of the book's own order; one made elsewhere is told by its instruction."""
    if not is_of_book(fill.instruction_id) or not fill.client_order_id:
        return []
    values = {
        "instruction_id": fill.instruction_id,
        "account_id": fill.account_id,
        "product_code": fill.product_code,
        "c_instrument_id": fill.instrument_id,
        "kind": "fill",
        "open_close": fill.offset.value,
        "buy_sell": fill.side.value,
        "quantity": fill.quantity,
        "price": fill.price,
        "filled_quantity": fill.quantity,
        "trade_id": short(fill.fill_id.strip()),
        "status": "filled",
        "actor": "",
        "ts": fill.ts_event,
    }
    return [Put(INSTRUCTION_DETAILS.name, (("detail_id", name),), values)]


def _of_request(request: OrderRequest, *, status: str, filled: int) -> list[Put]:
    if not is_of_book(request.instruction_id):
        return []
    values = {
        "instruction_id": request.instruction_id,
        "account_id": request.account_id,
        "product_code": request.product_code,
        "c_instrument_id": request.instrument_id,
        "kind": "order",
        "open_close": request.offset.value,
        "buy_sell": request.side.value,
        "quantity": request.quantity,
        "price": request.price,
        "filled_quantity": filled,
        "trade_id": "",
        "status": status,
        "actor": request.actor,
        "ts": request.ts_event,
    }
    return [Put(INSTRUCTION_DETAILS.name, (("detail_id", request.client_order_id),), values)]


def _adjustment_row(told: Instruction, number: int, adjustment: Adjustment) -> Put:
    names = (
        *("current_position", "current_long", "current_short", "adjusted_position", "quantity", "filled_quantity"),
        *("working_quantity", "refused_quantity", "left_quantity", "turnover", "limit_price", "reference_price"),
        *("arrival_price", "average_price", "slippage", "current_delta_value", "adjusted_delta_value", "wish"),
    )
    values: dict[str, Any] = {name: getattr(adjustment, name) for name in names}
    values |= {
        "account_id": told.account_id,
        "product_code": told.product_code,
        "c_instrument_id": adjustment.instrument_id,
        "status": adjustment.status.value,
        "side": adjustment.side.value,
        "updated_at": told.updated_at,
    }
    return Put(POSITION_ADJUSTMENTS.name, (("instruction_id", told.instruction_id), ("number", number)), values)


def _step_row(told: Instruction, step: Step) -> Put:
    values = {
        "account_id": told.account_id,
        "product_code": told.product_code,
        "status": told.status.value,
        "act": step.act.value,
        "actor": step.actor,
        "source": step.source,
        "reason": step.reason,
        "note": step.note,
        "ts": step.ts,
    }
    return Put(INSTRUCTION_STEPS.name, (("instruction_id", told.instruction_id), ("version", told.version)), values)


def _manual_rows(told: Instruction, adjustment: Adjustment) -> list[Put]:
    exchange = adjustment.instrument_id.rpartition(".")[2]
    rows = []
    for fill in adjustment.manual_fills:
        values = {
            "instruction_id": told.instruction_id,
            "account_id": told.account_id,
            "product_code": told.product_code,
            "c_instrument_id": adjustment.instrument_id,
            "kind": "manual",
            "open_close": fill.offset.value,
            "buy_sell": fill.side.value,
            "quantity": fill.quantity,
            "price": fill.price,
            "filled_quantity": fill.quantity,
            "trade_id": fill.trade_id,
            "status": "booked" if fill.is_booked else "recorded",
            "actor": fill.recorded_by,
            "ts": fill.ts,
        }
        name = f"manual-{exchange}-{fill.trading_day}-{fill.trade_id}-{fill.side.value[0]}"
        rows.append(Put(INSTRUCTION_DETAILS.name, (("detail_id", name),), values))
    return rows
