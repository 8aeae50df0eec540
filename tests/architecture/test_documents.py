"""Documents that are made from the code say what the code says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tradewind.cli.config import doc_page
from tradewind.domain.rights import Permission
from tradewind.pretrade.registry import builtin_rules
from tradewind.pretrade.rules.guard import CODES
from tradewind.runtime import hsapi_page, rest_page, rights_page, risk_rules_page, topics_page

REPO = Path(__file__).resolve().parents[2]
DOCS = REPO / "docs"


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("config.md", doc_page()),
        ("topics.md", topics_page.page()),
        ("risk-rules.md", risk_rules_page.page()),
        ("hsapi.md", hsapi_page.page()),
        ("hsapi.en.md", hsapi_page.page("en")),
        ("rights.md", rights_page.page()),
        ("rest.md", rest_page.page()),
    ],
)
def test_a_generated_page_is_in_step_with_the_code(name: str, made: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == made, f"docs/{name} is out of step; run `make docs`"


def test_every_code_of_the_gate_has_a_meaning_in_chinese_and_no_other_has() -> None:
    codes = {code for rule in builtin_rules() for code in rule.codes} | set(CODES)
    assert set(risk_rules_page.chinese()) == codes


def test_every_permission_says_what_it_allows() -> None:
    assert set(rights_page.meanings()) == set(Permission)


def test_every_package_the_project_needs_is_locked() -> None:
    named = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]["dependencies"]
    locked = set(
        re.findall(r"^([a-z0-9-]+)(?:\[[^]]*\])?==", (REPO / "requirements" / "base.txt").read_text(), re.MULTILINE)
    )
    wanted = {re.split(r"[^A-Za-z0-9._-]", each, maxsplit=1)[0].lower().replace("_", "-") for each in named}
    assert wanted <= locked, "run `make lock`"
