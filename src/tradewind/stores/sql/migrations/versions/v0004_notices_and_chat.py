"""What people are told and what they say: happenings, notices, deliveries, wishes, chat.

Revision ID: 0004
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from tradewind.stores.sql.columns import TABLE

revision = "0004"
down_revision = "0003"

_ROW: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them."""
    _told_tables()
    _deliveries_table()
    _follower_tables()
    _chat_tables()


def downgrade() -> None:
    """Take them away, with all that was told and said."""
    for name in (
        *("chat_reads", "chat_versions", "chat_messages"),
        *("notice_preferences", "notice_states", "notice_cursors", "deliveries", "notices", "happenings"),
    ):
        op.drop_table(name)


def _told_tables() -> None:
    op.create_table(
        "happenings",
        sa.Column("event_id", sa.String(120), primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("product_code", sa.String(50), nullable=False),
        sa.Column("account_id", sa.String(50), nullable=False),
        sa.Column("subject", sa.String(220), nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("params", sa.JSON, nullable=False),
        sa.Column("is_urgent", sa.Boolean, nullable=False),
        sa.Column("ts_event", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Index("ix_happenings_created_at", "created_at"),
        **TABLE,
    )
    op.create_table(
        "notices",
        sa.Column("notice_id", _ROW, primary_key=True, autoincrement=True),
        sa.Column("username", sa.String(100), nullable=False),
        sa.Column("event_id", sa.String(120), nullable=False),
        sa.Column("read_at", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("username", "event_id", name="uq_notices_username_event_id"),
        sa.Index("ix_notices_created_at", "created_at"),
        sa.Index("ix_notices_username_notice_id", "username", "notice_id"),
        sa.Index("ix_notices_username_read_at", "username", "read_at"),
        **TABLE,
    )


def _deliveries_table() -> None:
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", _ROW, primary_key=True, autoincrement=True),
        sa.Column("event_id", sa.String(120), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("username", sa.String(100), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("claimed_until", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.String(120), nullable=False),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("event_id", "channel", "username", name="uq_deliveries_event_id_channel_username"),
        sa.Index("ix_deliveries_channel_state_due_at", "channel", "state", "due_at"),
        sa.Index("ix_deliveries_channel_username_ended_at", "channel", "username", "ended_at"),
        **TABLE,
    )


def _follower_tables() -> None:
    op.create_table(
        "notice_cursors",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
        **TABLE,
    )
    op.create_table(
        "notice_states",
        sa.Column("state_key", sa.String(240), primary_key=True),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Index("ix_notice_states_updated_at", "updated_at"),
        **TABLE,
    )
    op.create_table(
        "notice_preferences",
        sa.Column("username", sa.String(100), primary_key=True),
        sa.Column("wishes", sa.JSON, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        **TABLE,
    )


def _chat_tables() -> None:
    op.create_table(
        "chat_messages",
        sa.Column("message_id", _ROW, primary_key=True, autoincrement=True),
        sa.Column("room", sa.String(50), nullable=False),
        sa.Column("username", sa.String(100), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("mentions", sa.JSON, nullable=False),
        sa.Column("attachments", sa.JSON, nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("edited_at", sa.BigInteger, nullable=False),
        sa.Column("deleted_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("username", "request_id", name="uq_chat_messages_username_request_id"),
        sa.Index("ix_chat_messages_room_message_id", "room", "message_id"),
        **TABLE,
    )
    op.create_table(
        "chat_versions",
        sa.Column("message_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("mentions", sa.JSON, nullable=False),
        sa.Column("attachments", sa.JSON, nullable=False),
        sa.Column("edited_at", sa.BigInteger, nullable=False),
        **TABLE,
    )
    op.create_table(
        "chat_reads",
        sa.Column("username", sa.String(100), primary_key=True),
        sa.Column("room", sa.String(50), primary_key=True),
        sa.Column("through", sa.BigInteger, nullable=False),
        **TABLE,
    )
