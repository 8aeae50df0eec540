"""What days and trades brought, and opportunities and alerts as they were.

Revision ID: 0009
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from tradewind.stores.sql.columns import PRICE, RESULT, TABLE

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables; what was before this version is not in them."""
    _day_tables()
    _trade_table()
    _signal_tables()


def downgrade() -> None:
    """Take them away; the ledger and the journal know nothing less."""
    for name in ("alert_records", "opportunity_records", "trade_results", "day_parts", "day_results"):
        op.drop_table(name)


def _text(name: str, length: int, *, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), primary_key=primary_key, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _large(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _day_key() -> list[sa.Column[Any]]:
    day: sa.Column[Any] = sa.Column("trading_day", sa.Integer, primary_key=True, autoincrement=False)
    return [_text("account_id", 50, primary_key=True), _text("book", 100, primary_key=True), day]


def _results(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, RESULT, nullable=False) for name in names]


def _day_tables() -> None:
    op.create_table(
        "day_results",
        *_day_key(),
        _text("currency", 8),
        *_results("pre_balance", "deposit", "withdraw", "close_pnl", "position_pnl", "commission", "balance", "margin"),
        _large("settled_at"),
        sa.Index("ix_day_results_trading_day", "trading_day"),
        **TABLE,
    )
    op.create_table(
        "day_parts",
        *_day_key(),
        _text("instrument_id", 40, primary_key=True),
        *_results("close_pnl", "position_pnl", "commission"),
        *(_large(name) for name in ("bought", "sold", "long_lots", "short_lots")),
        _number("contract_multiplier"),
        sa.Column("price", PRICE),
        sa.Index("ix_day_parts_trading_day", "trading_day"),
        **TABLE,
    )


def _trade_table() -> None:
    op.create_table(
        "trade_results",
        _text("trade_id", 50, primary_key=True),
        _text("account_id", 50),
        _text("product_code", 50),
        *(_text(name, 100) for name in ("strategy", "trader", "instruction_id")),
        _text("instrument_id", 40),
        _number("trading_day"),
        _text("side", 4),
        _text("position_offset", 16),
        _number("quantity"),
        sa.Column("price", PRICE, nullable=False),
        _number("contract_multiplier"),
        *_results("commission", "close_pnl", "close_pnl_by_trade"),
        _large("opened_at"),
        _large("ts_event"),
        sa.Index("ix_trade_results_account_id_trading_day", "account_id", "trading_day"),
        **TABLE,
    )


def _signal_tables() -> None:
    op.create_table(
        "opportunity_records",
        _text("opportunity_id", 120, primary_key=True),
        _text("instrument_id", 40),
        _number("trading_day"),
        _text("side", 4),
        _text("state", 10),
        _number("version"),
        _text("strategies", 500),
        *(sa.Column(name, PRICE, nullable=False) for name in ("confidence", "strength", "entry_price", "last_price")),
        *(_large(name) for name in ("created_at", "updated_at", "expires_at")),
        *(sa.Column(name, sa.JSON, nullable=False) for name in ("reasons", "contributions", "steps", "evidence")),
        _text("cause", 120),
        sa.Index("ix_opportunity_records_created_at_opportunity_id", "created_at", "opportunity_id"),
        sa.Index("ix_opportunity_records_trading_day_instrument_id", "trading_day", "instrument_id"),
        **TABLE,
    )
    op.create_table(
        "alert_records",
        _text("alert_id", 120, primary_key=True),
        _text("kind", 32),
        _text("severity", 10),
        _text("instrument_id", 40),
        _number("trading_day"),
        _text("opportunity_id", 120),
        sa.Column("params", sa.JSON, nullable=False),
        _text("cause", 120),
        _large("ts_event"),
        sa.Index("ix_alert_records_ts_event_alert_id", "ts_event", "alert_id"),
        sa.Index("ix_alert_records_trading_day_instrument_id", "trading_day", "instrument_id"),
        **TABLE,
    )
