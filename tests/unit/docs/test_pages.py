"""The pages hang together: links lead somewhere, each Chinese page has its English twin with the same code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from documents import REPO, TWINS, all_pages, anchors, links, prose, snippets

_HAN = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[A-Za-z]{2,}")
_TOP_LINES = 4


def is_chinese(page: Path) -> bool:
    """Tell a page's language by what it is mostly made of."""
    text = prose(page)
    return len(_HAN.findall(text)) > len(_WORD.findall(text))


@pytest.mark.parametrize("page", all_pages(), ids=lambda page: str(page.relative_to(REPO)))
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("name", TWINS)
def test_a_users_page_is_chinese_with_an_english_twin_and_each_names_the_other(name: str) -> None:
    chinese, english = REPO / f"{name}.md", REPO / f"{name}.en.md"
    assert (is_chinese(chinese), is_chinese(english)) == (True, False)
    for page, other in ((chinese, english), (english, chinese)):
        top = "\n".join(page.read_text(encoding="utf-8").splitlines()[:_TOP_LINES])
        assert f"]({other.name})" in top


def test_no_chinese_page_is_without_its_twin() -> None:
    chinese = {page for page in all_pages() if is_chinese(page)}
    assert chinese == {REPO / f"{name}.md" for name in TWINS}


@pytest.mark.parametrize("name", TWINS[1:])
def test_twins_hold_the_same_code(name: str) -> None:
    languages = ("python", "js", "json", "toml", "csv", "html")
    assert snippets(f"{name}.md", *languages) == snippets(f"{name}.en.md", *languages)


@pytest.mark.parametrize("name", TWINS)
def test_the_english_page_links_to_english_pages(name: str) -> None:
    page = REPO / f"{name}.en.md"
    for link in links(page):
        target = (page.parent / link.partition("#")[0]).resolve()
        is_the_other = target == REPO / f"{name}.md"
        assert is_the_other or not target.with_suffix(".en.md").exists() or target.name.endswith(".en.md"), link
