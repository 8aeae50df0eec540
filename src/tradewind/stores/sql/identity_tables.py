"""The tables of the identity room. Source: C-004-7 (User, Role, Product, UserRoleProduct); the rest are ours."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from tradewind.stores.sql.columns import NS, TABLE
from tradewind.stores.sql.trading_tables import METADATA

DIGEST: Final = 64
"""A SHA-256 in hex."""
CODE: Final = 50

USERS: Final = Table(
    "users",
    METADATA,
    Column("user_id", Integer, primary_key=True, autoincrement=False),
    Column("username", String(32), nullable=False),
    # The name in lower case: unique whatever the database thinks of letters.
    Column("name_key", String(32), nullable=False, unique=True),
    Column("english_name", String(100), nullable=False),
    Column("chinese_name", String(100), nullable=False),
    Column("email", String(254), nullable=False),
    Column("source", String(8), nullable=False),
    Column("language", String(8), nullable=False),
    Column("is_disabled", Boolean, nullable=False),
    Column("is_shut_out", Boolean, nullable=False),
    Column("has_totp", Boolean, nullable=False),
    Column("groups", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", NS, nullable=False),
    Column("updated_at", NS, nullable=False),
    **TABLE,
)

USER_ROLE_PRODUCTS: Final = Table(
    "user_role_products",
    METADATA,
    Column("username", String(32), primary_key=True),
    Column("role", String(32), primary_key=True),
    Column("product_code", String(CODE), primary_key=True),
    Column("account_id", String(CODE), primary_key=True),
    **TABLE,
)

CREDENTIALS: Final = Table(
    "credentials",
    METADATA,
    Column("user_id", Integer, primary_key=True, autoincrement=False),
    Column("password_hash", String(255), nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("changed_at", NS, nullable=False),
    Column("totp_secret", String(255), nullable=False),
    Column("is_totp_confirmed", Boolean, nullable=False),
    Column("totp_step", BigInteger, nullable=False),
    Column("recovery", JSON, nullable=False),
    **TABLE,
)

ROLES: Final = Table(
    "roles",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("description", String(500), nullable=False),
    Column("permissions", JSON, nullable=False),
    Column("is_built_in", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    **TABLE,
)

PRODUCTS: Final = Table(
    "products",
    METADATA,
    Column("code", String(CODE), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("sole_accounts", JSON, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    **TABLE,
)

GROUP_GRANTS: Final = Table(
    "group_grants",
    METADATA,
    Column("grant_id", Integer, primary_key=True, autoincrement=False),
    Column("group_name", String(500), nullable=False),
    Column("role", String(32), nullable=False),
    Column("product_code", String(CODE), nullable=False),
    Column("account_id", String(CODE), nullable=False),
    Column("version", Integer, nullable=False),
    **TABLE,
)

SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("secret_sha256", String(DIGEST), primary_key=True),
    Column("user_id", Integer, nullable=False),
    Column("identity", String(32), nullable=False),
    Column("generation", String(32), nullable=False),
    Column("created_at", NS, nullable=False),
    Column("used_at", NS, nullable=False),
    Column("peer", String(64), nullable=False),
    Column("user_agent", String(200), nullable=False),
    Index(None, "user_id"),
    **TABLE,
)

API_KEYS: Final = Table(
    "api_keys",
    METADATA,
    Column("key_id", String(16), primary_key=True),
    Column("secret_sha256", String(DIGEST), nullable=False, unique=True),
    Column("user_id", Integer, nullable=False),
    Column("name", String(100), nullable=False),
    Column("permissions", JSON, nullable=False),
    Column("products", JSON, nullable=False),
    Column("created_at", NS, nullable=False),
    Column("expires_at", NS, nullable=False),
    Column("used_at", NS, nullable=False),
    Column("used_from", String(64), nullable=False),
    Index(None, "user_id"),
    **TABLE,
)

TICKETS: Final = Table(
    "tickets",
    METADATA,
    Column("ticket_sha256", String(DIGEST), primary_key=True),
    Column("opened_by", String(DIGEST), nullable=False),
    Column("expires_at", NS, nullable=False),
    **TABLE,
)

DEVICES: Final = Table(
    "devices",
    METADATA,
    Column("device_sha256", String(DIGEST), primary_key=True),
    Column("user_id", Integer, nullable=False),
    Column("used_at", NS, nullable=False),
    Index(None, "user_id"),
    **TABLE,
)

IDENTITY_REQUESTS: Final = Table(
    "identity_requests",
    METADATA,
    Column("request_id", String(DIGEST), primary_key=True),
    Column("answer", Text, nullable=False),
    Column("ts", NS, nullable=False),
    **TABLE,
)

WRONG_TRIES: Final = Table(
    "wrong_tries",
    METADATA,
    Column("counted_sha256", String(DIGEST), primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("free_at", NS, nullable=False),
    Column("tried_at", NS, nullable=False),
    **TABLE,
)

OWN_DESKS: Final = Table(
    "own_desks",
    METADATA,
    Column("user_id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("saved_at", NS, nullable=False),
    **TABLE,
)

IDENTITY_STATE: Final = Table(
    "identity_state",
    METADATA,
    Column("name", String(16), primary_key=True),
    Column("version", BigInteger, nullable=False),
    **TABLE,
)
"""One row, "people", is locked by whoever changes anything here; it and "sign_ins" count what changed."""
