"""One browser window's way past many addresses, and what is wrong with the pages that stand there.

Nothing is forgiven: no error of the page or on the console, nothing that the policy forbids, no other host, nothing
that axe finds, no sideways scrolling, no text that is not translated, no Chinese among the English, no panel without
anything in it, no tab but the one that the address names. A picture of each is kept in `test-artifacts/pages`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import product

from browser_desk import ARTIFACTS, PHONE, violations
from browser_pages import MONITOR, Furnished, Seat
from browser_words import chinese, keys, raw_keys, texts
from page_addresses import Place

SCREENS = {"desktop": MONITOR, "phone": PHONE}
COMBINATIONS = ["-".join(each) for each in product(SCREENS, ("zh", "en"), ("dark", "light"))]
EACH_TWO = ("desktop-zh-dark", "desktop-en-light", "phone-zh-light", "phone-en-dark")
"""Combinations in which each size meets each language and each theme, and each language each theme."""
IS_TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"
TO_THE_TOP = "() => document.scrollingElement.scrollTo(0, 0)"
EMPTY = """() => [...document.querySelectorAll('#main .panel')]
  .filter((panel) => panel.checkVisibility())
  .filter((panel) => panel.querySelector('canvas, svg, [role="img"], input, select, .panel') === null)
  .filter((panel) => panel.innerText.trim() === (panel.querySelector('.panel-head')?.innerText ?? '').trim())
  .map((panel) => panel.getAttribute('aria-label') ?? panel.className)"""
TABS = """() => [...document.querySelectorAll('#main [role="tab"], #main .tabs button, #main nav a')]
  .filter((tab) => tab.matches('[aria-selected="true"], [aria-current="page"], [aria-pressed="true"]'))
  .map((tab) => tab.firstChild.textContent.trim())"""


@dataclass
class Round:
    """One window's way past many addresses, and what was wrong on it."""

    seat: Seat
    furnished: Furnished
    combination: str
    found: dict[str, list[str]] = field(default_factory=dict)
    tabs: Counter[tuple[str, str]] = field(default_factory=Counter)

    def judge(self, name: str) -> None:
        """Look at what stands there, and keep a picture of it."""
        self.found[name] = faults(self.seat, self.furnished)
        photograph(self.seat, name, self.combination)

    def look(self, place: Place) -> None:
        """Go to a place and judge it; of several tabs each must be another one."""
        self.seat.look(place)
        self.judge(place.name)
        if place.is_tab:
            shown = " ".join(self.seat.page.evaluate(TABS))
            page = place.path.split("/")[1]
            if shown == "" or self.tabs[page, shown] > 0:
                self.found[place.name].append(f"not the tab that is asked for: {shown!r}")
            self.tabs[page, shown] += 1

    def finish(self) -> None:
        """Close the window; now it must have been all right."""
        self.seat.close()
        wrong = [f"{name}: {each}" for name, faults in self.found.items() for each in faults]
        assert wrong == [], "\n".join(wrong)


def faults(seat: Seat, furnished: Furnished) -> list[str]:
    """Return what is wrong with the page as it stands."""
    page, wrong = seat.page, []
    # What an address leads to may have been brought into sight, and something else half below the head of the page.
    page.evaluate(TO_THE_TOP)
    shown = texts(page)
    wrong += [f"not translated: {key}" for key in raw_keys(set(shown) - set(furnished.settings), keys())]
    if seat.language == "en":
        wrong += [f"Chinese: {text}" for text in chinese(shown, furnished.data)]
    if seat.is_phone and page.evaluate(IS_TOO_WIDE):
        wrong.append(f"too wide: {page.evaluate('document.documentElement.scrollWidth')} px")
    wrong += [f"nothing in it: {name}" for name in page.evaluate(EMPTY)]
    return wrong + violations(page)


def photograph(seat: Seat, name: str, combination: str) -> None:
    """Keep a picture of the page; on a phone of all that is there to be scrolled."""
    folder = ARTIFACTS / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    file = re.sub(r"\W+", "-", name.strip("/"))
    seat.page.screenshot(path=folder / f"{file}-{combination}.png", full_page=seat.is_phone)
