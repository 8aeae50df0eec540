"""Layouts of the market page: kept by the server, changed by hand, and the ways from the market to an order."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from browser_desk import Desk, Platform, post
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
