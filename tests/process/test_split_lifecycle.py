"""`tradewind start` with several processes a service: each is shown, they share the shards, one killed is no matter."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from installation import Installation
from real_redis import RealRedis
from running_platform import wait_for
from tradewind.identity import AccessTokens
from tradewind.runtime.services import PROGRAMS

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
    assert [name for name in rows if "-" not in name] == list(PROGRAMS)
    assert [name for name in rows if "-" in name] == ["features-2", "signals-2"]
    wait_for(lambda: [_shards(installation, name) for name in ("features", "features-2")] in ([[0], [1]], [[1], [0]]))
    assert _shards(installation, "risk") == [0, 1]
    ended = installation.call("test", "--timeout", "20")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    _wait_told(installation)
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


def _wait_told(installation: Installation) -> None:
    """Wait until the api has heard of every room, of those that several processes share by one of them."""
    token = AccessTokens(installation.folder / "var" / "access.json").renew()
    bearer = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{installation.ports['api_port']}", headers=bearer) as api:
        wait_for(lambda: {"features", "strategies", "signals", "risk"} <= _told(api))
        assert api.get("/api/v1/strategies").status_code == 200


def _told(api: httpx.Client) -> set[str]:
    return set(api.get("/api/v1/system").json().get("told_s", {}))


def _shards(installation: Installation, name: str) -> list[int]:
    found: list[int] = installation.status()["services"][name]["shards"]
    return found
