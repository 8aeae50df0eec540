"""Production mode as an operator has it: a folder of its own, private ports, a real Redis, the command line."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from running_platform import environment, wait_for

_PATIENCE_S = 110.0
PORTS = (
    *("api_port", "push_port", "market_health", "features_health", "strategies_health", "signals_health"),
    *("risk_health", "push_health", "quotes_health"),
)


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on now."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


class Installation:
    """One `tradewind.toml` and what was started with it."""

    def __init__(self, folder: Path, redis_url: str, *, bus: tuple[str, ...] = (), **services: int | str) -> None:
        """`bus` are lines of that table, `services` values of that one in the words of TOML."""
        self.folder = folder
        self.ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        lines = [
            *('data_dir = "var"', "[bus]", 'kind = "redis"', f'url = "{redis_url}"', "timeout_s = 1.0"),
            *(
                "retry_max_s = 0.2",
                *bus,
                "[services]",
                *(f"{name} = {value}" for name, value in (self.ports | services).items()),
            ),
            *("[quotes]", f"port = {free_ports(1)[0]}"),
        ]
        (folder / "tradewind.toml").write_text("\n".join(lines), encoding="utf-8")

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

    def wait_state(self, service: str, *states: str) -> dict[str, Any]:
        """Wait until a service is in one of these states; return its row."""
        return dict(wait_for(lambda: (row := self.status()["services"][service])["state"] in states and row))

    def processes(self) -> dict[int, str]:
        """Return all that runs of this installation, found without asking it: pid → command line."""
        mark = str(self.folder / "var")
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "cmdline").read_text(encoding="utf-8", errors="replace").replace("\0", " ")
                except OSError:
                    continue
                if mark in words:
                    found[int(entry.name)] = words
        return found

    def end(self) -> None:
        """Leave nothing behind, whatever the test did."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not self.processes())
