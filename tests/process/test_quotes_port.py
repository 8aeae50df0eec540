"""`tradewind run` with the quotes port on: the market reaches a real socket.io-client, and a test quote comes back."""

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

from node_clients import start_clients

pytestmark = pytest.mark.process


def start(folder: Path, *flags: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tradewind", "run"]
    for flag in (f"data_dir={folder}", "api.port=0", "push.port=0", "log.level=error", *flags):
        command += ["--set", flag]
    environ = {key: value for key, value in os.environ.items() if not key.startswith("TRADEWIND_")}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder, env=environ
    )


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = start(tmp_path, "quotes.enabled=true", "quotes.port=0")
    yield process
    if process.poll() is None:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


async def test_the_market_reaches_the_real_client_and_the_platform_stops_clean(
    platform: subprocess.Popen[str],
) -> None:
    assert platform.stdout is not None
    announced = "".join(platform.stdout.readline() for _ in range(4))
    port = re.search(r"quotes .* on port (\d+)", announced)
    assert port is not None, announced
    url = f"http://127.0.0.1:{port[1]}"
    clients = await start_clients()
    await clients.connected("li", url)
    clients.emit("li", "subscribe_market")
    await clients.hears("li", "market_data", 20)
    async with httpx.AsyncClient(base_url=url, timeout=5) as http:
        report = (await http.get("/api/realtime/test")).json()
        status = (await http.get("/api/realtime/status")).json()
    assert report["data"]["is_test"]
    assert (status["active_subscribers"], status["thread_alive"]) == (1, True)
    await clients.hears("li", "test_message")
    assert any(quote["is_test"] for quote in clients.said("li", "market_data"))
    platform.send_signal(signal.SIGINT)
    assert platform.wait(timeout=15) == 0
    await clients.hears("li", "disconnect")
    await clients.stop()
    assert platform.stdout.read() == ""


def test_without_the_setting_the_port_stays_shut(tmp_path: Path) -> None:
    process = start(tmp_path)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(3)]
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=15)[0]
    assert process.returncode == 0
    assert "quotes" not in "".join(lines) + rest
