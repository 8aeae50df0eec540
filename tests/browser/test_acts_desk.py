"""A trader with a phone: orders, positions, cash, plans, strategies, the emergency stop, each asked for and done."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from browser_desk import Platform, post
from browser_pages import RB, ask
from browser_seats import Chair, both_seats, on_a_phone

from waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

Sit = Callable[[Platform, str], Chair]
RESTING = {"instrument_id": RB, "side": "buy", "quantity": 1, "execution": {"limit_price": "2990"}}
SHORT = {"instrument_id": "ag2604.SHFE", "side": "sell", "quantity": 2, "execution": {"slip_ticks": 20}}


def held(chair: Chair) -> int:
    """Return how many lots are held, all in all."""
    return sum(each["today"] for each in ask(chair.page, "/api/v1/positions") if each["book"] == "")


@on_a_phone
def test_an_order_is_sent_cancelled_and_what_it_brought_is_closed(simulator: Platform, sit_at: Sit, seat: str) -> None:
    chair = sit_at(simulator, seat)
    page = chair.open("/market")
    post(page, "/api/v1/instructions", {"account_id": "paper", "lines": [SHORT]}, key="a short")
    page.goto(f"{simulator.url}/market?i={RB}")
    chair.button("detail.more").click()
    chair.button("detail.sendTest").click()
    page.get_by_role("region", name=chair.say("detail.title")).get_by_role(
        "button", name=chair.say("desk.side.buy"), exact=True
    ).click()
    ticket = page.get_by_role("form", name=chair.say("ticket.title"))
    ticket.get_by_role("spinbutton").first.fill("4")
    expect(ticket.get_by_test_id("what-if")).to_contain_text("4")
    ticket.locator("button.is-order").dblclick()
    expect(chair.button("desk.cancel")).to_be_focused()
    chair.judge()
    assert held(chair) == 2
    page.get_by_test_id("ticket-confirm").click()
    expect(chair.dialog).to_have_count(0)
    wait_until(lambda: held(chair) == 6, timeout_s=15)

    chair.visit("/positions")
    chair.button("pos.close").first.click()
    expect(chair.dialog.get_by_test_id("what-if")).to_be_visible()
    chair.judge()
    # The second click of a double click does not answer what the first one has asked.
    chair.button("close.next").dblclick()
    expect(chair.dialog.get_by_test_id("close-sentence")).to_be_visible()
    chair.judge()
    assert held(chair) == 6
    page.get_by_test_id("close-confirm").click()
    wait_until(lambda: held(chair) in {2, 4}, timeout_s=15)
    chair.button("pos.closeAll").click()
    chair.button("close.next").click()
    chair.judge()
    page.get_by_test_id("close-all-confirm").click()
    chair.button("desk.done").last.click()
    wait_until(lambda: held(chair) == 0, timeout_s=15)

    post(page, "/api/v1/instructions", {"account_id": "paper", "lines": [RESTING]}, key="one to take back")
    chair.visit("/trades")
    chair.tab("trades.live")
    order = page.get_by_test_id("live-order").first
    chair.button("order.cancel", order).click()
    expect(chair.button("desk.back")).to_be_focused()
    chair.judge()
    page.get_by_test_id("cancel-confirm").click()
    expect(page.get_by_test_id("live-order")).to_have_count(0)


@on_a_phone
def test_cash_is_paid_out_and_trading_is_stopped_and_released(simulator: Platform, sit_at: Sit, seat: str) -> None:
    chair = sit_at(simulator, seat)
    page = chair.open("/account")
    chair.button("cash.button").click()
    chair.button("cash.out").click()
    chair.dialog.locator("input").first.fill("10")
    chair.judge()
    chair.button("cash.next").dblclick()
    expect(chair.dialog.locator(".confirm-sentence")).to_contain_text("10")
    chair.judge()
    page.get_by_test_id("cash-confirm").click()
    expect(chair.dialog).to_have_count(0)
    assert float(ask(page, "/api/v1/accounts")[0]["withdraw"]) == 10

    page.get_by_test_id("stop").click()
    expect(chair.button("desk.cancel")).to_be_focused()
    chair.button("stop.next").dblclick()
    expect(chair.dialog).to_contain_text(chair.say("stop.sure"))
    expect(chair.button("desk.cancel")).to_be_focused()
    chair.judge()
    page.get_by_test_id("stop-confirm").click()
    banner = page.get_by_test_id("halt-banner")
    chair.button("halt.release", banner).click()
    page.get_by_test_id("release-phrase").fill("RESUME")
    expect(chair.button("halt.releaseNow")).to_be_disabled()
    page.get_by_test_id("release-phrase").fill("RESUME PLATFORM")
    chair.judge()
    chair.button("halt.releaseNow").click()
    expect(banner).to_have_count(0)


@both_seats
def test_strategies_and_plans_are_changed_stopped_and_started(simulator: Platform, sit_at: Sit, seat: str) -> None:
    chair = sit_at(simulator, seat)
    page, name = chair.open("/strategy"), f"eager-{chair.screen}"
    strategy = page.get_by_test_id("signal-strategy").filter(has_text="RSI")
    chair.button("strategies.stopOf", strategy, name="RSI").click()
    expect(chair.button("desk.cancel")).to_be_focused()
    chair.judge()
    page.get_by_test_id("strategy-confirm").click()
    chair.button("strategies.startOf", strategy, name="RSI").click()
    page.get_by_test_id("strategy-confirm").click()
    expect(chair.button("strategies.stopOf", strategy, name="RSI")).to_be_visible()

    strategy.get_by_role("button", name="RSI", exact=True).click()
    chair.dialog.get_by_label("cooldown_s").fill("46")
    page.get_by_test_id("strategy-save").dblclick()
    expect(chair.dialog.get_by_role("alert")).to_be_visible()
    chair.judge()
    page.get_by_test_id("strategy-save").click()
    reset = chair.button("strategies.reset", chair.dialog)
    reset.click()
    chair.button("strategies.resetNow", chair.dialog).click()
    expect(chair.dialog.get_by_label("cooldown_s")).to_have_value("120")
    chair.leave_dialog()

    page.get_by_role("button", name=f"+ {chair.say('plan.new')}").click()
    chair.dialog.locator("input").first.fill(name)
    chair.dialog.locator(".chip").first.click()
    chair.judge()
    chair.button("plan.save").click()
    plan = page.get_by_test_id("plan").filter(has_text=name)
    plan.get_by_role("button", name=re.compile(chair.say("plan.start"))).click()
    chair.judge()
    page.get_by_test_id("plan-confirm").click()
    expect(plan.get_by_test_id("plan-state")).to_have_text(chair.say("plan.active"))
    chair.button("plan.edit", plan).click()
    chair.dialog.locator("input[type=number]").last.fill("3")
    chair.button("plan.save").click()
    for act in ("plan.swap", "plan.stop"):
        chair.button(act, plan).click()
        expect(chair.button("desk.cancel")).to_be_focused()
        page.get_by_test_id("plan-confirm").click()
        expect(chair.dialog).to_have_count(0)
    expect(plan.get_by_test_id("plan-state")).to_have_text(chair.say("plan.idle"))


@on_a_phone
def test_the_main_contract_is_switched_with_a_finger(simulator: Platform, sit_at: Sit, seat: str) -> None:
    chair = sit_at(simulator, seat)
    page = chair.open("/market")
    chair.forgive("status of 404")
    chair.visit("/ops")
    panel = page.get_by_test_id("main-contract")
    panel.get_by_label(chair.say("main.new")).fill("au2606")
    chair.button("main.switch", panel).dblclick()
    chair.judge()
    chair.button("main.yes", panel).click()
    expect(panel.get_by_test_id("main-current")).to_have_text("au2606.SHFE")
