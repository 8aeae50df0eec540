"""The market page of a running platform: quotes, chart, book, opportunities, switches, keys, phone (C-000-5)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from browser_desk import PHONE, REPO, Desk, Platform

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

AXE = REPO / "web" / "node_modules" / "axe-core" / "axe.min.js"
AXE_RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']}"


def row(page: Page, symbol: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=symbol, exact=True))


def panel(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def test_prices_tick_and_the_chosen_instrument_fills_every_panel(desk: Desk) -> None:
    page = desk.sign_in()
    row(page, "cu2604").click()
    quote = panel(page, "报价")
    expect(quote.get_by_role("heading")).to_contain_text("cu2604")
    price = page.get_by_test_id("last-price")
    before = price.inner_text()
    expect(price).not_to_have_text(before)
    book = page.get_by_role("table", name="盘口")
    for level in ("卖五", "卖一", "买一", "买五"):
        expect(book.get_by_role("row", name=level)).to_contain_text("8")
    expect(panel(page, "明细").get_by_role("row").nth(1)).to_be_visible()
    page.get_by_role("button", name="特征", exact=True).click()
    expect(panel(page, "特征")).to_contain_text("RSI")
    expect(page.locator(".chart-panel canvas").first).to_be_visible()
    expect(panel(page, "机会").get_by_role("listitem").first).to_be_visible()
    page.get_by_role("tab", name="计数").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("在线订阅")
    page.get_by_role("tab", name="系统日志").click()
    expect(page.get_by_role("log")).to_contain_text("已订阅 quotes")
    desk.photograph("market-dark")


@pytest.mark.parametrize("period", ["逐笔", "分时", "3分", "60分", "日线", "周线"])
def test_each_period_of_the_chart_draws_something(desk: Desk, period: str) -> None:
    page = desk.sign_in()
    page.get_by_role("button", name=period, exact=True).click()
    expect(page.get_by_role("button", name=period, exact=True)).to_have_attribute("aria-pressed", "true")
    painted = """() => [...document.querySelectorAll('.chart-panel canvas')].some((canvas) => {
        if (canvas.offsetParent === null || canvas.width === 0) return false
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
        return data.some((value) => value !== 0)
    })"""
    page.wait_for_function(painted)


def test_unsubscribing_stops_the_prices_and_subscribing_starts_them(desk: Desk) -> None:
    page = desk.sign_in()
    price = page.get_by_test_id("last-price")
    expect(price).to_be_visible()
    page.get_by_role("button", name="退订").click()
    expect(panel(page, "行情报价")).to_contain_text("已退订行情")
    expect(page.get_by_text("行情 0/s")).to_be_visible()
    page.get_by_role("button", name="订阅", exact=True).click()
    expect(price).not_to_have_text(price.inner_text())


def test_clearing_empties_the_rows_and_refreshing_fills_them(desk: Desk) -> None:
    page = desk.sign_in()
    cell = row(page, "rb2605").get_by_role("gridcell").nth(1)
    page.get_by_role("button", name="退订").click()
    expect(page.get_by_text("行情 0/s")).to_be_visible()
    page.get_by_role("button", name="清空", exact=True).click()
    expect(cell).to_have_text("—")
    page.get_by_role("button", name="刷新", exact=True).click()
    expect(cell).not_to_have_text("—")


def test_a_header_sorts_and_the_arrow_keys_walk_the_rows(desk: Desk) -> None:
    page = desk.sign_in()
    grid = page.get_by_role("grid", name="行情报价")
    header = grid.get_by_role("columnheader", name="涨幅%")
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "descending")
    grid.get_by_role("columnheader", name="合约").get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "none")
    grid.focus()
    page.keyboard.press("Home")
    first = panel(page, "报价").get_by_role("heading").inner_text()
    page.keyboard.press("ArrowDown")
    expect(panel(page, "报价").get_by_role("heading")).not_to_have_text(first)


def test_typing_opens_the_finder_and_enter_chooses(desk: Desk) -> None:
    page = desk.sign_in()
    expect(page.get_by_test_id("last-price")).to_be_visible()
    page.keyboard.type("lc")
    finder = page.get_by_role("dialog", name="查找合约")
    expect(finder.get_by_role("combobox")).to_have_value("lc")
    page.keyboard.press("Enter")
    expect(finder).to_be_hidden()
    expect(panel(page, "报价").get_by_role("heading")).to_contain_text("lc2605")


def test_theme_colours_and_language_switch_and_are_remembered(desk: Desk) -> None:
    page = desk.sign_in()
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    page.get_by_test_id("theme").click()
    page.get_by_test_id("updown").click()
    page.get_by_test_id("language").click()
    expect(page.get_by_role("grid", name="Quotes")).to_be_visible()
    page.reload()
    expect(root).to_have_attribute("data-theme", "light")
    expect(root).to_have_attribute("data-updown", "us")
    expect(root).to_have_attribute("lang", "en")
    expect(page.get_by_test_id("link-state")).to_have_text("Connected")
    expect(page.get_by_test_id("last-price")).to_be_visible()
    desk.photograph("market-light-english")


def test_an_opportunity_can_be_traced_to_its_strategies(desk: Desk) -> None:
    page = desk.sign_in("/signals")
    expect(panel(page, "策略信号").get_by_role("row").nth(1)).to_be_visible()
    panel(page, "机会").get_by_role("button", name="全部").click()
    panel(page, "机会").get_by_role("listitem").first.get_by_role("button").click()
    expect(panel(page, "详情")).to_contain_text("理由")
    desk.photograph("signals")


def test_the_system_page_shows_each_service_and_its_latency(desk: Desk) -> None:
    page = desk.sign_in("/system")
    expect(panel(page, "服务").get_by_role("row", name="market")).to_contain_text("运行中")
    expect(panel(page, "时延")).to_contain_text("有效行情 → 风控闸门")
    desk.photograph("system")


def test_a_phone_shows_everything_without_sideways_scrolling(
    simulator: Platform, sit_down: Callable[..., Desk]
) -> None:
    desk = sit_down(simulator, viewport=PHONE)
    page = desk.sign_in()
    expect(page.get_by_test_id("last-price")).to_be_visible()
    for task, name in (("行情", "行情"), ("信号", "机会"), ("运维", "系统")):
        # Of eight tasks a thumb finds five; the rest stands behind one more.
        if task == "运维":
            page.get_by_test_id("phone-more").click()
            desk.photograph("phone-more")
        page.get_by_role("navigation", name="主导航").get_by_role("link", name=task).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        desk.photograph(f"phone-{name}")


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("path", ["/market", "/signals", "/system"])
def test_no_page_breaks_the_rules_of_accessibility(
    simulator: Platform, sit_down: Callable[..., Desk], path: str, theme: str
) -> None:
    desk = sit_down(simulator, theme=theme)
    page = desk.sign_in(path)
    expect(page.get_by_test_id("link-state")).to_have_text("已连接")
    expect(page.get_by_role("region").first).to_be_visible()
    assert _violations(page) == []


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("colours", ["us", "cb"])
def test_other_colours_and_the_other_language_keep_the_rules(
    simulator: Platform, sit_down: Callable[..., Desk], colours: str, theme: str
) -> None:
    desk = sit_down(simulator, theme=theme)
    page = desk.sign_in()
    root = page.locator("html")
    for following in ("us", "cb")[: 1 if colours == "us" else 2]:
        page.get_by_test_id("updown").click()
        expect(root).to_have_attribute("data-updown", following)
    page.get_by_test_id("language").click()
    expect(page.get_by_role("grid", name="Quotes")).to_be_visible()
    expect(page.locator(".card, .alert-row").first).to_be_visible()
    assert _violations(page) == []


def test_a_phone_keeps_the_rules_of_accessibility(simulator: Platform, sit_down: Callable[..., Desk]) -> None:
    page = sit_down(simulator, viewport=PHONE).sign_in()
    expect(page.get_by_test_id("last-price")).to_be_visible()
    assert _violations(page) == []


def _violations(page: Page) -> object:
    page.evaluate(_axe(AXE))
    return page.evaluate(
        f"axe.run(document, {AXE_RULES}).then((r) => r.violations.map((v) => v.id + ': ' + v.nodes[0].html))"
    )


def _axe(script: Path) -> str:
    if not script.is_file():
        pytest.fail("axe-core is not there; run `npm ci` in web/")
    return script.read_text(encoding="utf-8")


def test_a_test_quote_is_sent_through_the_line_and_told(desk: Desk) -> None:
    page = desk.sign_in()
    row(page, "cu2604").click()
    expect(page.get_by_role("button", name="发测试行情")).to_have_count(0)
    panel(page, "报价").get_by_role("button", name="操作员用").click()
    panel(page, "报价").get_by_role("button", name="发测试行情").click()
    expect(page.get_by_text("cu2604 的测试行情已发出")).to_be_visible()
