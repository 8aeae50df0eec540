"""Signing in: by the printed link, by hand, and what happens without."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser_desk import Desk, Platform

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

REFUSED = r"status of 401"


def test_the_login_link_opens_the_market_and_leaves_no_token_behind(desk: Desk) -> None:
    page = desk.sign_in()
    expect(page.get_by_test_id("link-state")).to_have_text("已连接")
    assert desk.platform.token not in page.url
    page.go_back()
    assert desk.platform.token not in page.url


def test_without_a_session_each_page_asks_who_is_there(desk: Desk) -> None:
    desk.forgive(REFUSED)
    desk.page.goto(f"{desk.platform.url}/system")
    expect(desk.page.get_by_role("heading", name="登录信风")).to_be_visible()
    # The style of the two ways comes with this page, and not with one that somebody opens later.
    way = desk.page.get_by_test_id("way-password")
    expect(way).to_have_css("border-top-width", "0px")
    expect(way).to_have_attribute("aria-pressed", "true")
    desk.photograph("login")


def test_a_wrong_token_is_explained_and_the_pasted_link_signs_in(desk: Desk) -> None:
    desk.forgive(REFUSED)
    page = desk.page
    page.goto(f"{desk.platform.url}/login")
    page.get_by_role("button", name="访问令牌").click()
    page.get_by_label("访问令牌").fill("nonsense")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("令牌不对")
    page.get_by_label("访问令牌").fill(f"{desk.platform.url}/login#{desk.platform.token}")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_test_id("link-state")).to_have_text("已连接")


def test_a_foreign_address_in_the_link_leads_nowhere(desk: Desk) -> None:
    desk.page.goto(f"{desk.platform.url}/login?next=//evil.example/#{desk.platform.token}")
    expect(desk.page.get_by_test_id("link-state")).to_have_text("已连接")
    assert desk.page.url.startswith(desk.platform.url)


def test_signing_out_ends_at_the_sign_in_page(desk: Desk) -> None:
    desk.forgive(REFUSED)  # A question may be under way when the session ends.
    page = desk.sign_in()
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", name="登录信风")).to_be_visible()


def test_signing_out_in_one_tab_ends_the_other(desk: Desk) -> None:
    desk.forgive(REFUSED)
    page = desk.sign_in()
    second = page.context.new_page()
    second.goto(f"{desk.platform.url}/market")
    expect(second.get_by_test_id("link-state")).to_have_text("已连接")
    page.get_by_role("button", name="退出").click()
    expect(second.get_by_role("heading", name="登录信风")).to_be_visible()
    expect(second.get_by_role("status").filter(has_text="登录已过期")).to_be_visible()


def test_two_installations_on_ports_of_one_host_leave_each_others_people_signed_in(desk: Desk, tmp_path: Path) -> None:
    other = Platform(tmp_path)
    other.start()
    try:
        page = desk.sign_in()
        second = page.context.new_page()
        second.goto(f"{other.url}/login?next=/market#{other.token}")
        expect(second.get_by_test_id("link-state")).to_have_text("已连接")
        page.reload()
        expect(page.get_by_test_id("link-state")).to_have_text("已连接")
        second.get_by_role("button", name="退出").click()
        expect(second.get_by_role("heading", name="登录信风")).to_be_visible()
        page.reload()
        expect(page.get_by_test_id("link-state")).to_have_text("已连接")
        second.close()
    finally:
        other.stop()


def test_an_unknown_address_says_so(desk: Desk) -> None:
    page = desk.sign_in()
    page.goto(f"{desk.platform.url}/nowhere")
    expect(page.get_by_role("heading", name="没有这个页面")).to_be_attached()
    page.get_by_role("link", name="回到行情").click()
    expect(page.get_by_role("grid", name="行情报价")).to_be_visible()
