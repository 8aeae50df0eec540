"""Opportunities and risk alerts as they were: what the pages of signals show of days past."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, Column, Index, Integer, String, Table

from tradewind.stores.sql.columns import NS, PRICE, TABLE
from tradewind.stores.sql.trading_tables import METADATA

STRATEGIES_LENGTH: Final = 500

OPPORTUNITIES: Final = Table(
    "opportunity_records",
    METADATA,
    Column("opportunity_id", String(120), primary_key=True),
    Column("instrument_id", String(40), nullable=False),
    Column("trading_day", Integer, nullable=False),
    Column("side", String(4), nullable=False),
    Column("state", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("strategies", String(STRATEGIES_LENGTH), nullable=False),
    Column("confidence", PRICE, nullable=False),
    Column("strength", PRICE, nullable=False),
    Column("entry_price", PRICE, nullable=False),
    Column("last_price", PRICE, nullable=False),
    Column("created_at", NS, nullable=False),
    Column("updated_at", NS, nullable=False),
    Column("expires_at", NS, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("contributions", JSON, nullable=False),
    Column("steps", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("cause", String(120), nullable=False),
    Index(None, "created_at", "opportunity_id"),
    Index(None, "trading_day", "instrument_id"),
    **TABLE,
)

ALERTS: Final = Table(
    "alert_records",
    METADATA,
    Column("alert_id", String(120), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("instrument_id", String(40), nullable=False),
    Column("trading_day", Integer, nullable=False),
    Column("opportunity_id", String(120), nullable=False),
    Column("params", JSON, nullable=False),
    Column("cause", String(120), nullable=False),
    Column("ts_event", NS, nullable=False),
    Index(None, "ts_event", "alert_id"),
    Index(None, "trading_day", "instrument_id"),
    **TABLE,
)
