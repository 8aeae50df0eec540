"""Every page at a desk's monitor and on a phone, in both languages, dark and light: nothing is wrong with any of them.

A combination has one browser window, which goes from page to page as a person does. Nothing is forgiven: no error of
the page or on the console, nothing that the policy forbids, no other host, nothing that axe finds, no sideways
scrolling. A picture of each is kept in `test-artifacts/pages`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from playwright.sync_api import Browser

from browser_desk import ARTIFACTS, PHONE, violations
from browser_pages import MONITOR, Furnished, Seat, addresses, wait_live

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
    found: dict[str, object] = {}
    wait_live(seat.sign_in("/market"), language)
    for path in (*addresses(), *furnished.extra, MISSING):
        seat.visit(path)
        look(seat, path, f"{screen}-{language}-{theme}", found)
    seat.leave()
    look(seat, "/login", f"{screen}-{language}-{theme}", found)
    seat.close()
    assert found == {}


def look(seat: Seat, path: str, combination: str, found: dict[str, object]) -> None:
    """Keep a picture of the page as it stands, and note what is wrong with it."""
    page = seat.page
    name = path.strip("/").replace("/", "-").replace("?", "-").replace("=", "-")
    folder = ARTIFACTS / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    faults = violations(page)
    if faults:
        found[path] = faults
    if seat.is_phone and page.evaluate(IS_TOO_WIDE):
        found[f"{path} is too wide"] = page.evaluate("document.documentElement.scrollWidth")
    page.screenshot(path=folder / f"{name}-{combination}.png", full_page=seat.is_phone)
