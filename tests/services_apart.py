"""The services of the map as an operator would start them: a process each, on one real Redis, on private ports."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec

from real_redis import RealRedis
from running_platform import environment
from tradewind.bus.line_codec import build_line_codec
from tradewind.bus.line_order import LineKey, tick_place
from tradewind.bus.packs import body_codec, is_pack, unpack
from tradewind.bus.redis.keys import entry_id
from tradewind.bus.redis.room_streams import durable_key, mark_key
from tradewind.bus.topics import CLEAN_TICKS, Topic
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
)


class Services:
    """Started services by name; what they say goes to files in `folder`."""

    def __init__(self, folder: Path, redis: RealRedis, *flags: str) -> None:
        self.redis = redis
        self.ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
        self._folder = folder
        self._flags = (
            f"data_dir={folder}",
            "bus.kind=redis",
            f"bus.url={redis.url}",
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
        for flag in (*self._flags, *flags):
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
        until = monotonic_s() + _PATIENCE_S
        with self.redis.client as client:
            while monotonic_s() < until:
                newest, payload = _newest(client, CLEAN_TICKS.wire_name)
                told = client.xrevrange(mark_key("market", 0, 1), count=1)
                if told:
                    (at,) = msgspec.json.decode(told[0][1][b"payload"])
                    ticks = build_line_codec(CLEAN_TICKS, "json").read(payload)
                    tick = tick_place(entry_id(newest), len(ticks) - 1)
                    done = [_newest_mark(client, name) for name in LINE]
                    if all(mark[:2] == tick and mark[3:] == (at + 1,) for mark in done):
                        return
                time.sleep(0.1)
        message = {name: self.said(name)[-2_000:] for name in (*LINE, "market")}
        raise AssertionError(message)

    def outputs(self) -> list[tuple[LineKey, str, Any]]:
        """Return every event that the rooms wrote, in the order of the line."""
        found: list[tuple[LineKey, str, Any]] = []
        with self.redis.client as client:
            for topic in OUTPUTS:
                found += self._entries(client, topic)
        return sorted(found, key=lambda each: each[0])

    def sha256(self) -> str:
        """Return the digest of all outputs, as `runtime.digest` makes it; an entry written twice counts once."""
        digest = hashlib.sha256()
        once = {(key, topic): event for key, topic, event in self.outputs()}
        for (_, topic), event in once.items():
            digest.update(topic.encode() + b"\0" + msgspec.msgpack.encode(event))
        return digest.hexdigest()

    @staticmethod
    def _entries(client: Any, topic: Topic[Any]) -> list[tuple[LineKey, str, Any]]:
        read = build_line_codec(topic, "json").read
        entries = []
        for _, fields in client.xrange(durable_key(topic, 0, 1)):
            for key, event in read(fields[b"payload"]):
                assert key is not None
                entries.append((key, topic.name, event))
        return entries


def _newest(client: Any, key: str) -> tuple[bytes, bytes]:
    """Return the id and the payload of a stream's newest entry."""
    for entry, fields in client.xrevrange(key, count=1):
        return entry, fields[b"payload"]
    return b"0-0", b""


def _newest_mark(client: Any, name: str) -> LineKey:
    """Return through where a room is done: told by itself, or riding with what it wrote."""
    payload = _newest(client, mark_key(name, 0, 1))[1]
    marks = [tuple(msgspec.json.decode(payload))] if payload else []
    for topic in row(name).writes:
        payload = _newest(client, durable_key(topic, 0, 1))[1]
        if is_pack(payload):
            marks.append(unpack(body_codec(topic), payload, (0, 0), is_tick=False)[2] or ())
    return max(marks, default=())


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
