"""The fleet: its modules, their jobs and executions, schedules, workflows, and the servers that share them.

Revision ID: 0006
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from tradewind.stores.sql.columns import TABLE

revision = "0006"
down_revision = "0005"

_ROW: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them."""
    _modules_table()
    _jobs_table()
    _executions_table()
    _plan_tables()
    _server_tables()


def downgrade() -> None:
    """Take them away, with every job and its results."""
    for name in (
        *("fleet_state", "fleet_servers", "fleet_workflow_runs", "fleet_workflows", "fleet_schedules"),
        *("fleet_executions", "fleet_jobs", "modules"),
    ):
        op.drop_table(name)


def _modules_table() -> None:
    op.create_table(
        "modules",
        sa.Column("module_id", sa.String(64), primary_key=True),
        sa.Column("secret_sha256", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("description", sa.String(500), nullable=False),
        sa.Column("standing", sa.String(10), nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.Column("program", sa.String(64), nullable=False),
        sa.Column("inputs", sa.Text, nullable=False),
        sa.Column("outputs", sa.Text, nullable=False),
        sa.Column("instance", sa.String(64), nullable=False),
        sa.Column("connection", sa.String(32), nullable=False),
        sa.Column("wish", sa.String(10), nullable=False),
        sa.Column("peer", sa.String(64), nullable=False),
        sa.Column("told", sa.JSON, nullable=False),
        sa.Column("registered_at", sa.BigInteger, nullable=False),
        sa.Column("connected_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("last_job_id", sa.String(64), nullable=False),
        sa.Column("last_job_at", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.UniqueConstraint("secret_sha256", name="uq_modules_secret_sha256"),
        sa.Index("ix_modules_instance", "instance"),
        **TABLE,
    )


def _jobs_table() -> None:
    op.create_table(
        "fleet_jobs",
        sa.Column("seq", _ROW, primary_key=True, autoincrement=True),
        sa.Column("job_id", sa.String(64), nullable=False),
        sa.Column("plan", sa.JSON, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("origin", sa.String(10), nullable=False),
        sa.Column("origin_id", sa.String(100), nullable=False),
        sa.Column("created_by", sa.String(100), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=False),
        sa.Column("executions", sa.Integer, nullable=False),
        sa.Column("waiting", sa.Integer, nullable=False),
        sa.Column("running", sa.Integer, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.UniqueConstraint("job_id", name="uq_fleet_jobs_job_id"),
        sa.Index("ix_fleet_jobs_created_at", "created_at"),
        sa.Index("ix_fleet_jobs_origin_id", "origin_id"),
        sa.Index("ix_fleet_jobs_state", "state"),
        **TABLE,
    )


def _executions_table() -> None:
    op.create_table(
        "fleet_executions",
        sa.Column("execution_id", sa.String(80), primary_key=True),
        sa.Column("job_id", sa.String(64), nullable=False),
        sa.Column("module_id", sa.String(64), nullable=False),
        sa.Column("is_pinned", sa.Boolean, nullable=False),
        sa.Column("label", sa.String(32), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("lease", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("timeout_s", sa.Integer, nullable=False),
        sa.Column("instance", sa.String(64), nullable=False),
        sa.Column("leased_until", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("sent_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=False),
        sa.Column("progress", sa.String(200), nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("is_late", sa.Boolean, nullable=False),
        sa.Index("ix_fleet_executions_job_id", "job_id"),
        sa.Index("ix_fleet_executions_module_id_sent_at", "module_id", "sent_at"),
        sa.Index("ix_fleet_executions_state_is_pinned_module_id", "state", "is_pinned", "module_id"),
        sa.Index("ix_fleet_executions_state_leased_until", "state", "leased_until"),
        **TABLE,
    )


def _plan_tables() -> None:
    op.create_table(
        "fleet_schedules",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("cadence", sa.JSON, nullable=False),
        sa.Column("plan", sa.JSON, nullable=True),
        sa.Column("workflow_id", sa.String(64), nullable=False),
        sa.Column("is_enabled", sa.Boolean, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("last_job_id", sa.String(64), nullable=False),
        sa.Column("missed", sa.Integer, nullable=False),
        sa.Column("created_by", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Index("ix_fleet_schedules_next_at", "next_at"),
        **TABLE,
    )
    op.create_table(
        "fleet_workflows",
        sa.Column("workflow_id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("steps", sa.JSON, nullable=False),
        sa.Column("created_by", sa.String(100), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        **TABLE,
    )
    op.create_table(
        "fleet_workflow_runs",
        sa.Column("run_id", sa.String(64), primary_key=True),
        sa.Column("workflow_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("steps", sa.JSON, nullable=False),
        sa.Column("started_by", sa.String(100), nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=False),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Index("ix_fleet_workflow_runs_started_at", "started_at"),
        sa.Index("ix_fleet_workflow_runs_state", "state"),
        **TABLE,
    )


def _server_tables() -> None:
    op.create_table(
        "fleet_servers",
        sa.Column("instance", sa.String(64), primary_key=True),
        sa.Column("address", sa.String(100), nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("beat_at", sa.BigInteger, nullable=False),
        **TABLE,
    )
    op.create_table(
        "fleet_state",
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        **TABLE,
    )
