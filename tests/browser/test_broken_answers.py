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
from browser_pages import FLAGS, Seat
from page_addresses import Names, Place, addresses, parts, places

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

ASKED = re.compile(r"/api/v1/(?!session$)")
SAYS_SO = """() => document.querySelector('.trouble-banner, .broken, #main .state-note.is-error') !== null"""
IS_DONE = """() => document.querySelector('#main h1, #main .broken') !== null
  && document.querySelector('#main .is-loading') === null"""
BROWSERS_OWN = r"Failed to load resource|ERR_FAILED"
"""How a browser reports what is no fault of the page: the answer that it was given."""


@dataclass(frozen=True)
class Fault:
    """One way in which an answer is bad."""

    name: str
    answer: Callable[[Route], None]
    forgiven: str = BROWSERS_OWN
    is_told: bool = True
    """Whether each page must say so: a boundary is only reached where the answer is looked into."""


FAULTS = [
    Fault("no answer", lambda route: route.abort()),
    Fault("server error", lambda route: route.fulfill(status=500, json={"error": {"code": "internal"}})),
    Fault("no JSON", lambda route: route.fulfill(status=200, content_type="application/json", body="<html>")),
    # A boundary reports what it caught: that is the one error of the page that belongs to the story.
    Fault(
        "another shape",
        lambda route: route.fulfill(status=200, json={}),
        forgiven=r"TypeError|page error",
        is_told=False,
    ),
]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    started = Platform(tmp_path_factory.mktemp("answers"), *FLAGS)
    started.start()
    yield started
    started.stop()


# What addresses name here need not exist: nothing is found out about it anyway.
HEAPS = {
    "pages": [Place(path, path) for path in addresses()],
    "places": places(Names()),
    "parts": parts(Names()),
}
HEAPS["few"] = HEAPS["pages"][:6]


# How an answer is bad is the client's matter, the same on each page: all meet one that is told and one that is caught.
CASES = [
    pytest.param(fault, heap, id=f"{fault.name.replace(' ', '-')}-{heap}")
    for heap in HEAPS
    for fault in FAULTS
    if (heap == "few") is (fault.name in {"no answer", "no JSON"})
]


@pytest.mark.parametrize(("fault", "heap"), CASES)
def test_each_page_says_that_its_answers_are_bad_and_the_others_go_on(
    browser: Browser, platform: Platform, fault: Fault, heap: str
) -> None:
    seat = Seat(browser, platform)
    seat.forgive(fault.forgiven)
    seat.forgive("status of 404")  # No main contract has been chosen yet.
    page = seat.sign_in("/market")
    for place in HEAPS[heap]:
        open_badly(page, platform, place, fault)
    page.get_by_role("link", name="行情", exact=True).first.click()
    expect(page.get_by_test_id("last-price")).to_be_visible()
    seat.close()


def open_badly(page: Page, platform: Platform, place: Place, fault: Fault) -> None:
    """Open a page to which nothing good is answered; its shell must stand, and nothing may be loading for ever."""
    page.route(ASKED, fault.answer)
    if place.kept is not None:
        page.evaluate("([key, value]) => localStorage.setItem(key, value)", list(place.kept))
    page.goto(f"{platform.url}{place.address}")
    # A panel in a window of its own has nothing around it.
    shell = page.locator("#main") if place.path.startswith("/pop/") else page.get_by_test_id("link-state")
    expect(shell).to_be_visible()
    if fault.is_told:
        page.wait_for_function(SAYS_SO)
    page.wait_for_function(IS_DONE)
    page.unroute(ASKED)
