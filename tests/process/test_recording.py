"""A platform that records what comes in: the recording replays, and a disk that refuses costs the recording only."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from running_platform import Running, tradewind, wait_for
from sources_builders import write_wt_seconds

pytestmark = pytest.mark.process
Start = Callable[..., Running]


def _metric(client: httpx.Client, name: str) -> float:
    (value,) = re.findall(rf"^{name} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    return float(value)


def _ended(platform: Running) -> dict[str, Any]:
    """Return what the platform said of its source when it ended."""
    (line,) = [line for line in platform.said if '"event": "source_ended"' in line]
    told: dict[str, Any] = json.loads(line)
    return told


def _replayed(file: Path) -> dict[str, Any]:
    done = tradewind("replay", str(file), "--json", "--set", "market.calendar=round_the_clock", folder=file.parent)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_what_the_simulator_sent_is_replayed_tick_by_tick(start: Start, tmp_path: Path) -> None:
    recordings = tmp_path / "recordings"
    platform = start(
        tmp_path, f"market.recording.folder={recordings}", "market.simulator.warm_up_s=30", "log.level=info"
    )
    with platform.client() as client:
        wait_for(lambda: _metric(client, "tradewind_market_ticks_recorded_total") > 1_000)
    assert platform.stop() == 0
    # Two, if midnight in China fell between.
    reports = [_replayed(file) for file in sorted(recordings.iterdir())]
    ended = _ended(platform)
    assert sum(report["ticks_in"] for report in reports) == ended["ticks_in"] > 1_000
    assert [report["rejected"] for report in reports] == [ended["rejected"]] == [{}]


def test_a_full_disk_makes_the_recording_wait_and_not_the_line(start: Start, tmp_path: Path) -> None:
    (tmp_path / "20210104_replay.twr").symlink_to("/dev/full")
    day = write_wt_seconds(tmp_path / "day.parquet", [0, 0.5, 1.0])
    platform = start(
        tmp_path, "market.source=replay", f"market.replay.path={day}", f"market.recording.folder={tmp_path}"
    )
    with platform.client() as client:
        health = wait_for(
            lambda: [
                view
                for view in client.get("/gateway/health").json()["services"]
                if view["name"] == "market" and view["last_error"]
            ]
        )
        assert "20210104_replay.twr: No space left on device; " in health[0]["last_error"]
        assert health[0]["is_healthy"] is True
        assert client.get("/gateway/health").status_code == 200
        wait_for(lambda: _metric(client, "tradewind_market_ticks_not_recorded_total") == 3)
        assert _metric(client, "tradewind_market_ticks_clean_total") == 3
    assert platform.stop() == 0
