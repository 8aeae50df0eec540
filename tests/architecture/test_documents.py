"""Documents that are made from the code say what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.cli.config import doc_page
from tradewind.runtime import topics_page

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize(("name", "made"), [("config.md", doc_page()), ("topics.md", topics_page.page())])
def test_a_generated_page_is_in_step_with_the_code(name: str, made: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == made, f"docs/{name} is out of step; run `make docs`"
