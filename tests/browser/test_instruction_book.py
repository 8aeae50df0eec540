"""Instructions in the page: written, worked by keys, followed to the last fill; and the manager's overview."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, ViewportSize, expect

from browser_desk import PHONE, WIDE, Desk, Platform, post, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

BASKET = "合约\t目标\t限价\nau2604\t-2\t\nxx9999\t3\t\nhc2605\t1.5\t"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A desk on which nobody needs a second person's approval: whoever has the access token is one."""
    platform = Platform(tmp_path_factory.mktemp("alone"), "instructions.approval=never")
    platform.start()
    yield platform
    platform.stop()


def write(page: Page, symbol: str, target: str) -> None:
    row = page.get_by_test_id("draft-line").last
    row.get_by_label(re.compile("合约")).fill(symbol)
    row.get_by_label(re.compile("合约")).press("Tab")
    row.get_by_label(re.compile("数值")).fill(target)


def hand_in(page: Page) -> str:
    """Hand the written instruction in, after confirming; return its number."""
    page.get_by_test_id("submit-draft").click()
    page.get_by_test_id("draft-confirm").click()
    page.wait_for_url(re.compile(r"/instructions\?id=B\d+"))
    return page.url.rpartition("=")[2]


def hold_back(page: Page, pattern: str) -> Callable[[], None]:
    """Let no such request through until the function that is returned is called."""
    waiting: list[Route] = []
    is_open = False

    def take(route: Route) -> None:
        if is_open:
            route.continue_()
        else:
            waiting.append(route)

    def release() -> None:
        nonlocal is_open
        is_open = True
        for route in waiting:
            route.continue_()

    page.route(pattern, take)
    return release


def lines_of(page: Page, number: str) -> Locator:
    return page.get_by_test_id("blotter-row").filter(has_text=number)


def test_a_basket_is_pasted_with_its_faults_in_place_and_judged_before_it_is_handed_in(
    alone: Platform, sit_down: Callable[..., Desk]
) -> None:
    desk = sit_down(alone)
    page = desk.sign_in("/instructions/new")
    write(page, "rb2605", "10")
    page.get_by_test_id("basket").click()
    page.get_by_label("粘贴表格").fill(BASKET)
    expect(page.get_by_test_id("basket-fault")).to_have_count(2)
    expect(page.get_by_test_id("basket-fault").first).to_contain_text("没有合约 xx9999")
    expect(page.get_by_test_id("basket-fault").last).to_contain_text("整数手")
    page.get_by_test_id("basket-take").click()
    expect(page.get_by_test_id("draft-line")).to_have_count(2)
    expect(page.get_by_test_id("what-if")).to_contain_text("可以通过")
    assert violations(page) == []
    desk.photograph("instruction-new")
    number = hand_in(page)
    expect(page.get_by_test_id("book-status")).to_have_text("已批准")
    expect(page.get_by_test_id("step").filter(has_text="提交了")).to_be_visible()
    expect(page.get_by_test_id("instruction").filter(has_text=number)).to_contain_text("rb2605 +10")


def test_a_contract_may_be_written_slowly_while_prices_move(alone: Platform, sit_down: Callable[..., Desk]) -> None:
    page = sit_down(alone).sign_in("/instructions/new")
    row = page.get_by_test_id("draft-line")
    row.get_by_label(re.compile("合约")).press_sequentially("rb2605", delay=200)
    row.get_by_label(re.compile("合约")).press("Tab")
    row.get_by_label(re.compile("数值")).fill("3")
    expect(row.get_by_label(re.compile("合约"))).to_have_value("rb2605")
    expect(row).to_contain_text("螺纹钢2605")
    expect(page.get_by_test_id("what-if")).to_contain_text("可以通过")


def test_a_trader_takes_and_sends_by_keys_and_follows_it_to_the_last_fill(
    alone: Platform, sit_down: Callable[..., Desk]
) -> None:
    desk = sit_down(alone)
    page = desk.sign_in("/instructions/new")
    write(page, "rb2605", "6")
    page.get_by_test_id("add-line").click()
    write(page, "ag2604", "2")
    expect(page.get_by_test_id("what-if")).to_contain_text("可以通过")
    number = hand_in(page)
    page.goto(f"{alone.url}/blotter")
    expect(page.get_by_label("过滤")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="快捷键")).to_contain_text("发出剩余全部")
    page.keyboard.press("Escape")
    expect(lines_of(page, number)).to_have_count(2)
    page.get_by_label("过滤").fill(number)
    # Escape leaves the field and what it filters.
    page.get_by_label("过滤").press("Escape")
    expect(lines_of(page, number)).to_have_count(2)
    assert violations(page) == []

    page.keyboard.press("a")
    page.get_by_test_id("act-confirm").click()
    expect(lines_of(page, number).first).to_contain_text("已接收")
    expect(page.get_by_role("dialog")).to_have_count(0)
    # A part of the first line first: asked twice, and the second time by the same key.
    page.keyboard.press("p")
    expect(page.get_by_label(re.compile("手数"))).to_have_value("3")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("act-sentence")).to_contain_text("买入 rb2605 3 手")
    page.keyboard.press("Enter")
    expect(lines_of(page, number).first).to_contain_text("3/6")
    # Then what is left of everything, listed and confirmed as one.
    page.keyboard.press("*")
    page.keyboard.press("s")
    expect(page.get_by_test_id("bulk-item")).to_have_count(2)
    page.get_by_test_id("bulk-next").click()
    page.get_by_test_id("bulk-confirm").click()
    expect(page.get_by_test_id("bulk-item").filter(has_text="已完成")).to_have_count(2)
    desk.photograph("blotter-bulk")
    page.get_by_role("dialog").get_by_role("button", name="关闭").last.click()

    page.goto(f"{alone.url}/instructions?id={number}")
    expect(page.get_by_test_id("book-status")).to_have_text("已完成")
    expect(page.get_by_test_id("book-order").filter(has_text="全部成交").first).to_be_visible()
    expect(page.get_by_test_id("step").filter(has_text="接收了")).to_be_visible()
    assert violations(page) == []
    desk.photograph("instruction-done")


def test_a_change_by_somebody_else_is_shown_before_one_amends(alone: Platform, sit_down: Callable[..., Desk]) -> None:
    desk = sit_down(alone)
    desk.forgive("409")
    page = desk.sign_in("/instructions/new")
    write(page, "hc2605", "4")
    number = hand_in(page)
    page.get_by_test_id("act-amend").click()
    expect(page.get_by_test_id("draft-line")).to_have_count(1)
    amended = {"expected_version": 2, "draft": {"wishes": [{"instrument_id": "hc2605.SHFE", "target": 7}]}}
    post(page, f"/api/v1/instruction-book/{number}/amend", amended, key="meanwhile")
    page.get_by_label(re.compile("数值")).fill("5")
    page.get_by_test_id("submit-draft").click()
    page.get_by_test_id("draft-confirm").click()
    conflict = page.get_by_test_id("conflict")
    expect(conflict).to_contain_text("hc2605: 4 → 7")
    expect(conflict).to_contain_text("管理员（administrator） 修改了")
    desk.photograph("instruction-conflict")
    page.get_by_role("button", name="保留我写的").click()
    page.get_by_test_id("submit-draft").click()
    page.get_by_test_id("draft-confirm").click()
    page.wait_for_url(re.compile(rf"id={number}"))
    expect(page.get_by_test_id("adjustment")).to_contain_text("+5")


def test_what_is_half_typed_stays_whatever_comes_meanwhile(alone: Platform, sit_down: Callable[..., Desk]) -> None:
    page = sit_down(alone).sign_in("/instructions/new")
    contract = page.get_by_test_id("draft-line").get_by_label(re.compile("合约"))
    page.get_by_test_id("add-line").click()
    contract.last.fill("hc26")
    # Another row drawn anew while this one is being written.
    page.get_by_test_id("draft-line").first.get_by_label(re.compile("数值")).evaluate(
        "field => { field.value = '3'; field.dispatchEvent(new Event('input', { bubbles: true })) }"
    )
    expect(page.locator(".fault-row").first).to_contain_text("没有这个合约")
    expect(contract.last).to_have_value("hc26")


def test_nothing_can_be_written_into_an_amendment_before_what_it_amends_has_come(
    alone: Platform, sit_down: Callable[..., Desk]
) -> None:
    page = sit_down(alone).sign_in("/instructions/new")
    write(page, "hc2605", "2")
    number = hand_in(page)
    release = hold_back(page, f"**/instruction-book/{number}")
    page.get_by_test_id("act-amend").click()
    expect(page.get_by_test_id("submit-draft")).to_be_disabled()
    expect(page.get_by_test_id("draft-line")).to_have_count(0)
    release()
    expect(page.get_by_label(re.compile("数值"))).to_have_value("2")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["desktop", "phone"])
def test_an_opportunity_becomes_an_instruction_with_one_click(
    alone: Platform, sit_down: Callable[..., Desk], viewport: ViewportSize
) -> None:
    page = sit_down(alone, viewport=viewport).sign_in("/signals")
    page.get_by_role("link", name="下指令").click()
    expect(page.get_by_test_id("draft-line")).to_have_count(1)
    expect(page.get_by_test_id("draft-line").get_by_label(re.compile("数值"))).to_have_value(re.compile("^-?1$"))
    page.get_by_test_id("save-draft").click()
    expect(page.get_by_test_id("book-status")).to_have_text("草稿")


def test_a_phone_reads_an_instruction(alone: Platform, sit_down: Callable[..., Desk]) -> None:
    desk = sit_down(alone, viewport=PHONE)
    page = desk.sign_in("/instructions/new")
    write(page, "rb2605", "20")
    hand_in(page)
    expect(page.get_by_test_id("book-status")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert violations(page) == []
    desk.photograph("instruction-phone")


def test_who_works_alone_is_told_what_an_approval_takes(simulator: Platform, sit_down: Callable[..., Desk]) -> None:
    page = sit_down(simulator).sign_in("/instructions/new")
    write(page, "hc2605", "1")
    hand_in(page)
    expect(page.get_by_test_id("book-status")).to_have_text("待批准")
    note = page.get_by_test_id("needs-another")
    expect(note).to_contain_text('[instructions] approval = "never"')
    expect(note.get_by_role("link", name="添加用户")).to_have_attribute("href", "/admin")
    assert violations(page) == []
