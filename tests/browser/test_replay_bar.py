"""The recorded IF2101 day in the browser: marked as a replay, and obeying its bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from browser_desk import Desk, Platform

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


def test_the_whole_day_at_full_speed_ends_without_an_error(replaying: Platform, sit_down: Callable[..., Desk]) -> None:
    desk = sit_down(replaying, theme="light")
    page = desk.sign_in()
    bar(page).get_by_role("combobox", name="速度").select_option("最快")
    expect(bar(page)).to_contain_text("已播完", timeout=60_000)
    expect(page.get_by_test_id("replay-position")).to_contain_text("2021-01-04 15:")
    page.get_by_role("button", name="分时", exact=True).click()
    desk.photograph("replay-day")
