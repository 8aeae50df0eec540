"""No address of the page is forgotten by the tests that open every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from page_addresses import ROUTER, SOURCE, Names, addresses, listed, parts, places, unread, without_example

VISITED = (*places(Names()), *parts(Names()))


def test_every_pattern_of_addresses_has_an_example() -> None:
    assert without_example(VISITED) == []


def test_a_pattern_without_an_example_is_found(tmp_path: Path) -> None:
    router = tmp_path / "router.ts"
    written = ROUTER.read_text(encoding="utf-8")
    added = written.replace("  [/^\\/ops(\\/|$)/,", "  [/^\\/desk\\/\\d+$/, 'system'],\n  [/^\\/ops(\\/|$)/,")
    assert added != written
    router.write_text(added, encoding="utf-8")
    assert without_example(VISITED, router) == [r"^\/desk\/\d+$"]


@pytest.mark.parametrize(
    ("written", "otherwise"),
    [
        ("const PATTERNS", "const PATTERN_LIST"),
        ("  [/^\\/chart(\\/|$)/, 'chart'],", "  patternOf('/chart', 'chart'),"),
    ],
)
def test_patterns_written_in_another_way_are_not_overlooked(tmp_path: Path, written: str, otherwise: str) -> None:
    router = tmp_path / "router.ts"
    text = ROUTER.read_text(encoding="utf-8")
    assert written in text
    router.write_text(text.replace(written, otherwise), encoding="utf-8")
    with pytest.raises(AssertionError, match="written in another way"):
        without_example(VISITED, router)


def test_whatever_a_page_reads_from_its_address_is_said_by_one_that_is_visited() -> None:
    assert unread(VISITED) == []


def test_a_page_that_reads_something_new_is_found(tmp_path: Path) -> None:
    page = tmp_path / "pages" / "StatsPage.vue"
    page.parent.mkdir()
    text = (SOURCE / "pages" / "StatsPage.vue").read_text(encoding="utf-8")
    page.write_text(text.replace("query.get('book')", "query.get('month')"), encoding="utf-8")
    (page.parent / "NewPage.vue").write_text("const id = route.value.query.get('id')\n", encoding="utf-8")
    assert unread(VISITED, tmp_path) == ["pages/NewPage.vue: id", "pages/StatsPage.vue: month"]


def test_every_query_of_the_sources_is_seen() -> None:
    """The search for what is read finds at least each page that plainly asks for something."""
    asking = [file for file in SOURCE.rglob("*.vue") if re.search(r"query\.get\(", file.read_text(encoding="utf-8"))]
    assert len(asking) > 15
    nothing = unread([])
    assert {file.relative_to(SOURCE).as_posix() for file in asking} - {line.partition(":")[0] for line in nothing} == {
        "pages/LoginPage.vue"  # Everybody comes in by it.
    }


def test_tables_are_read_as_they_stand() -> None:
    assert listed("fleet/places.ts", "TABS")[0] == "modules"
    assert listed("pages/AdminPage.vue", "PARTS")[-1] == "deliveries"
    assert listed("pages/ChartPage.vue", "SPLITS") == ["1", "2", "4"]
    assert "/pop/depth" in [place.address for place in VISITED]
    with pytest.raises(AssertionError, match="written in another way"):
        listed("fleet/places.ts", "Tab")


def test_no_two_places_share_a_name() -> None:
    named = [place.name for place in VISITED]
    assert len(named) == len(set(named))
    assert not set(named) & set(addresses())
