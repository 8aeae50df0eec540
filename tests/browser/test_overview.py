"""The manager's overview: what products and accounts hold, earn and risk, live."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from browser_desk import Desk, Platform, post, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]


@pytest.fixture(scope="module")
def funds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A desk that trades for two funds."""
    platform = Platform(tmp_path_factory.mktemp("funds"), 'trading.products=["wenjian1","jinqu2"]')
    platform.start()
    yield platform
    platform.stop()


def trade(page: Page, product: str, instrument_id: str, side: str, quantity: int, **execution: str) -> None:
    line = {"instrument_id": instrument_id, "side": side, "quantity": quantity, "execution": execution}
    body = {"account_id": "paper", "product_code": product, "lines": [line]}
    post(page, "/api/v1/instructions", body, key=f"{product} {instrument_id} {side} {quantity}")


def test_each_product_shows_what_it_holds_and_what_is_under_way(funds: Platform, sit_down: Callable[..., Desk]) -> None:
    desk = sit_down(funds)
    page = desk.sign_in("/products")
    trade(page, "wenjian1", "rb2605.SHFE", "buy", 5)
    trade(page, "jinqu2", "ag2604.SHFE", "sell", 2)
    trade(page, "wenjian1", "rb2605.SHFE", "buy", 3, limit_price="2990")
    row = page.get_by_test_id("overview-row").filter(has_text="wenjian1")
    expect(row.get_by_role("cell").nth(1)).to_have_text("5 / 0")
    expect(row.get_by_role("cell").last).to_have_text("1")
    expect(page.get_by_test_id("overview-row").filter(has_text="jinqu2").get_by_role("cell").nth(1)).to_have_text(
        "0 / 2"
    )
    page.get_by_role("button", name="wenjian1").click()
    expect(page.get_by_test_id("figure")).to_have_count(1)
    expect(page.get_by_test_id("figure")).to_contain_text("rb2605")
    assert violations(page) == []
    desk.photograph("overview")
    page.get_by_role("button", name="账户", exact=True).click()
    expect(page.get_by_test_id("overview-row")).to_contain_text("paper")
