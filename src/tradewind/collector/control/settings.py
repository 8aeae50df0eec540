"""What an operator may choose about the control server."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tradewind.domain.job import KINDS


class ControlSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where modules connect, who may register, how long what is theirs stays theirs, and how much is kept."""

    enabled: Annotated[bool, Meta(description="run the control server of collector modules in `tradewind run`")] = False
    host: Annotated[str, Meta(min_length=1, description="address modules connect to; 0.0.0.0 for every interface")] = (
        "127.0.0.1"
    )
    port: Annotated[int, Meta(ge=0, le=65_535, description="port modules connect to; 0 takes a free one")] = 10_080
    admits: Annotated[
        Literal["local", "all"],
        Meta(
            description="modules that may connect as soon as they have registered: those of this machine, or all; the "
            "others wait until an operator admits them"
        ),
    ] = "local"
    kinds: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}$")], ...],
        Meta(min_length=1, description="kinds of jobs that may be sent to modules"),
    ] = KINDS
    max_modules: Annotated[int, Meta(ge=1, le=50_000, description="modules that may be registered")] = 5_000
    max_open_jobs: Annotated[int, Meta(ge=1, description="jobs that may wait or run at once; more are refused")] = 1_000
    max_plans: Annotated[int, Meta(ge=1, description="schedules, and likewise workflows, that may be kept")] = 200
    keep_days: Annotated[int, Meta(ge=1, description="days for which ended jobs and their results are kept")] = 30
    keep_jobs: Annotated[int, Meta(ge=100, description="jobs that are kept; the oldest ended ones go")] = 20_000
    result_bytes: Annotated[int, Meta(ge=256, le=1_000_000, description="largest result kept as it is, in bytes")] = (
        65_536
    )
    per_module: Annotated[int, Meta(ge=1, le=100, description="executions a module may have at once; more wait")] = 1
    ping_s: Annotated[float, Meta(gt=0, description="seconds between two pings to modules that send no heartbeats")] = (
        30.0
    )
    silent_s: Annotated[float, Meta(gt=0, description="seconds of silence after which a connection is given up")] = 75.0
    beat_s: Annotated[float, Meta(gt=0, le=60, description="seconds between two signs of life of this server")] = 3.0
    lease_s: Annotated[
        float, Meta(gt=0, description="seconds an execution stays a module's while its server gives no sign")
    ] = 30.0
    reassign_s: Annotated[
        float, Meta(gt=0, description="seconds after a lost connection until what a module had goes to another")
    ] = 15.0
    look_s: Annotated[
        float, Meta(gt=0, le=10, description="seconds between two looks for jobs that other servers have taken")
    ] = 0.25
    missed_s: Annotated[
        float, Meta(ge=0, description="a schedule that is later than this when looked at is let pass, and counted")
    ] = 300.0
    tries_per_minute: Annotated[
        int, Meta(ge=1, description="registrations, or unknown hashes, an address may send a minute; more are refused")
    ] = 30
