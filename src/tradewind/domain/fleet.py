"""What may be asked of the fleet and what it may be told; who asks or tells goes along (`domain.rights`)."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from tradewind.domain.job import Cadence, JobPlan, JobState, Label, LabelOrNone, Name, NameOrNone, Steps
from tradewind.domain.module import ModuleState
from tradewind.domain.rights import Permission

Limit = Annotated[int, Meta(ge=1, le=500)]
Text = Annotated[str, Meta(max_length=100)]
Labels = Annotated[tuple[Label, ...], Meta(max_length=16)]


class Asked(msgspec.Struct, frozen=True, kw_only=True, tag_field="ask", forbid_unknown_fields=True):
    """A question; everything of the fleet needs the permission `system`."""


class AskModules(Asked, frozen=True, tag="modules"):
    """Modules by name: `next` of a page goes into `after`."""

    state: ModuleState | None = None
    label: LabelOrNone = ""
    search: Text = ""
    after: Text = ""
    limit: Limit = 200


class AskModule(Asked, frozen=True, tag="module"):
    """One module with its newest executions."""

    module_id: Name


class AskKinds(Asked, frozen=True, tag="kinds"):
    """The kinds of jobs that may be sent."""


class AskJobs(Asked, frozen=True, tag="jobs"):
    """Jobs, the newest first; `search` looks into kind, codes, who asked, and errors."""

    state: JobState | None = None
    module_id: NameOrNone = ""
    origin_id: Text = ""
    search: Text = ""
    before: Text = ""
    limit: Limit = 50


class AskJob(Asked, frozen=True, tag="job"):
    """One job with a page of its executions."""

    job_id: Name
    after: Text = ""
    limit: Limit = 100


class AskSchedules(Asked, frozen=True, tag="schedules"):
    """Every schedule."""


class AskWorkflows(Asked, frozen=True, tag="workflows"):
    """Every workflow."""


class AskRuns(Asked, frozen=True, tag="runs"):
    """The newest runs of a workflow; of all for none."""

    workflow_id: NameOrNone = ""
    limit: Limit = 50


class AskServers(Asked, frozen=True, tag="servers"):
    """The control servers that share this fleet."""


Version = Annotated[int, Meta(ge=1, description="the version that was seen")]


class Told(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True):
    """A command; everything about the fleet needs the permission `operate`. The same `request_id` is done once."""

    request_id: Annotated[str, Meta(max_length=300)] = ""


class StartJob(Told, frozen=True, tag="start_job"):
    """Have something done."""

    plan: JobPlan


class CancelJob(Told, frozen=True, tag="cancel_job"):
    """Let nobody begin what is not begun; what modules have under way they end, and it counts no more."""

    job_id: Name


class AdmitModule(Told, frozen=True, tag="admit_module"):
    """Let a module connect that registered from elsewhere."""

    module_id: Name


class ChangeModule(Told, frozen=True, tag="change_module"):
    """Call it otherwise, sort it otherwise."""

    module_id: Name
    version: Version
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    labels: Labels = ()


class ShutModule(Told, frozen=True, tag="shut_module"):
    """Tell a module to end its program."""

    module_id: Name


class CloseModule(Told, frozen=True, tag="close_module"):
    """Close its connection; it may come back."""

    module_id: Name


class RetireModule(Told, frozen=True, tag="retire_module"):
    """Never hear of it again: its hash is void."""

    module_id: Name


class PutSchedule(Told, frozen=True, tag="put_schedule"):
    """Make a schedule, or write it anew; `version` 0 for one that is not there yet."""

    name: Name
    cadence: Cadence
    plan: JobPlan | None = None
    workflow_id: NameOrNone = ""
    is_enabled: bool = True
    version: Annotated[int, Meta(ge=0)] = 0


class RemoveSchedule(Told, frozen=True, tag="remove_schedule"):
    """Take a schedule away."""

    name: Name
    version: Version


class ReloadSchedules(Told, frozen=True, tag="reload_schedules"):
    """Reckon anew when each is due: a calendar may have changed."""


class CreateWorkflow(Told, frozen=True, tag="create_workflow"):
    """Write a workflow."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    steps: Steps


class RemoveWorkflow(Told, frozen=True, tag="remove_workflow"):
    """Take a workflow away; runs that are under way go on."""

    workflow_id: Name


class RunWorkflow(Told, frozen=True, tag="run_workflow"):
    """Begin a workflow."""

    workflow_id: Name


FleetQuestion = (
    AskModules | AskModule | AskKinds | AskJobs | AskJob | AskSchedules | AskWorkflows | AskRuns | AskServers
)
FleetCommand = (
    StartJob
    | CancelJob
    | AdmitModule
    | ChangeModule
    | ShutModule
    | CloseModule
    | RetireModule
    | PutSchedule
    | RemoveSchedule
    | ReloadSchedules
    | CreateWorkflow
    | RemoveWorkflow
    | RunWorkflow
)
SEES: Final = Permission.SYSTEM
DOES: Final = Permission.OPERATE
