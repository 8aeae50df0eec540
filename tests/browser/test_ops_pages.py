"""The operator's pages: the map, the log, the alerts with their pages, the settings, and a recorded day replayed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser_desk import PHONE, Desk, Platform, violations

pytestmark = [pytest.mark.browser, pytest.mark.data, pytest.mark.timeout(120)]

AWAY = r"ERR_CONNECTION_REFUSED|503|WebSocket connection to|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Iterator[Platform]:
    platform = Platform(
        tmp_path_factory.mktemp("ops"), f"market.replay.folder={data_dir / 'futures_tick'}", "log.level=info"
    )
    platform.start()
    yield platform
    platform.stop()


@pytest.fixture
def page(house: Platform, sit_down: Callable[..., Desk]) -> Page:
    return sit_down(house).sign_in("/ops")


def test_the_map_shows_every_service_and_a_click_says_what_it_does(page: Page) -> None:
    for part in ("source", "market", "features", "strategies", "signals", "trading", "push", "api", "database"):
        expect(page.get_by_test_id(f"part-{part}")).to_be_visible()
    expect(page.get_by_test_id("part-market")).to_contain_text("正常")
    page.get_by_test_id("part-market").click()
    detail = page.get_by_test_id("ops-detail")
    expect(detail).to_contain_text("没有警报涉及这里")
    expect(detail).to_contain_text("最近日志")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(detail).to_have_count(0)


def test_the_older_address_leads_to_the_same_page(page: Page) -> None:
    page.goto(page.url.replace("/ops", "/system"))
    expect(page.get_by_test_id("part-market")).to_be_visible()


def test_the_log_is_filtered_and_a_line_opens(page: Page) -> None:
    page.get_by_role("link", name="日志").click()
    log = page.get_by_test_id("ops-log")
    expect(log).to_contain_text("desk_opened")
    page.get_by_label("服务", exact=True).select_option("desk")
    expect(log).not_to_contain_text("client_connected")
    page.get_by_role("button", name=re.compile("desk_opened")).click()
    expect(log).to_contain_text("took_s")
    assert violations(page) == []
    page.get_by_role("searchbox").fill("nothing of that name")
    expect(page.get_by_text("没有符合条件的日志")).to_be_visible()


def test_each_alert_has_its_page_in_the_readers_language(page: Page) -> None:
    page.get_by_role("link", name="警报").click()
    page.get_by_role("button", name="行情中断").click()
    expect(page.get_by_test_id("handbook")).to_contain_text("恢复发布端")
    assert violations(page) == []
    page.get_by_test_id("language").click()
    expect(page.get_by_test_id("handbook")).to_contain_text("What to do")


def test_settings_are_found_by_name_and_say_where_they_come_from(page: Page) -> None:
    page.get_by_role("link", name="配置").click()
    page.get_by_role("searchbox").fill("market.replay.folder")
    row = page.get_by_role("row", name=re.compile("market.replay.folder"))
    expect(row).to_contain_text("futures_tick")
    expect(row).to_contain_text("启动参数")
    assert violations(page) == []


def test_a_phone_shows_every_part_without_scrolling_sideways(house: Platform, sit_down: Callable[..., Desk]) -> None:
    page = sit_down(house, viewport=PHONE, theme="light").sign_in("/ops")
    for tab in ("总览", "日志", "警报", "配置", "数据与回放"):
        page.get_by_role("link", name=tab, exact=True).click()
        expect(page.get_by_role("link", name=tab, exact=True)).to_have_attribute("aria-current", "page")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), tab


def test_a_recorded_day_is_played_beside_the_live_line_and_sought_in(
    house: Platform, sit_down: Callable[..., Desk]
) -> None:
    desk = sit_down(house)
    desk.forgive(AWAY)
    page = desk.sign_in("/ops/data")
    page.get_by_role("button", name="回放 CFFEX.IF2101_20210104.parquet").click()
    page.get_by_label("速度").select_option("60×")
    assert violations(page) == []
    page.get_by_test_id("replay-start").click()
    link = page.get_by_role("link", name="打开")
    expect(link).to_be_visible(timeout=60_000)
    address = link.get_attribute("href") or ""
    watching = page.context.new_page()
    watching.goto(address)
    position = watching.get_by_test_id("replay-position")
    expect(position).to_contain_text("2021-01-04", timeout=30_000)
    assert watching.title().startswith("【回放】")
    watching.goto(address.replace("/market", "/ops"))
    expect(watching.get_by_test_id("replay")).to_contain_text("不能下单")
    seek = watching.get_by_test_id("replay-seek")
    seek.fill("70")
    expect(position).to_contain_text("2021-01-04 13:", timeout=30_000)
    seek.fill("10")
    expect(position).to_contain_text("2021-01-04 09:", timeout=60_000)
    watching.close()
    expect(page.get_by_test_id("link-state")).to_have_text("已连接")
    page.get_by_role("button", name="结束", exact=True).click()
    page.get_by_test_id("replay-end").click()
    expect(page.get_by_test_id("ops-replay")).to_contain_text("已结束")
