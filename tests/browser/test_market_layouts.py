"""Layouts of the market page: kept by the server, changed by hand, and the ways from the market to an order."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from browser_desk import CHROMIUM_FLAGS, Desk, Platform, chromium_path, post, violations
from browser_pages import RB

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]


def title(page: Page, name: str) -> Locator:
    return page.get_by_role("columnheader", name=name)


def choose_layout(page: Page, name: str) -> None:
    page.get_by_role("button", name="布局").click()
    page.get_by_role("group", name="选用或保存").get_by_role("button", name=name, exact=True).click()


def test_a_saved_layout_brings_back_columns_order_period_and_sizes_at_any_machine(
    simulator: Platform, sit_down: Callable[..., Desk]
) -> None:
    page = sit_down(simulator).sign_in()
    expect(page.get_by_test_id("last-price")).to_be_visible()
    page.get_by_role("button", name="列", exact=True).click()
    page.get_by_role("checkbox", name="涨跌", exact=True).uncheck()
    page.keyboard.press("Escape")
    title(page, "涨幅").get_by_role("button").click()
    page.get_by_role("button", name="15分", exact=True).click()
    edge = page.get_by_role("separator", name="行情与走势图的宽度")
    edge.focus()
    before = page.locator(".quotes-panel").bounding_box()
    edge.press("ArrowRight")
    page.get_by_role("button", name="布局").click()
    page.get_by_role("textbox", name="布局的名称").fill("夜盘")
    with page.expect_response(lambda answer: answer.url.endswith("/me/desk") and answer.request.method == "PUT"):
        page.get_by_role("button", name="保存", exact=True).click()
    elsewhere = sit_down(simulator).sign_in()
    expect(elsewhere.get_by_role("button", name="布局")).to_contain_text("夜盘")
    expect(elsewhere.get_by_role("button", name="15分", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(title(elsewhere, "涨跌")).to_have_count(0)
    expect(title(elsewhere, "涨幅")).to_have_attribute("aria-sort", "descending")
    after = elsewhere.locator(".quotes-panel").bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] > before["width"] + 10
    elsewhere.get_by_role("button", name="日线", exact=True).click()
    choose_layout(elsewhere, "看图")
    expect(elsewhere.locator(".opportunities-panel")).to_be_hidden()
    choose_layout(elsewhere, "夜盘")
    expect(elsewhere.get_by_role("button", name="15分", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(elsewhere.locator(".opportunities-panel")).to_be_visible()


@pytest.mark.parametrize(("side", "word"), [("buy", "买入"), ("sell", "卖出")])
def test_an_address_opens_the_ticket_on_its_side(desk: Desk, side: str, word: str) -> None:
    page = desk.sign_in()
    page.goto(f"{desk.platform.url}/market?i={RB}&ticket={side}")
    ticket = page.get_by_role("form", name="下单")
    expect(ticket.get_by_role("button", name=word, exact=True)).to_have_attribute("aria-pressed", "true")
    expect(ticket.get_by_role("button", name=f"{word} rb2605")).to_be_in_viewport(ratio=1)


def test_what_is_held_is_closed_from_the_market_page(desk: Desk) -> None:
    page = desk.sign_in()
    line = {"instrument_id": RB, "side": "buy", "quantity": 2, "execution": {"slip_ticks": 20}}
    post(page, "/api/v1/instructions", {"account_id": "paper", "lines": [line]}, key="held at the market")
    page.goto(f"{desk.platform.url}/market?i={RB}")
    held = page.get_by_role("list", name="已持有")
    expect(held).to_contain_text("2 手")
    held.get_by_role("button", name="平仓 rb2605 多").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("rb2605")
    dialog.get_by_role("button", name="下一步").click()
    dialog.get_by_test_id("close-confirm").click()
    expect(held).to_have_count(0)


def test_three_screens_open_their_windows_and_give_their_room_away(desk: Desk) -> None:
    desk.forgive(
        "409"
    )  # Windows that keep what they changed at once: the later reads the newest desk and does it again.
    page = desk.sign_in()
    expect(page.get_by_test_id("last-price")).to_be_visible()
    windows: list[Page] = []

    def is_third(window: Page) -> bool:
        windows.append(window)
        return len(windows) == 3

    with page.context.expect_page(predicate=is_third):
        choose_layout(page, "三屏")
    for window in windows:
        window.wait_for_url("**/pop/*")
    by_name = {window.url.rpartition("/")[2]: window for window in windows}
    assert sorted(by_name) == ["chart", "depth", "orders"]
    expect(by_name["chart"].get_by_role("region", name="走势图")).to_be_visible()
    expect(page.locator(".chart-panel")).to_be_hidden()
    expect(page.locator(".rail")).to_be_hidden()
    quotes = page.locator(".quotes-panel").bounding_box()
    assert quotes is not None
    assert quotes["height"] > 600
    # Chosen again, and after the page was loaded anew: the same windows, not three more.
    choose_layout(page, "三屏")
    page.reload()
    expect(page.locator(".chart-panel")).to_be_hidden()
    page.wait_for_timeout(1500)
    choose_layout(page, "三屏")
    expect(page.locator(".chart-panel")).to_be_hidden()
    assert len([each for each in page.context.pages if each is not page]) == 3
    # Closed, its panel stands on the page again.
    by_name["chart"].close()
    expect(page.locator(".chart-panel")).to_be_visible()
    expect(page.locator(".rail")).to_be_hidden()
    desk.photograph("three-screens")


def test_a_browser_that_blocks_windows_is_told_about_and_nothing_is_missing(
    browser: Browser, simulator: Platform
) -> None:
    # As people have it: one window a click (Chromium), or none at all (its shell, which knows no click).
    strict = browser.browser_type.launch(
        executable_path=chromium_path(),
        args=[*CHROMIUM_FLAGS, "--block-new-web-contents"],
        ignore_default_args=["--disable-popup-blocking"],
    )
    desk = Desk(strict, simulator)
    page = desk.sign_in()
    expect(page.get_by_test_id("last-price")).to_be_visible()
    choose_layout(page, "三屏")
    told = page.get_by_role("group", name="没有打开的窗口")
    expect(told).to_contain_text("始终允许")
    refused = told.get_by_role("button", name="打开")
    expect(told).to_contain_text(f"浏览器拦下了 {refused.count()} 个窗口")
    assert refused.count() + len(page.context.pages) - 1 == 3
    expect(told.get_by_role("button", name="打开盘口")).to_be_visible()
    expect(page.locator(".book-panel")).to_be_visible()
    assert violations(page) == []
    desk.photograph("three-screens-blocked")
    if len(page.context.pages) > 1:
        with page.context.expect_page():
            told.get_by_role("button", name="打开盘口").click()
        expect(page.locator(".book-panel")).to_be_hidden()
    told.get_by_role("button", name="知道了").click()
    expect(told).to_have_count(0)
    desk.close()
    strict.close()
