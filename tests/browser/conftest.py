"""Fixtures of the browser tests: one browser a module, platforms and pages as each story needs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from browser_acts import missing
from browser_desk import CHROMIUM_FLAGS, PATIENCE_MS, SENT, Desk, Platform, chromium_path
from browser_pages import Furnished, wait_live
from browser_pages import Seat as PageSeat
from browser_rounds import SCREENS, Round
from browser_seats import Chair

# A module each: an open driver keeps an event loop that the asynchronous tests of other folders would trip over.


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    platform = Platform(tmp_path_factory.mktemp("simulator"))
    platform.start()
    yield platform
    platform.stop()


@pytest.fixture(autouse=True)
def acts(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hold a test to what the table of acts says that it does: its pages must have sent it, at the size named."""
    SENT.clear()
    failed = request.session.testsfailed
    yield
    if request.session.testsfailed == failed:
        assert missing(request.node.nodeid.rpartition("/")[2], SENT) == []


@pytest.fixture
def sit_down(browser: Browser) -> Iterator[Callable[..., Desk]]:
    """Return a function that opens a watched page; each is closed, and judged, at the end of the test."""
    desks: list[Desk] = []

    def open_desk(platform: Platform, **options: object) -> Desk:
        desk = Desk(browser, platform, **options)  # type: ignore[arg-type]
        desks.append(desk)
        return desk

    yield open_desk
    for desk in desks:
        desk.close()


@pytest.fixture
def sit_at(browser: Browser) -> Iterator[Callable[[Platform, str], Chair]]:
    """Return a function that takes a seat by its name; each is left, and judged, at the end of the test."""
    chairs: list[Chair] = []

    def take(platform: Platform, seat: str) -> Chair:
        chairs.append(Chair(browser, platform, seat))
        return chairs[-1]

    yield take
    for chair in chairs:
        chair.close()


@pytest.fixture
def desk(simulator: Platform, sit_down: Callable[..., Desk]) -> Desk:
    return sit_down(simulator)


@pytest.fixture(scope="module")
def furnished(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    platform = Furnished(tmp_path_factory.mktemp("furnished"))
    try:
        platform.start(browser)
        yield platform
    finally:
        platform.stop()


@pytest.fixture
def way(browser: Browser, furnished: Furnished, request: pytest.FixtureRequest) -> Round:
    screen, language, theme = request.param.split("-")
    seat = PageSeat(browser, furnished.platform, viewport=SCREENS[screen], theme=theme, language=language)
    seat.forgive("status of 404 .*")  # No main contract has been chosen yet; one place names a contract that is none.
    wait_live(seat.sign_in("/market"), language)
    return Round(seat, furnished, request.param)
