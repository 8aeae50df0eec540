"""Whatever the server answers a page, it says so in its own place, and every other page goes on.

Each page is opened while everything that it asks for by itself is answered badly; who is signed in is known all the
same. Then the answers are good again, and the market is visited from there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from browser_desk import Platform
from browser_pages import FLAGS, Seat, addresses

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

ASKED = re.compile(r"/api/v1/(?!session$)")
SAYS_SO = ".state-note.is-error, .trouble-banner, .note.is-bad, .note.is-warn, .badge, .broken, .toast.is-error"
BROWSERS_OWN = r"Failed to load resource|ERR_FAILED"
"""How a browser reports what is no fault of the page: the answer that it was given."""


@dataclass(frozen=True)
class Fault:
    """One way in which an answer is bad."""

    name: str
    answer: Callable[[Route], None]
    forgiven: str = BROWSERS_OWN


FAULTS = [
    Fault("no answer", lambda route: route.abort()),
    Fault("server error", lambda route: route.fulfill(status=500, json={"error": {"code": "internal"}})),
    Fault("no JSON", lambda route: route.fulfill(status=200, content_type="application/json", body="<html>")),
    # A boundary reports what it caught: that is the one error of the page that belongs to the story.
    Fault("another shape", lambda route: route.fulfill(status=200, json={}), forgiven=r"TypeError|is not|page error"),
]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    started = Platform(tmp_path_factory.mktemp("answers"), *FLAGS)
    started.start()
    yield started
    started.stop()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_each_page_says_that_its_answers_are_bad_and_the_others_go_on(
    browser: Browser, platform: Platform, fault: Fault
) -> None:
    seat = Seat(browser, platform)
    seat.forgive(fault.forgiven)
    seat.forgive("status of 404")  # No main contract has been chosen yet.
    page = seat.sign_in("/market")
    silent = [path for path in addresses() if not says_so(page, platform, path, fault)]
    page.get_by_role("link", name="行情", exact=True).first.click()
    expect(page.get_by_test_id("last-price")).to_be_visible()
    seat.close()
    assert silent == []


def says_so(page: Page, platform: Platform, path: str, fault: Fault) -> bool:
    """Open a page to which nothing good is answered; tell whether that is seen there, and the shell still stands."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        fault.answer(route)

    page.route(ASKED, answer)
    page.goto(f"{platform.url}{path}")
    page.get_by_test_id("link-state").wait_for()
    page.wait_for_function("() => document.querySelector('#main .is-loading') === null", timeout=10_000)
    seen = not asked or page.locator(SAYS_SO).first.is_visible()
    page.unroute(ASKED)
    return seen
