"""The frame around every page: tasks, palette, keys, windows, what it keeps of a person, and what it lets nobody do."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from browser_desk import PHONE, Desk, Platform, sit_as, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

TASKS = ["行情", "信号", "交易", "指令", "账户", "采集", "运维", "管理"]
VISITED = """async paths => {
  const seen = []
  for (const path of paths) {
    document.querySelector(`a[href="${path}"]`).click()
    while (document.querySelector('#main h1') === null || location.pathname !== path) {
      await new Promise(done => requestAnimationFrame(done))
    }
    seen.push(path)
    await new Promise(done => setTimeout(done, 100))
  }
  return seen
}"""


def palette(page: Page, text: str) -> None:
    """Open the palette and type."""
    # What listens to the keys comes once the page stands.
    expect(page.get_by_test_id("open-palette")).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_test_id("palette").get_by_role("combobox")).to_be_focused()
    page.keyboard.type(text)


def test_a_desk_and_a_phone_offer_the_same_tasks_in_the_same_order(
    simulator: Platform, sit_down: Callable[..., Desk]
) -> None:
    desk, phone = sit_down(simulator).sign_in(), sit_down(simulator, viewport=PHONE).sign_in()
    phone.get_by_test_id("phone-more").click()
    for page in (desk, phone):
        expect(page.get_by_role("navigation", name="主导航").get_by_role("link")).to_have_text(TASKS)


def test_the_pages_of_a_task_stand_below_it(desk: Desk) -> None:
    page = desk.sign_in("/trades")
    pages = page.get_by_role("navigation", name="本组页面").get_by_role("link")
    expect(pages).to_have_text(["持仓", "委托成交", "策略"])
    expect(pages.nth(1)).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("link", name="交易", exact=True)).to_have_attribute("aria-current", "true")
    assert violations(page) == []


def test_who_may_only_look_at_the_market_is_offered_nothing_else_by_the_palette(desk: Desk) -> None:
    sit_as(desk, {"market": [["*", "*"]]})
    page = desk.sign_in()
    palette(page, "")
    offered = page.get_by_test_id("palette").get_by_role("option")
    expect(offered.filter(has_text="行情").first).to_be_visible()
    expect(offered.filter(has_text="紧急停止")).to_have_count(0)
    expect(offered.filter(has_text="持仓")).to_have_count(0)


@pytest.mark.parametrize("typed", ["lwg", "rb2605", "螺纹"])
def test_the_palette_finds_a_contract_by_initials_code_and_name(desk: Desk, typed: str) -> None:
    page = desk.sign_in("/positions")
    palette(page, typed)
    expect(page.get_by_test_id("palette").get_by_role("option").first).to_contain_text("rb2605")
    assert violations(page) == []
    desk.photograph("palette")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/market\?i=rb2605\.SHFE"))


def test_the_palette_opens_the_emergency_stop_and_never_stops_by_itself(desk: Desk) -> None:
    acts: list[str] = []
    desk.page.on("request", lambda request: acts.append(request.url) if request.method == "POST" else None)
    page = desk.sign_in()
    acts.clear()
    palette(page, "紧急停止")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="紧急停止")).to_be_visible()
    page.keyboard.press("Escape")
    assert not [url for url in acts if "emergency-stop" in url]


def test_the_palette_signs_out(desk: Desk) -> None:
    desk.forgive("status of 401")  # A question may be under way when the session ends.
    page = desk.sign_in()
    palette(page, "退出")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="登录信风")).to_be_visible()


def test_what_was_used_last_stands_first_at_another_machine(simulator: Platform, sit_down: Callable[..., Desk]) -> None:
    page = sit_down(simulator).sign_in()
    palette(page, "密度：紧凑")
    with page.expect_response(lambda answer: "/me/desk" in answer.url and answer.request.method == "PUT") as saved:
        page.keyboard.press("Enter")
    assert saved.value.ok
    expect(page.locator("html")).to_have_attribute("data-density", "compact")
    elsewhere = sit_down(simulator).sign_in()
    expect(elsewhere.get_by_test_id("account-line")).to_be_visible()
    palette(elsewhere, "")
    expect(elsewhere.get_by_test_id("palette").get_by_role("option").first).to_contain_text("紧凑")


def test_each_key_leads_where_the_sheet_of_keys_says(desk: Desk) -> None:
    page = desk.sign_in()
    expect(page.get_by_test_id("open-palette")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_test_id("keys")).to_contain_text("F10")
    assert violations(page) == []
    page.keyboard.press("Escape")
    for key, path in (
        ("F6", "/positions"), ("F7", "/trades?tab=orders"), ("F8", "/trades?tab=trades"), ("F9", "/instructions"),
        ("F10", "/account"), ("F2", "/market"),
    ):  # fmt: skip
        page.keyboard.press(key)
        page.wait_for_url(lambda url, path=path: path in url)  # type: ignore[misc]


def test_the_frame_says_which_session_it_is_and_what_the_account_holds(desk: Desk) -> None:
    page = desk.sign_in("/system")
    expect(page.get_by_test_id("market-session")).to_contain_text("交易日")
    expect(page.get_by_test_id("account-line")).to_contain_text("1,000,000.00")


def test_pages_that_were_fetched_ahead_follow_each_other_by_a_click(desk: Desk) -> None:
    page = desk.sign_in()
    expect(page.get_by_test_id("market-session")).to_be_visible()
    page.wait_for_function(
        "() => performance.getEntriesByType('resource').some(({ name }) => name.includes('SystemPage'))"
    )
    # How long it takes is for `bench web` to say.
    paths = ["/positions", "/account", "/signals", "/ops", "/market"]
    assert page.evaluate(VISITED, paths) == paths


@pytest.mark.parametrize(
    ("old", "now"),
    [
        ("/realtime", "/market"), ("/accounts", "/account"), ("/watch", "/market"), ("/inst", "/instructions"),
        ("/orders", "/trades"), ("/strategies", "/strategy"), ("/trades/", "/trades"), ("/sys", "/admin"),
    ],
)  # fmt: skip
def test_an_address_of_the_older_systems_leads_to_its_page(desk: Desk, old: str, now: str) -> None:
    page = desk.page
    page.goto(f"{desk.platform.url}/login?next={old}#{desk.platform.token}")
    page.wait_for_url(re.compile(rf"{now}(\?|$|/$)"))
    expect(page.get_by_role("heading", level=1)).not_to_have_text("没有这个页面")


@pytest.mark.parametrize("panel", ["chart", "quotes", "depth", "positions", "orders"])
def test_a_panel_stands_in_a_window_of_its_own(desk: Desk, panel: str) -> None:
    desk.sign_in()
    page = desk.page
    page.goto(f"{desk.platform.url}/pop/{panel}")
    expect(page.get_by_role("heading", level=1)).to_be_attached()
    expect(page.get_by_role("region").first).to_be_visible()
    expect(page.get_by_role("navigation", name="主导航")).to_have_count(0)
    assert violations(page) == []
    desk.photograph(f"pop-{panel}")


def test_markup_made_by_a_script_is_stopped_and_told(desk: Desk) -> None:
    desk.forgive("TrustedHTML")
    page = desk.sign_in()
    refused = page.evaluate(
        "(() => { try { document.body.innerHTML = '<p>'; return '' } catch (e) { return e.name } })()"
    )
    assert refused == "TypeError"
    page.get_by_role("tab", name="系统日志").click()
    expect(page.get_by_role("log")).to_contain_text("require-trusted-types-for")


def test_paper_shows_the_page_and_who_printed_it_and_no_frame(desk: Desk) -> None:
    page = desk.sign_in("/positions")
    expect(page.get_by_test_id("account-line")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(".print-head")).to_be_visible()
    for gone in (".header", ".frame-bar", ".footer"):
        expect(page.locator(gone)).to_be_hidden()
