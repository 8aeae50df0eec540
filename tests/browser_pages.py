"""Whoever goes from page to page in a browser, and a platform that has something to show on each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Request, ViewportSize, expect

from browser_desk import PHONE, Desk, Platform, post
from fleet_modules import ModuleBeside
from old_module import ABOUT
from page_addresses import MISSING, Names, Place

from waiting import wait_until

MONITOR: Final[ViewportSize] = {"width": 1920, "height": 1080}
FLAGS: Final = ("instructions.approval=never", "control.enabled=true", "control.port=0", "control.beat_s=0.5")
KEPT: Final = "tradewind.settings"
"""Where the page keeps what somebody has set."""
_GO: Final = """path => {
  history.pushState(null, '', path)
  dispatchEvent(new PopStateEvent('popstate'))
}"""
_IS_SETTLED: Final = """path => (location.pathname === path || location.pathname.startsWith(`${path}/`))
  && document.querySelector('#main h1') !== null && document.querySelector('#main .is-loading') === null"""
_TWO_FRAMES: Final = "() => new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))"
_VIOLATIONS: Final = """addEventListener('securitypolicyviolation', (report) => {
  console.error(`policy: ${report.violatedDirective} ${report.blockedURI} ${report.sourceFile}:${report.lineNumber}`)
})"""
RB: Final = "rb2605.SHFE"
_TERMS: Final = ("基金经理", "评测")
"""What older systems and brokers call something, and the English descriptions of settings therefore too."""
_WRITTEN: Final = ("换月", "看", "请先减仓", "演习", "演习结束", "东京采集")
"""What people have written, in the order of the day."""


class Seat(Desk):
    """A watched page whose settings are made before it opens, and which reports what its policy forbids."""

    def __init__(
        self,
        browser: Browser,
        platform: Platform,
        *,
        viewport: ViewportSize = MONITOR,
        theme: str = "dark",
        language: str = "zh",
    ) -> None:
        super().__init__(browser, platform, viewport=viewport, theme=theme)
        settings = json.dumps({"theme": theme, "locale": language})
        self.page.add_init_script(f"localStorage.setItem({KEPT!r}, {settings!r})")
        self.page.add_init_script(_VIOLATIONS)
        self.is_phone = viewport is PHONE
        self.language = language
        self._coming: set[Request] = set()
        self.page.on("request", self._on_asked)
        self.page.on("requestfinished", self._on_answered)
        self.page.on("requestfailed", self._on_answered)

    def visit(self, path: str) -> Page:
        """Go there as a link does, without loading anew, and wait until nothing is being loaded."""
        self.page.evaluate(_GO, path)
        return self.wait_settled(path)

    def look(self, place: Place) -> Page:
        """Go to a place from elsewhere: some pages read their address when they are opened."""
        if place.kept is not None or place.path == urlsplit(self.page.url).path:
            self.visit(MISSING)
        if place.kept is not None:
            self.page.evaluate("([key, value]) => localStorage.setItem(key, value)", list(place.kept))
        return self.visit(place.address)

    def leave(self) -> Page:
        """Sign out, and wait for the page that asks who is there."""
        self.page.get_by_test_id("sign-out").dispatch_event("click")
        return self.wait_settled("/login")

    def wait_settled(self, path: str) -> Page:
        """Wait until the page of this address shows what it has; it may say in its address which it chose to show."""
        asked = path.partition("?")[0]
        self.page.wait_for_function(_IS_SETTLED, arg=asked)
        # What the page is made of may itself come in parts, of which nothing is shown until they are there.
        self.page.evaluate(_TWO_FRAMES)
        while self._coming:
            self.page.wait_for_timeout(20)
            self.page.wait_for_function(_IS_SETTLED, arg=asked)
        return self.page

    def _on_asked(self, request: Request) -> None:
        if request.resource_type in {"script", "stylesheet"}:
            self._coming.add(request)

    def _on_answered(self, request: Request) -> None:
        self._coming.discard(request)


class Furnished:
    """A platform on which something has happened; `names` are what addresses can name of it."""

    def __init__(self, folder: Path) -> None:
        recordings = folder / "recordings"
        recordings.mkdir()
        # What it logs and records is to be seen as well.
        self.platform = Platform(folder, *FLAGS, "log.level=info", f"market.recording.folder={recordings}")
        self.names = Names()
        self.data: list[str] = ["管理员", ABOUT, *_TERMS, *_WRITTEN]
        """What is shown as somebody has named or written it, whatever the reader's language."""
        self.settings: list[str] = []
        """How its settings are called, which is no word of the page."""
        self._module: ModuleBeside | None = None

    def start(self, browser: Browser) -> None:
        """Start it, and do a little of everything."""
        self.platform.start()
        desk = Desk(browser, self.platform)
        page = desk.sign_in("/positions")
        self._talk(page)
        self._trade(page)
        self._collect(page)
        wait_until(lambda: len(ask(page, "/api/v1/positions")) >= 2, timeout_s=15)
        names = [instrument["name"] for instrument in ask(page, "/api/v1/instruments")]
        # A product is called as its contracts are, without the month.
        self.data += [*names, *(name.rstrip("0123456789") for name in names)]
        settings = ask(page, "/api/v1/ops/settings")
        self.settings = [setting["path"] for setting in settings]
        self.data += [setting["default"].strip('"') for setting in settings]
        self.names = self._named(page)
        desk.close()

    def stop(self) -> None:
        """Leave nothing running."""
        if self._module is not None:
            self._module.vanish()
        self.platform.stop()

    def _trade(self, page: Page) -> None:
        for name, line in (
            # Far enough beyond the market, so that they are filled however it moves meanwhile.
            ("held", {"instrument_id": RB, "side": "buy", "quantity": 4, "execution": {"slip_ticks": 20}}),
            ("short", {"instrument_id": "ag2604.SHFE", "side": "sell", "quantity": 2, "execution": {"slip_ticks": 20}}),
            ("waiting", {"instrument_id": RB, "side": "buy", "quantity": 3, "execution": {"limit_price": "2990"}}),
        ):
            post(page, "/api/v1/instructions", {"account_id": "paper", "lines": [line]}, key=f"furnish {name}")
        for name, is_submitted in (("draft", False), ("handed in", True)):
            wishes = [{"instrument_id": RB, "target": 9}, {"instrument_id": "hc2605.SHFE", "target": 3}]
            body = {
                "account_id": "paper",
                "is_submitted": is_submitted,
                "draft": {"wishes": wishes, "reason": _WRITTEN[0]},
            }
            post(page, "/api/v1/instruction-book/drafts", body, key=f"furnish {name}")
        params = {"account_id": "paper", "strategies": ["momentum"], "share": "0.05"}
        post(page, "/api/v1/plans", {"name": "eager", "params": params}, key="furnish plan")
        cash = {"account_id": "paper", "amount": "2500", "reason": "furnish"}
        post(page, "/api/v1/cash", cash, key="furnish cash")

    def _named(self, page: Page) -> Names:
        # The simulated market makes something of itself, sooner or later.
        wait_until(lambda: len(ask(page, "/api/v1/opportunities")) > 0, timeout_s=15)
        owned = next(each for each in ask(page, "/api/v1/accounts") if each["book"] != "")
        entries = ask(page, "/api/v1/instruction-book")["entries"]
        return Names(
            instrument=RB,
            account=owned["account_id"],
            book=owned["book"],
            day=str(owned["trading_day"]),
            instruction=entries[0]["instruction_id"],
            draft=next(each["instruction_id"] for each in entries if each["status"] == "draft"),
            opportunity=ask(page, "/api/v1/opportunities")[0]["opportunity_id"],
            room=ask(page, "/api/v1/chat/rooms")[0]["room"],
            module=ask(page, "/api/v1/modules")["modules"][0]["module_id"],
            job=ask(page, "/api/v1/jobs")["jobs"][0]["job_id"],
            alert=ask(page, "/api/v1/ops/alerts")[0]["name"],
        )

    def _talk(self, page: Page) -> None:
        # People are known a moment after the doors are open; until then there is no list.
        wait_until(lambda: isinstance(ask(page, "/api/v1/chat/rooms"), list), timeout_s=15)
        room = ask(page, "/api/v1/chat/rooms")[0]["room"]
        for number, text in enumerate((f"@administrator {_WRITTEN[1]} rb2605", f"#B000001 {_WRITTEN[2]}")):
            path = f"/api/v1/chat/rooms/{room}/messages"
            post(page, path, {"text": text, "attachments": []}, key=f"furnish talk {number}")
        mode = {"mode": "reducing", "scope": "account", "key": "paper", "reason": _WRITTEN[3]}
        post(page, "/api/v1/trading-states", mode, key="furnish mode")
        lifted = {**mode, "mode": "active", "reason": _WRITTEN[4], "phrase": "RESUME ACCOUNT paper"}
        post(page, "/api/v1/trading-states", lifted, key="furnish active")

    def _collect(self, page: Page) -> None:
        servers: list[dict[str, Any]] = ask(page, "/api/v1/control-servers")["servers"]
        self._module = ModuleBeside(servers[0]["address"], _WRITTEN[5])
        self._module.start()
        plan = {"kind": "quotes", "codes": ["TSLA.US"], "collection": "realtime"}
        wait_until(lambda: ask(page, "/api/v1/modules")["modules"][0]["state"] == "online", timeout_s=15)
        post(page, "/api/v1/jobs", {"plan": plan}, key="furnish job")


def ask(page: Page, path: str) -> Any:
    """Ask the platform something in the session of the page."""
    return page.evaluate("async path => (await fetch(path)).json()", path)


def wait_live(page: Page, language: str) -> None:
    """Wait until the line to the server stands."""
    expect(page.get_by_test_id("link-state")).to_have_text({"zh": "已连接", "en": "Connected"}[language])
