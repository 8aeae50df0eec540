"""The five tables of the older trading system (C-001-6), column for column; its programs read them as ever.

Source: seed 001, its table structure. Decimals are wider where two digits would lose exactness (docs/decisions/0012).
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import JSON, Boolean, Column, Integer, MetaData, String, Table, Text, UniqueConstraint, false, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.expression import FunctionElement

from tradewind.stores.sql.columns import MONEY, PRICE, ROW_ID, TABLE, UtcSeconds, words

METADATA: Final = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "ck": "ck_%(table_name)s_%(column_0_name)s"}
)


class _NowAndAtEachChange(FunctionElement[Any]):
    """The moment of insertion and, where the database can, of each change."""

    inherit_cache = True


@compiles(_NowAndAtEachChange)
def _plain(_element: ColumnElement[Any], _compiler: Any, **_options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    return "CURRENT_TIMESTAMP"


@compiles(_NowAndAtEachChange, "mysql", "mariadb")
def _self_renewing(_element: ColumnElement[Any], _compiler: Any, **_options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    return "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"


def _created(name: str = "create_time") -> Column[Any]:
    return Column(name, UtcSeconds, server_default=text("CURRENT_TIMESTAMP"))


def _changed() -> Column[Any]:
    return Column("update_time", UtcSeconds, server_default=_NowAndAtEachChange())


def _row_id() -> Column[Any]:
    return Column("id", ROW_ID, primary_key=True, autoincrement=True)


ACCOUNTS: Final = Table(
    "accounts",
    METADATA,
    _row_id(),
    Column("account_id", String(50), nullable=False, unique=True),
    Column("balance", MONEY, nullable=False),
    Column("available", MONEY, nullable=False),
    Column("margin", MONEY, nullable=False),
    Column("unrealized_pnl", MONEY, server_default="0"),
    Column("realized_pnl", MONEY, server_default="0"),
    _changed(),
    **TABLE,
)

POSITIONS: Final = Table(
    "positions",
    METADATA,
    _row_id(),
    Column("account_id", String(50), nullable=False),
    Column("symbol", String(20), nullable=False),
    Column("direction", words("long", "short"), nullable=False),
    Column("volume", Integer, nullable=False),
    Column("avg_price", PRICE, nullable=False),
    Column("current_price", PRICE),
    Column("unrealized_pnl", MONEY),
    Column("margin", MONEY),
    _created("open_time"),
    _changed(),
    UniqueConstraint("account_id", "symbol", "direction", name="uk_account_symbol_direction"),
    **TABLE,
)

TRADES: Final = Table(
    "trades",
    METADATA,
    _row_id(),
    Column("trade_id", String(50), nullable=False, unique=True),
    Column("order_id", String(50), nullable=False),
    Column("account_id", String(50), nullable=False),
    Column("symbol", String(20), nullable=False),
    Column("direction", words("buy", "sell"), nullable=False),
    Column("volume", Integer, nullable=False),
    Column("price", PRICE, nullable=False),
    Column("commission", MONEY, server_default="0"),
    Column("trade_time", UtcSeconds, nullable=False),
    _created(),
    **TABLE,
)

STRATEGY_CONFIGS: Final = Table(
    "strategy_configs",
    METADATA,
    _row_id(),
    Column("strategy_name", String(100), nullable=False),
    Column("config_data", JSON, nullable=False),
    Column("is_active", Boolean, server_default=false()),
    _created(),
    _changed(),
    **TABLE,
)

STRATEGY_TRIGGERS: Final = Table(
    "strategy_triggers",
    METADATA,
    _row_id(),
    Column("strategy_name", String(100), nullable=False),
    Column("trigger_time", UtcSeconds, nullable=False),
    Column("trigger_condition", Text, nullable=False),
    Column("trigger_price", PRICE),
    Column("action_type", words("buy", "sell", "close", "hold"), nullable=False),
    Column("execution_result", words("success", "failed", "pending"), nullable=False),
    Column("order_id", String(50)),
    Column("error_message", Text),
    _created(),
    **TABLE,
)
