"""The users' pages as tests read them: which there are, what code they hold, where their links lead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

REPO: Final = Path(__file__).resolve().parent.parent
DOCS: Final = REPO / "docs"
TWINS: Final = (
    *("README", "docs/start", "docs/strategies", "docs/recordings", "docs/push-protocol", "docs/production"),
    *("docs/how-to/terminal", "docs/how-to/js-client"),
    "docs/how-to/ctp-front",
    "docs/risk",
    "docs/execution",
    "docs/accounting",
    "docs/record",
    "docs/trading",
    "docs/hsapi",
    "docs/users",
    "docs/office",
    "docs/fleet",
    "docs/how-to/history",
    *("docs/how-to/notices", "docs/how-to/collect-quotes", "docs/how-to/collectors", "docs/how-to/control-server"),
    "docs/how-to/monitoring",
    *(f"docs/alerts/{page.stem}" for page in sorted((DOCS / "alerts").glob("*.md")) if not page.stem.endswith(".en")),
    "docs/how-to/settlement",
    "docs/how-to/ctp-account",
    "docs/how-to/ctp-market",
    "docs/deployment",
)
"""Pages for users, without `.md` (Chinese) and `.en.md` (English)."""

_FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE: Final = re.compile(r"`[^`\n]*`")
_LINK: Final = re.compile(r"\]\(([^()\s]+)\)")
_HEADING: Final = re.compile(r"^#{1,6} +(.*)$", re.MULTILINE)


def all_pages() -> list[Path]:
    """Return every Markdown page of the repository that people read."""
    found = [*REPO.glob("*.md"), *DOCS.rglob("*.md"), *(REPO / "benchmarks").rglob("*.md")]
    return sorted(found)


def snippets(page: str, *languages: str) -> list[str]:
    """Return the fenced blocks of a page in these languages, in order."""
    text = (REPO / page).read_text(encoding="utf-8")
    return [match[2] for match in _FENCE.finditer(text) if match[1] in languages]


def snippet(page: str, language: str, holding: str) -> str:
    """Return the one block of that language in which `holding` occurs."""
    (only,) = [block for block in snippets(page, language) if holding in block]
    return only


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> Iterator[str]:
    """Yield where the links of a page lead, but not those to other hosts."""
    for match in _LINK.finditer(_CODE.sub("", prose(page))):
        if not re.match(r"[a-z]+:", match[1]):
            yield match[1]


def anchors(page: Path) -> set[str]:
    """Return the anchors that a page's headings give, as the usual viewers make them."""
    headings = (match[1].strip().lower() for match in _HEADING.finditer(prose(page)))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}
