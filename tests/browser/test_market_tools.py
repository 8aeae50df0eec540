"""What a trader arranges on the market page: columns, groups, lists, filter, studies; charts and contracts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from browser_desk import PHONE, Desk, Platform, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

IN_HAND = "在图上点选位置；Esc 取消"


def grid(page: Page) -> Locator:
    return page.get_by_role("grid", name="行情报价")


def begin_to_draw(page: Page, tool: str) -> None:
    page.get_by_role("button", name="画线", exact=True).click()
    page.get_by_role("button", name=tool).click()
    expect(page.get_by_text(IN_HAND)).to_be_visible()


def point_at(page: Page, share: float) -> None:
    """Click upon the candles, at this share of their width."""
    box = page.locator(".chart-space").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * share, box["y"] + 100)


def expect_drawings(page: Page, count: int) -> None:
    kept = "Object.values(JSON.parse(localStorage['tradewind.charts'] ?? '{}').drawings ?? {})"
    page.wait_for_function(f"count => {kept}.flat().length === count", arg=count)


def test_the_filter_is_a_stroke_away_and_shows_what_it_names(desk: Desk) -> None:
    page = desk.sign_in()
    expect(page.get_by_role("searchbox", name="按代码或名称筛选")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("cu")
    expect(grid(page).get_by_role("rowheader")).to_have_text(["cu2604"])
    page.keyboard.press("Escape")
    expect(grid(page).get_by_role("rowheader").nth(1)).to_be_visible()


def test_columns_are_hidden_and_groups_folded_and_both_are_remembered(desk: Desk) -> None:
    page = desk.sign_in()
    page.get_by_role("button", name="列", exact=True).click()
    menu = page.get_by_role("group", name="选择列、顺序、宽度和分组")
    menu.get_by_role("checkbox", name="名称").uncheck()
    menu.get_by_role("combobox").select_option("exchange")
    page.keyboard.press("Escape")
    expect(grid(page).get_by_role("columnheader", name="名称")).to_have_count(0)
    head = grid(page).get_by_role("button", name=re.compile("上期所"))
    head.click()
    expect(head).to_have_attribute("aria-expanded", "false")
    page.reload()
    expect(grid(page).get_by_role("button", name=re.compile("上期所"))).to_have_attribute("aria-expanded", "false")
    expect(grid(page).get_by_role("columnheader", name="名称")).to_have_count(0)
    desk.photograph("market-groups")


def test_shift_sorts_by_one_column_more(desk: Desk) -> None:
    page = desk.sign_in()
    grid(page).get_by_role("columnheader", name="涨幅%").get_by_role("button").click()
    grid(page).get_by_role("columnheader", name="合约").get_by_role("button").click(modifiers=["Shift"])
    expect(grid(page).get_by_role("columnheader", name="涨幅%")).to_contain_text("▼1")
    expect(grid(page).get_by_role("columnheader", name="合约")).to_contain_text("▲2")


def test_a_star_puts_a_contract_into_the_watch_list(desk: Desk) -> None:
    page = desk.sign_in()
    # Wherever the market, and how somebody sorted it before, have put it.
    page.get_by_placeholder("筛选").fill("cu2604")
    page.get_by_role("rowheader", name="cu2604", exact=True).click()
    page.get_by_role("button", name="把 cu2604 加入自选").click()
    page.get_by_role("button", name="自选", exact=True).click()
    expect(grid(page).get_by_role("rowheader")).to_have_text(["cu2604"])


def test_candles_take_studies_marks_and_drawings(desk: Desk) -> None:
    page = desk.sign_in()
    page.get_by_role("button", name="1分", exact=True).click()
    page.get_by_role("button", name="指标", exact=True).click()
    for study in ("MACD", "KDJ", "RSI", "BOLL", "EMA"):
        page.get_by_role("checkbox", name=study, exact=True).check()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="标记", exact=True).click()
    page.get_by_role("checkbox", name="策略信号").check()
    page.keyboard.press("Escape")
    begin_to_draw(page, "水平线")
    point_at(page, 0.5)
    expect_drawings(page, 1)
    desk.photograph("market-studies")


def test_a_line_stays_in_hand_while_the_chart_is_shown_anew(desk: Desk) -> None:
    page = desk.sign_in()
    page.get_by_role("button", name="1分", exact=True).click()
    begin_to_draw(page, "线段")
    point_at(page, 0.3)
    page.get_by_test_id("theme").click()
    # Of two clicks within half a second the chart takes the second for none.
    page.wait_for_timeout(600)
    point_at(page, 0.7)
    expect_drawings(page, 1)
    expect(page.get_by_text(IN_HAND)).to_have_count(0)


def test_escape_gives_up_a_line_that_was_begun(desk: Desk) -> None:
    page = desk.sign_in()
    page.get_by_role("button", name="1分", exact=True).click()
    begin_to_draw(page, "线段")
    point_at(page, 0.3)
    page.keyboard.press("Escape")
    expect(page.get_by_text(IN_HAND)).to_have_count(0)
    point_at(page, 0.7)
    begin_to_draw(page, "水平线")
    point_at(page, 0.5)
    expect_drawings(page, 1)


def test_four_charts_stand_on_a_page_of_their_own(desk: Desk) -> None:
    page = desk.sign_in("/chart/cu2604.SHFE")
    page.get_by_role("button", name="4 个图").click()
    expect(page.get_by_role("region", name=re.compile("走势图"))).to_have_count(4)
    expect(page.get_by_role("heading", level=2).filter(has_text="cu2604")).to_have_count(4)
    assert violations(page) == []
    desk.photograph("charts")


def test_a_contract_tells_its_terms_hours_and_cost(desk: Desk) -> None:
    page = desk.sign_in("/contracts")
    page.get_by_role("searchbox", name="查找合约").fill("cu")
    page.get_by_role("button", name="cu2604", exact=True).click()
    detail = page.get_by_role("region", name="合约详情")
    expect(detail).to_contain_text("50 CNY")
    expect(detail).to_contain_text("交易时段")
    expect(detail).to_contain_text("保证金")
    assert violations(page) == []
    desk.photograph("contracts")


@pytest.mark.parametrize("path", ["/contracts", "/chart/cu2604.SHFE"])
def test_a_phone_shows_the_pages_without_sideways_scrolling(
    simulator: Platform, sit_down: Callable[..., Desk], path: str
) -> None:
    page = sit_down(simulator, viewport=PHONE).sign_in(path)
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert violations(page) == []
