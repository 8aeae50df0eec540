"""Wrong passwords, counted for all processes together.

Revision ID: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tradewind.stores.sql.columns import TABLE

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table; nobody has been wrong yet."""
    op.create_table(
        "wrong_tries",
        sa.Column("counted_sha256", sa.String(64), primary_key=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("free_at", sa.BigInteger, nullable=False),
        sa.Column("tried_at", sa.BigInteger, nullable=False),
        **TABLE,
    )


def downgrade() -> None:
    """Take it away: each process counts from nothing again."""
    op.drop_table("wrong_tries")
