"""Orders, as tickets of their own: judged, placed under a key, found again, taken back; and closing what is held.

An order is placed once. Where the answer is lost the platform's list is asked for it; it is never sent again by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tradewind.client.answers.judged import CloseView, WhatIf
from tradewind.client.answers.sending import QueueView
from tradewind.client.calls import Call, Lookup, act, ask, judge, new_key
from tradewind.client.modes import Area, M, route
from tradewind.domain.account import Direction
from tradewind.domain.desk import WishedLine
from tradewind.domain.instruction import Algorithm, Execution, Instruction, Intent
from tradewind.domain.order import Order, Side

_LIST = "/api/v1/instructions"
_QUICK = Execution(patience_s=5)


class CancelAsked(msgspec.Struct, frozen=True):
    """Whether an order is being taken back; false where there was nothing left to take."""

    client_order_id: str
    is_cancel_asked: bool


def line(
    instrument_id: str,
    side: Side | str,
    quantity: int,
    *,
    limit_price: Decimal | str | None = None,
    intent: Intent | str = Intent.AUTO,
    algorithm: Algorithm | str = Algorithm.DIRECT,
    **execution: Any,  # noqa: ANN401 - further fields of `Execution`
) -> WishedLine:
    """Return one contract of a wish; lots, prices per unit as text or `Decimal`, without a price the market's.

    Raises: ValueError: a price that is none. msgspec.ValidationError: a word or number that may not stand there.
    """
    how = {"algorithm": algorithm, **execution}
    if limit_price is not None:
        how["limit_price"] = Decimal(limit_price)
    wish = {"instrument_id": instrument_id, "side": side, "quantity": quantity, "intent": intent, "execution": how}
    return msgspec.convert(wish, WishedLine)


class Trading(Area[M]):
    """What was asked for with the same key is one act, however often it is sent."""

    @route
    def what_if(self, account_id: str, *lines: WishedLine, product_code: str = "", strategy: str = "") -> Call[WhatIf]:
        """Judge a wish without sending it: each order's decision, and margin, funds and limits after all of them."""
        return judge("/api/v1/what-if", WhatIf, _wish(account_id, lines, product_code, strategy))

    @route
    def place(
        self,
        account_id: str,
        *lines: WishedLine,
        product_code: str = "",
        strategy: str = "",
        reason: str = "",
        key: str = "",
    ) -> Call[Instruction]:
        """Place orders; each passes the risk gate by itself. What the gate refuses is told by the instruction.

        Raises: OutcomeUnknownError: sent, and nobody says what came of it; `find(error.key)` or the same `key` will.
        """
        key = key or new_key()
        body = {**_wish(account_id, lines, product_code, strategy), "reason": reason}
        return act(_LIST, Instruction, body, key=key, lookup=_found_as(f"M:{key}"))

    @route
    def find(self, key: str) -> Call[Instruction | None]:
        """Return what was placed or closed under a key, if it is live or ended lately; `None`: it is not there."""
        names = {f"M:{key}", f"C:{key}"}
        called = ask(_LIST, list[Instruction])
        return msgspec.structs.replace(called, then=lambda told: _first(told, names))

    @route
    def instructions(self) -> Call[list[Instruction]]:
        """List the instructions that are live or ended lately, with the progress of each line."""
        return ask(_LIST, list[Instruction])

    @route
    def cancel(self, instruction_id: str, *, reason: str = "", key: str = "") -> Call[Instruction]:
        """Take an instruction back: nothing more is sent, its live orders are cancelled."""
        return act(f"{_LIST}/cancel", Instruction, {"instruction_id": instruction_id, "reason": reason}, key=key)

    @route
    def orders(self, *, is_live: bool = False) -> Call[list[Order]]:
        """List the orders that are live or ended lately."""
        return ask("/api/v1/orders", list[Order], live=is_live)

    @route
    def cancel_order(self, client_order_id: str, *, reason: str = "", key: str = "") -> Call[CancelAsked]:
        """Take one order back; what is left of it is not asked for again."""
        body = {"client_order_id": client_order_id, "reason": reason}
        return act("/api/v1/orders/cancel", CancelAsked, body, key=key)

    @route
    def queue(self) -> Call[QueueView]:
        """Return what waits to be sent, and how the broker is."""
        return ask("/api/v1/order-queue", QueueView)

    @route
    def preview_close(
        self,
        account_id: str,
        instrument_id: str,
        direction: Direction | str,
        *,
        quantity: int | None = None,
        book: str = "",
    ) -> Call[CloseView]:
        """Say what closing a position would mean; its `confirmation` lets exactly this be done."""
        return judge(
            "/api/v1/close/preview", CloseView, _position(account_id, instrument_id, direction, quantity, book)
        )

    @route
    def close(
        self,
        account_id: str,
        instrument_id: str,
        direction: Direction | str,
        *,
        confirmation: str,
        quantity: int | None = None,
        book: str = "",
        execution: Execution = _QUICK,
        key: str = "",
    ) -> Call[Instruction]:
        """Close a position as it was previewed.

        Raises: ConflictError: it has changed meanwhile. OutcomeUnknownError: as `place`.
        """
        key = key or new_key()
        body = _position(account_id, instrument_id, direction, quantity, book)
        body |= {"confirmation": confirmation, "execution": execution}
        return act("/api/v1/close", Instruction, body, key=key, lookup=_found_as(f"C:{key}"))


def _found_as(instruction_id: str) -> Lookup[Instruction]:
    return Lookup(ask(_LIST, list[Instruction]), lambda told: _first(told, {instruction_id}))


def _first(told: list[Instruction], names: set[str]) -> Instruction | None:
    return next((each for each in told if each.instruction_id in names), None)


def _wish(account_id: str, lines: Sequence[WishedLine], product_code: str, strategy: str) -> dict[str, Any]:
    return {"account_id": account_id, "lines": lines, "product_code": product_code, "strategy": strategy}


def _position(
    account_id: str, instrument_id: str, direction: Direction | str, quantity: int | None, book: str
) -> dict[str, Any]:
    told = {"account_id": account_id, "instrument_id": instrument_id, "direction": direction, "book": book}
    return told if quantity is None else {**told, "quantity": quantity}
