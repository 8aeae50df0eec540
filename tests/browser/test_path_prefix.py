"""The whole application behind a path of its host, through a real Nginx, whether or not a proxy takes the path off."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import msgspec
import pytest
from playwright.sync_api import expect

from browser_desk import Desk, Platform
from private_ports import free_port
from real_nginx import RealNginx, gateway_settings
from tradewind.runtime.settings import TradewindSettings
from tradewind.ui.pages import STATIC

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

PREFIX = "/tradewind"


class Behind:
    """A platform as a browser finds it: at a path of Nginx' address."""

    def __init__(self, platform: Platform, nginx: RealNginx) -> None:
        self.url = f"{nginx.origin}{PREFIX}"
        self.token = platform.token
        self._port = nginx.port

    def is_own(self, url: str) -> bool:
        """Tell whether an address stays below the path."""
        parts = urlsplit(url)
        return parts.scheme in {"data", "blob"} or (parts.port == self._port and parts.path.startswith(f"{PREFIX}/"))


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    port = free_port()
    platform = Platform(
        tmp_path_factory.mktemp("prefix"), f"api.prefix={PREFIX}", "gateway.enabled=true", f"gateway.port={port}",
    )  # fmt: skip
    platform.start()
    api_port, push_port = platform.ports
    settings = gateway_settings(
        TradewindSettings(), port=port, api=(f"127.0.0.1:{api_port}",), push=(f"127.0.0.1:{push_port}",)
    )
    settings = msgspec.structs.replace(settings, api=msgspec.structs.replace(settings.api, prefix=PREFIX))
    nginx = RealNginx(tmp_path_factory.mktemp("nginx"), settings, static=STATIC)
    nginx.start()
    yield Behind(platform, nginx)
    nginx.stop()
    platform.stop()


def at(path: str) -> Callable[[str], bool]:
    return lambda url: urlsplit(url).path == f"{PREFIX}{path}"


def test_pages_socket_and_links_all_stay_below_the_path(behind: Behind, sit_down: Callable[..., Desk]) -> None:
    desk = sit_down(behind)
    page = desk.page
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.on("worker", lambda worker: worker.evaluate("1"))
    page.goto(f"{behind.url}/login?next=/positions#{behind.token}")
    page.wait_for_url(at("/positions"))
    expect(page.get_by_test_id("link-state")).to_have_text("已连接")
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="行情").click()
    page.wait_for_url(at("/market"))
    expect(page.get_by_test_id("last-price")).to_be_visible()
    page.go_back()
    page.wait_for_url(at("/positions"))
    page.reload()
    expect(page.get_by_test_id("link-state")).to_have_text("已连接")
    page.goto(f"{behind.url}/trades")
    expect(page.get_by_test_id("csv")).to_have_attribute("href", re.compile(f"^{PREFIX}/api/v1/records/"))


def test_who_is_not_signed_in_is_led_to_the_sign_in_below_the_path(
    behind: Behind, sit_down: Callable[..., Desk]
) -> None:
    desk = sit_down(behind)
    desk.forgive("401")
    desk.page.goto(f"{behind.url}/account")
    desk.page.wait_for_url(lambda url: url.startswith(f"{behind.url}/login?next=%2Faccount"))


def test_the_path_alone_is_the_market(behind: Behind, sit_down: Callable[..., Desk]) -> None:
    desk = sit_down(behind)
    page = desk.page
    page.goto(f"{behind.url}/login?next=/#{behind.token}")
    expect(page.get_by_test_id("last-price")).to_be_visible()
