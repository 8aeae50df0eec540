"""Every page there is, as the page's own tables of addresses list them, and a platform with something on each."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, ViewportSize, expect

from browser_desk import PHONE, REPO, Desk, Platform, post
from fleet_modules import ModuleBeside

from waiting import wait_until

_SOURCE: Final = REPO / "web" / "src"
_TABLES: Final = (_SOURCE / "app" / "router.ts", _SOURCE / "office" / "routes.ts")
_ADDRESS: Final = re.compile(r"^  '(?P<path>/[^']*)': '\w+',", re.MULTILINE)
MONITOR: Final[ViewportSize] = {"width": 1920, "height": 1080}
FLAGS: Final = ("instructions.approval=never", "control.enabled=true", "control.port=0", "control.beat_s=0.5")
KEPT: Final = "tradewind.settings"
"""Where the page keeps what somebody has set."""
_GO: Final = """path => {
  history.pushState(null, '', path)
  dispatchEvent(new PopStateEvent('popstate'))
}"""
_IS_SETTLED: Final = """path => location.pathname === path
  && document.querySelector('#main h1') !== null && document.querySelector('#main .is-loading') === null"""
_VIOLATIONS: Final = """addEventListener('securitypolicyviolation', (report) => {
  console.error(`policy: ${report.violatedDirective} ${report.blockedURI} ${report.sourceFile}:${report.lineNumber}`)
})"""
RB: Final = "rb2605.SHFE"
_WRITTEN: Final = ("换月", "看", "请先减仓", "演习", "演习结束", "东京采集")
"""What people have written, in the order of the day."""


def addresses(tables: tuple[Path, ...] = _TABLES) -> list[str]:
    """Return the address of every page, from the tables by which the page itself finds them."""
    found = [match["path"] for table in tables for match in _ADDRESS.finditer(table.read_text(encoding="utf-8"))]
    assert "/market" in found, "the tables of addresses are written in another way"
    assert "/instructions" in found, "the office's table of addresses is written in another way"
    # `/` is the market again; `/login` is for who is not signed in.
    return [path for path in found if path not in {"/", "/login"}]


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

    def visit(self, path: str) -> Page:
        """Go there as a link does, without loading anew, and wait until nothing is being loaded."""
        self.page.evaluate(_GO, path)
        return self.wait_settled(path)

    def leave(self) -> Page:
        """Sign out, and wait for the page that asks who is there."""
        self.page.get_by_test_id("sign-out").dispatch_event("click")
        return self.wait_settled("/login")

    def wait_settled(self, path: str) -> Page:
        """Wait until the page of this address shows what it has."""
        self.page.wait_for_function(_IS_SETTLED, arg=path.partition("?")[0])
        return self.page


class Furnished:
    """A platform on which something has happened; `extra` are further addresses that come of it."""

    def __init__(self, folder: Path) -> None:
        self.platform = Platform(folder, *FLAGS)
        self.extra: list[str] = []
        self.data: list[str] = ["管理员", *_WRITTEN]
        """What is shown as somebody has named or written it, whatever the reader's language."""
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
        newest = ask(page, "/api/v1/instruction-book")["entries"][0]["instruction_id"]
        self.extra += [f"/instructions?id={newest}", f"/market?i={RB}"]
        params = {"account_id": "paper", "strategies": ["momentum"], "share": "0.05"}
        post(page, "/api/v1/plans", {"name": "eager", "params": params}, key="furnish plan")
        cash = {"account_id": "paper", "amount": "2500", "reason": "furnish"}
        post(page, "/api/v1/cash", cash, key="furnish cash")

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
