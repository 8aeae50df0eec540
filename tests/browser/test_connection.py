"""Losing the server and finding it again (C-001-2): the banner, the ladder, the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser_desk import Desk, Platform

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

# A server that stops or has just started answers questions to its desk with 503.
ABSENT = r"ERR_CONNECTION_REFUSED|503|WebSocket connection to|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET"


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    started = Platform(tmp_path)
    started.start()
    yield started
    started.stop()


def test_a_stopped_server_raises_the_banner_and_its_return_lowers_it(
    platform: Platform, sit_down: Callable[..., Desk]
) -> None:
    desk = sit_down(platform)
    desk.forgive(ABSENT)
    page = desk.sign_in()
    price = page.get_by_test_id("last-price")
    expect(price).to_be_visible()
    platform.stop()
    banner = page.get_by_test_id("banner")
    expect(banner).to_contain_text("次重连（最多 10 次）")
    expect(page.get_by_test_id("link-state")).to_have_text("已断开")
    expect(page.locator(".shell")).to_have_class("shell is-stale")
    desk.photograph("disconnected")
    # The fourth try waits 8 s: long enough that the click, and not the ladder, brings the page back.
    expect(banner).to_contain_text("第 4 次重连", timeout=30_000)
    expect(banner).to_contain_text("秒后")
    platform.start()
    banner.get_by_role("button", name="立即重连").click()
    expect(banner).to_be_hidden()
    expect(page.get_by_test_id("link-state")).to_have_text("已连接")
    expect(price).not_to_have_text(price.inner_text())
    page.get_by_role("tab", name="系统日志").click()
    expect(page.get_by_role("log")).to_contain_text("连接断开，代码 4503")


def test_the_page_comes_back_by_itself(platform: Platform, sit_down: Callable[..., Desk]) -> None:
    desk = sit_down(platform)
    desk.forgive(ABSENT)
    page = desk.sign_in()
    expect(page.get_by_test_id("last-price")).to_be_visible()
    platform.stop()
    expect(page.get_by_test_id("banner")).to_be_visible()
    platform.start()
    expect(page.get_by_test_id("link-state")).to_have_text("已连接", timeout=30_000)


def test_a_page_opened_without_a_server_waits_for_it(platform: Platform, sit_down: Callable[..., Desk]) -> None:
    desk = sit_down(platform)
    desk.forgive(ABSENT)
    page = desk.sign_in()
    expect(page.get_by_test_id("last-price")).to_be_visible()
    page.route("**/api/**", lambda route: route.abort("connectionrefused"))
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("连不上服务器")
    desk.photograph("server-absent")
    page.unroute("**/api/**")
    expect(page.get_by_test_id("last-price")).to_be_visible()
