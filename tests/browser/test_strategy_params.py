"""Changing a strategy by hand, through a restart, and back to how it was installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from browser_desk import Desk, Platform

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]


@pytest.fixture
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    started = Platform(tmp_path_factory.mktemp("strategies"))
    started.start()
    yield started
    started.stop()


def open_rsi(page: Page) -> Locator:
    page.get_by_test_id("signal-strategy").filter(has_text="RSI").get_by_role("button", name="RSI", exact=True).click()
    return page.get_by_role("dialog", name="RSI")


def test_a_changed_parameter_holds_after_a_restart_is_marked_and_can_be_reset(
    platform: Platform, sit_down: Callable[..., Desk]
) -> None:
    desk = sit_down(platform)
    # While the platform is away the browser says so.
    desk.forgive(r"Failed to load resource|WebSocket|ERR_")
    page = desk.sign_in("/strategy")
    dialog = open_rsi(page)
    dialog.get_by_label("cooldown_s").fill("45")
    dialog.get_by_test_id("strategy-save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("重启后仍然有效")
    dialog.get_by_test_id("strategy-save").click()
    expect(dialog.get_by_text("已改", exact=True)).to_be_visible()
    platform.stop()
    platform.start()
    page.reload()
    expect(page.get_by_test_id("signal-strategy").filter(has_text="已改")).to_contain_text("RSI")
    dialog = open_rsi(page)
    expect(dialog.get_by_label("cooldown_s")).to_have_value("45")
    dialog.get_by_role("button", name="恢复安装时的参数").click()
    dialog.get_by_role("button", name="确认恢复").click()
    expect(dialog.get_by_label("cooldown_s")).to_have_value("120")
    expect(page.get_by_text("已改", exact=True)).to_have_count(0)
