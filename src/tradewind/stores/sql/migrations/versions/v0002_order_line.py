"""The journal of the order line with its snapshots, leases and anchors, and the tables people look things up in.

Revision ID: 0002
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from tradewind.stores.sql.columns import TABLE, ExactDecimal

revision = "0002"
down_revision = "0001"

_HASH: Final = sa.LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")
_PAYLOAD: Final = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")
_MONEY: Final = ExactDecimal(20, 4)
_PRICE: Final = ExactDecimal(18, 6)
_TURNOVER: Final = ExactDecimal(30, 8)


def upgrade() -> None:
    """Make them."""
    _journal_table()
    _tables_beside_the_journal()
    _orders_table()
    _instructions_table()
    _money_tables()


def downgrade() -> None:
    """Take them away: the journal is gone with them, the older system's tables stay."""
    for name in (
        *("trigger_details", "equity_points", "settlements", "instructions", "orders"),
        *("anchors", "leases", "snapshot_parts", "snapshots", "journal"),
    ):
        op.drop_table(name)


def _journal_table() -> None:
    op.create_table(
        "journal",
        sa.Column("chain", sa.String(32), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("ts", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("payload", _PAYLOAD, nullable=False),
        sa.Column("prev_hash", _HASH, nullable=False),
        sa.Column("hash", _HASH, nullable=False),
        sa.Index("ix_journal_chain_subject_seq", "chain", "subject", "seq"),
        sqlite_with_rowid=False,
        **TABLE,
    )


def _tables_beside_the_journal() -> None:
    op.create_table(
        "snapshots",
        sa.Column("chain", sa.String(32), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("ts", sa.BigInteger, nullable=False),
        sa.Column("hash", _HASH, nullable=False),
        sa.Column("digest", _HASH, nullable=False),
        **TABLE,
    )
    op.create_table(
        "snapshot_parts",
        sa.Column("chain", sa.String(32), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("part", sa.String(100), primary_key=True),
        sa.Column("piece", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("data", _PAYLOAD, nullable=False),
        **TABLE,
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("holder", sa.String(255), nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("is_sealed", sa.Boolean, nullable=False),
        **TABLE,
    )
    op.create_table(
        "anchors",
        sa.Column("chain", sa.String(32), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("ts", sa.BigInteger, nullable=False),
        sa.Column("hash", _HASH, nullable=False),
        **TABLE,
    )


def _orders_table() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("client_order_id", sa.String(100), nullable=False, unique=True),
        sa.Column("order_key", sa.String(50), nullable=False, index=True),
        sa.Column("instruction_id", sa.String(100), nullable=False, index=True),
        sa.Column("account_id", sa.String(50), nullable=False),
        sa.Column("product_code", sa.String(50), nullable=False),
        sa.Column("strategy", sa.String(100), nullable=False),
        sa.Column("instrument_id", sa.String(40), nullable=False),
        sa.Column("side", sa.String(4), nullable=False),
        sa.Column("position_offset", sa.String(16), nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("price", _PRICE),
        sa.Column("price_type", sa.String(8), nullable=False),
        sa.Column("time_in_force", sa.String(4), nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("trading_day", sa.Integer, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("filled_quantity", sa.Integer, nullable=False),
        sa.Column("turnover", _TURNOVER, nullable=False),
        sa.Column("order_id", sa.String(50), nullable=False),
        sa.Column("margin", _MONEY),
        sa.Column("commission", _MONEY),
        sa.Column("reason_code", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("cause", sa.String(100), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        **TABLE,
    )


def _instructions_table() -> None:
    op.create_table(
        "instructions",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("instruction_id", sa.String(100), nullable=False, unique=True),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("account_id", sa.String(50), nullable=False),
        sa.Column("product_code", sa.String(50), nullable=False),
        sa.Column("strategy", sa.String(100), nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("instruction_lines", sa.JSON, nullable=False),
        sa.Column("reason_code", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("cause", sa.String(100), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        **TABLE,
    )


def _money_tables() -> None:
    op.create_table(
        "settlements",
        sa.Column("account_id", sa.String(50), primary_key=True),
        sa.Column("trading_day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("next_trading_day", sa.Integer, nullable=False),
        sa.Column("prices", sa.JSON, nullable=False),
        sa.Column("expired", sa.JSON, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("settled_at", sa.BigInteger, nullable=False),
        **TABLE,
    )
    op.create_table(
        "equity_points",
        sa.Column("account_id", sa.String(50), primary_key=True),
        sa.Column("book", sa.String(100), primary_key=True),
        sa.Column("ts", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("trading_day", sa.Integer, nullable=False),
        sa.Column("currency", sa.String(8), nullable=False),
        sa.Column("balance", _MONEY, nullable=False),
        sa.Column("available", _MONEY, nullable=False),
        sa.Column("margin", _MONEY, nullable=False),
        sa.Column("deposit", _MONEY, nullable=False),
        sa.Column("withdraw", _MONEY, nullable=False),
        sa.Column("close_pnl", _MONEY, nullable=False),
        sa.Column("position_pnl", _MONEY, nullable=False),
        sa.Column("commission", _MONEY, nullable=False),
        **TABLE,
    )
    op.create_table(
        "trigger_details",
        sa.Column("trigger_id", sa.String(100), primary_key=True),
        sa.Column("row_id", sa.Integer, nullable=False, unique=True),
        sa.Column("instrument_id", sa.String(40), nullable=False),
        sa.Column("instruction_id", sa.String(100), nullable=False),
        sa.Column("cause", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        **TABLE,
    )
