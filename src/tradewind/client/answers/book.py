"""Answers of the instruction book."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from tradewind.domain.book import Act, AdjustmentStatus
from tradewind.domain.instruction import Handling, InstructionLine, InstructionStatus
from tradewind.domain.order import Side


class AdjustmentView(msgspec.Struct, frozen=True):
    """An adjustment with what follows from it; quantities in lots, prices per unit, money in account currency."""

    number: int
    instrument_id: str
    status: AdjustmentStatus
    current_position: int
    current_long: int
    current_short: int
    adjusted_position: int
    side: Side
    quantity: int
    filled_quantity: int
    working_quantity: int
    refused_quantity: int
    left_quantity: int
    wish: str
    limit_price: Decimal | None
    reference_price: Decimal | None
    arrival_price: Decimal | None
    average_price: Decimal | None
    slippage_ticks: Decimal | None
    slippage: Decimal | None
    """Lost (positive) or won against the arrival price."""
    current_delta_value: Decimal
    adjusted_delta_value: Decimal


class BookEntry(msgspec.Struct, frozen=True):
    """An instruction of the book as people see it; `allowed_acts` are what its state allows to who has the right."""

    instruction_id: str
    status: InstructionStatus
    version: int
    account_id: str
    product_code: str
    strategy: str
    actor: str
    makers: tuple[str, ...]
    trader: str
    reason: str
    reason_code: str
    cause: str
    trading_day: int
    expires_at: int
    created_at: int
    updated_at: int
    total_current_delta_value: Decimal
    total_adjusted_delta_value: Decimal
    quantity: int
    filled_quantity: int
    working_quantity: int
    refused_quantity: int
    left_quantity: int
    slippage: Decimal | None
    handling: Handling | None
    allowed_acts: tuple[Act, ...]
    adjustments: tuple[AdjustmentView, ...]
    sends: tuple[InstructionLine, ...]


class BookPage(msgspec.Struct, frozen=True):
    """Entries, the newest first; `next` is what to name as `after` for more, "" where there are none."""

    entries: tuple[BookEntry, ...]
    next: str


class Detail(msgspec.Struct, frozen=True):
    """An order of a send, or a fill made elsewhere. Source: C-004-7 (InstructionDetail).

    `trade_id` is what a fill made elsewhere is called; the fills of our own orders are in the record by `detail_id`.
    """

    detail_id: str
    adjustment: int
    instrument_id: str
    kind: Literal["order", "manual"]
    open_close: str
    buy_sell: Side
    quantity: int
    price: Decimal | None
    filled_quantity: int
    average_price: Decimal | None
    status: str
    trade_id: str
    by: str
    ts: int


class ToAdjust(msgspec.Struct, frozen=True):
    """A contract that approved instructions want changed, with the lots not done yet, buys and sells apart."""

    instrument_id: str
    buy_quantity: int
    sell_quantity: int
    instructions: tuple[str, ...]


class ToTrade(msgspec.Struct, frozen=True):
    """One adjustment that waits for a trader."""

    instruction_id: str
    instruction_status: InstructionStatus
    account_id: str
    product_code: str
    trader: str
    adjustment: AdjustmentView


class TimelineStep(msgspec.Struct, frozen=True):
    """One line of a timeline: the act, who and when, and the version and state that followed."""

    version: int
    status: str
    act: str
    actor: str
    ts: int
    source: str
    reason: str
    note: str
    """What changed, in English; `note_code` with `note_args` says the same for pages in other languages."""
    note_code: str
    note_args: dict[str, str]
