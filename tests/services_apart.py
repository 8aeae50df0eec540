"""The services of the map as an operator would start them: a process each, on one real Redis, on private ports."""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import msgspec
from msgspec.structs import replace

from private_ports import free_ports
from real_redis import RealRedis
from running_platform import environment
from tradewind.bus.line_codec import build_line_codec
from tradewind.bus.line_order import LineKey, tick_place
from tradewind.bus.packs import body_codec, is_pack, unpack
from tradewind.bus.redis.keys import entry_id
from tradewind.bus.redis.room_streams import durable_key, mark_key
from tradewind.bus.topics import CLEAN_TICKS, Topic
from tradewind.domain.opportunity import Opportunity
from tradewind.domain.signal import Signal
from tradewind.kernel.clock import monotonic_s
from tradewind.runtime.digest import OUTPUTS
from tradewind.runtime.services import row

LINE = ("features", "strategies", "signals", "risk")
_PATIENCE_S = 60.0
_PORTS = (
    "api_port",
    "push_port",
    "market_health",
    "features_health",
    "strategies_health",
    "signals_health",
    "risk_health",
    "push_health",
    "quotes_health",
    "control_health",
    "trading_health",
)


class Services:
    """Started services by name; what they say goes to files in `folder`."""

    def __init__(self, folder: Path, redis: RealRedis, *flags: str, shards: int = 1) -> None:
        self.redis = redis
        self.shards = shards
        self.ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
        self._folder = folder
        self.flags = (
            f"data_dir={folder}",
            "bus.kind=redis",
            f"bus.url={redis.url}",
            f"bus.shards={shards}",
            "bus.reclaim_idle_s=1",
            "bus.retry_max_s=0.5",
            *(f"services.{name}={port}" for name, port in self.ports.items()),
            *flags,
        )
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        for name in names:
            self.start_as(name, name)

    def start_as(self, alias: str, name: str, *flags: str) -> None:
        """Start one more instance of a service under another name."""
        command = [sys.executable, "-m", "tradewind", "run", name]
        for flag in (*self.flags, *flags):
            command += ["--set", flag]
        with (self._folder / f"{alias}.log").open("ab") as log:
            self.processes[alias] = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self._folder, env=environment()
            )

    def kill(self, name: str) -> None:
        """End one as a crash would."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> dict[str, int]:
        """Ask all to stop; return their exit codes."""
        for process in self.processes.values():
            process.terminate()
        codes = {name: process.wait(timeout=20) for name, process in self.processes.items()}
        self.processes.clear()
        return codes

    def end(self) -> None:
        """Leave nothing behind."""
        for name in tuple(self.processes):
            self.kill(name)

    def said(self, name: str) -> str:
        return (self._folder / f"{name}.log").read_text()

    def wait_connected(self, port: int) -> None:
        """Wait until the service with this health door is connected to Redis."""
        until = monotonic_s() + _PATIENCE_S
        while monotonic_s() < until:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{port}/health").json()["bus"] == "connected":
                    return
            time.sleep(0.1)
        raise AssertionError(port)

    def wait_through(self) -> None:
        """Wait until every room is done with the newest tick and the time that was told after it."""
        try:
            wait_through(self.redis, self.shards)
        except AssertionError as error:
            raise AssertionError({name: self.said(name)[-2_000:] for name in self.processes}) from error

    def outputs(self, shard: int = 0) -> list[tuple[LineKey, str, Any]]:
        """Return every event that the rooms wrote of a shard, in the order of the line."""
        return outputs_of(self.redis, shard, self.shards)

    def wait_sha256(self, wanted: str) -> None:
        """Wait until the rooms have written exactly that: with the last time that the market tells bars still close."""
        wait_sha256(self.redis, wanted, self.shards)


def wait_through(redis: RealRedis, shards: int = 1) -> None:
    """Wait until every room of the line is done with the newest tick and the time that was told after it."""
    until = monotonic_s() + _PATIENCE_S
    with redis.client as client:
        while monotonic_s() < until:
            if all(_is_through(client, shard, shards) for shard in range(shards)):
                return
            time.sleep(0.1)
    raise AssertionError(LINE)


def _is_through(client: Any, shard: int, shards: int) -> bool:
    newest, payload = _newest(client, durable_key(CLEAN_TICKS, shard, shards))
    _, told = _newest(client, mark_key("market", shard, shards))
    if not payload or not told:
        return False
    (at,) = msgspec.json.decode(told)
    ticks = build_line_codec(CLEAN_TICKS, "json").read(payload)
    tick = tick_place(entry_id(newest), len(ticks) - 1)
    done = [_newest_mark(client, name, shard, shards) for name in LINE]
    return all(mark[:2] == tick and mark[3:] == (at + 1,) for mark in done)


def outputs_of(redis: RealRedis, shard: int = 0, shards: int = 1) -> list[tuple[LineKey, str, Any]]:
    """Return every event that the rooms wrote of a shard, in the order of the line."""
    found: list[tuple[LineKey, str, Any]] = []
    for topic in OUTPUTS:
        for key, event in events_of(redis, topic, shard, shards):
            assert key is not None
            found.append((key, topic.name, event))
    return sorted(found, key=lambda each: each[0])


def sha256_of(outputs: list[tuple[LineKey, str, Any]]) -> str:
    """Return the digest of all outputs, as `runtime.digest` makes it; an entry written twice counts once.

    When something was where no two runs share, and a replay does not say: it is left out.
    """
    digest = hashlib.sha256()
    once = {(key, topic): event for key, topic, event in outputs}
    for (_, topic), event in once.items():
        digest.update(topic.encode() + b"\0" + msgspec.msgpack.encode(_without_times(event)))
    return digest.hexdigest()


def _without_times(event: Any) -> Any:
    if isinstance(event, Signal):
        return replace(event, times=None)
    if isinstance(event, Opportunity):
        return replace(event, contributions=tuple(replace(each, times=None) for each in event.contributions))
    return event


def wait_sha256(redis: RealRedis, wanted: str, shards: int = 1) -> None:
    """Wait until the rooms are through and have written exactly what one process does; nothing follows then."""
    wait_through(redis, shards)
    until = monotonic_s() + _PATIENCE_S
    while sha256_of(outputs := outputs_of(redis, 0, shards)) != wanted:
        assert monotonic_s() < until, Counter(topic for _, topic, _ in outputs)
        time.sleep(0.2)


def events_of(redis: RealRedis, topic: Topic[Any], shard: int = 0, shards: int = 1) -> list[tuple[LineKey | None, Any]]:
    """Return what stands on the stream of a topic, each with its place in the line; the ticks are the line."""
    read = build_line_codec(topic, "json").read
    with redis.client as client:
        entries: Any = client.xrange(durable_key(topic, shard, shards))
    return [found for _, fields in entries for found in read(fields[b"payload"])]


def newest_seq(redis: RealRedis) -> int:
    """Return the sequence number of the newest tick, 0 where there is none."""
    with redis.client as client:
        _, payload = _newest(client, durable_key(CLEAN_TICKS, 0, 1))
    return (
        max((tick.seq for _, tick in build_line_codec(CLEAN_TICKS, "json").read(payload)), default=0) if payload else 0
    )


def _newest(client: Any, key: str) -> tuple[bytes, bytes]:
    """Return the id and the payload of a stream's newest entry."""
    for entry, fields in client.xrevrange(key, count=1):
        return entry, fields[b"payload"]
    return b"0-0", b""


def _newest_mark(client: Any, name: str, shard: int, shards: int) -> LineKey:
    """Return through where a room is done: told by itself, or riding with what it wrote."""
    payload = _newest(client, mark_key(name, shard, shards))[1]
    marks = [tuple(msgspec.json.decode(payload))] if payload else []
    for topic in row(name).writes:
        payload = _newest(client, durable_key(topic, shard, shards))[1]
        if is_pack(payload):
            marks.append(unpack(body_codec(topic), payload, (0, 0), is_tick=False)[2] or ())
    return max(marks, default=())
