"""How a module is called, where its server is, how much it does at once and where it keeps its files."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from tradewind.collector.protocol_registration import Form


class ModuleSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A collector module: `tradewind module …` (system 002)."""

    name: Annotated[str, Meta(min_length=1, max_length=100, description="what the module calls itself")] = (
        "tradewind-collector"
    )
    description: Annotated[str, Meta(max_length=500, description="what it says of itself when it registers")] = (
        "行情采集模块"
    )
    home: Annotated[
        str, Meta(min_length=1, description="folder that holds the module's config/, logs/ and state/, and its .env")
    ] = "."
    server_host: Annotated[str, Meta(min_length=1, description="address of the control server (SERVER_IP)")] = (
        "127.0.0.1"
    )
    server_port: Annotated[int, Meta(ge=1, le=65_535, description="port of the control server (SERVER_PORT)")] = 10_080
    tls: Annotated[bool, Meta(description="speak TLS with the control server: https and wss")] = False
    tls_ca_file: Annotated[str, Meta(description="authorities that may vouch for it; empty: the system's")] = ""
    tls_cert_file: Annotated[str, Meta(description="the module's own certificate, where the server asks for one")] = ""
    tls_key_file: Annotated[str, Meta(description="the key of that certificate")] = ""
    registration: Annotated[
        Form,
        Meta(description="names in the query of a registration: data, mission, or both where the server's are unknown"),
    ] = "both"
    heartbeat_s: Annotated[
        float, Meta(gt=0, le=3_600, description="seconds between two heartbeats (HEARTBEAT_INTERVAL)")
    ] = 10.0
    silence_s: Annotated[
        float,
        Meta(
            gt=0, le=3_600, description="seconds without a word from the server after which the module connects again"
        ),
    ] = 90.0
    connect_s: Annotated[float, Meta(gt=0, le=120, description="seconds a connection may take to come about")] = 10.0
    reconnect_most_s: Annotated[
        float,
        Meta(gt=0, le=600, description="mean wait before a connection is tried again, when it has failed for long"),
    ] = 30.0
    retry_scale: Annotated[float, Meta(gt=0, le=10, description="factor on the waits before connecting again")] = 1.0
    confirm_s: Annotated[
        float, Meta(gt=0, le=600, description="seconds the server has to confirm a result before it is sent anew")
    ] = 30.0
    most_sends: Annotated[
        int, Meta(ge=1, le=100, description="how often an unconfirmed result is sent before it is left in the journal")
    ] = 3
    jobs_at_once: Annotated[int, Meta(ge=1, le=64, description="jobs under way at the same time")] = 4
    jobs_waiting: Annotated[int, Meta(ge=1, le=10_000, description="jobs that may wait; more are refused")] = 100
    job_s: Annotated[float, Meta(gt=0, le=86_400, description="seconds after which a job is given up")] = 600.0
    resume_s: Annotated[
        float,
        Meta(
            ge=0, description="age in seconds up to which a job that was cut off is done again; older ones have failed"
        ),
    ] = 3_600.0
    keep: Annotated[int, Meta(ge=10, le=1_000_000, description="executions remembered, so that none is done twice")] = (
        10_000
    )
    stop_s: Annotated[
        float, Meta(gt=0, le=600, description="seconds running jobs get to end when the module stops")
    ] = 10.0
    log_bytes: Annotated[int, Meta(ge=10_000, description="size at which logs/module.log is put aside")] = 10_000_000
    log_files: Annotated[int, Meta(ge=1, le=100, description="log files put aside that are kept")] = 5
    execution_log_days: Annotated[int, Meta(ge=1, description="days that logs/execution_….log is kept")] = 90
    fetcher: Annotated[str, Meta(description="who fetches quotes: infoway, or what an installed package offers")] = (
        "infoway"
    )
    licence_key: Annotated[
        str,
        Meta(
            pattern=r"^([0-9a-f]{64})?$",
            description="public key of the operator's licences, 64 hex digits; empty: no licence is asked for",
        ),
    ] = ""
