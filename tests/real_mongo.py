"""A real server that speaks MongoDB's protocol: SecantusDB, started on a private port, killed and started again."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import ConnectionFailure

from private_ports import free_port
from tradewind.kernel.clock import monotonic_s

_START_S = 40.0
_SILENT_S = 10.0
"""One that runs and is silent for so long, as one was after a kill, will not answer: a keeper begins it again."""


class RealMongo:
    """One server; `kill` and `start` again keep its port and its folder."""

    def __init__(self, folder: Path, *flags: str) -> None:
        beside = Path(sys.executable).with_name("secantusd-py")
        self._server = str(beside) if beside.exists() else shutil.which("secantusd-py")
        assert self._server is not None, "these tests need SecantusDB: make test installs it"
        self._folder = folder
        self._flags = flags
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}"

    def client(self) -> MongoClient[dict[str, Any]]:
        """A client that is none of ours."""
        return MongoClient(self.url, serverSelectionTimeoutMS=500, directConnection=True)

    def start(self) -> None:
        """Start and wait until it answers."""
        self._begin()
        begun, begun_s = 1, monotonic_s()
        until_s = begun_s + _START_S
        with self.client() as client:
            while monotonic_s() < until_s:
                is_gone = self._process is None or self._process.poll() is not None
                if is_gone or monotonic_s() - begun_s > _SILENT_S:
                    self.kill()
                    self._begin()
                    begun, begun_s = begun + 1, monotonic_s()
                with contextlib.suppress(ConnectionFailure):
                    client.admin.command("ping")
                    return
                time.sleep(0.02)
        message = f"secantusd-py, begun {begun} times, did not answer on port {self.port} within {_START_S:g} s"
        raise RuntimeError(message)

    def _begin(self) -> None:
        command = [str(self._server), "--port", str(self.port), "--storage-path", str(self._folder), *self._flags]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def kill(self) -> None:
        """End it at once, whatever it does."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
