"""`tradewind feed` as a user starts it, and the whole chain: feed → bridge → line in two processes (C-000-1)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import zmq

pytestmark = pytest.mark.process


def environ() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("TRADEWIND_")}


def start(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tradewind", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=environ(),
    )


def finish(process: subprocess.Popen[str], *, timeout_s: float = 20) -> tuple[int, str, str]:
    try:
        output, errors = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        output, errors = process.communicate()
    return process.returncode, output, errors


@pytest.fixture
def subscriber() -> Any:
    context: zmq.Context[Any] = zmq.Context()
    socket = context.socket(zmq.SUB)
    socket.subscribe(b"")
    socket.set(zmq.RCVTIMEO, 15_000)
    yield socket
    context.destroy(linger=0)


def test_a_simulated_market_is_published_until_it_is_told_to_stop(tmp_path: Path, subscriber: Any) -> None:
    feed = start("feed", "--simulate", "--bind", f"ipc://{tmp_path}/f", "--format", "json-ctp", "--json", cwd=tmp_path)
    subscriber.connect(f"ipc://{tmp_path}/f")
    topic, body = subscriber.recv_multipart()
    feed.send_signal(signal.SIGTERM)
    code, output, errors = finish(feed)
    assert topic == b"MARKET_DATA"
    assert json.loads(body)["InstrumentID"]
    assert code == 0, errors
    assert json.loads(output)["is_complete"] is False


@pytest.mark.data
def test_a_recording_is_published_and_reported(tmp_path: Path, data_dir: Path, subscriber: Any) -> None:
    file = data_dir / "futures_tick" / "SHFE.cu1909_L5_200ticks.parquet"
    feed = start(
        *("feed", str(file), "--bind", "tcp://127.0.0.1:*", "--format", "csv", "--speed", "max", "--wait-for", "1"),
        *("--limit", "50", "--framing", "joined", "--json"),
        cwd=tmp_path,
    )
    assert feed.stderr is not None
    address = next(word for word in feed.stderr.readline().split() if word.startswith("tcp://")).rstrip(";")
    subscriber.connect(address)
    rows = [subscriber.recv_multipart() for _ in range(50)]
    code, output, _ = finish(feed)
    assert code == 0
    assert all(len(frames) == 1 and frames[0].startswith(b"MARKET_DATA ,cu1909,SHFE,") for frames in rows)
    report = json.loads(output)
    assert (report["published"], report["is_complete"]) == (50, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "either a recording or --simulate"),
        (("--simulate", "--format", "pickle"), "pickle"),
        (("--simulate", "--speed", "0"), "above 0"),
        (("nowhere.parquet",), "no such file"),
        (("--simulate", "--bind", "rubbish"), "--bind"),
    ],
)
def test_what_cannot_be_is_refused_in_words(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    code, _, errors = finish(start("feed", *arguments, cwd=tmp_path))
    assert code in {1, 2}
    assert said in errors
    assert "Traceback" not in errors


@pytest.mark.data
def test_a_running_platform_is_fed_over_the_wire(tmp_path: Path, data_dir: Path) -> None:
    endpoint = f"ipc://{tmp_path}/feed"
    flags = (
        *("market.source=zeromq", f"market.zeromq.endpoints={endpoint}", "market.zeromq.receive_time=message"),
        *(f"data_dir={tmp_path}", "api.port=0", "push.port=0", "log.level=error"),
    )
    platform = start("run", *(part for flag in flags for part in ("--set", flag)), cwd=tmp_path)
    try:
        assert platform.stdout is not None
        said = [platform.stdout.readline() for _ in range(3)]
        address, _, token = said[2].split()[2].partition("/login#")
        assert endpoint in said[1]
        file = data_dir / "futures_tick" / "CFFEX.IF2101_20210104.parquet"
        feed = start(
            *("feed", str(file), "--bind", endpoint, "--speed", "max", "--wait-for", "1", "--limit", "2000", "--marks"),
            cwd=tmp_path,
        )
        code, output, errors = finish(feed)
        assert (code, "2,000" in output) == (0, True), errors
        metrics = ""
        for _ in range(100):
            metrics = httpx.get(f"{address}/metrics", headers={"Authorization": f"Bearer {token}"}, timeout=5).text
            if 'feed_messages_total{variant="protobuf"} 2000.0' in metrics:
                break
        assert 'tradewind_market_feed_messages_total{variant="protobuf"} 2000.0' in metrics
        assert "tradewind_market_feed_missing_total 0.0" in metrics
    finally:
        platform.send_signal(signal.SIGINT)
        code, _, errors = finish(platform)
    assert code == 0, errors
