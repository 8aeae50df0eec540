"""Whatever the page can set going has a line that names the browser tests which do it, and those tests exist."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Final

from browser_acts import dialogs, sent, sources
from browser_acts_table import GRAVE, LIGHT, QUESTIONS, TELLING
from browser_desk import REPO

_NAMED: Final = {test for line in GRAVE for test in (line.desk, line.phone)} | set(LIGHT.values())


def test_every_call_that_changes_something_has_a_line() -> None:
    lines = {(line.component, line.call) for line in GRAVE} | LIGHT.keys()
    found = {(component, call) for component, call in sent() if not call.endswith(QUESTIONS)}
    assert sorted(found - lines) == [], "these have no line"
    assert sorted(lines - found) == [], "these lines are of nothing in the page"


def test_every_dialog_sets_something_going_that_has_a_line_or_says_that_it_only_tells() -> None:
    acting = {line.component for line in GRAVE}
    # What it is made of.
    found = dialogs() - {"desk/DeskModal.vue"}
    assert sorted(found - acting - TELLING.keys()) == []
    assert sorted(TELLING.keys() - found) == []
    assert sorted(TELLING.keys() & {component for component, _ in sent()}) == []


def test_no_source_of_the_page_reaches_the_server_by_another_door() -> None:
    by_hand = re.compile(r"(?<!\w)fetch\(|XMLHttpRequest|sendBeacon\(|(?<!\w)rest\.(?:post|put|remove)\(|\.submit\(\)")
    assert [path for path, text in sources().items() if by_hand.search(text)] == []


def test_each_named_test_exists() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests/browser"],
        cwd=REPO, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    known = {line.removeprefix("tests/browser/") for line in listed.stdout.splitlines() if "::" in line}
    assert known, listed.stdout + listed.stderr
    assert sorted(_NAMED - known) == []


def test_the_named_tests_use_both_screens_languages_and_looks() -> None:
    for part in ("desktop-", "phone-", "-zh-", "-en-", "-dark", "-light"):
        assert any(part in test.rpartition("[")[2] for test in _NAMED), part
