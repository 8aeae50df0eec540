"""What a day at the market page asks of it: whole columns, lists that hold still, keys, remembered choices, a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from browser_desk import PHONE, Desk, Platform

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

LAPTOP: ViewportSize = {"width": 1366, "height": 768}
DESKTOP: ViewportSize = {"width": 1920, "height": 1080}


def panel(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def heading(page: Page) -> Locator:
    return panel(page, "报价").get_by_role("heading")


@pytest.mark.parametrize("viewport", [LAPTOP, DESKTOP], ids=["laptop", "desktop"])
def test_no_column_is_cut_at_the_edge_of_the_grid(
    simulator: Platform, sit_down: Callable[..., Desk], viewport: ViewportSize
) -> None:
    page = sit_down(simulator, viewport=viewport).sign_in()
    expect(page.get_by_test_id("last-price")).to_be_visible()
    cut = """() => {
        const grid = document.querySelector('.grid-scroller')
        const edge = grid.getBoundingClientRect().left + grid.clientWidth
        return [...grid.querySelectorAll('.grid-title')]
            .map((title) => title.getBoundingClientRect())
            .filter(({ left, right }) => left < edge - 1 && right > edge + 1).length
    }"""
    assert page.evaluate(cut) == 0


def test_no_cell_of_the_grid_and_no_fact_of_the_quote_is_cut(
    simulator: Platform, sit_down: Callable[..., Desk]
) -> None:
    page = sit_down(simulator, viewport=LAPTOP).sign_in()
    expect(page.get_by_test_id("last-price")).to_be_visible()
    # The room that is left beside the rail's scroll bar, which a headless browser does not show.
    page.evaluate("document.querySelector('.rail').style.paddingRight = '11px'")
    cut = """() => [...document.querySelectorAll('.grid-cell, .detail-panel dd, .detail-panel dt, .rail table')]
        .filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent)"""
    assert page.evaluate(cut) == []
    page.get_by_test_id("language").click()
    expect(page.get_by_role("grid", name="Quotes")).to_be_visible()
    assert page.evaluate(cut) == []


def test_the_rail_has_one_scroll_bar_at_most(simulator: Platform, sit_down: Callable[..., Desk]) -> None:
    page = sit_down(simulator, viewport=LAPTOP).sign_in()
    page.get_by_role("button", name="特征", exact=True).click()
    expect(panel(page, "特征").get_by_role("row", name="60s")).to_be_attached()
    inner = (
        "() => [...document.querySelectorAll('.rail .panel-scroll')].filter((e) => e.scrollHeight > e.clientHeight + 1)"
    )
    assert page.evaluate(f"({inner})().length") == 0


def test_opportunities_hold_still_under_the_pointer(desk: Desk) -> None:
    page = desk.sign_in()
    items = panel(page, "机会").get_by_role("listitem")
    expect(items.nth(2)).to_be_visible()
    items.nth(1).hover()
    names = "() => [...document.querySelectorAll('.opportunities-panel .card strong')].map((e) => e.textContent)"
    before = page.evaluate(names)
    expect(page.locator(".opportunities-panel .waiting")).to_contain_text("条新的", timeout=60_000)
    assert page.evaluate(names)[: len(before)] == before
    page.mouse.move(2, 2)
    expect(page.locator(".opportunities-panel .waiting")).to_have_count(0)


def test_the_details_stay_with_the_opportunity_they_began_with(desk: Desk) -> None:
    page = desk.sign_in("/signals")
    items = panel(page, "机会").get_by_role("listitem")
    expect(items.first).to_be_visible()
    chosen = page.locator(".card.is-selected strong").inner_text()
    panel(page, "机会").get_by_role("button", name="全部").click()
    expect(panel(page, "策略信号").get_by_role("row").nth(1)).to_be_visible()
    expect(panel(page, "详情").locator(".trace-title strong")).to_have_text(chosen)


def test_alerts_are_filtered_by_severity_and_the_choice_is_remembered(desk: Desk) -> None:
    page = desk.sign_in()
    page.get_by_role("tab", name="风险预警").click()
    expect(page.locator(".alert-row").first).to_be_visible()
    page.get_by_role("combobox", name="最低级别").select_option("high")
    expect(page.locator(".alert-row .severity.is-low, .alert-row .severity.is-medium")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("combobox", name="最低级别")).to_have_value("high")


def test_the_period_of_the_chart_is_remembered(desk: Desk) -> None:
    page = desk.sign_in()
    page.get_by_role("button", name="分时", exact=True).click()
    page.reload()
    expect(page.get_by_role("button", name="分时", exact=True)).to_have_attribute("aria-pressed", "true")


def test_the_chosen_instrument_stands_in_the_address(desk: Desk) -> None:
    page = desk.sign_in()
    page.wait_for_url("**/market?i=*")
    page.goto(f"{desk.platform.url}/market?i=rb2605.SHFE")
    expect(heading(page)).to_contain_text("rb2605")


def test_enter_goes_to_the_chart_page_keys_walk_contracts_and_escape_comes_back(desk: Desk) -> None:
    page = desk.sign_in()
    grid = page.get_by_role("grid", name="行情报价")
    expect(page.get_by_test_id("last-price")).to_be_visible()
    grid.focus()
    page.keyboard.press("Home")
    first = heading(page).inner_text()
    page.keyboard.press("Enter")
    expect(page.locator(".chart-panel")).to_be_focused()
    page.keyboard.press("PageDown")
    expect(heading(page)).not_to_have_text(first)
    page.keyboard.press("PageUp")
    expect(heading(page)).to_have_text(first)
    page.keyboard.press("Escape")
    expect(grid).to_be_focused()


def test_arrow_keys_move_among_the_tabs(desk: Desk) -> None:
    page = desk.sign_in()
    expect(page.get_by_role("tab").first).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tab").first).to_have_text("下单")
    page.get_by_role("tab", name="风险预警").click()
    page.keyboard.press("ArrowRight")
    log = page.get_by_role("tab", name="系统日志")
    expect(log).to_be_focused()
    expect(log).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tabpanel", name="系统日志")).to_contain_text("已连接")


def test_the_operator_reads_words_and_not_metric_names(desk: Desk) -> None:
    page = desk.sign_in("/system")
    expect(panel(page, "速率")).to_contain_text("收到行情")
    expect(panel(page, "进程与水位")).to_contain_text("每笔耗时 p99 µs")


def test_each_service_can_be_scrolled_into_sight(simulator: Platform, sit_down: Callable[..., Desk]) -> None:
    page = sit_down(simulator, viewport=LAPTOP).sign_in("/system")
    last = panel(page, "服务").get_by_role("row").last
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport()


def test_a_phone_can_sign_out(simulator: Platform, sit_down: Callable[..., Desk]) -> None:
    page = sit_down(simulator, viewport=PHONE).sign_in()
    page.get_by_test_id("me").click()
    page.get_by_role("navigation", name="账号").get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", name="登录信风")).to_be_visible()


@pytest.mark.parametrize("width", [360, 390])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_header_of_a_phone_fits(
    simulator: Platform, sit_down: Callable[..., Desk], width: int, language: str
) -> None:
    page = sit_down(simulator, viewport=PHONE).sign_in()
    page.set_viewport_size({"width": width, "height": 800})
    if language == "en":
        page.get_by_test_id("language").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_test_id("link-state")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelector('.header').scrollWidth") <= width
