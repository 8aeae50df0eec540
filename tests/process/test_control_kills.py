"""A control server and five modules of system 002, all killed at random: every job ends once, with one result."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from private_ports import free_port
from running_platform import Running, environment
from tradewind.kernel.rng import named_rng

from waiting import wait_until

pytestmark = [pytest.mark.process, pytest.mark.timeout(90)]
_WORKER = Path(__file__).resolve().parents[1] / "control_worker.py"
_JOBS = 40
_FLAGS = (
    *("control.enabled=true", "control.lease_s=1.5", "control.beat_s=0.3", "control.reassign_s=0.5"),
    *("control.look_s=0.05", "control.silent_s=3", "market.simulator.instruments=rb2605.SHFE"),
)


class Stage:
    """The platform and five module programs, each started again after it was killed."""

    def __init__(self, folder: Path) -> None:
        self._var, self._port = folder / "var", free_port()
        self._flags = (*_FLAGS, f"control.port={self._port}", f"api.port={free_port()}")
        self._var.mkdir()
        self.platform = Running(self._var, *self._flags)
        self.client = self.platform.client()
        self.folders = [folder / f"module_{number}" for number in range(5)]
        for each in self.folders:
            each.mkdir()
        self.modules = [self._start(each) for each in self.folders]

    def kill_server(self) -> None:
        self.platform.process.kill()
        self.platform.process.wait()
        self.platform.end()
        self.platform = Running(self._var, *self._flags)
        wait_until(self._answers, timeout_s=20)

    def kill_module(self, number: int) -> None:
        self.modules[number].kill()
        self.modules[number].wait()
        self.modules[number] = self._start(self.folders[number])

    def end(self) -> None:
        self.client.close()
        for process in self.modules:
            process.kill()
            process.wait()
        self.platform.end()

    def modules_online(self) -> int:
        return len(self.client.get("/api/v1/modules", params={"state": "online"}).json().get("modules", ()))

    def ended_jobs(self) -> list[dict[str, Any]]:
        jobs = self.client.get("/api/v1/jobs", params={"limit": 500}).json()["jobs"]
        return [job for job in jobs if job["state"] in {"done", "failed", "cancelled"}]

    def _start(self, folder: Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(_WORKER), f"127.0.0.1:{self._port}", str(folder)]
        return subprocess.Popen(command, env=environment())

    def _answers(self) -> bool:
        try:
            return self.client.get("/api/v1/jobs").status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.end()


def start_job(stage: Stage, number: int) -> None:
    """Send one job twice under one key, as a program does that heard no answer the first time."""
    body, key = {"plan": {"codes": [f"C{number}"], "attempts": 10}}, {"idempotency-key": f"job {number}"}
    answers = [stage.client.post("/api/v1/jobs", json=body, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["job_id"] == answers[1].json()["job_id"]


def test_every_job_ends_once_whoever_dies(stage: Stage) -> None:
    chance: Callable[[int], int] = named_rng(7, "control kills").randrange
    wait_until(lambda: stage.modules_online() == 5, timeout_s=20)
    for number in range(_JOBS):
        start_job(stage, number)
        if number % 4 == 0:
            stage.kill_module(chance(5))
        if number == _JOBS // 2:
            stage.kill_server()
    for _ in range(5):
        stage.kill_module(chance(5))
        time.sleep(chance(300) / 1e3)
    wait_until(lambda: len(stage.ended_jobs()) == _JOBS, timeout_s=30)
    jobs = stage.ended_jobs()
    assert {job["state"] for job in jobs} == {"done"}
    assert sorted(job["plan"]["codes"][0] for job in jobs) == sorted(f"C{number}" for number in range(_JOBS))
    for job in jobs:
        (execution,) = stage.client.get(f"/api/v1/jobs/{job['job_id']}").json()["executions"]
        assert execution["result"]["codes"] == job["plan"]["codes"]
    done = {line for file in stage.folders[0].parent.glob("module_*/done.txt") for line in file.read_text().split()}
    assert done == {f"C{number}" for number in range(_JOBS)}
    assert stage.platform.stop() == 0
