"""What people arrange for themselves: watch-lists, layouts.

Revision ID: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tradewind.stores.sql.columns import TABLE

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table; everybody begins with what the page brings."""
    op.create_table(
        "own_desks",
        sa.Column("user_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("saved_at", sa.BigInteger, nullable=False),
        **TABLE,
    )


def downgrade() -> None:
    """Take it away: watch-lists and layouts stay in the browsers that remember them."""
    op.drop_table("own_desks")
