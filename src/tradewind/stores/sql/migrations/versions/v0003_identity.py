"""Users, roles, products, and by what people and programs sign in.

Revision ID: 0003
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from tradewind.stores.sql.columns import TABLE

revision = "0003"
down_revision = "0002"

_TABLES: Final = (
    *("users", "user_role_products", "credentials", "roles", "products", "group_grants"),
    *("sessions", "api_keys", "tickets", "devices", "identity_requests", "identity_state"),
)


def upgrade() -> None:
    """Make them."""
    _people_tables()
    _roles_and_products_tables()
    _sign_in_tables()
    _smaller_tables()


def downgrade() -> None:
    """Take them away: nobody but the access token's holder can sign in then."""
    for name in reversed(_TABLES):
        op.drop_table(name)


def _people_tables() -> None:
    op.create_table(
        "users",
        sa.Column("user_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("username", sa.String(32), nullable=False),
        sa.Column("name_key", sa.String(32), nullable=False, unique=True),
        sa.Column("english_name", sa.String(100), nullable=False),
        sa.Column("chinese_name", sa.String(100), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("is_disabled", sa.Boolean, nullable=False),
        sa.Column("is_shut_out", sa.Boolean, nullable=False),
        sa.Column("has_totp", sa.Boolean, nullable=False),
        sa.Column("groups", sa.JSON, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        **TABLE,
    )
    op.create_table(
        "user_role_products",
        sa.Column("username", sa.String(32), primary_key=True),
        sa.Column("role", sa.String(32), primary_key=True),
        sa.Column("product_code", sa.String(50), primary_key=True),
        sa.Column("account_id", sa.String(50), primary_key=True),
        **TABLE,
    )
    op.create_table(
        "credentials",
        sa.Column("user_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("must_change", sa.Boolean, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("totp_secret", sa.String(255), nullable=False),
        sa.Column("is_totp_confirmed", sa.Boolean, nullable=False),
        sa.Column("totp_step", sa.BigInteger, nullable=False),
        sa.Column("recovery", sa.JSON, nullable=False),
        **TABLE,
    )


def _roles_and_products_tables() -> None:
    op.create_table(
        "roles",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("description", sa.String(500), nullable=False),
        sa.Column("permissions", sa.JSON, nullable=False),
        sa.Column("is_built_in", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        **TABLE,
    )
    op.create_table(
        "products",
        sa.Column("code", sa.String(50), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("sole_accounts", sa.JSON, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        **TABLE,
    )
    op.create_table(
        "group_grants",
        sa.Column("grant_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("group_name", sa.String(500), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("product_code", sa.String(50), nullable=False),
        sa.Column("account_id", sa.String(50), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        **TABLE,
    )


def _sign_in_tables() -> None:
    op.create_table(
        "sessions",
        sa.Column("secret_sha256", sa.String(64), primary_key=True),
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.Column("identity", sa.String(32), nullable=False),
        sa.Column("generation", sa.String(32), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger, nullable=False),
        sa.Column("peer", sa.String(64), nullable=False),
        sa.Column("user_agent", sa.String(200), nullable=False),
        sa.Index("ix_sessions_user_id", "user_id"),
        **TABLE,
    )
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.String(16), primary_key=True),
        sa.Column("secret_sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("permissions", sa.JSON, nullable=False),
        sa.Column("products", sa.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger, nullable=False),
        sa.Column("used_from", sa.String(64), nullable=False),
        sa.Index("ix_api_keys_user_id", "user_id"),
        **TABLE,
    )


def _smaller_tables() -> None:
    op.create_table(
        "tickets",
        sa.Column("ticket_sha256", sa.String(64), primary_key=True),
        sa.Column("opened_by", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        **TABLE,
    )
    op.create_table(
        "devices",
        sa.Column("device_sha256", sa.String(64), primary_key=True),
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.Column("used_at", sa.BigInteger, nullable=False),
        sa.Index("ix_devices_user_id", "user_id"),
        **TABLE,
    )
    op.create_table(
        "identity_requests",
        sa.Column("request_id", sa.String(64), primary_key=True),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("ts", sa.BigInteger, nullable=False),
        **TABLE,
    )
    op.create_table(
        "identity_state",
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        **TABLE,
    )
