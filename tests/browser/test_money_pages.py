"""What an account brought, as a person looks into it: days, attribution, figures, report, statement, old signals."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import Page, Route, ViewportSize, expect

from browser_desk import PHONE, WIDE, Desk, Platform, post, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

BUY: Final = {"instrument_id": "rb2605.SHFE", "side": "buy", "quantity": 2, "intent": "open"}
CLOSE: Final = {"instrument_id": "rb2605.SHFE", "side": "sell", "quantity": 1, "intent": "close"}
DIFFERENCE: Final = {
    "code": "funds.commission", "subject": "paper", "ours": "12.30", "theirs": "12.80", "cause": "", "detail": {},
}  # fmt: skip
REVIEW: Final[dict[str, Any]] = {
    "account_id": "paper", "trading_day": 20260105, "version": 1, "digest": "d1", "differences": [DIFFERENCE],
    "difference_count": 1, "unexplained_count": 1, "malformed_count": 0, "confirmation": None,
}  # fmt: skip


def trade(page: Page) -> None:
    """Buy and close a part, once for the whole module: the same key again is the same act."""
    for key, line in (("money-buy", BUY), ("money-close", CLOSE)):
        post(page, "/api/v1/instructions", {"account_id": "paper", "lines": [line]}, key=key)
        expect.set_options(timeout=15_000)
        page.wait_for_function(
            "(key) => fetch('/api/v1/account/day?account=paper').then((a) => a.json())"
            ".then((d) => d.trades.some((t) => t.instruction_id === `M:${key}`))",
            arg=key,
        )


def test_the_parts_of_a_profit_sum_to_the_accounts_own_whatever_they_are_parted_by(desk: Desk) -> None:
    page = desk.sign_in("/account")
    trade(page)
    panel = page.get_by_role("region", name="盈亏归因")
    for name in ("合约", "品种", "产品", "策略", "账簿", "交易员"):
        panel.get_by_role("button", name=name, exact=True).click()
        expect(panel.get_by_role("columnheader", name=name, exact=True)).to_be_visible()
        expect(panel.get_by_test_id("attribution-check")).to_contain_text("✓ 各项之和等于账户净盈亏")
    expect(panel.get_by_test_id("attribution-row").first).to_contain_text("administrator")
    with page.expect_download() as told:
        panel.get_by_test_id("xlsx").click()
    assert told.value.suggested_filename == "attribution.xlsx"
    desk.photograph("money-account")
    assert violations(page) == []


def with_days(desk: Desk) -> None:
    """Have the account and rb2605 look back on days that a platform started just now has not seen."""
    days = [20260105, 20260106, 20260107, 20260108]
    zero = dict.fromkeys(("pre_balance", "deposit", "withdraw", "close_pnl", "position_pnl", "commission", "net"), "0")
    rows = [{**zero, "trading_day": day, "balance": "1000000.00", "margin": "0", "is_live": False} for day in days]
    values = zip(days, ("1", "1.0125", "1.0100", "1.0300"), strict=True)
    curve = [{"trading_day": day, "net_value": value, "drawdown": "0"} for day, value in values]
    view = {"account_id": "paper", "book": "", "currency": "CNY", "days": rows, "curve": curve, "drawdown": None}
    closes = {20260106: 3000.0, 20260108: 3030.0}
    bars = [
        {"instrument_id": "rb2605.SHFE", "trading_day": day, "ts_open": 0, "ts_close": 0, "open": close, "high": close,
         "low": close, "close": close, "volume": 1, "turnover": 1.0, "open_interest": 1.0, "tick_count": 1}
        for day, close in closes.items()
    ]  # fmt: skip

    def tell(route: Route, answer: object) -> None:
        route.fulfill(body=json.dumps(answer), content_type="application/json")

    def tell_session(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        told.get("features", {})["history"] = True
        route.fulfill(response=answer, body=json.dumps(told))

    desk.page.route("**/api/v1/session", tell_session)
    desk.page.route("**/api/v1/account/days?*", lambda route: tell(route, view))
    desk.page.route("**/api/v1/history/bars?*", lambda route: tell(route, {"rows": bars, "next": None}))


def choose_benchmark(page: Page, symbol: str) -> None:
    page.get_by_role("button", name="净值与回撤").click()
    page.get_by_role("button", name="基准").click()
    page.get_by_role("button", name="选合约或股票…").click()
    finder = page.get_by_role("combobox", name="查找合约")
    finder.fill(symbol)
    expect(page.get_by_role("option").first).to_contain_text(symbol)
    finder.press("Enter")


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_the_account_is_measured_against_a_contract_from_their_first_common_day(
    simulator: Platform, sit_down: Callable[..., Desk], size: str
) -> None:
    desk = sit_down(simulator, **({"viewport": PHONE} if size == "phone" else {}))
    with_days(desk)
    page = desk.sign_in("/account")
    choose_benchmark(page, "rb2605")
    told = page.get_by_test_id("benchmark")
    # From the 6th: 1.03 / 1.0125 beside 3030 / 3000, on a million; the 7th has no bar, the 5th is before it.
    expect(told.get_by_test_id("benchmark-own")).to_have_text("+1.73%")
    expect(told.get_by_test_id("benchmark-theirs")).to_have_text("+1.00%")
    expect(told.get_by_test_id("benchmark-excess")).to_have_text("+0.73%")
    expect(told).to_contain_text("+7,283.95")
    expect(told).to_contain_text("其间 1 日基准没有收盘价")
    expect(told).to_contain_text("另有 1 日")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
    assert violations(page) == []
    desk.photograph(f"money-benchmark-{size}")


def test_a_benchmark_without_days_says_so_and_is_kept_for_its_user(
    simulator: Platform, sit_down: Callable[..., Desk]
) -> None:
    page = sit_down(simulator).sign_in("/account")
    with page.expect_response(lambda answer: answer.url.endswith("/me/desk") and answer.request.method == "PUT"):
        choose_benchmark(page, "rb2605")
    expect(page.get_by_test_id("benchmark")).to_contain_text("没有两个共同的交易日")
    elsewhere = sit_down(simulator).sign_in("/account")
    elsewhere.get_by_role("button", name="净值与回撤").click()
    expect(elsewhere.get_by_role("button", name="基准")).to_contain_text("rb2605")
    elsewhere.get_by_role("button", name="基准").click()
    elsewhere.get_by_role("button", name="无基准").click()
    expect(elsewhere.get_by_test_id("benchmark")).to_have_count(0)


def test_a_day_of_the_calendar_opens_its_funds_contracts_and_fills(desk: Desk) -> None:
    page = desk.sign_in("/account")
    trade(page)
    page.get_by_role("region", name="盈亏日历").get_by_test_id("calendar-day").last.click()
    detail = page.get_by_role("dialog")
    expect(detail.get_by_test_id("day-detail")).to_contain_text("净盈亏")
    expect(detail.get_by_role("group", name="成交")).to_contain_text("买入开仓")
    expect(detail.get_by_role("group", name="成交")).to_contain_text("administrator")
    assert violations(page) == []
    detail.get_by_role("link", name="打印日报").click()
    expect(page.get_by_test_id("report")).to_be_visible()


def test_figures_tell_how_they_are_worked_out(simulator: Platform, sit_down: Callable[..., Desk]) -> None:
    desk = sit_down(simulator, theme="light")
    page = desk.sign_in("/stats")
    trade(page)
    page.reload()
    expect(page.get_by_test_id("stat-fills")).to_have_text(re.compile(r"^\d+$"))
    expect(page.get_by_test_id("stats")).to_contain_text("日均收益率 ÷ 日收益率标准差 × √242")
    expect(page.get_by_test_id("drawdown")).to_contain_text("回撤")
    desk.photograph("money-stats")
    assert violations(page) == []


def test_the_daily_report_prints_the_sheet_and_nothing_of_the_shell(desk: Desk) -> None:
    page = desk.sign_in("/report")
    trade(page)
    page.reload()
    sheet = page.get_by_test_id("report")
    for part in ("资金恒等式", "日终持仓", "盈亏归因", "成交", "回撤", "与期货公司结算单核对", "制表", "复核"):
        expect(sheet).to_contain_text(part)
    expect(sheet.get_by_test_id("report-balance")).to_have_text(re.compile(r"^[\d,]+\.\d{2,}$"))
    assert violations(page) == []
    page.emulate_media(media="print")
    expect(sheet).to_be_visible()
    expect(page.get_by_role("banner")).to_be_hidden()
    expect(page.get_by_role("button", name="打印 / 存为 PDF")).to_be_hidden()
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["desktop", "phone"])
def test_a_statement_that_differs_shows_why_and_is_confirmed_by_a_person(
    simulator: Platform, sit_down: Callable[..., Desk], viewport: ViewportSize
) -> None:
    desk = sit_down(simulator, viewport=viewport)
    desk_told: list[Any] = []
    review = dict(REVIEW)

    def tell(route: Route) -> None:
        view = {"reviews": [review], "waiting": {}, "pulls": {}, "troubles": {}}
        route.fulfill(body=json.dumps(view), content_type="application/json")

    def confirm(route: Route) -> None:
        desk_told.append(route.request.post_data_json)
        review["confirmation"] = {"actor": "chen", "by": "person"}
        route.fulfill(body=json.dumps(review), content_type="application/json")

    desk.page.route("**/api/v1/statements", tell)
    desk.page.route("**/api/v1/statements/confirm", confirm)
    page = desk.sign_in("/account")
    panel = page.get_by_test_id("statements")
    panel.get_by_role("button", name="1", exact=True).click()
    expect(panel).to_contain_text("12.30")
    expect(panel).to_contain_text("12.80")
    assert violations(page) == []
    panel.get_by_test_id("statement-confirm").click()
    asked = page.get_by_role("dialog")
    asked.get_by_label("原因").fill("已向期货公司核实")
    asked.get_by_test_id("statement-sure").click()
    expect(panel).to_contain_text("chen")
    expect(panel.get_by_test_id("statement-confirm")).to_have_count(0)
    wanted = {"account_id": "paper", "trading_day": 20260105, "digest": "d1", "reason": "已向期货公司核实"}
    assert desk_told == [wanted]


def test_an_opportunity_of_before_is_found_again_with_what_stood_behind_it(desk: Desk) -> None:
    page = desk.sign_in("/signals")
    page.wait_for_function(
        "fetch('/api/v1/records/opportunities?limit=1').then((a) => a.json()).then((d) => d.rows.length > 0)"
    )
    page.get_by_role("button", name="历史").click()
    page.get_by_test_id("history-row").first.get_by_role("button").click()
    why = page.get_by_test_id("why")
    hops = why.get_by_test_id("hop")
    for part, said in (
        ("source", "交易所 → 收到行情"),
        ("answer", "给出信号"),
        ("merged", "合并为机会"),
        ("told", "发布并记录"),
        ("whole", "全程"),
    ):
        hop = hops.and_(why.locator(f"[data-hop={part}]")).first
        expect(hop).to_contain_text(said)
        expect(hop).to_contain_text(re.compile(r"\d (µs|ms)"))
    expect(why.get_by_test_id("tick-behind").first).to_be_visible()
    expect(why).to_contain_text("当时的特征值")
    desk.photograph("money-signals")
    assert violations(page) == []


def test_alerts_of_before_are_filtered_and_a_phone_shows_them(
    simulator: Platform, sit_down: Callable[..., Desk]
) -> None:
    page = sit_down(simulator, viewport=PHONE).sign_in("/alerts")
    page.wait_for_function(
        "fetch('/api/v1/records/alerts?limit=1').then((a) => a.json()).then((d) => d.rows.length > 0)"
    )
    page.reload()
    expect(page.get_by_test_id("history-row").first).to_be_visible()
    page.get_by_label("级别").select_option("critical")
    expect(page.get_by_test_id("history-row").filter(has_not_text="紧急")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert violations(page) == []
