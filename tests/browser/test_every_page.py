"""Every page at a desk's monitor and on a phone, in both languages, dark and light: nothing is wrong with any of them.

A combination has one browser window, which goes from page to page as a person does. Nothing is forgiven: no error of
the page or on the console, nothing that the policy forbids, no other host, nothing that axe finds, no sideways
scrolling, no text that is not translated, no Chinese among the English. A picture of each is kept in
`test-artifacts/pages`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import pytest
from playwright.sync_api import Browser

from browser_desk import ARTIFACTS, PHONE, violations
from browser_pages import MONITOR, Furnished, Seat, addresses, wait_live
from browser_words import chinese, keys, raw_keys, texts

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SCREENS = {"desktop": MONITOR, "phone": PHONE}
COMBINATIONS = [pytest.param(*each, id="-".join(each)) for each in product(SCREENS, ("zh", "en"), ("dark", "light"))]
MISSING = "/no-such-page"
IS_TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture(scope="module")
def furnished(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    platform = Furnished(tmp_path_factory.mktemp("furnished"))
    try:
        platform.start(browser)
        yield platform
    finally:
        platform.stop()


@pytest.mark.parametrize(("screen", "language", "theme"), COMBINATIONS)
def test_nothing_is_wrong_with_any_page(
    browser: Browser, furnished: Furnished, screen: str, language: str, theme: str
) -> None:
    seat = Seat(browser, furnished.platform, viewport=SCREENS[screen], theme=theme, language=language)
    seat.forgive("status of 404 .*")  # No main contract has been chosen yet.
    found: dict[str, list[str]] = {}
    wait_live(seat.sign_in("/market"), language)
    for path in (*addresses(), *furnished.extra, MISSING):
        seat.visit(path)
        found[path] = faults(seat, furnished)
        photograph(seat, path, f"{screen}-{language}-{theme}")
    seat.leave()
    found["/login"] = faults(seat, furnished)
    photograph(seat, "/login", f"{screen}-{language}-{theme}")
    seat.close()
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def faults(seat: Seat, furnished: Furnished) -> list[str]:
    """Return what is wrong with the page as it stands."""
    page, wrong = seat.page, []
    shown = texts(page)
    wrong += [f"not translated: {key}" for key in raw_keys(shown, keys())]
    if seat.language == "en":
        wrong += [f"Chinese: {text}" for text in chinese(shown, furnished.data)]
    if seat.is_phone and page.evaluate(IS_TOO_WIDE):
        wrong.append(f"too wide: {page.evaluate('document.documentElement.scrollWidth')} px")
    return wrong + violations(page)


def photograph(seat: Seat, path: str, combination: str) -> None:
    """Keep a picture of the page; on a phone of all that is there to be scrolled."""
    folder = ARTIFACTS / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"\W+", "-", path.strip("/"))
    seat.page.screenshot(path=folder / f"{name}-{combination}.png", full_page=seat.is_phone)
