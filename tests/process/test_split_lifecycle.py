"""`tradewind start` with several processes a service: each is shown, they share the shards, one killed is no matter."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from installation import Installation
from real_redis import RealRedis
from running_platform import wait_for
from tradewind.runtime.services import ROWS

pytestmark = [pytest.mark.process, pytest.mark.timeout(150)]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    server = RealRedis(tmp_path)
    server.start()
    bus = ("shards = 2", "reclaim_idle_s = 1.0")
    found = Installation(tmp_path, server.url, bus=bus, processes="{ features = 2, signals = 2 }")
    yield found
    found.end()
    server.kill()


def test_several_processes_of_a_service_share_the_line(installation: Installation) -> None:
    started = installation.call("start")
    assert started.returncode == 0, started.stdout + started.stderr
    rows = installation.status()["services"]
    assert [name for name in rows if "-" not in name] == list(ROWS)
    assert [name for name in rows if "-" in name] == ["features-2", "signals-2"]
    wait_for(lambda: [_shards(installation, name) for name in ("features", "features-2")] in ([[0], [1]], [[1], [0]]))
    assert _shards(installation, "risk") == [0, 1]
    ended = installation.call("test", "--timeout", "20")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    pid = installation.pid("features-2")
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: installation.status()["services"]["features-2"]["pid"] not in {pid, None})
    assert installation.call("test", "features", "risk", "--timeout", "20").returncode == 0
    lines = installation.call("logs", "500", "features").stdout.splitlines()
    assert {line.split()[0] for line in lines} == {"features", "features-2"}
    assert installation.call("stop", "features").returncode == 0
    states = {name: row["state"] for name, row in installation.status()["services"].items()}
    assert states["features"] == states["features-2"] == "stopped"
    assert installation.call("stop").returncode == 0
    assert installation.processes() == {}


def _shards(installation: Installation, name: str) -> list[int]:
    found: list[int] = installation.status()["services"][name]["shards"]
    return found
