"""`tradewind run` as a user starts it: a real process, three lines, an open door, a clean stop."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from private_ports import free_ports
from running_platform import Running
from sources_builders import write_wt_seconds

pytestmark = pytest.mark.process


def test_three_lines_say_where_to_look_and_how_to_log_in(start: Callable[..., Running], tmp_path: Path) -> None:
    running = start(tmp_path)
    where, market, login = running.lines(3)
    assert re.search(r"http://127\.0\.0\.1:\d+ +ready in \d", where)
    assert "simulator" in market
    address, token = re.search(r"(http://\S+)/login#(\S+)", login).groups()  # type: ignore[union-attr]
    assert httpx.get(f"{address}/api/v1/quotes", timeout=5).status_code == 401
    answer = httpx.get(f"{address}/api/v1/quotes", headers={"Authorization": f"Bearer {token}"}, timeout=5)
    assert answer.status_code == 200
    assert running.stop() == 0


def test_a_second_start_does_not_show_the_token_again(start: Callable[..., Running], tmp_path: Path) -> None:
    first = start(tmp_path)
    first.lines(3)
    assert first.stop() == 0
    second = start(tmp_path)
    login = second.lines(3)[2]
    assert second.stop() == 0
    assert "#" not in login
    assert "token new" in login


@pytest.mark.parametrize("level", ["info", "warning"])
@pytest.mark.parametrize("source", ["simulator", "replay"])
def test_nothing_stands_above_the_three_lines(
    start: Callable[..., Running], tmp_path: Path, source: str, level: str
) -> None:
    day = write_wt_seconds(tmp_path / "day.parquet", [0, 0.5, 1.0])
    flags = [f"market.source={source}", f"market.replay.path={day}", "market.replay.speed=max"]
    running = start(tmp_path, *flags, f"market.recording.folder={tmp_path / 'recordings'}", f"log.level={level}")
    where, market, login = running.lines(3)
    assert where.startswith("信风 Tradewind ")
    assert market.startswith(f"  market   {source}: ")
    assert login.startswith("  log in   http://")
    assert running.stop() == 0
    assert ('"event": "stopped"' in running.said[-1]) is (level == "info")


def test_a_fourth_line_says_what_trading_waits_for(start: Callable[..., Running], tmp_path: Path) -> None:
    (port,) = free_ports(1)
    running = start(tmp_path, f"store.url=mysql://desk:none@127.0.0.1:{port}/desk", "log.level=error")
    waits = running.lines(4)[3]
    assert waits.startswith("  waits    trading: the database ")
    assert "does not answer" in waits
    assert running.stop() == 0


def test_what_is_not_well_is_told_at_once(start: Callable[..., Running], tmp_path: Path) -> None:
    running = start(tmp_path, f"strategies.folder={tmp_path / 'absent'}", "log.level=info")
    assert '"event": "strategy_refused"' in running.lines(1)[0]
    assert running.lines(1)[0].startswith("信风 Tradewind ")
    assert running.stop() == 0
