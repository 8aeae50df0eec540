"""The five tables of the older trading system.

Revision ID: 0001
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from tradewind.stores.sql.columns import TABLE, ExactDecimal, UtcSeconds, words

revision = "0001"
down_revision = None

_NOW: Final = sa.text("CURRENT_TIMESTAMP")


def _row_id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True, autoincrement=True)


def _money(name: str, *, default: str | None = None, is_needed: bool = False) -> sa.Column[object]:
    return sa.Column(name, ExactDecimal(20, 4), nullable=not is_needed, server_default=default)


def _price(name: str, *, is_needed: bool = False) -> sa.Column[object]:
    return sa.Column(name, ExactDecimal(18, 6), nullable=not is_needed)


def upgrade() -> None:
    """Make them."""
    is_mysql = op.get_bind().dialect.name in {"mysql", "mariadb"}
    changed = sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP") if is_mysql else _NOW
    op.create_table(
        "accounts",
        _row_id(),
        sa.Column("account_id", sa.String(50), nullable=False, unique=True),
        _money("balance", is_needed=True),
        _money("available", is_needed=True),
        _money("margin", is_needed=True),
        _money("unrealized_pnl", default="0"),
        _money("realized_pnl", default="0"),
        sa.Column("update_time", UtcSeconds, server_default=changed),
        **TABLE,
    )
    op.create_table(
        "positions",
        _row_id(),
        sa.Column("account_id", sa.String(50), nullable=False),
        sa.Column("symbol", sa.String(20), nullable=False),
        sa.Column("direction", words("long", "short"), nullable=False),
        sa.Column("volume", sa.Integer, nullable=False),
        _price("avg_price", is_needed=True),
        _price("current_price"),
        _money("unrealized_pnl"),
        _money("margin"),
        sa.Column("open_time", UtcSeconds, server_default=_NOW),
        sa.Column("update_time", UtcSeconds, server_default=changed),
        sa.UniqueConstraint("account_id", "symbol", "direction", name="uk_account_symbol_direction"),
        **TABLE,
    )
    op.create_table(
        "trades",
        _row_id(),
        sa.Column("trade_id", sa.String(50), nullable=False, unique=True),
        sa.Column("order_id", sa.String(50), nullable=False),
        sa.Column("account_id", sa.String(50), nullable=False),
        sa.Column("symbol", sa.String(20), nullable=False),
        sa.Column("direction", words("buy", "sell"), nullable=False),
        sa.Column("volume", sa.Integer, nullable=False),
        _price("price", is_needed=True),
        _money("commission", default="0"),
        sa.Column("trade_time", UtcSeconds, nullable=False),
        sa.Column("create_time", UtcSeconds, server_default=_NOW),
        **TABLE,
    )
    _strategy_tables(changed)


def _strategy_tables(changed: sa.TextClause) -> None:
    op.create_table(
        "strategy_configs",
        _row_id(),
        sa.Column("strategy_name", sa.String(100), nullable=False),
        sa.Column("config_data", sa.JSON, nullable=False),
        sa.Column("is_active", sa.Boolean, server_default=sa.false()),
        sa.Column("create_time", UtcSeconds, server_default=_NOW),
        sa.Column("update_time", UtcSeconds, server_default=changed),
        **TABLE,
    )
    op.create_table(
        "strategy_triggers",
        _row_id(),
        sa.Column("strategy_name", sa.String(100), nullable=False),
        sa.Column("trigger_time", UtcSeconds, nullable=False),
        sa.Column("trigger_condition", sa.Text, nullable=False),
        _price("trigger_price"),
        sa.Column("action_type", words("buy", "sell", "close", "hold"), nullable=False),
        sa.Column("execution_result", words("success", "failed", "pending"), nullable=False),
        sa.Column("order_id", sa.String(50)),
        sa.Column("error_message", sa.Text),
        sa.Column("create_time", UtcSeconds, server_default=_NOW),
        **TABLE,
    )


def downgrade() -> None:
    """Take them away, with all that stands in them."""
    for name in ("strategy_triggers", "strategy_configs", "trades", "positions", "accounts"):
        op.drop_table(name)
