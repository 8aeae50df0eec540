"""Chat and notices in the page: rooms, history, mentions, the bell, what one wants to be told."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from browser_desk import Desk, Platform, post, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]


def test_a_message_reaches_the_other_browser_with_its_links(simulator: Platform, sit_down: Callable[..., Desk]) -> None:
    page = sit_down(simulator).sign_in("/chat")
    other = sit_down(simulator).sign_in("/chat")
    expect(other.get_by_label("写消息")).to_be_visible()
    page.get_by_label("写消息").fill("@administrator 看 #B000001，rb2605 <b>注意</b>")
    page.get_by_label("写消息").press("Enter")
    said = other.get_by_test_id("message").last
    expect(said).to_contain_text("<b>注意</b>")
    expect(said.get_by_role("link", name="rb2605")).to_have_attribute("href", "/market?i=rb2605.SHFE")
    expect(said.get_by_role("link", name="#B000001")).to_have_attribute("href", "/instructions?id=B000001")
    assert violations(page) == []


def test_ones_own_message_is_written_anew_and_taken_back_after_asking(desk: Desk) -> None:
    page = desk.sign_in("/chat")
    page.get_by_label("写消息").fill("第一版")
    page.get_by_role("button", name="发送").click()
    mine = page.get_by_test_id("message").last
    mine.hover()
    mine.get_by_role("button", name="编辑").click()
    mine.get_by_role("textbox").fill("第二版")
    mine.get_by_role("button", name="保存").click()
    expect(mine).to_contain_text("第二版")
    expect(mine).to_contain_text("已编辑")
    mine.hover()
    mine.get_by_role("button", name="撤回").click()
    mine.get_by_role("button", name="确定撤回？").click()
    expect(mine).to_contain_text("这条消息已撤回")
    desk.photograph("chat")


def test_what_is_seen_in_an_open_room_counts_as_read(desk: Desk) -> None:
    page = desk.sign_in("/chat")
    page.get_by_label("写消息").fill("给没看过的人")
    page.get_by_role("button", name="发送").click()
    expect(page.get_by_test_id("message").last).to_contain_text("给没看过的人")

    def with_news(route: Route) -> None:
        # As if somebody else had written it: one's own are never unread.
        answer = route.fetch()
        route.fulfill(response=answer, json=[{**room, "unread": 1} for room in answer.json()])

    page.route("**/api/v1/chat/rooms", with_news)
    with page.expect_response("**/api/v1/chat/rooms/*/read") as told:
        page.reload()
    assert told.value.ok


def test_a_chart_is_shared_from_the_market_and_opened_from_the_message(desk: Desk) -> None:
    page = desk.sign_in()
    page.goto(f"{desk.platform.url}/market?i=rb2605.SHFE")
    page.get_by_role("button", name="5分", exact=True).click()
    page.get_by_role("link", name="发到群聊").click()
    expect(page.get_by_test_id("attached")).to_contain_text("rb2605 5 分图")
    page.get_by_label("写消息").fill("看这里")
    page.get_by_label("写消息").press("Enter")
    expect(page.get_by_test_id("attached")).to_have_count(0)
    link = page.get_by_test_id("message").last.get_by_role("link", name="rb2605 5 分图")
    expect(link).to_have_attribute("href", "/market?i=rb2605.SHFE&s=300")
    link.click()
    expect(page.get_by_role("button", name="5分", exact=True)).to_have_attribute("aria-pressed", "true")
    assert violations(page) == []


def test_a_halt_rings_the_bell_and_is_read(desk: Desk) -> None:
    page = desk.sign_in("/notices")
    mode = {"mode": "reducing", "scope": "account", "key": "paper", "reason": "演习"}
    post(page, "/api/v1/trading-states", mode, key="bell")
    told = page.get_by_test_id("notice").filter(has_text="设为只许平仓：账户 paper · 演习")
    expect(told).to_be_visible()
    page.get_by_test_id("bell").click()
    menu = page.get_by_role("region", name="通知").first
    expect(menu).to_contain_text("演习")
    desk.photograph("notices")
    menu.get_by_role("button", name="全部已读").click()
    expect(page.get_by_test_id("bell")).to_have_attribute("aria-label", "通知，0 条未读")


def test_quiet_hours_and_channels_are_kept(desk: Desk) -> None:
    page = desk.sign_in("/notices")
    form = page.get_by_role("region", name="通知设置")
    form.get_by_label("何时不发邮件").select_option("hours")
    form.get_by_label(re.compile("从")).fill("23:00")
    form.get_by_label("委托被拒绝 页面").uncheck()
    form.get_by_role("button", name="保存").click()
    expect(page.get_by_text("通知设置已保存")).to_be_visible()
    page.reload()
    expect(form.get_by_label(re.compile("从"))).to_have_value("23:00")
    expect(form.get_by_label("委托被拒绝 页面")).not_to_be_checked()
    assert violations(page) == []
