"""Modules: programs elsewhere that fetch and store data when the control server tells them to (seed 002).

A module is known by two things: the hash it was given when it registered, which is its secret and stands nowhere but in
its own file, and its id, by which everybody else calls it.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class ModuleState(StrEnum):
    """Where a module stands. One that is retired never comes back: it registers anew."""

    PENDING = "pending"
    """Registered from another machine: an operator has to admit it before it may connect."""
    ONLINE = "online"
    OFFLINE = "offline"
    RETIRED = "retired"


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a module of ours says of itself beyond what modules of system 002 could."""

    release: str = ""
    """The version of its software."""
    kinds: tuple[str, ...] = ()
    """Kinds of jobs it knows; none told: `quotes`, as every module of system 002."""
    unsent: int = 0
    """Results that wait with it to be sent."""
    machine_load: float = 0.0
    """Processes of its machine that want to run, by its processors, over one minute."""


class Module(msgspec.Struct, frozen=True, kw_only=True):
    """One module as the control server knows it; times are ns UTC, 0 for never."""

    module_id: str
    name: str
    description: str = ""
    state: ModuleState = ModuleState.OFFLINE
    labels: tuple[str, ...] = ()
    """What operators sort it by; jobs may go to a label."""
    program: str = ""
    """The version of its program: the MD5 it gives of its own files."""
    inputs: str = ""
    outputs: str = ""
    """What it says it takes and gives: JSON texts, shown and not read."""
    instance: str = ""
    """The control server that has its connection; empty while it has none."""
    peer: str = ""
    registered_at: int = 0
    connected_at: int = 0
    seen_at: int = 0
    """When a word of it last came that was put on record; its server knows to the second."""
    load: int = 0
    """Executions it has under way."""
    told: Told = Told()
    done: int = 0
    failed: int = 0
    last_job_id: str = ""
    last_job_at: int = 0
    version: int = 1
