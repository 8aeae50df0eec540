"""The documentation site: strict links, whole in both languages, found and searched without a network."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, expect

from documents import DOCS, REPO, TWINS

_WITHIN = ("a", "br", "code", "em", "strong")
"""What may stand inside a paragraph."""
pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


class Read(HTMLParser):
    """A built page: where its links lead, which anchors it has, what it loads, what its paragraphs say."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.loaded: list[str] = []
        self.paragraphs: list[str] = []
        self._is_open = False
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors.add(given.get("id", ""))
        if tag == "p":
            self.paragraphs.append("")
        self._is_open = tag == "p" or (self._is_open and tag in _WITHIN)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in {"script", "img", "iframe"} and "src" in given:
            self.loaded.append(given["src"])
        if tag == "link" and given.get("rel") in {"stylesheet", "icon", "preload", "preconnect"}:
            self.loaded.append(given["href"])

    def handle_data(self, data: str) -> None:
        if self._is_open:
            self.paragraphs[-1] += data


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documentation") / "site"
    built = subprocess.run(
        [sys.executable, "docs/site/build.py", str(folder)], cwd=REPO, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="module")
def read(site: Path) -> dict[Path, Read]:
    return {page: Read(page) for page in site.rglob("*.html") if page.name != "404.html"}


@pytest.fixture
def reader(browser: Browser, address: str) -> Iterator[Page]:
    """A page in Chromium that may reach nothing but the site; what it asked for elsewhere is a failure."""
    context = browser.new_context()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    yield page
    context.close()
    assert [url for url in asked if not url.startswith(address)] == []


def test_every_page_stands_in_both_halves(site: Path) -> None:
    pages = {
        page.relative_to(DOCS).as_posix().removesuffix(".md").replace("README", "index")
        for page in DOCS.rglob("*.md")
        if not page.name.endswith(".en.md")
    }
    for half in (site, site / "en"):
        assert [page for page in sorted(pages) if not (half / f"{page}.html").is_file()] == []


def test_every_link_of_the_built_site_leads_to_a_page_and_an_anchor_that_are_there(read: dict[Path, Read]) -> None:
    lost = []
    for page, found in read.items():
        for link in found.links:
            path, _, anchor = unquote(link).partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            target = (page.parent / path).resolve() if path else page
            target = target / "index.html" if target.is_dir() else target
            if target not in read or (anchor and anchor not in read[target].anchors):
                lost.append(f"{page.name}: {link}")
    assert lost == []


def test_no_page_loads_anything_from_elsewhere(read: dict[Path, Read]) -> None:
    assert {url for found in read.values() for url in found.loaded if "//" in url} == set()


def test_no_list_or_table_is_left_in_running_text(read: dict[Path, Read]) -> None:
    left = re.compile(r"^(?:- |\d+\. |\|)", re.MULTILINE)
    assert [
        f"{page.name}: {each[:80]}" for page, found in read.items() for each in found.paragraphs if left.search(each)
    ] == []


def test_chinese_that_goes_on_in_the_next_line_has_no_gap(site: Path, read: dict[Path, Read]) -> None:
    said = "".join(read[site / "index.html"].paragraphs)
    assert "账一分不差，人人在自己的页面上" in said


def test_a_pair_has_chinese_at_the_root_and_english_below(site: Path, read: dict[Path, Read]) -> None:
    for name in (twin.removeprefix("docs/").replace("README", "index") for twin in TWINS if twin.startswith("docs/")):
        over = [link for link in read[site / f"{name}.html"].links if link.endswith(f"en/{name}.html")]
        back = [link for link in read[site / "en" / f"{name}.html"].links if link.endswith(f"../{name}.html")]
        assert over, f"{name}: no way to English"
        assert back, f"{name}: no way to Chinese"


@pytest.mark.parametrize(
    ("start", "words", "found"),
    [("index.html", "紧急停止", "/risk.html"), ("en/index.html", "emergency stop", "/en/risk.html")],
)
def test_the_search_finds_words_of_both_languages(
    reader: Page, address: str, start: str, words: str, found: str
) -> None:
    reader.goto(f"{address}/{start}")
    reader.keyboard.press("/")
    reader.keyboard.type(words)
    expect(reader.locator(f"a[href*='{found}']").first).to_be_visible()
