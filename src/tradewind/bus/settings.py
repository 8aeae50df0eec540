"""What an operator may choose about the bus."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tradewind.kernel.settings import SECRET
from tradewind.kernel.settings_doc import without_credentials


class BusSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which bus carries the topics and, for Redis, where it is, how much is kept, and when to give up on whom."""

    kind: Annotated[
        Literal["local", "redis"], Meta(description="local: inside this process; redis: between processes")
    ] = "local"
    url: Annotated[
        str,
        Meta(
            min_length=1,
            description="redis://[user:password@]host:port/db, rediss://… with TLS, unix:///path?db=0, or "
            "redis+sentinel://[user:password@]host:port,host:port/service/db (rediss+sentinel:// with TLS)",
            extra={SECRET: True},
        ),
    ] = "redis://127.0.0.1:6379/0"
    password: Annotated[
        str, Meta(description="password of Redis; wins over the one in the url", extra={SECRET: True})
    ] = ""
    sentinel_password: Annotated[
        str, Meta(description="password of the sentinels, where they have one", extra={SECRET: True})
    ] = ""
    tls_ca: Annotated[
        str, Meta(description="PEM file of the authority that signed Redis' certificate; empty: those of the system")
    ] = ""
    tls_cert: Annotated[str, Meta(description="PEM file of our certificate, where Redis wants to see one")] = ""
    tls_key: Annotated[str, Meta(description="PEM file of the key that belongs to bus.tls_cert")] = ""
    codec: Annotated[
        Literal["json", "msgpack", "packed"],
        Meta(
            description="form of `payload` we write; json is system 003's, the others only where every reader is ours:"
            " packed puts many events into one entry, for speed"
        ),
    ] = "json"
    shards: Annotated[
        int, Meta(ge=1, le=1024, description="streams a topic is split into by instrument; 1 keeps 003's plain names")
    ] = 1
    member: Annotated[
        str,
        Meta(
            max_length=100,
            pattern=r"^[A-Za-z0-9_.:-]*$",
            description="name of this process in its groups; a fixed one resumes at once after a kill, empty: made up",
        ),
    ] = ""
    broadcast: Annotated[
        tuple[str, ...], Meta(description="groups of which every process gets every event instead of a share")
    ] = ("push", "api", "quotes")
    batch: Annotated[int, Meta(ge=1, le=10_000, description="entries asked for in one read")] = 256
    block_ms: Annotated[int, Meta(ge=10, description="longest a read waits at Redis before it is asked again")] = 1_000
    edge_pause_ms: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000,
            description="an edge (push, api, quotes) looks for new quotes and features only so often, to take what came"
            " meanwhile together; 0: at once. Signals, opportunities and alerts never wait",
        ),
    ] = 0
    reclaim_idle_s: Annotated[
        float, Meta(gt=0, description="seconds of silence after which a member's work goes to another member")
    ] = 5.0
    max_deliveries: Annotated[
        int, Meta(ge=1, le=100, description="attempts to handle one event before it is set aside as poison")
    ] = 5
    remembered: Annotated[
        int, Meta(ge=0, description="events a reader remembers by name to drop those that were published twice")
    ] = 4_096
    max_len: Annotated[
        int, Meta(ge=100, description="entries a stream keeps for those who restart; more while a group lags")
    ] = 50_000
    hard_max_len: Annotated[
        int,
        Meta(
            ge=200, description="entries at which a stream is cut even past a lagging group; that leaves a gap record"
        ),
    ] = 500_000
    poison_len: Annotated[int, Meta(ge=1, description="entries set aside per stream; the oldest go first")] = 1_000
    entry_bytes: Annotated[int, Meta(ge=1_024, description="largest payload that is read; larger is set aside")] = (
        1_048_576
    )
    spool: Annotated[
        int, Meta(ge=100, description="stream entries that may wait for Redis; beyond it the oldest are dropped")
    ] = 100_000
    window: Annotated[int, Meta(ge=1, description="stream entries under way to Redis before it has answered")] = 8_192
    connect_s: Annotated[
        float, Meta(gt=0, description="seconds the start waits for Redis before it goes on without it")
    ] = 2.0
    timeout_s: Annotated[float, Meta(gt=0, description="seconds Redis may stay silent before we connect anew")] = 3.0
    retry_scale: Annotated[
        float, Meta(gt=0, le=1, description="first wait before connecting anew, in seconds; then doubling")
    ] = 0.1
    retry_max_s: Annotated[float, Meta(gt=0, description="longest wait before connecting anew, in seconds")] = 5.0
    trim_s: Annotated[float, Meta(gt=0, description="seconds between two looks at the length of our streams")] = 1.0
    forget_s: Annotated[
        float,
        Meta(gt=0, description="seconds after which the place of a vanished member of a broadcast group is dropped"),
    ] = 600.0
    stop_s: Annotated[float, Meta(ge=0, description="seconds a stop waits for what is under way")] = 2.0
    mirrors: Annotated[
        bool, Meta(description="write the older keys too: channel market_data, streams market_data:<symbol>")
    ] = True
    mirror_len: Annotated[int, Meta(ge=1, description="entries a stream market_data:<symbol> keeps")] = 10_000

    def __repr__(self) -> str:
        """Return what may stand in a log: an address without its password."""
        return f"BusSettings(kind={self.kind!r}, url={without_credentials(self.url)!r}, …)"
