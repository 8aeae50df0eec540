"""`tradewind run` as a user starts it: a real process, the lines it says, its doors, its end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tradewind.client import Client

_PATIENCE_S = 20.0


def environment(**extra: str) -> dict[str, str]:
    """Return this environment without any setting of Tradewind, and with these variables."""
    return {key: value for key, value in os.environ.items() if not key.startswith("TRADEWIND_")} | extra


def tradewind(*arguments: str, folder: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run one command of the command line to its end."""
    return subprocess.run(
        [sys.executable, "-m", "tradewind", *arguments],
        cwd=folder,
        env=environment(**extra),
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )


class Running:
    """A started platform and what it said on its first lines."""

    def __init__(self, folder: Path, *flags: str) -> None:
        command = [sys.executable, "-m", "tradewind", "run"]
        for flag in (f"data_dir={folder}", "api.port=0", "push.port=0", "log.level=warning", *flags):
            command += ["--set", flag]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            env=environment(),
        )
        self.said: list[str] = []

    @classmethod
    def of(cls, process: subprocess.Popen[str]) -> Running:
        """Take a platform that was started otherwise."""
        running = cls.__new__(cls)
        running.process, running.said = process, []
        return running

    def lines(self, count: int) -> list[str]:
        """Return the next lines it says."""
        assert self.process.stdout is not None
        fresh = [self.process.stdout.readline() for _ in range(count)]
        self.said += fresh
        return fresh

    def client(self) -> httpx.Client:
        """Wait until it is ready; return a client that is signed in."""
        while not (found := re.search(r"(http://\S+)/login#(\S+)", "".join(self.said))):
            assert self.lines(1) != [""], self.said
        address, token = found.groups()
        return httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=10)

    def program(self) -> Client:
        """Wait until it is ready; return the Python client of who holds the token."""
        with self.client() as http:
            return Client(str(http.base_url), key=self.token)

    @property
    def token(self) -> str:
        """Return the access token it showed."""
        found = re.search(r"/login#(\S+)", "".join(self.said))
        assert found is not None, self.said
        return found[1]

    def push_address(self) -> str:
        """Return where live data is served."""
        port = re.search(r"live data on port (\d+)", "".join(self.said))
        assert port is not None, self.said
        return f"ws://127.0.0.1:{port[1]}/ws"

    def stop(self) -> int:
        """Ask it to stop; return its exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=15)
        assert self.process.stdout is not None
        self.said += self.process.stdout.readlines()
        self.process.stdout.close()
        return code

    def end(self) -> None:
        """Leave nothing behind, whatever the test did."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def wait_for(condition: Callable[[], Any], *, patience_s: float = _PATIENCE_S) -> Any:
    """Ask another process until `condition` holds; return what it gave, or fail after some patience."""
    deadline = time.monotonic() + patience_s  # noqa: TID251 - a test's own patience, no time of the platform
    while not (value := condition()):
        assert time.monotonic() < deadline, condition  # noqa: TID251 - as above
        time.sleep(0.05)
    return value
