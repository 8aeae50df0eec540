"""`tradewind run` as a user starts it: a real process, three lines, an open door, a clean stop."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.process


class Running:
    """A started platform and what it said on its first lines."""

    def __init__(self, folder: Path, *flags: str) -> None:
        command = [sys.executable, "-m", "tradewind", "run"]
        for flag in (f"data_dir={folder}", "api.port=0", "push.port=0", "log.level=warning", *flags):
            command += ["--set", flag]
        environ = {key: value for key, value in os.environ.items() if not key.startswith("TRADEWIND_")}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder, env=environ
        )

    def lines(self, count: int) -> list[str]:
        assert self.process.stdout is not None
        return [self.process.stdout.readline() for _ in range(count)]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=15)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    platform = Running(tmp_path)
    yield platform
    if platform.process.poll() is None:
        platform.process.kill()
        platform.process.wait()
    if platform.process.stdout is not None:
        platform.process.stdout.close()


def test_three_lines_say_where_to_look_and_how_to_log_in(running: Running) -> None:
    where, market, login = running.lines(3)
    assert re.search(r"http://127\.0\.0\.1:\d+ +ready in \d", where)
    assert "simulator" in market
    address, token = re.search(r"(http://\S+)/login#(\S+)", login).groups()  # type: ignore[union-attr]
    assert httpx.get(f"{address}/api/v1/quotes", timeout=5).status_code == 401
    answer = httpx.get(f"{address}/api/v1/quotes", headers={"Authorization": f"Bearer {token}"}, timeout=5)
    assert answer.status_code == 200
    assert running.stop() == 0


def test_a_second_start_does_not_show_the_token_again(tmp_path: Path) -> None:
    first = Running(tmp_path)
    first.lines(3)
    assert first.stop() == 0
    second = Running(tmp_path)
    login = second.lines(3)[2]
    assert second.stop() == 0
    assert "#" not in login
    assert "token new" in login


def test_an_unknown_setting_is_refused_in_one_line_with_the_nearest_name(tmp_path: Path) -> None:
    refused = Running(tmp_path, "push.prot=1")
    output = refused.lines(1)[0]
    assert refused.process.wait(timeout=15) == 1
    refused.process.stdout.close()  # type: ignore[union-attr]
    assert "did you mean push.port" in output
    assert "Traceback" not in output
