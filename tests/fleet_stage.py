"""A whole fleet as its operator would start it: a control server, modules, a document server, and a data provider."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from private_ports import free_port
from real_mongo import RealMongo
from running_platform import Running, environment
from tradewind.collector.module_process import started_of
from tradewind.testing.infoway_market import GOOD_KEY

from waiting import wait_until

_SERVER = (
    *("control.enabled=true", "control.lease_s=3", "control.beat_s=0.3", "control.reassign_s=0.5"),
    *("control.look_s=0.05", "control.silent_s=4", "market.simulator.instruments=rb2605.SHFE"),
)
_PATIENCE_S = 60.0


class ModuleFolder:
    """One installed module: its folder, and what its operator types there."""

    def __init__(self, folder: Path, *, control_port: int, mongo: str, provider: str) -> None:
        self.folder = folder
        (folder / "config").mkdir(parents=True)
        words = {
            "SERVER_IP": "127.0.0.1", "SERVER_PORT": control_port, "HEARTBEAT_INTERVAL": 0.3,
            "INFOWAY_API_KEY": GOOD_KEY, "MONGODB_HOST": mongo, "MONGODB_DB_NAME": "fleet",
        }  # fmt: skip
        env = folder / "config" / ".env"
        env.write_text("".join(f"{name}={value}\n" for name, value in words.items()), encoding="utf-8")
        env.chmod(0o600)
        settings = [
            f'data_dir = "{folder / "var"}"',
            f'[module]\nname = "{folder.name}"\nretry_scale = 0.05\nconfirm_s = 2.0',
            f'[infoway]\nbase_url = "{provider}"\nretry_scale = 0.05',
            "[documents]\nretry_scale = 0.05\ntimeout_s = 2.0",
        ]
        (folder / "tradewind.toml").write_text("\n".join(settings), encoding="utf-8")

    def call(self, *words: str) -> None:
        """Type a command of the module's."""
        command = [sys.executable, "-m", "tradewind", "module", *words]
        done = subprocess.run(
            command, cwd=self.folder, env=environment(), capture_output=True, text=True, timeout=40, check=False
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)

    def kill(self) -> None:
        """End it as a crash would, and start it again."""
        pid = int(json.loads((self.folder / "state" / "module.pid").read_bytes())["pid"])
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: started_of(pid) == -1, timeout_s=_PATIENCE_S)
        self.call("start")


class FleetStage:
    """The server, five modules, the documents; `kill_…` starts again what it killed."""

    def __init__(self, folder: Path, provider: str, *, modules: int = 5) -> None:
        self._var, control_port = folder / "var", free_port()
        self._flags = (*_SERVER, f"control.port={control_port}", f"api.port={free_port()}")
        self._var.mkdir()
        self.platform = Running(self._var, *self._flags)
        self.client = self.platform.client()
        (folder / "mongo").mkdir()
        self.mongo = RealMongo(folder / "mongo")
        self.mongo.start()
        self.modules = [
            ModuleFolder(
                folder / f"module-{number}", control_port=control_port, mongo=self.mongo.url, provider=provider
            )
            for number in range(modules)
        ]
        for each in self.modules:
            each.call("register")
            each.call("start")

    def kill_server(self) -> None:
        self.platform.process.kill()
        self.platform.end()
        self.platform = Running(self._var, *self._flags)
        wait_until(lambda: self.jobs() is not None, timeout_s=_PATIENCE_S)

    def kill_documents(self) -> None:
        self.mongo.kill()
        self.mongo.start()

    def modules_online(self) -> int:
        return len(self._get("/api/v1/modules?state=online").get("modules", ()))

    def start_job(self, number: int, *codes: str) -> None:
        """Send a job as a program does that comes again under the same key until it hears an answer."""
        wish = {"plan": {"codes": codes, "attempts": 10}}
        wait_until(lambda: self._is_taken(wish, f"job {number}"), timeout_s=_PATIENCE_S)

    def jobs(self) -> list[dict[str, Any]] | None:
        """Return every job, `None` while the server does not answer."""
        jobs: list[dict[str, Any]] | None = self._get("/api/v1/jobs?limit=500").get("jobs")
        return jobs

    def executions(self, job_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get(f"/api/v1/jobs/{job_id}")["executions"]
        return found

    def documents(self) -> list[dict[str, Any]]:
        """Return everything that was stored as it came."""
        with self.mongo.client() as client:
            return list(client["fleet"]["realtime"].find({}))

    def end(self) -> None:
        for each in self.modules:
            each.call("stop")
        self.client.close()
        self.platform.end()
        self.mongo.kill()

    def _get(self, path: str) -> dict[str, Any]:
        try:
            answer = self.client.get(path)
        except httpx.TransportError:
            return {}
        found: dict[str, Any] = answer.json() if answer.is_success else {}
        return found

    def _is_taken(self, wish: dict[str, Any], key: str) -> bool:
        try:
            return self.client.post("/api/v1/jobs", json=wish, headers={"idempotency-key": key}).status_code == 202
        except httpx.TransportError:
            return False
