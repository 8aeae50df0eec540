"""What days and trades brought: the tables that statistics of an account and its attribution are made of."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from tradewind.stores.sql.columns import NS, PRICE, RESULT, TABLE
from tradewind.stores.sql.trading_tables import METADATA

DAY_RESULTS: Final = Table(
    "day_results",
    METADATA,
    Column("account_id", String(50), primary_key=True),
    Column("book", String(100), primary_key=True),
    Column("trading_day", Integer, primary_key=True, autoincrement=False),
    Column("currency", String(8), nullable=False),
    Column("pre_balance", RESULT, nullable=False),
    Column("deposit", RESULT, nullable=False),
    Column("withdraw", RESULT, nullable=False),
    Column("close_pnl", RESULT, nullable=False),
    Column("position_pnl", RESULT, nullable=False),
    Column("commission", RESULT, nullable=False),
    Column("balance", RESULT, nullable=False),
    Column("margin", RESULT, nullable=False),
    Column("settled_at", NS, nullable=False),
    Index(None, "trading_day"),
    **TABLE,
)

DAY_PARTS: Final = Table(
    "day_parts",
    METADATA,
    Column("account_id", String(50), primary_key=True),
    Column("book", String(100), primary_key=True),
    Column("trading_day", Integer, primary_key=True, autoincrement=False),
    Column("instrument_id", String(40), primary_key=True),
    Column("close_pnl", RESULT, nullable=False),
    Column("position_pnl", RESULT, nullable=False),
    Column("commission", RESULT, nullable=False),
    Column("bought", BigInteger, nullable=False),
    Column("sold", BigInteger, nullable=False),
    Column("long_lots", BigInteger, nullable=False),
    Column("short_lots", BigInteger, nullable=False),
    Column("contract_multiplier", Integer, nullable=False),
    Column("price", PRICE),
    Index(None, "trading_day"),
    **TABLE,
)

TRADE_RESULTS: Final = Table(
    "trade_results",
    METADATA,
    Column("trade_id", String(50), primary_key=True),
    Column("account_id", String(50), nullable=False),
    Column("product_code", String(50), nullable=False),
    Column("strategy", String(100), nullable=False),
    Column("trader", String(100), nullable=False),
    Column("instruction_id", String(100), nullable=False),
    Column("instrument_id", String(40), nullable=False),
    Column("trading_day", Integer, nullable=False),
    Column("side", String(4), nullable=False),
    Column("position_offset", String(16), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("price", PRICE, nullable=False),
    Column("contract_multiplier", Integer, nullable=False),
    Column("commission", RESULT, nullable=False),
    Column("close_pnl", RESULT, nullable=False),
    Column("close_pnl_by_trade", RESULT, nullable=False),
    Column("opened_at", NS, nullable=False),
    Column("ts_event", NS, nullable=False),
    Index(None, "account_id", "trading_day"),
    **TABLE,
)
