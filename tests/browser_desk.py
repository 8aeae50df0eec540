"""What the browser tests sit at: a platform started as a user starts it, and a browser that forgives nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Route, ViewportSize

from private_ports import free_ports

REPO: Final = Path(__file__).resolve().parent.parent
PAGE: Final = REPO / "src" / "tradewind" / "ui" / "static" / "index.html"
ARTIFACTS: Final = REPO / "test-artifacts"
CHROMIUM_NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first is the same Chromium without a window system: the same pages for three quarters of the processor's time."""
CHROMIUM_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A test may hand the page a changed source: what is not fetched from this machine may not speak to it otherwise.
    "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests",
)
WIDE: Final[ViewportSize] = {"width": 1440, "height": 900}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
PATIENCE_MS: Final = 15_000
AXE: Final = REPO / "web" / "node_modules" / "axe-core" / "axe.min.js"
AXE_RULES: Final = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']}"
POST: Final = """async ({ path, body, key }) => {
  const { csrf } = await (await fetch('/api/v1/session')).json()
  const own = { 'X-CSRF-Token': csrf, 'Idempotency-Key': key, 'X-Beside-The-Page': '1' }
  const headers = { 'Content-Type': 'application/json', ...own }
  const answer = await fetch(path, { method: 'POST', headers, body: body === null ? null : JSON.stringify(body) })
  return answer.ok ? '' : `${answer.status} ${await answer.text()}`
}"""


def chromium_path() -> str:
    """Return the browser to drive; its absence is a failure, never a skip."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        pytest.fail("no Chromium: apt-get install chromium-headless-shell fonts-noto-cjk, or set CHROMIUM to its path")
    return found


class Sent(NamedTuple):
    """What a page has sent to change something."""

    is_phone: bool
    call: str
    """`POST /api/v1/cash`"""
    body: str


SENT: Final[list[Sent]] = []
"""Whatever the pages of the test at hand have sent, by no hand but theirs; the oldest first."""


class Served(Protocol):
    """Where a page is served; `token` is the access token of whoever signs in by it."""

    @property
    def url(self) -> str: ...

    @property
    def token(self) -> str: ...

    def is_own(self, url: str) -> bool:
        """Tell whether an address belongs to it."""


class Platform:
    """`tradewind run` as a process of its own, on ports that stay the same when it is started again."""

    def __init__(self, folder: Path, *flags: str) -> None:
        if not PAGE.is_file():
            pytest.fail("the page is not built; run `npm ci && npm run build` in web/")
        self._folder = folder
        self._flags = flags
        # Chosen here: a platform that takes any port is another installation at the next start, by its cookie.
        api_port, push_port = free_ports(2)
        self._ports = (api_port, push_port)
        self.url = ""
        self.login_link = ""
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        api_port, push_port = self._ports
        flags = (f"data_dir={self._folder}", f"api.port={api_port}", f"push.port={push_port}", "log.level=error")
        command = [sys.executable, "-m", "tradewind", "run"]
        for flag in (*flags, *self._flags):
            command += ["--set", flag]
        environ = {key: value for key, value in os.environ.items() if not key.startswith("TRADEWIND_")}
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self._folder, env=environ
        )
        assert self._process.stdout is not None
        lines = [self._process.stdout.readline() for _ in range(3)]
        told = re.search(r"(http://127\.0\.0\.1:(\d+)) .* port (\d+)", lines[0])
        assert told is not None, "".join(lines)
        self.url = told[1]
        self._ports = (int(told[2]), int(told[3]))
        link = re.search(r"http://\S+#\S+", lines[2])
        if link is not None:
            self.login_link = link[0]
        # What it logs is read and thrown away: whoever writes into a full pipe stands still.
        self._reader = threading.Thread(target=deque, args=(self._process.stdout, 0), daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """Stop it as Ctrl-C does; harmless when it is not running."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._close_reader(process)

    def kill(self) -> None:
        """End it between two instructions: it takes leave of nobody, and answers nobody any more."""
        process, self._process = self._process, None
        assert process is not None
        process.kill()
        process.wait()
        self._close_reader(process)

    def _close_reader(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        assert self._reader is not None
        self._reader.join(timeout=5)
        process.stdout.close()

    def is_own(self, url: str) -> bool:
        """Tell whether an address belongs to this platform."""
        parts = urlsplit(url)
        return parts.scheme in {"data", "blob"} or (parts.hostname == "127.0.0.1" and parts.port in self._ports)

    @property
    def ports(self) -> tuple[int, int]:
        """Return the ports of REST and of push."""
        return self._ports

    @property
    def token(self) -> str:
        """Return the access token of the first start."""
        return self.login_link.partition("#")[2]


class Desk:
    """One page, watched: errors of the page, errors on the console and addresses that are not ours are kept."""

    def __init__(
        self, browser: Browser, platform: Served, *, viewport: ViewportSize = WIDE, theme: str = "dark"
    ) -> None:
        self.platform = platform
        self.problems: list[str] = []
        self._forgiven: list[str] = []
        self._context = browser.new_context(
            viewport=viewport,
            locale="zh-CN",
            timezone_id="America/New_York",
            color_scheme="light" if theme == "light" else "dark",
            has_touch=viewport is PHONE,
        )
        self._context.set_default_timeout(PATIENCE_MS)
        self._is_phone = viewport is PHONE
        self._context.on("request", self._note)
        self.page: Page = self._context.new_page()
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        self.page.on("console", self._on_console)
        self.page.on("request", self._on_request)

    def forgive(self, pattern: str) -> None:
        """Say which console error belongs to the story: a browser reports each refused request as one."""
        self._forgiven.append(pattern)

    def sign_in(self, path: str = "/market") -> Page:
        """Follow the login link and arrive at `path`."""
        self.page.goto(f"{self.platform.url}/login?next={path}#{self.platform.token}")
        self.page.wait_for_url(lambda url: urlsplit(url).path == path)
        return self.page

    def sign_in_as(self, username: str, password: str, path: str = "/market") -> Page:
        """Say name and password as people do, and arrive at `path`."""
        self.page.goto(f"{self.platform.url}/login?next={path}")
        self.page.get_by_label("用户名").fill(username)
        self.page.get_by_label("密码", exact=True).fill(password)
        self.page.get_by_role("button", name="登录", exact=True).click()
        self.page.wait_for_url(lambda url: urlsplit(url).path == path)
        return self.page

    def photograph(self, name: str) -> None:
        """Keep a screenshot for people to look at."""
        ARTIFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"{name}.png")

    def close(self) -> None:
        """Close the page and fail if it did anything wrong."""
        self._context.close()
        unforgiven = [line for line in self.problems if not any(re.search(rule, line) for rule in self._forgiven)]
        assert unforgiven == [], unforgiven

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text}")

    def _note(self, request: Request) -> None:
        if request.method != "GET" and "x-beside-the-page" not in request.headers:
            call = f"{request.method} {urlsplit(request.url).path}"
            SENT.append(Sent(self._is_phone, call, request.post_data or ""))

    def _on_request(self, request: Request) -> None:
        if not self.platform.is_own(request.url):
            self.problems.append(f"foreign address: {request.url}")


def sit_as(desk: Desk, permissions: dict[str, Any]) -> None:
    """Have the server tell the page that these are its permissions."""

    def tell(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        if "permissions" in told:
            told["permissions"] = permissions
        route.fulfill(response=answer, body=json.dumps(told))

    desk.page.route("**/api/v1/session", tell)


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page as it stands."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(
        f"axe.run(document, {AXE_RULES}).then((r) => r.violations.map((v) => v.id + ': ' + v.nodes[0].html))"
    )
    return found


def post(page: Page, path: str, body: object, *, key: str) -> None:
    """Do something beside the page, in the session of its browser."""
    refusal = page.evaluate(POST, {"path": path, "body": body, "key": key})
    assert refusal == "", refusal
