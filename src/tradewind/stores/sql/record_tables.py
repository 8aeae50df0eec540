"""Our own tables: the journal and its snapshots and leases, and what people look up beside the older five."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from tradewind.stores.sql.columns import HASH, MONEY, NS, PAYLOAD, PRICE, TABLE, TURNOVER
from tradewind.stores.sql.trading_tables import METADATA

CHAIN_LENGTH: Final = 32
KIND_LENGTH: Final = 40
NAME_LENGTH: Final = 100

JOURNAL: Final = Table(
    "journal",
    METADATA,
    Column("chain", String(CHAIN_LENGTH), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("ts", NS, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("kind", String(KIND_LENGTH), nullable=False),
    Column("actor", String(NAME_LENGTH), nullable=False),
    Column("source", String(KIND_LENGTH), nullable=False),
    Column("subject", String(NAME_LENGTH), nullable=False),
    Column("payload", PAYLOAD, nullable=False),
    Column("prev_hash", HASH, nullable=False),
    Column("hash", HASH, nullable=False),
    Index(None, "chain", "subject", "seq"),
    # Read in order of its key and nothing else: the table is its own index.
    sqlite_with_rowid=False,
    **TABLE,
)

SNAPSHOTS: Final = Table(
    "snapshots",
    METADATA,
    Column("chain", String(CHAIN_LENGTH), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("ts", NS, nullable=False),
    Column("hash", HASH, nullable=False),
    Column("digest", HASH, nullable=False),
    **TABLE,
)

SNAPSHOT_PARTS: Final = Table(
    "snapshot_parts",
    METADATA,
    Column("chain", String(CHAIN_LENGTH), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("part", String(NAME_LENGTH), primary_key=True),
    Column("piece", Integer, primary_key=True, autoincrement=False),
    Column("data", PAYLOAD, nullable=False),
    **TABLE,
)
"""In pieces, since a MariaDB takes 16 MiB in one statement at most."""

LEASES: Final = Table(
    "leases",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("holder", String(255), nullable=False),
    Column("expires_at", NS, nullable=False),
    Column("is_sealed", Boolean, nullable=False),
    **TABLE,
)

ANCHORS: Final = Table(
    "anchors",
    METADATA,
    Column("chain", String(CHAIN_LENGTH), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("ts", NS, nullable=False),
    Column("hash", HASH, nullable=False),
    **TABLE,
)

ORDERS: Final = Table(
    "orders",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("client_order_id", String(100), nullable=False, unique=True),
    Column("order_key", String(50), nullable=False, index=True),
    Column("instruction_id", String(100), nullable=False, index=True),
    Column("account_id", String(50), nullable=False),
    Column("product_code", String(50), nullable=False),
    Column("strategy", String(100), nullable=False),
    Column("instrument_id", String(40), nullable=False),
    Column("side", String(4), nullable=False),
    Column("position_offset", String(16), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("price", PRICE),
    Column("price_type", String(8), nullable=False),
    Column("time_in_force", String(4), nullable=False),
    Column("origin", String(16), nullable=False),
    Column("actor", String(NAME_LENGTH), nullable=False),
    Column("trading_day", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("filled_quantity", Integer, nullable=False),
    Column("turnover", TURNOVER, nullable=False),
    Column("order_id", String(50), nullable=False),
    Column("margin", MONEY),
    Column("commission", MONEY),
    Column("reason_code", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("cause", String(NAME_LENGTH), nullable=False),
    Column("created_at", NS, nullable=False),
    Column("updated_at", NS, nullable=False),
    **TABLE,
)

INSTRUCTIONS: Final = Table(
    "instructions",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("instruction_id", String(100), nullable=False, unique=True),
    Column("origin", String(16), nullable=False),
    Column("account_id", String(50), nullable=False),
    Column("product_code", String(50), nullable=False),
    Column("strategy", String(100), nullable=False),
    Column("actor", String(NAME_LENGTH), nullable=False),
    Column("status", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("instruction_lines", JSON, nullable=False),
    Column("reason_code", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("cause", String(NAME_LENGTH), nullable=False),
    Column("created_at", NS, nullable=False),
    Column("updated_at", NS, nullable=False),
    Column("trader", String(NAME_LENGTH), nullable=False, server_default=""),
    Column("makers", JSON),
    Column("handling", JSON),
    Column("trading_day", Integer, nullable=False, server_default="0"),
    Column("expires_at", NS, nullable=False, server_default="0"),
    Column("total_current_delta_value", MONEY, nullable=False, server_default="0"),
    Column("total_adjusted_delta_value", MONEY, nullable=False, server_default="0"),
    **TABLE,
)

SETTLEMENTS: Final = Table(
    "settlements",
    METADATA,
    Column("account_id", String(50), primary_key=True),
    Column("trading_day", Integer, primary_key=True, autoincrement=False),
    Column("next_trading_day", Integer, nullable=False),
    Column("prices", JSON, nullable=False),
    Column("expired", JSON, nullable=False),
    Column("actor", String(NAME_LENGTH), nullable=False),
    Column("settled_at", NS, nullable=False),
    **TABLE,
)

EQUITY_POINTS: Final = Table(
    "equity_points",
    METADATA,
    Column("account_id", String(50), primary_key=True),
    Column("book", String(100), primary_key=True),
    Column("ts", NS, primary_key=True, autoincrement=False),
    Column("trading_day", Integer, nullable=False),
    Column("currency", String(8), nullable=False),
    Column("balance", MONEY, nullable=False),
    Column("available", MONEY, nullable=False),
    Column("margin", MONEY, nullable=False),
    Column("deposit", MONEY, nullable=False),
    Column("withdraw", MONEY, nullable=False),
    Column("close_pnl", MONEY, nullable=False),
    Column("position_pnl", MONEY, nullable=False),
    Column("commission", MONEY, nullable=False),
    **TABLE,
)

TRIGGER_DETAILS: Final = Table(
    "trigger_details",
    METADATA,
    Column("trigger_id", String(100), primary_key=True),
    Column("row_id", Integer, nullable=False, unique=True),
    Column("instrument_id", String(40), nullable=False),
    Column("instruction_id", String(100), nullable=False),
    Column("cause", String(NAME_LENGTH), nullable=False),
    Column("version", Integer, nullable=False),
    **TABLE,
)
"""Which row of `strategy_triggers` a trigger is, and what that table has no column for."""
