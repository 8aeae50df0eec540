"""What an operator may choose about the push listener."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class PushSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where push listens, how much it keeps for whom, and when it gives up on a client."""

    host: Annotated[str, Meta(min_length=1, description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="port to listen on; 0 lets the system choose")] = 8100
    max_clients: Annotated[int, Meta(ge=1, description="connections in all; more are answered 503")] = 10_000
    clients_per_identity: Annotated[
        int, Meta(ge=1, description="connections of one user; the next one is closed with 4429")
    ] = 2_000
    frame_bytes: Annotated[int, Meta(ge=1024, description="largest command a client may send, in bytes")] = 65_536
    commands_per_minute: Annotated[
        int, Meta(ge=1, description="commands a client may send a minute; beyond it is closed with 4429")
    ] = 240
    subscriptions: Annotated[int, Meta(ge=1, description="topics one connection may subscribe to")] = 128
    instruments: Annotated[int, Meta(ge=1, description="instruments one subscription may list")] = 2_000
    queued_bytes: Annotated[
        int, Meta(ge=65_536, description="bytes that may wait for one client; beyond that it is conflated or reset")
    ] = 1_048_576
    queued_total_bytes: Annotated[
        int,
        Meta(
            ge=1_048_576,
            description="bytes that may wait for all clients together, looked at every sweep_s; beyond that those for "
            "whom most waits are closed with 4408",
        ),
    ] = 268_435_456
    socket_bytes: Annotated[
        int, Meta(ge=0, description="send buffer the kernel may keep a client, in bytes; 0 leaves it to the kernel")
    ] = 262_144
    stalled_s: Annotated[
        float, Meta(gt=0, description="seconds a client may take nothing before it is closed with 4408")
    ] = 30.0
    heartbeat_s: Annotated[
        float, Meta(gt=0, description="seconds between heartbeats; a peer silent for two of them is given up")
    ] = 20.0
    sweep_s: Annotated[float, Meta(gt=0, description="seconds between two looks at all clients' health")] = 1.0
    drain_s: Annotated[float, Meta(ge=0, description="seconds clients get to close when push stops")] = 1.0
    move_s: Annotated[
        float,
        Meta(
            ge=0,
            description="seconds over which clients are spread that are told to move to another instance, where push "
            "runs alone and is told to stop",
        ),
    ] = 2.0
    leave_s: Annotated[
        float,
        Meta(ge=0, le=300, description="seconds clients get to move elsewhere before the rest is closed with 4503"),
    ] = 5.0
    default_interval_ms: Annotated[
        int, Meta(ge=20, le=5_000, description="conflation interval of a client that names none, in ms")
    ] = 50
    cadences_ms: Annotated[
        tuple[int, ...],
        Meta(min_length=1, description="conflation intervals on offer, rising; a wish is rounded up to the next one"),
    ] = (20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
    hsapi_interval_ms: Annotated[
        int,
        Meta(ge=20, le=5_000, description="conflation interval of the channels of system 004 (/hsapi/ws/…), in ms"),
    ] = 200
    kept_events: Annotated[
        int, Meta(ge=16, description="events kept a topic, for slow clients and for resuming ones")
    ] = 4_096
    kept_bytes: Annotated[int, Meta(ge=65_536, description="encoded bytes of events kept a topic")] = 4_194_304
    snapshot_events: Annotated[
        int, Meta(ge=1, description="newest events a snapshot of signals, alerts, bars or opportunities holds")
    ] = 500
    snapshot_keys: Annotated[
        int,
        Meta(
            ge=1,
            description="newest values kept of each topic that shows state (quotes, sums …); the oldest go first",
        ),
    ] = 20_000
    system_s: Annotated[float, Meta(gt=0, description="seconds between two events of the topic system")] = 1.0
