"""Trading on paper as a person does it: ticket, positions, plans, cash, emergency stop (C-001-3…5, 8, 9)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from browser_desk import PHONE, Desk, Platform, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

PAGES = {"/positions": "持仓", "/trades": "委托成交", "/account": "账户", "/strategy": "策略"}
TASKS = {"机会": "信号", "系统": "运维", "行情": "行情", "账户": "账户", "Account": "Account"}
"""The task below which a page stands; the others belong to trading."""
RB = "rb2605.SHFE"
WATCH_TROUBLE = """() => {
  window.gone = 0
  const look = () => { window.gone += document.querySelector('[data-testid=desk-trouble]') === null ? 1 : 0 }
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true })
}"""


def write_ticket(page: Page, lots: int, side: str = "买入") -> Locator:
    """Fill in a ticket for the contract of the page and wait for the gate's verdict."""
    ticket = page.get_by_role("form", name="下单")
    page.get_by_role("region", name="报价").get_by_role("button", name=side, exact=True).click()
    ticket.get_by_label("手数").fill(str(lots))
    expect(ticket.get_by_test_id("what-if")).to_contain_text(str(lots))
    return ticket


def buy(page: Page, lots: int) -> None:
    ticket = write_ticket(page, lots)
    # The market may go on before the order is there: it is to be filled, not to rest.
    for _ in range(5):
        ticket.get_by_role("button", name="高一个价位").click()
    expect(ticket.get_by_test_id("what-if")).to_contain_text("可以通过")
    ticket.get_by_role("button", name=re.compile(r"买入 rb2605")).click()
    page.get_by_test_id("ticket-confirm").click()
    expect(page.get_by_text(f"买入 rb2605 {lots} 手已提交")).to_be_visible()
    told = page.locator(".toast").filter(has_text=re.compile(rf"买入开仓 rb2605 {lots} 手 @\d+.* 全部成交，手续费 \d"))
    expect(told).to_have_count(1)


def position(page: Page, symbol: str = "rb2605") -> Locator:
    return page.get_by_test_id("position").filter(has_text=symbol)


def visit(page: Page, name: str, *, main: str = "主导航", below: str = "本组页面", trading: str = "交易") -> None:
    page.get_by_role("navigation", name=main).get_by_role("link", name=TASKS.get(name, trading), exact=True).click()
    page.get_by_role("navigation", name=below).get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def read_the_records(page: Page) -> None:
    """The order with how it came about, the trades, and both as a file."""
    visit(page, "委托成交")
    rows = page.get_by_test_id("record-orders").filter(has_text="rb2605")
    expect(rows.filter(has_text="全部成交").first).to_be_visible()
    rows.filter(has_text="全部成交").first.get_by_role("button").click()
    detail = page.get_by_role("dialog", name="委托 rb2605")
    expect(detail).to_contain_text("风控通过")
    expect(detail).to_contain_text("来龙去脉")
    detail.get_by_role("button", name="关闭").last.click()
    page.get_by_role("tab", name="成交记录").click()
    expect(page.get_by_test_id("record-trades").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_test_id("csv").click()
    assert "rb2605" in download.value.path().read_text(encoding="utf-8-sig")


def test_a_ticket_becomes_a_position_that_moves_with_the_market_and_is_closed(desk: Desk) -> None:
    page = desk.sign_in("/market")
    page.goto(f"{desk.platform.url}/market?i={RB}")

    ticket = write_ticket(page, 900)
    expect(ticket.get_by_test_id("what-if")).to_contain_text("会被拒绝")
    expect(ticket.get_by_test_id("what-if")).to_contain_text("单笔手数超过该范围的限额")
    buy(page, 4)
    desk.photograph("trading-ticket")

    visit(page, "持仓")
    held = position(page)
    expect(held).to_contain_text("螺纹钢2605")
    gain = held.get_by_test_id("daily-pnl")
    expect(gain).not_to_have_text(gain.inner_text())
    held.get_by_role("button", name="明细").click()
    expect(page.get_by_test_id("lot")).to_contain_text("SHFE")
    desk.photograph("trading-positions")

    # A part of it first: the dialog says what it means, and asks again.
    held.get_by_role("button", name="平仓 rb2605 多").click()
    dialog = page.get_by_role("dialog", name="平仓 rb2605")
    expect(dialog).to_contain_text("释放保证金")
    dialog.get_by_label("平仓手数").fill("1")
    expect(dialog.get_by_test_id("what-if")).to_contain_text("1 手")
    dialog.get_by_role("button", name="下一步").click()
    expect(dialog.get_by_test_id("close-sentence")).to_contain_text("平掉 rb2605 多仓 1 手")
    worst = re.search(r"最低到 (\d+)", dialog.inner_text())
    assert worst is not None
    with page.expect_request("**/api/v1/close") as sent:
        dialog.get_by_test_id("close-confirm").click()
    # What was confirmed is what is sent, wherever the market went meanwhile.
    assert json.loads(sent.value.post_data or "")["execution"]["limit_price"] == worst.group(1)
    expect(dialog).to_be_hidden()
    expect(page.locator(".toast").filter(has_text=re.compile(r"卖出平.* rb2605 1 手 @\d+ 全部成交"))).to_be_visible()
    expect(held.get_by_role("cell").nth(1)).to_have_text("3")

    page.get_by_role("button", name="全部平仓").click()
    everything = page.get_by_role("dialog", name=re.compile("全部平仓"))
    expect(everything).to_contain_text("平掉 1 个持仓")
    everything.get_by_role("button", name="下一步").click()
    page.get_by_test_id("close-all-confirm").click()
    expect(everything).to_contain_text("已提交")
    everything.get_by_role("button", name="关闭").last.click()
    expect(position(page)).to_have_count(0)

    read_the_records(page)


def test_a_changed_position_is_shown_anew_before_it_is_closed(desk: Desk) -> None:
    desk.forgive("409")
    page = desk.sign_in("/market")
    page.goto(f"{desk.platform.url}/market?i={RB}")
    buy(page, 2)
    visit(page, "持仓")
    position(page).get_by_role("button", name="平仓 rb2605 多").click()
    dialog = page.get_by_role("dialog", name="平仓 rb2605")
    dialog.get_by_role("button", name="下一步").click()

    def submit_more(route: Route) -> None:
        # Somebody else trades between the two confirmations.
        headers = {**route.request.headers, "idempotency-key": "meanwhile"}
        body = {"account_id": "paper", "lines": [{"instrument_id": RB, "side": "buy", "quantity": 1}]}
        page.request.post(f"{desk.platform.url}/api/v1/instructions", headers=headers, data=body)
        page.wait_for_timeout(1)
        expect(dialog).to_be_visible()
        for _ in range(50):
            held = page.request.get(f"{desk.platform.url}/api/v1/positions").json()
            if any(each["book"] == "" and each["today"] == 3 for each in held):
                break
            page.wait_for_timeout(100)
        route.continue_()

    page.route("**/api/v1/close", submit_more, times=1)
    dialog.get_by_test_id("close-confirm").click()
    expect(dialog.get_by_role("alert")).to_contain_text("持仓已经变化")
    expect(dialog.locator(".facts").first).to_contain_text("3")
    dialog.get_by_role("button", name="全部", exact=True).click()
    expect(dialog.get_by_test_id("what-if")).to_contain_text("3 手")
    dialog.get_by_role("button", name="下一步").click()
    dialog.get_by_test_id("close-confirm").click()
    expect(position(page)).to_have_count(0)


def test_a_lost_answer_is_asked_for_again_and_nothing_is_bought_twice(desk: Desk) -> None:
    desk.forgive("Failed to load resource|ERR_FAILED")
    page = desk.sign_in("/market")
    page.goto(f"{desk.platform.url}/market?i={RB}")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    ticket = write_ticket(page, 1)
    expect(ticket.get_by_test_id("what-if")).to_contain_text("可以通过")
    page.route("**/api/v1/instructions", lose, times=1)
    before = len(page.request.get(f"{desk.platform.url}/api/v1/instructions").json())
    ticket.get_by_role("button", name=re.compile(r"买入 rb2605")).click()
    page.get_by_test_id("ticket-confirm").click()
    dialog = page.get_by_role("dialog", name="确认下单")
    expect(dialog.get_by_role("alert")).to_contain_text("不知道是否已执行")
    dialog.get_by_role("button", name="用同一编号重试").click()
    expect(dialog).to_be_hidden()
    assert len(page.request.get(f"{desk.platform.url}/api/v1/instructions").json()) == before + 1


def test_a_plan_is_made_started_changed_and_stopped(desk: Desk) -> None:
    page = desk.sign_in("/strategy")
    expect(page.get_by_role("region", name="信号策略")).to_contain_text("动量")
    page.get_by_role("button", name="+ 新建计划").click()
    form = page.get_by_role("dialog", name="新建计划")
    form.get_by_label("名称").fill("eager")
    form.get_by_role("button", name="动量").click()
    form.get_by_label("最低置信度").fill("2")
    expect(form.get_by_role("button", name="保存")).to_be_disabled()
    form.get_by_label("最低置信度").fill("0.1")
    form.get_by_role("button", name="动量").click()
    form.get_by_role("button", name="保存").click()
    plan = page.get_by_test_id("plan").filter(has_text="eager")
    expect(plan.get_by_test_id("plan-state")).to_have_text("已停止")
    plan.get_by_role("button", name="启动").click()
    page.get_by_test_id("plan-confirm").click()
    expect(plan.get_by_test_id("plan-state")).to_have_text("运行中")
    triggers = page.get_by_role("region", name="触发记录")
    expect(triggers.get_by_role("table", name="触发统计")).to_contain_text("eager", timeout=30_000)
    desk.photograph("trading-strategy")

    plan.get_by_role("button", name="修改").click()
    change = page.get_by_role("dialog", name="修改计划 eager")
    expect(change).to_contain_text("下次启动时生效")
    change.get_by_label("单合约最多手数").fill("3")
    change.get_by_role("button", name="保存").click()
    expect(plan).to_contain_text("1 项待生效")
    plan.get_by_role("button", name="热切换").click()
    page.get_by_test_id("plan-confirm").click()
    expect(plan).not_to_contain_text("待生效")
    plan.get_by_role("button", name="停止").click()
    page.get_by_test_id("plan-confirm").click()
    expect(plan.get_by_test_id("plan-state")).to_have_text("已停止")


def test_the_account_adds_up_and_cash_is_paid_in_with_a_confirmation(desk: Desk) -> None:
    page = desk.sign_in("/account")
    expect(page.get_by_role("region", name="权益的来历")).to_contain_text("各项之和与账本完全一致")
    painted = """() => [...document.querySelectorAll('.equity-space canvas')].some((canvas) =>
        canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value !== 0))"""
    page.wait_for_function(painted)
    page.get_by_role("button", name="出入金").click()
    dialog = page.get_by_role("dialog", name="出入金：paper")
    dialog.get_by_role("button", name="出金").click()
    dialog.get_by_label("金额").fill("99999999999")
    expect(dialog).to_contain_text("超过可用资金")
    expect(dialog.get_by_role("button", name="下一步")).to_be_disabled()
    dialog.get_by_role("button", name="入金").click()
    dialog.get_by_label("金额").fill("1234.56")
    dialog.get_by_role("button", name="下一步").click()
    expect(dialog).to_contain_text("向账户 paper 入金 1,234.56")
    page.get_by_test_id("cash-confirm").click()
    expect(page.get_by_role("row", name="入金")).to_contain_text("1,001,234.56")
    page.get_by_role("button", name="每日").click()
    page.wait_for_function(painted)
    desk.photograph("trading-account")


def test_the_emergency_stop_asks_twice_is_seen_everywhere_and_takes_a_typed_phrase_to_release(desk: Desk) -> None:
    page = desk.sign_in("/market")
    page.goto(f"{desk.platform.url}/market?i={RB}")
    page.get_by_test_id("stop").click()
    dialog = page.get_by_role("dialog", name="紧急停止")
    expect(dialog).to_contain_text("开仓和平仓都拒绝")
    expect(dialog).to_contain_text("确认短语 RESUME PLATFORM")
    expect(dialog.get_by_test_id("stop-held")).to_contain_text("持仓")
    dialog.get_by_label("原因").fill("演练")
    dialog.get_by_role("button", name="继续").click()
    expect(dialog).to_contain_text("现在停止一切交易？")
    page.get_by_test_id("stop-confirm").click()
    banner = page.get_by_test_id("halt-banner")
    for name in (*PAGES.values(), "机会", "系统", "行情"):
        visit(page, name)
        expect(banner).to_contain_text("平台 已停止交易")
        expect(banner).to_contain_text("administrator")
        expect(banner).to_contain_text("演练")
    page.goto(f"{desk.platform.url}/market?i={RB}")
    verdict = write_ticket(page, 1).get_by_test_id("what-if")
    expect(verdict).to_contain_text("该范围已停止交易")
    desk.photograph("trading-stopped")
    assert violations(page) == []

    banner.get_by_role("button", name="解除").click()
    release = page.get_by_role("dialog", name="解除停止")
    release.get_by_test_id("release-phrase").fill("resume platform")
    expect(release.get_by_role("button", name="解除停止")).to_be_disabled()
    release.get_by_test_id("release-phrase").fill("RESUME PLATFORM")
    release.get_by_role("button", name="解除停止").click()
    expect(banner).to_be_hidden()
    expect(verdict).to_contain_text("可以通过")


def test_while_the_desk_is_away_what_was_known_stays_and_quotes_go_on(desk: Desk) -> None:
    desk.forgive("503")
    page = desk.sign_in("/account")
    equity = page.get_by_test_id("fund-balance")
    expect(equity).to_contain_text("1,00")
    away = {"error": {"code": "unavailable", "message": "the database is away"}}
    # What a desk that is shut does not answer; what is halted it tells all the same.
    desk_questions = re.compile(
        r"/api/v1/(limits|equity|accounts|positions|orders|order-queue|instructions|plans|triggers|statements)\b"
    )
    page.route(desk_questions, lambda route: route.fulfill(status=503, json=away))
    trouble = page.get_by_test_id("desk-trouble")
    expect(trouble).to_contain_text("the database is away")
    # It does not come and go with each question that is answered.
    page.evaluate(WATCH_TROUBLE)
    page.wait_for_timeout(4000)
    assert page.evaluate("gone") == 0
    expect(page.get_by_text("最后已知的数值", exact=True)).to_be_visible()
    expect(equity).to_contain_text("1,00")
    visit(page, "行情")
    price = page.get_by_test_id("last-price")
    expect(price).not_to_have_text(price.inner_text())
    page.unroute(desk_questions)
    expect(trouble).to_be_hidden()


@pytest.mark.parametrize(("theme", "others"), [("dark", ()), ("light", ("Positions", "Orders & trades", "Account"))])
def test_no_trading_page_breaks_the_rules_of_accessibility(
    simulator: Platform, sit_down: Callable[..., Desk], theme: str, others: tuple[str, ...]
) -> None:
    page = sit_down(simulator, theme=theme).sign_in("/market")
    page.goto(f"{simulator.url}/market?i={RB}")
    buy(page, 1)
    assert violations(page) == []
    for name in PAGES.values():
        visit(page, name)
        expect(page.get_by_role("region").first).to_be_visible()
        assert violations(page) == []
    page.get_by_role("button", name="+ 新建计划").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_test_id("language").click()
    for name in others:
        visit(page, name, main="Main", below="Pages of this task", trading="Trading")
        expect(page.get_by_role("region").first).to_be_visible()
        assert violations(page) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_phone_trades_without_sideways_scrolling(
    simulator: Platform, sit_down: Callable[..., Desk], language: str
) -> None:
    desk = sit_down(simulator, viewport=PHONE)
    page = desk.sign_in("/positions")
    if language == "en":
        page.get_by_test_id("language").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
    for path in PAGES:
        page.locator(f'.phone-bar a[href="{"/account" if path == "/account" else "/positions"}"]').click()
        page.locator(f'.frame-pages a[href="{path}"]').click()
        expect(page.get_by_role("region").first).to_be_visible()
        expect(page.get_by_test_id("stop")).to_be_in_viewport()
        page.set_viewport_size({"width": 360, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.set_viewport_size(PHONE)
        assert violations(page) == []
        desk.photograph(f"phone{path.replace('/', '-')}-{language}")


def test_on_a_phone_a_tap_on_buy_leads_to_the_ticket(simulator: Platform, sit_down: Callable[..., Desk]) -> None:
    desk = sit_down(simulator, viewport=PHONE)
    page = desk.sign_in("/market")
    page.goto(f"{desk.platform.url}/market?i={RB}")
    page.get_by_role("button", name="买入", exact=True).first.click()
    ticket = page.get_by_role("form", name="下单")
    expect(ticket.get_by_label("手数")).to_be_in_viewport()
    expect(ticket.get_by_role("button", name=re.compile("买入 rb2605"))).to_be_in_viewport()


def test_the_funds_on_the_ticket_move_with_every_fill(desk: Desk) -> None:
    page = desk.sign_in("/market")
    page.goto(f"{desk.platform.url}/market?i={RB}")
    page.get_by_role("tab", name="下单").click()
    funds = page.get_by_role("form", name="下单").locator(".ticket-side .facts dd").nth(1)
    expect(funds).to_have_text(re.compile(r"[0-9]"))
    before = funds.inner_text()
    buy(page, 2)
    expect(funds).not_to_have_text(before)
