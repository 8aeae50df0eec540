"""The ladder of C-001-2 to its last rung, and a person who begins it anew; the strip of a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, Route, expect

from browser_desk import Platform
from browser_pages import wait_live
from browser_seats import Chair, both_seats, on_a_phone

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

Sit = Callable[[Platform, str], Chair]
ABSENT: Final = r"ERR_CONNECTION_REFUSED|503|WebSocket connection to|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET"
LADDER_S: Final = (1, 2, 4, 8, 16, 30, 60, 120, 300, 600)
JITTER: Final = 0.2
FASTER: Final = 100
PARTS: Final = ("line", "FrameBar", "DeskNotices")
DRAWN: Final = "() => document.querySelector('.chart-space > canvas').hasAttribute('width')"
_HASTE: Final = f"""
const inTime = globalThis.setTimeout
globalThis.setTimeout = (act, ms, ...more) => {{
  if (Number.isInteger(ms)) return inTime(act, ms, ...more)
  console.debug(`waits ${{ms}}`)
  return inTime(act, ms / {FASTER}, ...more)
}}
"""
"""The line's worker waits a hundredth of the time between its tries, and says how long it meant to wait.

What it leaves to chance is no whole number; its heart beats as ever.
"""


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    started = Platform(tmp_path)
    started.start()
    yield started
    started.stop()


def hasten(page: Page) -> list[float]:
    """Let time fly for the line of this page; return what it waits for, as it comes."""
    waits: list[float] = []

    def hurry(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=_HASTE + answer.text())

    def note(text: str) -> None:
        if found := re.fullmatch(r"waits (\d+\.\d+)", text):
            waits.append(float(found[1]) / 1000)

    page.context.route(re.compile(r"/assets/worker-[^/]*\.js$"), hurry)
    page.on("console", lambda message: note(message.text))
    return waits


@both_seats
def test_every_rung_is_climbed_and_then_a_person_is_asked(platform: Platform, sit_at: Sit, seat: str) -> None:
    chair = sit_at(platform, seat)
    chair.forgive(ABSENT)
    waits = hasten(chair.page)
    page = chair.open("/market")
    # What a page fetches once it is there is no part of this.
    page.wait_for_load_state("networkidle")
    waits.clear()
    # One that is stopped bids its pages go elsewhere, and may still answer while it does.
    platform.kill()
    banner = page.get_by_test_id("banner")
    expect(banner).to_contain_text(chair.say("link.stoppedLong", most=10), timeout=60_000)
    rungs = waits[: len(LADDER_S)]
    assert len(waits) == len(LADDER_S), waits
    for wait_s, rung_s in zip(rungs, LADDER_S, strict=True):
        assert rung_s * (1 - JITTER) <= wait_s <= rung_s * (1 + JITTER), rungs
    expect(page.get_by_test_id("link-state")).to_have_text(chair.say("link.stopped"))
    if chair.is_phone:
        expect(page.locator(".phone-state .link-word")).to_have_text(chair.say("link.stopped"))
    chair.judge()
    platform.start()
    # It has been given up: nothing comes back before a person asks for it.
    page.wait_for_timeout(500)
    expect(banner).to_be_visible()
    chair.button("link.retry", banner).click()
    expect(banner).to_be_hidden()
    wait_live(page, chair.language)


@both_seats
def test_parts_of_a_page_that_could_not_be_fetched_come_by_themselves(
    simulator: Platform, sit_at: Sit, seat: str
) -> None:
    chair = sit_at(simulator, seat)
    chair.forgive("ERR_FAILED")
    late = re.compile(rf"/assets/({'|'.join(PARTS)})-[^/]*\.js$")
    refused: set[str] = set()

    def refuse(route: Route) -> None:
        refused.add(route.request.url)
        route.abort()

    chair.page.context.route(late, refuse)
    page = chair.open("/market")
    page.wait_for_load_state("networkidle")
    assert len(refused) == len(PARTS), refused
    assert page.evaluate(DRAWN) is False
    chair.page.context.unroute(late)
    # The frame's bar, and the line of the chart, which was never asked for anew by anybody.
    expect(page.locator(".frame > *").first).to_be_attached(timeout=10_000)
    page.wait_for_function(DRAWN)
    chair.judge()


@on_a_phone
def test_the_strip_of_a_phone_tells_of_line_and_session_on_every_page(
    simulator: Platform, sit_at: Sit, seat: str
) -> None:
    chair = sit_at(simulator, seat)
    page = chair.open("/market")
    strip = page.locator(".phone-state")
    for path in ("/market", "/positions", "/account", "/instructions", "/admin"):
        chair.visit(path)
        page.mouse.wheel(0, 2_000)
        expect(strip.locator(".link-word")).to_have_text(chair.say("link.live"))
        expect(strip.get_by_test_id("phone-session")).to_contain_text(chair.say("session.tradingDay", day="").strip())
        expect(strip).to_be_in_viewport(ratio=1)
        box, bar = strip.bounding_box(), page.locator(".phone-bar").bounding_box()
        assert box is not None
        assert bar is not None
        # Above the tasks, and over none of them.
        assert box["y"] + box["height"] <= bar["y"] + 1
    chair.judge()
