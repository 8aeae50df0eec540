"""One order as a line of an instruction asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.domain.order import OrderRequest, PriceType

if TYPE_CHECKING:
    from tradewind.domain.instruction import Instruction, InstructionLine
    from tradewind.instructions.algorithms import Ask
    from tradewind.instructions.market_view import Market
    from tradewind.instructions.offsets import BookLeg


def request_of(
    told: Instruction, line: InstructionLine, leg: BookLeg, ask: Ask, *, name: str, market: Market, now_ns: int
) -> OrderRequest:
    """Return the order `name` for one leg of what an algorithm asks, in the book that gives the leg's lots."""
    return OrderRequest(
        client_order_id=name,
        instruction_id=told.instruction_id,
        account_id=told.account_id,
        product_code=told.product_code,
        strategy=leg.strategy,
        instrument_id=line.instrument_id,
        side=line.side,
        offset=leg.offset,
        quantity=leg.quantity,
        price=ask.price,
        price_type=PriceType.LIMIT,
        time_in_force=ask.time_in_force,
        origin=told.origin,
        actor=line.send.sent_by if line.send is not None else told.actor,
        trading_day=market.trading_day,
        ts_event=now_ns,
        cause=told.cause,
    )
