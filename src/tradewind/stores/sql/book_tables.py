"""The instruction book's tables: adjustments, details, steps. Source: C-004-7 (PositionAdjustment, InstructionDetail).

Each row carries its instruction's account and product, so that whoever may see only some of them is shown only those.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, String, Table, Text, UniqueConstraint

from tradewind.stores.sql.columns import MONEY, NS, PRICE, TABLE, TURNOVER
from tradewind.stores.sql.record_tables import NAME_LENGTH
from tradewind.stores.sql.trading_tables import METADATA

POSITION_ADJUSTMENTS: Final = Table(
    "position_adjustments",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("instruction_id", String(100), nullable=False),
    Column("number", Integer, nullable=False),
    Column("account_id", String(50), nullable=False),
    Column("product_code", String(50), nullable=False),
    Column("c_instrument_id", String(40), nullable=False, index=True),
    Column("current_position", Integer, nullable=False),
    Column("current_long", Integer, nullable=False),
    Column("current_short", Integer, nullable=False),
    Column("adjusted_position", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("side", String(4), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("filled_quantity", Integer, nullable=False),
    Column("working_quantity", Integer, nullable=False),
    Column("refused_quantity", Integer, nullable=False),
    Column("left_quantity", Integer, nullable=False),
    Column("turnover", TURNOVER, nullable=False),
    Column("limit_price", PRICE),
    Column("reference_price", PRICE),
    Column("arrival_price", PRICE),
    Column("average_price", PRICE),
    Column("slippage", MONEY),
    Column("current_delta_value", MONEY, nullable=False),
    Column("adjusted_delta_value", MONEY, nullable=False),
    Column("wish", Text, nullable=False),
    Column("updated_at", NS, nullable=False),
    UniqueConstraint("instruction_id", "number", name="uk_instruction_number"),
    **TABLE,
)

INSTRUCTION_DETAILS: Final = Table(
    "instruction_details",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("detail_id", String(120), nullable=False, unique=True),
    Column("instruction_id", String(100), nullable=False, index=True),
    Column("account_id", String(50), nullable=False),
    Column("product_code", String(50), nullable=False),
    Column("c_instrument_id", String(40), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("open_close", String(16), nullable=False),
    Column("buy_sell", String(4), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("price", PRICE),
    Column("filled_quantity", Integer, nullable=False),
    Column("trade_id", String(50), nullable=False),
    Column("status", String(16), nullable=False),
    Column("actor", String(NAME_LENGTH), nullable=False),
    Column("ts", NS, nullable=False),
    **TABLE,
)
"""`kind`: order, fill (of such an order), manual (made elsewhere). Σ filled of orders = Σ fills."""

INSTRUCTION_STEPS: Final = Table(
    "instruction_steps",
    METADATA,
    Column("instruction_id", String(100), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("account_id", String(50), nullable=False),
    Column("product_code", String(50), nullable=False),
    Column("status", String(16), nullable=False),
    Column("act", String(16), nullable=False),
    Column("actor", String(NAME_LENGTH), nullable=False),
    Column("source", String(NAME_LENGTH), nullable=False),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("ts", NS, nullable=False),
    **TABLE,
)
