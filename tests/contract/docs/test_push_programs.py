"""The clients shown in the push protocol, taken from the page and run against a platform in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from documents import snippet
from running_platform import Running

pytestmark = pytest.mark.process
PAGE = "docs/push-protocol.md"


class Platform:
    """A platform that can be stopped and started again where it was."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = Running(folder)
        with self._running.client() as rest:
            self.token = rest.headers["Authorization"].removeprefix("Bearer ")
        self.push_url = self._running.push_address()

    def start_again(self) -> None:
        self._running.stop()
        self._running = Running(self._folder, f"push.port={urlsplit(self.push_url).port}")
        self._running.lines(3)

    def end(self) -> None:
        self._running.end()


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    started = Platform(tmp_path)
    yield started
    started.end()


def python_client(folder: Path) -> list[str]:
    file = folder / "client.py"
    file.write_text(snippet(PAGE, "python", "class Feed"), encoding="utf-8")
    return [sys.executable, str(file)]


def node_client(folder: Path) -> list[str]:
    node = shutil.which("node")
    if node is None:
        pytest.fail("no node found; install Node 20 or newer, which building the page needs as well")
    file = folder / "client.mjs"
    file.write_text(snippet(PAGE, "js", "export function follow"), encoding="utf-8")
    # Node 22 has WebSocket; Node 20 has it behind this flag, which is what the page tells its reader.
    asked = subprocess.run([node, "-p", "typeof WebSocket"], capture_output=True, text=True, check=True)
    flags = [] if asked.stdout.strip() == "function" else ["--experimental-websocket"]
    return [node, "--no-warnings", *flags, str(file)]


CLIENTS = pytest.mark.parametrize("client", [python_client, node_client], ids=["python", "javascript"])


@contextmanager
def running(command: list[str], token: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "TW_TOKEN": token}
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def hear(process: subprocess.Popen[str], beginning: str) -> str:
    """Read what the client prints until a line begins so."""
    assert process.stdout is not None
    heard = []
    for line in process.stdout:
        heard.append(line)
        if line.startswith(beginning):
            return line
    pytest.fail("the client ended: " + "".join(heard))


@CLIENTS
def test_a_client_hears_snapshots_then_deltas_and_comes_back_after_a_restart(
    platform: Platform, tmp_path: Path, client: object
) -> None:
    assert callable(client)
    with running([*client(tmp_path), platform.push_url, "quotes", "signals"], platform.token) as process:
        assert hear(process, "snapshot quotes") == "snapshot quotes 20\n"
        hear(process, "snapshot signals")
        hear(process, "delta quotes")
        platform.start_again()
        assert hear(process, "snapshot quotes") == "snapshot quotes 20\n"
        hear(process, "delta quotes")


@CLIENTS
def test_a_refused_command_is_told_and_the_rest_goes_on(platform: Platform, tmp_path: Path, client: object) -> None:
    assert callable(client)
    with running([*client(tmp_path), platform.push_url, "weather", "quotes"], platform.token) as process:
        assert "no such topic: weather" in hear(process, "refused: ")
        hear(process, "delta quotes")


def test_the_python_client_ends_when_the_token_is_wrong(platform: Platform, tmp_path: Path) -> None:
    done = subprocess.run(
        [*python_client(tmp_path), platform.push_url, "quotes"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TW_TOKEN": "wrong"},
    )
    assert done.returncode == 1
    assert "HTTP 401" in done.stderr
