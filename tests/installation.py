"""Production mode as an operator has it: a folder of its own, private ports, a real Redis, the command line."""

from __future__ import annotations

import getpass
import os
import signal
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import msgspec

from private_ports import free_ports
from real_nginx import find_nginx
from running_platform import environment, wait_for
from tradewind.runtime.lifecycle.places import Places
from tradewind.runtime.lifecycle.supervisor_rpc import SupervisorRpc

_PATIENCE_S = 110.0
PORTS = (
    *("api_port", "push_port", "market_health", "features_health", "strategies_health", "signals_health"),
    *("risk_health", "push_health", "quotes_health", "gateway_health", "trading_health", "control_health"),
)


class Installation:
    """One `tradewind.toml` and what was started with it."""

    def __init__(
        self, folder: Path, redis_url: str, *settings: str, bus: tuple[str, ...] = (), **services: int | str
    ) -> None:
        """Take lines of TOML: `settings` for rooms of which nothing is said below, `bus` for the bus.

        `services` are values of that table in the words of TOML.
        """
        find_nginx()
        self.folder = folder
        self.gateway_port, self.quotes_port, control_port = free_ports(3)
        self.ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        self.ports |= {name: value for name, value in services.items() if isinstance(value, int)}
        lines = [
            *(
                'data_dir = "var"',
                *settings,
                "[bus]",
                'kind = "redis"',
                f'url = "{redis_url}"',
                "timeout_s = 1.0",
                *bus,
            ),
            *(
                "retry_max_s = 0.2",
                "[services]",
                "start_s = 90.0",
                *(f"{name} = {value}" for name, value in (self.ports | services).items()),
            ),
            *("[quotes]", f"port = {self.quotes_port}", "[gateway]", f"port = {self.gateway_port}", "workers = 1"),
            *("connections = 512", *self._as_this_user(), "[control]", "enabled = true", f"port = {control_port}"),
        ]
        (folder / "tradewind.toml").write_text("\n".join(lines), encoding="utf-8")

    @staticmethod
    def _as_this_user() -> list[str]:
        """Let Nginx' workers be who we are: as another user they could not read this folder."""
        return [f'user = "{getpass.getuser()}"'] if os.geteuid() == 0 else []

    def call(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "tradewind", *arguments], cwd=self.folder, env=environment(**variables),
            capture_output=True, text=True, timeout=_PATIENCE_S, check=False,
        )  # fmt: skip

    def status(self) -> dict[str, Any]:
        """Return what `status --json` says, services by name, and its exit code under `code`."""
        ended = self.call("status", "--json")
        assert ended.stdout, ended.stderr
        report: dict[str, Any] = msgspec.json.decode(ended.stdout)
        report["code"] = ended.returncode
        report["services"] = {row["service"]: row for row in report["services"]}
        return report

    def pid(self, service: str) -> int:
        """Return the process of a service that runs."""
        found: int = self.status()["services"][service]["pid"]
        return found

    def kill(self, service: str) -> None:
        """End a service as a crash would, at once: without asking through the command line."""
        with closing(SupervisorRpc(Places(str(self.folder / "var")).socket)) as supervisor:
            pid = supervisor.programs()[service].pid
        assert pid, f"{service} does not run"
        os.kill(pid, signal.SIGKILL)

    def wait_state(self, service: str, *states: str) -> dict[str, Any]:
        """Wait until a service is in one of these states; return its row."""
        return dict(wait_for(lambda: (row := self.status()["services"][service])["state"] in states and row))

    def processes(self) -> dict[int, str]:
        """Return all that runs of this installation, found without asking it: pid → command line, or folder."""
        mark = str(self.folder / "var")
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "cmdline").read_text(encoding="utf-8", errors="replace").replace("\0", " ")
                    words += f" in {(entry / 'cwd').readlink()}"
                except OSError:
                    continue
                if mark in words:
                    found[int(entry.name)] = words
        return found

    def end(self) -> None:
        """Leave nothing behind, whatever the test did."""
        for pid in self.processes():
            # The end of its supervisor may have ended it meanwhile.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not self.processes())
