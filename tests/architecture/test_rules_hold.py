"""The design page, as tests: the real tree keeps every rule."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from architecture import rules
from tradewind.bus.desk_topics import DESK_TOPICS
from tradewind.bus.fleet_topics import FLEET_TOPICS
from tradewind.bus.people_topics import PEOPLE_TOPICS
from tradewind.bus.topics import TOPICS
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.settings import load
from tradewind.runtime.embedded import Embedded
from tradewind.runtime.identity import access_tokens
from tradewind.runtime.services import DESK, PEOPLE, SERVICES
from tradewind.runtime.settings import TradewindSettings

REPO = Path(__file__).resolve().parents[2]
SRC = REPO / "src"


@pytest.mark.parametrize(
    "rule",
    [
        rules.core_touches_the_world,
        rules.core_uses_what_differs_between_machines,
        rules.drivers_away_from_home,
        rules.blind_excepts,
        rules.approved_away_from_the_gate,
        rules.too_large,
        rules.badly_named,
        rules.without_purpose,
    ],
)
def test_the_tree_keeps_the_rule(rule: Callable[[Path], list[str]]) -> None:
    assert rule(SRC) == []


def test_imports_keep_the_layers() -> None:
    result = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


def test_each_topic_is_written_by_the_one_room_the_table_names() -> None:
    topics = (*TOPICS.values(), *DESK_TOPICS.values(), *PEOPLE_TOPICS.values(), *FLEET_TOPICS.values())
    table = {topic.name.upper(): {topic.writer} for topic in topics}
    assert rules.topics_written(SRC) == table
    assert table == {
        topic.name.upper(): {row.name for row in (*SERVICES, *DESK, *PEOPLE) if topic in row.writes} for topic in topics
    }


async def test_each_topic_is_read_by_the_rooms_the_table_names(tmp_path: Path) -> None:
    settings = load(TradewindSettings, flags=[f"data_dir={tmp_path}", "quotes.enabled=true"]).settings
    metrics = Metrics()
    embedded = Embedded(settings, metrics=metrics, tokens=access_tokens(settings))
    embedded.attach()
    for topic in TOPICS.values():
        table = {row.name for row in SERVICES if topic in row.reads}
        readers = set(embedded.line.bus.groups(topic))
        # What strategies read depends on the plug-ins, what signals tracks prices on is a setting; the rooms of the
        # order line, each by its own name, begin to hear once their journal is open.
        choosing = {"strategies", "signals", "trading"}
        assert readers - choosing == table - choosing, topic.name
        assert readers <= table
    embedded.detach()


def test_each_topic_has_a_reader() -> None:
    assert all(any(topic in row.reads for row in SERVICES) for topic in TOPICS.values())


def test_every_name_in_the_tour_exists() -> None:
    tour = (REPO / "docs" / "tour.md").read_text(encoding="utf-8")
    assert rules.tour_names_missing(SRC, tour) == []
    assert "`" in tour


def test_no_committed_lock_names_a_download_address() -> None:
    for lock in (REPO / "requirements").glob("*.txt"):
        assert "://" not in lock.read_text(encoding="utf-8"), lock.name
    assert '"resolved"' not in (REPO / "web" / "package-lock.json").read_text(encoding="utf-8")
