"""What cannot be taken back is asked for first, with the way out under the finger, done once, and on the record.

Each act is opened and left again by Escape, which must send nothing; then done, and seen to be done; then looked for
in the record of who did what. Who may not do it is not offered it (that the server refuses as well: `rights_table`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect

from browser_desk import Desk, post, sit_as
from browser_pages import RB, Furnished, ask
from tradewind.stores.fleet import FLEET_CHAIN
from tradewind.stores.people import IDENTITY_CHAIN

from waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

WHOLE = [["*", "*"]]
TRADING = "desk"
RESTING = {"instrument_id": RB, "side": "buy", "quantity": 1, "execution": {"limit_price": "2990"}}


@dataclass
class Act:
    """One grave act: how a person comes to its confirmation, and what follows from it."""

    name: str
    path: str
    ask: Callable[[Page], None]
    """Opens the confirmation."""
    confirm: Callable[[Page], None]
    is_done: Callable[[Page], bool]
    sent: str
    """What the page sends when it is confirmed."""
    offered: Callable[[Page], Locator]
    """What is not there for who may not."""
    may: tuple[str, ...] = ("view",)
    """What somebody may do who sees the page and may not do this."""
    chain: str = TRADING
    prepare: Callable[[Page], None] | None = None
    way_out: str = "取消"
    looked_at: str = ""
    """Where it would be offered, when that is not where its page begins."""


@pytest.fixture(scope="module")
def stage(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    platform = Furnished(tmp_path_factory.mktemp("stage"))
    try:
        platform.start(browser)
        yield platform
    finally:
        platform.stop()


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name)


def record(page: Page, chain: str) -> list[dict[str, Any]]:
    """Return the newest entries of a chain of the record."""
    where = f'[{{"column":"chain","test":"is","value":"{chain}"}}]'
    rows: list[dict[str, Any]] = ask(page, f"/api/v1/records/journal?limit=20&where={where}")["rows"]
    return rows


def newest(page: Page, chain: str) -> int:
    """Return the number of the newest entry of a chain, 0 while it has none."""
    return max((entry["seq"] for entry in record(page, chain)), default=0)


def actors_after(page: Page, chain: str, seq: int) -> set[str]:
    """Return who stands in the entries of a chain after one."""
    return {entry["actor"] for entry in record(page, chain) if entry["seq"] > seq}


# Each of them, in the order of the day.


def ask_cash(page: Page) -> None:
    button(page, "出入金").click()
    dialog(page).get_by_label("金额").fill("10")
    button(page, "下一步").click()


def ask_stop(page: Page) -> None:
    page.get_by_test_id("stop").click()
    button(page, "继续").click()


def ask_close(page: Page) -> None:
    button(page, "平仓 ag2604 空").click()
    expect(dialog(page).get_by_test_id("what-if")).to_be_visible()
    button(page, "下一步").click()


def ask_close_all(page: Page) -> None:
    button(page, "全部平仓").click()
    button(page, "下一步").click()


def ask_release(page: Page) -> None:
    page.get_by_test_id("halt-banner").get_by_role("button", name="解除").click()


def confirm_release(page: Page) -> None:
    page.get_by_test_id("release-phrase").fill("RESUME PLATFORM")
    button(page, "解除停止").click()


def ask_cancel(page: Page) -> None:
    page.get_by_role("tab", name="当前委托").click()
    page.get_by_test_id("live-order").first.get_by_role("button", name="撤单").click()


def rest(page: Page) -> None:
    post(page, "/api/v1/instructions", {"account_id": "paper", "lines": [RESTING]}, key="one to take back")


def ask_withdraw(page: Page) -> None:
    page.get_by_test_id("instruction").filter(has_text="B000002").first.click()
    page.get_by_test_id("act-withdraw").click()
    further = dialog(page).get_by_role("button", name="下一步")
    if further.count():
        further.click()


def ask_plan_stop(page: Page) -> None:
    plan = page.get_by_test_id("plan").filter(has_text="eager")
    plan.get_by_role("button", name="停止").click()


def begin_plan(page: Page) -> None:
    post(page, "/api/v1/plans/eager/start", None, key="begin the plan")


def ask_shutdown(page: Page) -> None:
    page.get_by_test_id("module").first.get_by_role("link").first.click()
    page.get_by_test_id("module-shutdown").click()


def confirm_shutdown(page: Page) -> None:
    page.get_by_test_id("module-act-confirm").click()
    page.get_by_test_id("module-act-confirm").click()


def add_user(page: Page) -> None:
    user = {"username": "wang.gone", "password": "Once-and-never-9"}
    post(page, "/api/v1/admin/users", user, key="somebody who leaves")


def ask_disable(page: Page) -> None:
    page.get_by_test_id("user").filter(has_text="wang.gone").get_by_test_id("user-switch").click()


def click(test_id: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_test_id(test_id).click()


def is_halted(page: Page) -> bool:
    return any(state["mode"] == "halted" for state in ask(page, "/api/v1/trading-states"))


def holds(page: Page, symbol: str) -> bool:
    return any(symbol in each["instrument_id"] for each in ask(page, "/api/v1/positions"))


ACTS = [
    Act(
        name="cash", path="/account", ask=ask_cash, confirm=click("cash-confirm"), sent="/api/v1/cash",
        is_done=lambda page: Decimal(ask(page, "/api/v1/accounts")[0]["deposit"]) == 1_002_510,
        offered=lambda page: button(page, "出入金"),
    ),
    Act(
        name="cancel order", path="/trades", prepare=rest, ask=ask_cancel, confirm=click("cancel-confirm"),
        sent="/api/v1/orders/cancel", way_out="返回",
        is_done=lambda page: len(ask(page, "/api/v1/orders?live=true")) == 1,
        offered=lambda page: button(page, "撤单"),
    ),
    Act(
        name="withdraw instruction", path="/instructions", ask=ask_withdraw, confirm=click("act-confirm"),
        sent="/api/v1/instruction-book/B000002/withdraw",
        is_done=lambda page: ask(page, "/api/v1/instruction-book/B000002")["status"] == "cancelled",
        offered=lambda page: page.get_by_test_id("act-withdraw"), looked_at="/instructions?id=B000002",
    ),
    Act(
        name="stop plan", path="/strategy", prepare=begin_plan, ask=ask_plan_stop, confirm=click("plan-confirm"),
        sent="/api/v1/plans/eager/stop",
        is_done=lambda page: not ask(page, "/api/v1/plans")[0]["is_active"],
        offered=lambda page: page.get_by_test_id("plan").get_by_role("button", name="停止"),
    ),
    Act(
        name="close", path="/positions", ask=ask_close, confirm=click("close-confirm"), sent="/api/v1/close",
        way_out="返回",
        is_done=lambda page: not holds(page, "ag2604"),
        offered=lambda page: button(page, "平仓 rb2605 多"),
    ),
    Act(
        name="close all", path="/positions", ask=ask_close_all, confirm=click("close-all-confirm"),
        sent="/api/v1/close", is_done=lambda page: not holds(page, "rb2605"),
        offered=lambda page: button(page, "全部平仓"),
    ),
    Act(
        name="emergency stop", path="/market", ask=ask_stop, confirm=click("stop-confirm"), may=("market", "view"),
        sent="/api/v1/emergency-stop", is_done=is_halted, offered=lambda page: page.get_by_test_id("stop"),
    ),
    Act(
        name="resume", path="/market", ask=ask_release, confirm=confirm_release, may=("market", "view"),
        sent="/api/v1/trading-states", is_done=lambda page: not is_halted(page),
        offered=lambda page: button(page, "解除"),
    ),
    Act(
        name="disable user", path="/admin", prepare=add_user, ask=ask_disable, confirm=click("switch-confirm"),
        sent="/api/v1/admin/users/wang.gone", chain=IDENTITY_CHAIN, may=("market",),
        is_done=lambda page: ask(page, "/api/v1/admin/users")[0]["is_disabled"],
        offered=lambda page: page.get_by_test_id("user-switch"),
    ),
    Act(
        name="module shutdown", path="/fleet", ask=ask_shutdown, confirm=confirm_shutdown, may=("system",),
        sent="/shutdown", chain=FLEET_CHAIN,
        is_done=lambda page: ask(page, "/api/v1/modules")["modules"][0]["state"] != "online",
        offered=lambda page: page.get_by_test_id("fleet-send"),
    ),
]  # fmt: skip


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name.replace(" ", "-"))
def test_a_grave_act_is_asked_for_done_once_and_on_the_record(
    stage: Furnished, sit_down: Callable[..., Desk], act: Act
) -> None:
    desk = sit_down(stage.platform)
    page = desk.sign_in(act.path)
    expect(page.get_by_test_id("link-state")).to_have_text("已连接")
    if act.prepare is not None:
        act.prepare(page)
        page.reload()
        expect(page.get_by_test_id("link-state")).to_have_text("已连接")
    sent: list[str] = []
    page.on("request", lambda request: note(sent, request))

    act.ask(page)
    expect(dialog(page).get_by_role("button", name=act.way_out)).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog(page)).to_have_count(0)
    assert sent == []
    assert not act.is_done(page)

    before = newest(page, act.chain)
    act.ask(page)
    act.confirm(page)
    wait_until(lambda: act.is_done(page), timeout_s=15)
    assert [path for path in sent if path.endswith(act.sent)] == sent, sent
    assert sent != []
    # What is done is seen at once, a stop even where nothing can be recorded; the record follows.
    wait_until(lambda: "administrator" in actors_after(page, act.chain, before), timeout_s=15)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name.replace(" ", "-"))
def test_who_may_not_is_not_offered_it(stage: Furnished, sit_down: Callable[..., Desk], act: Act) -> None:
    desk = sit_down(stage.platform)
    sit_as(desk, dict.fromkeys(act.may, WHOLE))
    page = desk.sign_in(act.path)
    if act.looked_at:
        page.goto(f"{stage.platform.url}{act.looked_at}")
    page.locator("#main h1").wait_for()
    expect(page.locator("#main .is-loading")).to_have_count(0)
    expect(act.offered(page)).to_have_count(0)


def note(sent: list[str], request: Request) -> None:
    """Keep what changes something; previews and what-ifs change nothing."""
    path = re.sub(r"^https?://[^/]+", "", request.url)
    if request.method != "GET" and not path.endswith(("/preview", "/what-if")):
        sent.append(path)
