"""The instruction book: what it adds to an instruction, and its adjustments, details and steps.

Revision ID: 0005
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from tradewind.stores.sql.columns import TABLE, ExactDecimal

revision = "0005"
down_revision = "0004"

_MONEY: Final = ExactDecimal(20, 4)
_PRICE: Final = ExactDecimal(18, 6)
_TURNOVER: Final = ExactDecimal(30, 8)
_ADDED: Final = (
    "trader",
    "makers",
    "handling",
    "trading_day",
    "expires_at",
    "total_current_delta_value",
    "total_adjusted_delta_value",
)


def upgrade() -> None:
    """Make them; instructions that stand already went through no book."""
    for column in (
        sa.Column("trader", sa.String(100), nullable=False, server_default=""),
        sa.Column("makers", sa.JSON),
        sa.Column("handling", sa.JSON),
        sa.Column("trading_day", sa.Integer, nullable=False, server_default="0"),
        sa.Column("expires_at", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("total_current_delta_value", _MONEY, nullable=False, server_default="0"),
        sa.Column("total_adjusted_delta_value", _MONEY, nullable=False, server_default="0"),
    ):
        op.add_column("instructions", column)
    _adjustments_table()
    _details_table()
    _steps_table()


def downgrade() -> None:
    """Take them away; the journal keeps what they were made from."""
    for name in ("instruction_steps", "instruction_details", "position_adjustments"):
        op.drop_table(name)
    for name in reversed(_ADDED):
        op.drop_column("instructions", name)


def _adjustments_table() -> None:
    op.create_table(
        "position_adjustments",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("instruction_id", sa.String(100), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("account_id", sa.String(50), nullable=False),
        sa.Column("product_code", sa.String(50), nullable=False),
        sa.Column("c_instrument_id", sa.String(40), nullable=False),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("current_position", "current_long", "current_short", "adjusted_position")
        ),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("side", sa.String(4), nullable=False),
        *(
            sa.Column(f"{name}quantity", sa.Integer, nullable=False)
            for name in ("", "filled_", "working_", "refused_", "left_")
        ),
        sa.Column("turnover", _TURNOVER, nullable=False),
        *(sa.Column(f"{name}_price", _PRICE) for name in ("limit", "reference", "arrival", "average")),
        sa.Column("slippage", _MONEY),
        sa.Column("current_delta_value", _MONEY, nullable=False),
        sa.Column("adjusted_delta_value", _MONEY, nullable=False),
        sa.Column("wish", sa.Text, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("instruction_id", "number", name="uk_instruction_number"),
        **TABLE,
    )
    op.create_index("ix_position_adjustments_c_instrument_id", "position_adjustments", ["c_instrument_id"])


def _details_table() -> None:
    op.create_table(
        "instruction_details",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("detail_id", sa.String(120), nullable=False, unique=True),
        sa.Column("instruction_id", sa.String(100), nullable=False),
        sa.Column("account_id", sa.String(50), nullable=False),
        sa.Column("product_code", sa.String(50), nullable=False),
        sa.Column("c_instrument_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("open_close", sa.String(16), nullable=False),
        sa.Column("buy_sell", sa.String(4), nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("price", _PRICE),
        sa.Column("filled_quantity", sa.Integer, nullable=False),
        sa.Column("trade_id", sa.String(50), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("ts", sa.BigInteger, nullable=False),
        **TABLE,
    )
    op.create_index("ix_instruction_details_instruction_id", "instruction_details", ["instruction_id"])


def _steps_table() -> None:
    op.create_table(
        "instruction_steps",
        sa.Column("instruction_id", sa.String(100), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("account_id", sa.String(50), nullable=False),
        sa.Column("product_code", sa.String(50), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("ts", sa.BigInteger, nullable=False),
        **TABLE,
    )
