"""Alembic's way in: the connection comes from `stores.sql.schema`, the wanted tables from the models."""

from __future__ import annotations

from alembic import context

from tradewind.stores.sql import fleet_tables as _fleet_tables  # noqa: F401 - its tables belong to the wanted ones
from tradewind.stores.sql import identity_tables  # noqa: F401 - its tables belong to the models
from tradewind.stores.sql import notice_tables as _notice_tables  # noqa: F401 - its tables belong to the wanted ones
from tradewind.stores.sql.record_tables import JOURNAL

on_step = context.config.attributes["on_step"]
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=JOURNAL.metadata,
    render_as_batch=True,  # SQLite changes a table by copying it
    compare_type=True,
    # Who wants to hear of each step has a database in which one cannot be taken back.
    transactional_ddl=on_step is None,
    on_version_apply=on_step,
)
with context.begin_transaction():
    context.run_migrations()
