"""An instruction from draft to last fill in four browsers, over two instances, as a team has it (C-004-6, C-004-10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, expect

from browser_team import Team, act, send, shown_instruction, shown_positions, write_draft
from production_desk import AU, FUND, ProductionDesk, production_desk
from real_mariadb import RealMariaDb
from running_platform import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

LOTS: Final = 4
CONTRACT_MULTIPLIER: Final = 1000
LETTERS: Final = {
    ("fang", "指令待审批"): 1,
    ("meng", "指令已批准"): 1,
    ("tian", "指令已批准"): 1,
    ("meng", "指令已接单"): 1,
    ("meng", "指令已完成"): 1,
    ("tian", "指令已完成"): 1,
}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, mariadb: RealMariaDb) -> Iterator[ProductionDesk]:
    with production_desk(tmp_path_factory.mktemp("desk"), mariadb) as desk:
        yield desk


@pytest.fixture
def team(browser: Browser, platform: ProductionDesk) -> Iterator[Team]:
    team = Team(browser, platform)
    yield team
    team.close()


def test_a_team_takes_an_instruction_from_draft_to_last_fill_and_all_see_the_same(
    platform: ProductionDesk, team: Team
) -> None:
    team.sign_in("/instructions")
    manager, approver, trader, viewer = (team.page(name) for name in ("meng", "fang", "tian", "vera"))
    manager.get_by_role("region", name="指令").get_by_role("link", name="新指令").click()
    number = write_draft(manager, "au2604", LOTS)
    for page in (approver, trader, viewer):
        page.get_by_test_id("instruction").filter(has_text=number).get_by_role("button").click()
        expect(page.get_by_test_id("book-status")).to_have_text("草稿")
        expect(page.get_by_role("group", name="可做的操作")).to_have_count(0)
    team.photograph("1-draft")

    act(manager, "submit")
    expect(manager.get_by_test_id("act-approve")).to_have_count(0)
    act(approver, "approve")
    act(trader, "accept")
    for page in team.pages:
        expect(page.get_by_test_id("book-status")).to_have_text("已接收")
        # Everybody by name, as the directory server has it.
        for name in ("孟经理（meng）", "田交易（tian）"):
            expect(page.locator("#main")).to_contain_text(name)
    team.photograph("2-accepted")

    send(trader, 1)
    expect(viewer.get_by_test_id("book-status")).to_have_text("部分完成")
    expect(manager.get_by_test_id("adjustment").get_by_role("cell").nth(4)).to_have_text("1")
    send(trader, LOTS - 1)
    for page in team.pages:
        expect(page.get_by_test_id("book-status")).to_have_text("已完成")
    orders = ["1 / 1", f"{LOTS - 1} / {LOTS - 1}"]
    wait_for(lambda: [order[4] for order in shown_instruction(viewer)["orders"]] == orders)
    wait_for(lambda: agree([shown_instruction(page) for page in team.pages]))
    told = shown_instruction(viewer)
    team.photograph("3-done")

    price = the_record_agrees(platform, number)
    assert told["lines"][0][5:9] == [str(LOTS), "0", "0", f"{price:.3f}"]
    assert [order[6] for order in told["orders"]] == ["全部成交"] * 2
    assert "1 个合约" in told["steps"][0]
    assert any(f"第 2 笔：买入 {LOTS - 1} 手 au2604，直接" in step for step in told["steps"])

    team.visit("/positions")
    for page in team.pages:
        expect(page.get_by_test_id("position")).to_have_count(1)
    wait_for(lambda: agree([shown_positions(page) for page in team.pages]))
    assert shown_positions(viewer)[0][1:4] == ["多", str(LOTS), f"{price:.3f}"]
    team.photograph("4-positions")
    wait_for(lambda: len(platform.mail.box.letters) >= len(LETTERS))
    assert letters(platform) == LETTERS
    assert len({letter["Message-ID"] for letter in platform.mail.box.letters}) == len(LETTERS)


def the_record_agrees(platform: ProductionDesk, number: str) -> Decimal:
    """Ask both instances for all there is: they say the same, and the ledger is what the fills make.

    Returns the average price.
    """
    home = f"/api/v1/instruction-book/{number}"
    for path in (home, f"{home}/timeline", f"{home}/details", "/api/v1/records/trades", "/api/v1/records/orders"):
        one, other = platform.asked(path)
        assert one == other
    assert agree([ledger(positions) for positions in platform.asked("/api/v1/positions")])
    (fills,) = (page["rows"] for page in platform.asked("/api/v1/records/trades")[:1])
    held, worth, fees = bought(fills)
    assert ledger(platform.asked("/api/v1/positions")[0]) == {
        (book, AU, "long"): (held, worth * CONTRACT_MULTIPLIER) for book in ("", f"{FUND}/")
    }
    funds = {each["book"]: Decimal(each["commission"]) for each in platform.asked("/api/v1/accounts")[0]}
    assert funds == {"": fees, f"{FUND}/": fees, "/": 0}
    (line,) = platform.asked(home)[0]["adjustments"]
    assert (held, line["filled_quantity"]) == (LOTS, LOTS)
    assert Decimal(line["average_price"]).quantize(Decimal("1e-6")) == (worth / held).quantize(Decimal("1e-6"))
    return worth / held


def ledger(positions: list[dict[str, Any]]) -> dict[tuple[str, str, str], tuple[int, Decimal]]:
    """Return lots and what they cost, by book, contract and direction."""
    return {
        (each["book"], each["instrument_id"], each["direction"]): (each["today"], Decimal(each["open_cost"]))
        for each in positions
    }


def bought(fills: list[dict[str, Any]]) -> tuple[int, Decimal, Decimal]:
    """Return the lots of these fills, lots × price, and what they cost in commission."""
    assert {(each["direction"], each["instrument_id"], each["product_code"]) for each in fills} == {("buy", AU, FUND)}
    assert len({each["trade_id"] for each in fills}) == len(fills)
    worth = sum(Decimal(each["price"]) * each["volume"] for each in fills)
    fees = sum(Decimal(each["commission"]) for each in fills)
    return sum(each["volume"] for each in fills), Decimal(worth), Decimal(fees)


def agree(seen: list[Any]) -> bool:
    return all(each == seen[0] for each in seen)


def letters(platform: ProductionDesk) -> Counter[tuple[str, str]]:
    """Return how often each person was sent a letter of each kind."""
    return Counter(
        (each["To"].addresses[0].username, each["Subject"].split("] ")[1].split(":")[0])
        for each in platform.mail.box.letters
    )
