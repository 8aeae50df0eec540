"""The recorded IF2101 day in the browser: marked as a replay, and obeying its bar."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from browser_desk import Desk, Platform

# A server that stops or has just started answers questions to its desk with 503.
ABSENT = r"ERR_CONNECTION_REFUSED|503|WebSocket connection to|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET"

pytestmark = [pytest.mark.browser, pytest.mark.data, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def replaying(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Iterator[Platform]:
    recording = data_dir / "futures_tick" / "CFFEX.IF2101_20210104.parquet"
    flags = ("market.source=replay", f"market.replay.path={recording}", "market.replay.speed=60")
    platform = Platform(tmp_path_factory.mktemp("replay"), *flags)
    platform.start()
    yield platform
    platform.stop()


@pytest.fixture
def page(replaying: Platform, sit_down: Callable[..., Desk]) -> Page:
    desk = sit_down(replaying)
    page = desk.sign_in()
    expect(page.get_by_test_id("replay")).to_contain_text("回放 · 非实时行情")
    return page


def bar(page: Page) -> Locator:
    return page.get_by_test_id("replay")


def played(page: Page) -> int:
    return int(page.get_by_test_id("replay-ticks").inner_text().split(" ")[0].replace(",", ""))


def pause(page: Page) -> None:
    bar(page).get_by_role("button", name="暂停").click()
    expect(bar(page)).to_contain_text("已暂停")


def resume(page: Page) -> None:
    bar(page).get_by_role("button", name="继续").click()
    expect(bar(page)).to_contain_text("播放中")


def test_the_recorded_day_plays_and_is_marked_as_a_replay(page: Page) -> None:
    expect(page.get_by_test_id("replay-position")).to_contain_text("2021-01-04")
    expect(page.get_by_role("row", name="IF2101")).to_be_visible()
    price = page.get_by_test_id("last-price")
    expect(price).not_to_have_text(price.inner_text())
    expect(page.get_by_role("contentinfo")).to_contain_text("回放 · 2021-01-04")


def test_a_paused_replay_stands_still_and_a_step_plays_one_tick(page: Page) -> None:
    pause(page)
    before = played(page)
    bar(page).get_by_role("button", name="单步").click()
    expect(page.get_by_test_id("replay-ticks")).to_have_text(f"{before + 1:,} 笔")
    resume(page)
    expect(page.get_by_test_id("replay-ticks")).not_to_have_text(f"{before + 1:,} 笔")


def test_speed_is_changed_from_the_page(page: Page) -> None:
    speed = bar(page).get_by_role("combobox", name="速度")
    speed.select_option("10×")
    expect(speed).to_have_value("10")
    page.reload()
    expect(bar(page).get_by_role("combobox", name="速度")).to_have_value("10")
    bar(page).get_by_role("combobox", name="速度").select_option("60×")


def test_space_pauses_and_plays_and_the_full_stop_steps(page: Page) -> None:
    page.get_by_role("grid", name="行情报价").focus()
    page.keyboard.press("Space")
    expect(bar(page)).to_contain_text("已暂停")
    before = played(page)
    page.keyboard.press(".")
    expect(page.get_by_test_id("replay-ticks")).to_have_text(f"{before + 1:,} 笔")
    page.keyboard.press("Space")
    expect(bar(page)).to_contain_text("播放中")


def test_the_place_in_the_day_keeps_up_with_the_quotes(page: Page) -> None:
    expect(page.get_by_test_id("last-price")).to_be_visible()
    apart = """() => {
        const seconds = (text) => text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
        const place = document.querySelector('[data-testid=replay-position]').textContent.slice(-8)
        const quote = [...document.querySelectorAll('.detail-panel .facts dd')].at(-1).textContent
        return Math.abs(seconds(place) - seconds(quote.trim())) <= 45
    }"""
    page.wait_for_function(apart)


def test_a_single_contract_leaves_its_room_to_the_opportunities(page: Page) -> None:
    grid = page.locator(".quotes-panel").bounding_box()
    opportunities = page.locator(".opportunities-panel").bounding_box()
    assert grid is not None
    assert opportunities is not None
    assert grid["height"] < 150 < opportunities["height"]


def test_after_a_restart_nothing_of_the_old_run_is_left(
    tmp_path: Path, data_dir: Path, sit_down: Callable[..., Desk]
) -> None:
    recording = data_dir / "futures_tick" / "CFFEX.IF2101_20210104.parquet"
    flags = (f"market.replay.path={recording}", "market.replay.speed=600", "market.replay.start_paused=true")
    platform = Platform(tmp_path, "market.source=replay", *flags)
    platform.start()
    try:
        desk = sit_down(platform)
        desk.forgive(ABSENT)
        page = desk.sign_in()
        resume(page)
        expect(page.get_by_test_id("replay-position")).to_contain_text("2021-01-04 09:5", timeout=30_000)
        platform.stop()
        expect(page.get_by_test_id("banner")).to_be_visible()
        platform.start()
        expect(page.get_by_test_id("link-state")).to_have_text("已连接", timeout=30_000)
        expect(page.get_by_test_id("last-price")).to_have_count(0)
        expect(page.locator(".chart-panel")).to_contain_text("还没有K线")
        bar(page).get_by_role("button", name="单步").click()
        expect(page.get_by_test_id("last-price")).to_be_visible()
        for clock in (page.get_by_test_id("replay-position"), page.get_by_role("contentinfo")):
            expect(clock).to_contain_text(re.compile("2021-01-04 09:(29|30)"))
    finally:
        platform.stop()


def test_the_whole_day_at_full_speed_ends_without_an_error(replaying: Platform, sit_down: Callable[..., Desk]) -> None:
    desk = sit_down(replaying, theme="light")
    page = desk.sign_in()
    bar(page).get_by_role("combobox", name="速度").select_option("最快")
    expect(bar(page)).to_contain_text("已播完", timeout=60_000)
    expect(page.get_by_test_id("replay-position")).to_contain_text("2021-01-04 15:")
    page.get_by_role("button", name="分时", exact=True).click()
    page.reload()
    expect(page.get_by_role("region", name="机会", exact=True)).to_contain_text("已结束")
    desk.photograph("replay-day")
