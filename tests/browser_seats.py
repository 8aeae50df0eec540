"""Where a story is told: at a desk in Chinese and the dark, and on a phone in English and the light.

The stories speak the page's own words, so that the same story is told at every seat.
"""

from __future__ import annotations

import re
from typing import Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from browser_desk import PHONE, Platform, violations
from browser_pages import MONITOR, Seat, wait_live
from browser_words import word

DESK: Final = "desktop-zh-dark"
HAND: Final = "phone-en-light"
both_seats: Final = pytest.mark.parametrize("seat", [DESK, HAND])
on_a_phone: Final = pytest.mark.parametrize("seat", [HAND])
_LEAST_PX: Final = 24
"""What a finger has to find (WCAG 2.5.8)."""
_TOO_SMALL: Final = """least =>
  [...document.querySelectorAll('dialog[open] button, #main .acts button, .act-bar button')]
  .filter((button) => button.getClientRects().length > 0)
  .filter((button) => { const box = button.getBoundingClientRect(); return box.height < least || box.width < least })
  .map((button) => button.outerHTML)"""


class Chair(Seat):
    """A seat by its name, which knows the words of its language."""

    def __init__(self, browser: Browser, platform: Platform, seat: str) -> None:
        screen, language, theme = seat.split("-")
        super().__init__(
            browser, platform, viewport=PHONE if screen == "phone" else MONITOR, theme=theme, language=language
        )
        self.screen = screen

    def say(self, key: str, **params: object) -> str:
        """Return what the page says here under a key."""
        return word(key, self.language, **params)

    def button(self, key: str, within: Locator | Page | None = None, **params: object) -> Locator:
        """Return the button that says this."""
        return (within or self.page).get_by_role("button", name=self.say(key, **params), exact=True)

    def field(self, key: str, within: Locator | None = None, **params: object) -> Locator:
        """Return the field of this name."""
        return (within or self.dialog).get_by_label(self.say(key, **params))

    def tab(self, key: str) -> None:
        """Open a tab of the page."""
        self.page.get_by_role("tab", name=re.compile(f"^{self.say(key)}")).click()

    def open(self, path: str) -> Page:
        """Arrive by the login link, and wait for the line."""
        self.sign_in(path)
        wait_live(self.page, self.language)
        return self.page

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def leave_dialog(self) -> None:
        """Leave by Escape what is asked."""
        expect(self.dialog).to_be_visible()
        self.page.keyboard.press("Escape")
        expect(self.dialog).to_have_count(0)

    def judge(self) -> None:
        """On a phone find nothing wrong with what is shown: for who cannot see it, and for who has a finger alone."""
        if self.is_phone:
            assert violations(self.page) == []
            assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert self.page.evaluate(_TOO_SMALL, _LEAST_PX) == []
