"""Tables of the fleet: modules, their jobs and executions, schedules, workflows, and the servers that share them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from tradewind.stores.sql.columns import NS, TABLE
from tradewind.stores.sql.trading_tables import METADATA

_ROW: Final = BigInteger().with_variant(Integer(), "sqlite")
"""On SQLite only INTEGER numbers its rows by itself; it has 64 bits there."""

MODULES: Final = Table(
    "modules",
    METADATA,
    Column("module_id", String(64), primary_key=True),
    Column("secret_sha256", String(64), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("description", String(500), nullable=False),
    Column("standing", String(10), nullable=False),
    Column("labels", JSON, nullable=False),
    Column("program", String(64), nullable=False),
    Column("inputs", Text, nullable=False),
    Column("outputs", Text, nullable=False),
    Column("instance", String(64), nullable=False, index=True),
    Column("connection", String(32), nullable=False),
    Column("wish", String(10), nullable=False),
    Column("peer", String(64), nullable=False),
    Column("told", JSON, nullable=False),
    Column("registered_at", NS, nullable=False),
    Column("connected_at", NS, nullable=False),
    Column("seen_at", NS, nullable=False),
    Column("done", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("last_job_id", String(64), nullable=False),
    Column("last_job_at", NS, nullable=False),
    Column("version", Integer, nullable=False),
    **TABLE,
)

FLEET_JOBS: Final = Table(
    "fleet_jobs",
    METADATA,
    Column("seq", _ROW, primary_key=True, autoincrement=True),
    Column("job_id", String(64), nullable=False, unique=True),
    Column("plan", JSON, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("words", Text, nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("origin", String(10), nullable=False),
    Column("origin_id", String(100), nullable=False, index=True),
    Column("created_by", String(100), nullable=False),
    Column("created_at", NS, nullable=False, index=True),
    Column("ended_at", NS, nullable=False),
    Column("executions", Integer, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("running", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("error", String(500), nullable=False),
    Column("version", Integer, nullable=False),
    **TABLE,
)

EXECUTIONS: Final = Table(
    "fleet_executions",
    METADATA,
    Column("execution_id", String(80), primary_key=True),
    Column("job_id", String(64), nullable=False, index=True),
    Column("module_id", String(64), nullable=False),
    Column("is_pinned", Boolean, nullable=False),
    Column("label", String(32), nullable=False),
    Column("state", String(10), nullable=False),
    Column("lease", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("timeout_s", Integer, nullable=False),
    Column("instance", String(64), nullable=False),
    Column("leased_until", NS, nullable=False),
    Column("created_at", NS, nullable=False),
    Column("sent_at", NS, nullable=False),
    Column("ended_at", NS, nullable=False),
    Column("progress", String(200), nullable=False),
    Column("result", Text, nullable=False),
    Column("error", String(500), nullable=False),
    Column("is_late", Boolean, nullable=False),
    Index(None, "state", "is_pinned", "module_id"),
    Index(None, "state", "leased_until"),
    Index(None, "module_id", "sent_at"),
    **TABLE,
)

SCHEDULES: Final = Table(
    "fleet_schedules",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("cadence", JSON, nullable=False),
    Column("plan", JSON, nullable=True),
    Column("workflow_id", String(64), nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("next_at", NS, nullable=False, index=True),
    Column("last_at", NS, nullable=False),
    Column("last_job_id", String(64), nullable=False),
    Column("missed", Integer, nullable=False),
    Column("created_by", String(100), nullable=False),
    Column("version", Integer, nullable=False),
    **TABLE,
)

WORKFLOWS: Final = Table(
    "fleet_workflows",
    METADATA,
    Column("workflow_id", String(64), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("steps", JSON, nullable=False),
    Column("created_by", String(100), nullable=False),
    Column("created_at", NS, nullable=False),
    Column("version", Integer, nullable=False),
    **TABLE,
)

WORKFLOW_RUNS: Final = Table(
    "fleet_workflow_runs",
    METADATA,
    Column("run_id", String(64), primary_key=True),
    Column("workflow_id", String(64), nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("step", Integer, nullable=False),
    Column("steps", JSON, nullable=False),
    Column("started_by", String(100), nullable=False),
    Column("started_at", NS, nullable=False, index=True),
    Column("ended_at", NS, nullable=False),
    Column("error", String(500), nullable=False),
    **TABLE,
)

SERVERS: Final = Table(
    "fleet_servers",
    METADATA,
    Column("instance", String(64), primary_key=True),
    Column("address", String(100), nullable=False),
    Column("started_at", NS, nullable=False),
    Column("beat_at", NS, nullable=False),
    **TABLE,
)

FLEET_STATE: Final = Table(
    "fleet_state",
    METADATA,
    Column("name", String(16), primary_key=True),
    Column("version", Integer, nullable=False),
    **TABLE,
)
