"""A manager, an approver, a trader and somebody who watches, each at a browser of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from playwright.sync_api import Browser, Page, expect

from browser_desk import CHROMIUM_FLAGS, Desk, chromium_path
from production_desk import ACCOUNT, FUND, TEAM, ProductionDesk
from real_slapd import PASSWORD

SEATS: Final = {"meng": "a", "vera": "a", "fang": "b", "tian": "b"}
"""At which instance each of them sits."""
_NAMED: Final = re.compile(r"[^\s（]+（(\w+)）")
_WHOLE_LINE: Final = "td, th"


class Team:
    """`desks` by username; each browser is a process of its own."""

    def __init__(self, driver: Browser, platform: ProductionDesk) -> None:
        """`driver` is any browser: the others are started as it was."""
        path, flags = chromium_path(), list(CHROMIUM_FLAGS)
        self.browsers = {name: driver.browser_type.launch(executable_path=path, args=flags) for name in TEAM}
        self.desks = {name: Desk(self.browsers[name], platform.instance(SEATS[name])) for name in TEAM}

    def sign_in(self, path: str) -> None:
        """Let everybody say their name and password, and arrive at `path`."""
        for name, desk in self.desks.items():
            # Who is not signed in yet asks who they are, and a browser reports that answer as an error.
            desk.forgive("status of 401")
            desk.sign_in_as(name, PASSWORD, path)

    def page(self, name: str) -> Page:
        return self.desks[name].page

    @property
    def pages(self) -> list[Page]:
        return [desk.page for desk in self.desks.values()]

    def visit(self, path: str) -> None:
        """Send everybody to a page."""
        for desk in self.desks.values():
            desk.page.goto(f"{desk.platform.url}{path}")

    def photograph(self, name: str) -> None:
        for who, desk in self.desks.items():
            desk.photograph(f"flow-{name}-{who}")

    def close(self) -> None:
        """Close every page, and fail if one of them did anything wrong."""
        try:
            for desk in self.desks.values():
                desk.close()
        finally:
            for browser in self.browsers.values():
                browser.close()


def write_draft(page: Page, symbol: str, delta: int) -> str:
    """Write an instruction of the fund and keep it as a draft; return its number."""
    expect(page.get_by_label("账户")).to_have_value(ACCOUNT)
    page.get_by_label("产品").fill(FUND)
    row = page.get_by_test_id("draft-line")
    row.get_by_label(re.compile("合约")).fill(symbol)
    row.get_by_label(re.compile("合约")).press("Tab")
    row.get_by_label(re.compile("方式")).select_option("delta")
    row.get_by_label(re.compile("数值")).fill(str(delta))
    page.get_by_label(re.compile("说明")).fill("调仓")
    expect(page.get_by_test_id("what-if")).to_contain_text("可以通过")
    page.get_by_test_id("save-draft").click()
    page.wait_for_url(re.compile(r"/instructions\?id=B\d+"))
    return page.url.rpartition("=")[2]


def act(page: Page, name: str) -> None:
    """Do what the instruction before one offers, and confirm it."""
    page.get_by_test_id(f"act-{name}").click()
    _confirm(page)


def send(page: Page, lots: int) -> None:
    """Send a part of the only line to the market."""
    page.get_by_test_id("line-send").click()
    page.get_by_label(re.compile("手数")).fill(str(lots))
    _confirm(page)


def _confirm(page: Page) -> None:
    dialog = page.get_by_role("dialog")
    further = dialog.get_by_role("button", name="下一步")
    if further.count():
        further.click()
    dialog.get_by_test_id("act-confirm").click()
    expect(dialog).to_be_hidden()


def shown_instruction(page: Page) -> dict[str, Any]:
    """Return what the page says of the instruction it is about: state, lines, orders, who did what."""
    return {
        "status": page.get_by_test_id("book-status").inner_text(),
        "lines": _rows(page, "adjustment", slice(0, 11)),
        "orders": _rows(page, "book-order", slice(None)),
        # Each reads their own name beside their user name, and of the others the user name.
        "steps": [_NAMED.sub(r"\1", step) for step in page.get_by_test_id("step").all_inner_texts()],
    }


def shown_positions(page: Page) -> list[list[str]]:
    """Return what does not move with the market of each position: contract, direction, lots, average price, margin."""
    return [[row[0], row[1], row[2], row[6], row[12]] for row in _rows(page, "position", slice(0, 13))]


def _rows(page: Page, name: str, cells: slice) -> list[Sequence[str]]:
    rows = page.get_by_test_id(name).all()
    return [row.locator(_WHOLE_LINE).all_inner_texts()[cells] for row in rows]
