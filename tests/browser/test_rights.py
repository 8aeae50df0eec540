"""What somebody may not see is not offered, and says so where it is visited all the same."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from browser_desk import Desk, sit_as

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

EVERYTHING = [["*", "*"]]


def test_who_sees_the_market_alone_is_offered_the_market_alone(desk: Desk) -> None:
    sit_as(desk, {"market": EVERYTHING})
    page = desk.sign_in("/market")
    expect(page.get_by_test_id("link-state")).to_have_text("已连接")
    expect(page.get_by_role("navigation", name="主导航").first.get_by_role("link")).to_have_text(["行情", "信号"])
    expect(page.get_by_test_id("stop")).to_have_count(0)
    page.goto(f"{desk.platform.url}/positions")
    expect(page.get_by_test_id("not-allowed")).to_contain_text("没有权限")
    desk.photograph("not-allowed")
    page.get_by_test_id("language").click()
    expect(page.get_by_test_id("not-allowed")).to_contain_text("You have no permission for this")


def test_who_sees_the_desk_alone_asks_nothing_of_the_market(desk: Desk) -> None:
    asked: list[str] = []
    sit_as(desk, {"view": [["fund_a", "*"]], "halt": [["fund_a", "*"]]})
    desk.page.on("request", lambda request: asked.append(request.url))
    page = desk.sign_in("/positions")
    expect(page.get_by_test_id("link-state")).to_have_text("已连接")
    expect(page.get_by_test_id("not-allowed")).to_have_count(0)
    expect(page.get_by_test_id("stop")).to_have_count(0)
    assert not [url for url in asked if url.endswith(("/api/v1/quotes", "/api/v1/opportunities"))]


OVERHEARD = "const Own = Worker; Worker = class extends Own { constructor(...all) { super(...all); self.feed = this } }"
LOST = {
    "kind": "note",
    "note": {"at": 0, "code": "refused", "level": "warn", "params": {"code": "not_allowed", "message": "it has ended"}},
}


def test_rights_that_change_begin_the_page_anew(desk: Desk) -> None:
    desk.page.add_init_script(OVERHEARD)
    sit_as(desk, {"market": EVERYTHING, "view": EVERYTHING})
    page = desk.sign_in("/positions")
    expect(page.get_by_test_id("link-state")).to_have_text("已连接")
    page.unroute("**/api/v1/session")
    sit_as(desk, {"market": EVERYTHING})
    page.evaluate("told => self.feed.dispatchEvent(new MessageEvent('message', { data: told }))", LOST)
    expect(page.get_by_test_id("not-allowed")).to_be_visible()


def test_who_may_only_look_is_offered_nothing_to_do(desk: Desk) -> None:
    sit_as(desk, {"market": EVERYTHING, "view": EVERYTHING})
    page = desk.sign_in("/market")
    expect(page.get_by_test_id("last-price")).to_be_visible()
    for name in ("买入", "卖出", "操作员用", "发测试行情"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    expect(page.get_by_role("tab")).to_have_text([re.compile("风险预警"), "系统日志", "计数"])
    for path, shown, kept in (
        ("/positions", "权益", "全部平仓…"),
        ("/account", "可用", "出入金…"),
        ("/strategy", "交易计划", "+ 新建计划"),
        ("/instructions", "与我有关", "待我批准"),
    ):
        page.goto(f"{desk.platform.url}{path}")
        expect(page.get_by_text(shown, exact=True).first).to_be_visible()
        expect(page.get_by_role("button", name=kept, exact=True)).to_have_count(0)
