"""The replay bar where the market, the rooms, REST and push are processes of their own: every knob, back included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from browser_desk import PAGE, PHONE, Desk
from real_redis import RealRedis
from services_apart import LINE, Services
from tradewind.kernel.settings import load
from tradewind.runtime.identity import access_tokens
from tradewind.runtime.settings import TradewindSettings

pytestmark = [pytest.mark.browser, pytest.mark.data, pytest.mark.timeout(180)]

DAY = "futures_tick/CFFEX.IF2101_20210104.parquet"
# Nobody answers for the market while all begins anew, and push sees its pages off.
MEANWHILE = r"status of 503|WebSocket connection to"


class Apart:
    """Services of which each is a process of its own; a `Served`."""

    def __init__(self, folder: Path, services: Services) -> None:
        self.services = services
        self.token = access_tokens(load(TradewindSettings, flags=[f"data_dir={folder}"]).settings).renew()
        self.url = f"http://127.0.0.1:{services.ports['api_port']}"

    def is_own(self, url: str) -> bool:
        parts = urlsplit(url)
        ours = {self.services.ports["api_port"], self.services.ports["push_port"]}
        return parts.scheme in {"data", "blob"} or (parts.hostname == "127.0.0.1" and parts.port in ours)


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Iterator[Apart]:
    if not PAGE.is_file():
        pytest.fail("the page is not built; run `npm ci && npm run build` in web/")
    folder = tmp_path_factory.mktemp("replay-apart")
    redis = RealRedis(folder)
    redis.start()
    flags = ("market.source=replay", f"market.replay.path={data_dir / DAY}", "market.replay.start_paused=true")
    services = Services(folder, redis, *flags)
    services.start(*LINE, "market", "push", "api")
    for name in ("market", "push"):
        services.wait_connected(services.ports[f"{name}_health"])
    services.wait_connected(services.ports["api_port"])
    yield Apart(folder, services)
    services.end()
    redis.kill()


def place(page: Page) -> str:
    return page.get_by_test_id("replay-position").inner_text()


def go_to(page: Page, time: str) -> None:
    """Name a time of the day, as somebody does who has it in mind."""
    field = page.get_by_test_id("replay-time")
    field.fill(time)
    field.press("Enter")


def test_a_day_is_played_sought_through_and_gone_back_in(apart: Apart, sit_down: Callable[..., Desk]) -> None:
    desk = sit_down(apart)
    desk.forgive(MEANWHILE)
    page = desk.sign_in()
    bar = page.get_by_test_id("replay")
    expect(bar).to_contain_text("回放 · 非实时行情")
    expect(bar).to_contain_text("已暂停")
    bar.get_by_role("combobox", name="速度").select_option("60×")
    bar.get_by_role("button", name="继续").click()
    expect(bar).to_contain_text("播放中")
    expect(page.get_by_test_id("last-price")).to_be_visible()
    bar.get_by_role("button", name="暂停").click()
    expect(bar).to_contain_text("已暂停")
    go_to(page, "13:30:00")
    expect(page.get_by_test_id("replay-position")).to_contain_text("2021-01-04 13:2", timeout=30_000)
    expect(page.locator("footer")).to_contain_text("13:2", timeout=30_000)
    desk.photograph("replay-apart-ahead")
    # Back: what is shown of the afternoon goes, without a reload, and the page stays where it was.
    page.evaluate("() => { window.stayed = true }")
    go_to(page, "10:00:00")
    expect(bar).to_contain_text("跳转中")
    desk.photograph("replay-apart-turning")
    expect(page.get_by_test_id("replay-position")).to_contain_text("2021-01-04 09:59", timeout=30_000)
    expect(page.locator("footer")).to_contain_text("09:59", timeout=30_000)
    expect(page.get_by_test_id("link-state")).to_have_text("已连接")
    assert page.evaluate("() => window.stayed") is True
    for row in page.locator(".opportunities-panel time").all_inner_texts():
        assert row < "10:00", row
    desk.photograph("replay-apart-behind")
    bar.get_by_role("combobox", name="速度").select_option("最快")
    bar.get_by_role("button", name="继续").click()
    expect(bar).to_contain_text("已播完", timeout=60_000)
    expect(page.get_by_test_id("replay-position")).to_contain_text("2021-01-04 15:")
    desk.photograph("replay-apart-end")
    # From its end too, by the slider, and on a phone.
    bar.get_by_role("combobox", name="速度").select_option("60×")
    page.get_by_test_id("replay-seek").fill("25")
    expect(bar).to_contain_text("播放中", timeout=30_000)
    bar.get_by_role("button", name="暂停").click()
    expect(bar).to_contain_text("已暂停")


def test_the_bar_is_unmistakable_on_a_phone_in_english(apart: Apart, sit_down: Callable[..., Desk]) -> None:
    desk = sit_down(apart, viewport=PHONE)
    page = desk.sign_in()
    bar = page.get_by_test_id("replay")
    expect(bar).to_contain_text("回放 · 非实时行情")
    desk.photograph("replay-apart-phone-zh")
    page.evaluate("() => localStorage.setItem('tradewind.settings', JSON.stringify({ locale: 'en' }))")
    page.reload()
    expect(bar).to_contain_text("Replay · not live")
    badge = bar.locator(".replay-badge").bounding_box()
    assert badge is not None
    assert badge["x"] >= 0
    assert badge["x"] + badge["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.title().startswith("[Replay]")
    desk.photograph("replay-apart-phone")
