"""A real Prometheus and a real Alertmanager for tests, each in a folder of its own, on ports of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import httpx

from debian import program_of
from private_ports import free_port

from waiting import wait_until

_PACKAGES = {"amtool": "prometheus-alertmanager", "prometheus-alertmanager": "prometheus-alertmanager"}


def find_program(name: str) -> str:
    """Return the path of a program of Prometheus' family."""
    return program_of(_PACKAGES.get(name, "prometheus"), name)


class RealProgram:
    """One of the two; `ask` reads its API."""

    def __init__(self, name: str, folder: Path, port: int, *arguments: str) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._log = (folder / f"{name}.log").open("wb")
        command = [find_program(name), f"--web.listen-address=127.0.0.1:{self.port}", *arguments]
        self._process = subprocess.Popen(command, cwd=folder, stdout=self._log, stderr=self._log)
        wait_until(self._answers, timeout_s=20)

    def ask(self, path: str) -> Any:
        """Return what it answers."""
        answer = httpx.get(self.url + path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def end(self) -> None:
        """Stop it."""
        self._process.kill()
        self._process.wait()
        self._log.close()

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / Path(self._log.name).name).read_text()
        try:
            return httpx.get(f"{self.url}/-/ready").status_code == 200
        except httpx.HTTPError:
            return False


def prometheus(folder: Path) -> RealProgram:
    """Start Prometheus with the `prometheus.yml` in this folder."""
    return RealProgram(
        "prometheus", folder, free_port(), "--config.file=prometheus.yml", f"--storage.tsdb.path={folder / 'tsdb'}"
    )


def alertmanager(folder: Path, port: int) -> RealProgram:
    """Start Alertmanager with the `alertmanager.yml` in this folder."""
    return RealProgram(
        "prometheus-alertmanager", folder, port, "--config.file=alertmanager.yml", f"--storage.path={folder / 'data'}",
        "--cluster.listen-address=",
    )  # fmt: skip
