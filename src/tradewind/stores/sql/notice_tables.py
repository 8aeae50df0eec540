"""Tables of what people are told and what they say: happenings, notices, deliveries, wishes, chat."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint

from tradewind.stores.sql.columns import NS, TABLE
from tradewind.stores.sql.trading_tables import METADATA

_ROW: Final = BigInteger().with_variant(Integer(), "sqlite")
"""On SQLite only INTEGER numbers its rows by itself; it has 64 bits there."""

HAPPENINGS: Final = Table(
    "happenings",
    METADATA,
    Column("event_id", String(120), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("product_code", String(50), nullable=False),
    Column("account_id", String(50), nullable=False),
    Column("subject", String(220), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("params", JSON, nullable=False),
    Column("is_urgent", Boolean, nullable=False),
    Column("ts_event", NS, nullable=False),
    Column("created_at", NS, nullable=False, index=True),
    **TABLE,
)

NOTICES: Final = Table(
    "notices",
    METADATA,
    Column("notice_id", _ROW, primary_key=True, autoincrement=True),
    Column("username", String(100), nullable=False),
    Column("event_id", String(120), nullable=False),
    Column("read_at", NS, nullable=False),
    Column("created_at", NS, nullable=False, index=True),
    UniqueConstraint("username", "event_id", name="uq_notices_username_event_id"),
    Index(None, "username", "notice_id"),
    Index(None, "username", "read_at"),
    **TABLE,
)

DELIVERIES: Final = Table(
    "deliveries",
    METADATA,
    Column("delivery_id", _ROW, primary_key=True, autoincrement=True),
    Column("event_id", String(120), nullable=False),
    Column("channel", String(40), nullable=False),
    Column("username", String(100), nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", NS, nullable=False),
    Column("claimed_until", NS, nullable=False),
    Column("message_id", String(120), nullable=False),
    Column("error", String(500), nullable=False),
    Column("created_at", NS, nullable=False),
    Column("ended_at", NS, nullable=False),
    UniqueConstraint("event_id", "channel", "username", name="uq_deliveries_event_id_channel_username"),
    Index(None, "channel", "state", "due_at"),
    Index(None, "channel", "username", "ended_at"),
    **TABLE,
)

NOTICE_CURSORS: Final = Table(
    "notice_cursors",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("position", BigInteger, nullable=False),
    **TABLE,
)

NOTICE_STATES: Final = Table(
    "notice_states",
    METADATA,
    Column("state_key", String(240), primary_key=True),
    Column("state", String(40), nullable=False),
    Column("updated_at", NS, nullable=False, index=True),
    **TABLE,
)

NOTICE_PREFERENCES: Final = Table(
    "notice_preferences",
    METADATA,
    Column("username", String(100), primary_key=True),
    Column("wishes", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_at", NS, nullable=False),
    **TABLE,
)

CHAT_MESSAGES: Final = Table(
    "chat_messages",
    METADATA,
    Column("message_id", _ROW, primary_key=True, autoincrement=True),
    Column("room", String(50), nullable=False),
    Column("username", String(100), nullable=False),
    Column("name", String(100), nullable=False),
    Column("text", Text, nullable=False),
    Column("mentions", JSON, nullable=False),
    Column("attachments", JSON, nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", NS, nullable=False),
    Column("edited_at", NS, nullable=False),
    Column("deleted_at", NS, nullable=False),
    UniqueConstraint("username", "request_id", name="uq_chat_messages_username_request_id"),
    Index(None, "room", "message_id"),
    **TABLE,
)

CHAT_VERSIONS: Final = Table(
    "chat_versions",
    METADATA,
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("mentions", JSON, nullable=False),
    Column("attachments", JSON, nullable=False),
    Column("edited_at", NS, nullable=False),
    **TABLE,
)
"""What a message said before it was changed or taken back."""

CHAT_READS: Final = Table(
    "chat_reads",
    METADATA,
    Column("username", String(100), primary_key=True),
    Column("room", String(50), primary_key=True),
    Column("through", BigInteger, nullable=False),
    **TABLE,
)
