"""C-001-7 as a person does it: a new symbol, a second confirmation, what is allowed when it is none."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from browser_desk import Desk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]


def test_the_main_contract_is_switched_with_a_second_confirmation(desk: Desk) -> None:
    desk.forgive("404")
    page = desk.sign_in("/system")
    panel = page.get_by_test_id("main-contract")
    current = page.get_by_test_id("main-current")
    field = panel.get_by_label("新主力合约")
    expect(current).to_have_text("未设置")

    field.fill("au2606")
    panel.get_by_role("button", name="切换").click()
    expect(panel).to_contain_text("确认将主力合约从 未设置 切换为 au2606")
    panel.get_by_role("button", name="取消").click()
    expect(current).to_have_text("未设置")

    field.fill("gold")
    panel.get_by_role("button", name="切换").click()
    panel.get_by_role("button", name="确认切换").click()
    expect(panel.get_by_role("alert")).to_contain_text("au2612.SHFE")
    expect(current).to_have_text("未设置")

    field.fill("au2606")
    panel.get_by_role("button", name="切换").click()
    panel.get_by_role("button", name="确认切换").click()
    expect(current).to_have_text("au2606.SHFE")
    expect(panel).to_contain_text("已订阅")
