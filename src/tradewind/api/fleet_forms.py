"""The bodies of requests about the fleet: their messages without what the path says already."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from tradewind.domain.fleet import Labels, Version
from tradewind.domain.job import Cadence, JobPlan, NameOrNone, Steps


class JobForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A job to be done."""

    plan: JobPlan


class ModuleForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a module is called and sorted by; `version` is the one that was seen."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    version: Version
    labels: Labels = ()


class ScheduleForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A schedule of a job or of a workflow; `version` 0 makes a new one."""

    cadence: Cadence
    plan: JobPlan | None = None
    workflow_id: NameOrNone = ""
    is_enabled: bool = True
    version: Annotated[int, Meta(ge=0)] = 0


class WorkflowForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A workflow to be written."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    steps: Steps
