"""A running platform archives what it recorded by itself, in a process of its own, and answers for it over REST."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from running_platform import Running, wait_for
from sources_builders import write_wt_seconds

pytestmark = pytest.mark.process
Start = Callable[..., Running]


def test_a_day_is_archived_when_nothing_more_comes_and_can_be_asked_for(start: Start, tmp_path: Path) -> None:
    day = write_wt_seconds(tmp_path / "day.parquet", [0, 0.5, 1.0])
    platform = start(
        tmp_path,
        "market.source=replay",
        f"market.replay.path={day}",
        "market.replay.speed=max",
        f"market.recording.folder={tmp_path / 'recordings'}",
        "market.recording.archive_after_s=1",
        "log.level=info",
    )
    with platform.client() as client:
        found = wait_for(
            lambda: client.get("/api/v1/history/days").json(),
            patience_s=25,
        )
        assert [(each["trading_day"], each["recording"], each["ticks"]) for each in found] == [(20210104, "replay", 3)]
        page = client.get("/api/v1/history/ticks", params={"instrument_id": "IF2101.CFFEX"}).json()
        assert len(page["rows"]) == 3
    assert platform.stop() == 0
