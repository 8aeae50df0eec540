"""Links to brokers as a person sees them: a login that is refused and mended, what differs, and asking again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from browser_desk import PHONE, WIDE, Desk, Platform, violations
from ctp_trading import BINDING, start_fronts
from tradewind.testing.ctp_front.front import CtpFronts

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]


@pytest.fixture
def fronts() -> Iterator[CtpFronts]:
    """Yield fronts that refuse the first login."""
    fronts = start_fronts()
    fronts.faults.add("ReqUserLogin", "refuse", code=3)
    yield fronts
    fronts.stop()


@pytest.fixture
def at_broker(tmp_path: Path, fronts: CtpFronts) -> Iterator[Platform]:
    settings = fronts.settings
    place = {"broker_id": settings.broker_id, "fronts": [fronts.trading_address], "app_id": settings.app_id}
    account = {"id": "main", "user_id": fronts.investor().user_id, "confirmation": "unseen", **place}
    platform = Platform(
        tmp_path,
        "execution.broker=ctp",
        f"execution.ctp.accounts={json.dumps([account])}",
        f"portfolio.accounts={json.dumps([{'id': 'main', 'initial_deposit': 0}])}",
        f"ctp.binding={BINDING}",
    )
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("CTP_PASSWORD_MAIN", settings.users[0].password)
        environ.setenv("CTP_AUTH_CODE_MAIN", settings.auth_code)
        platform.start()
    yield platform
    platform.stop()


def act(page: Page, button: str) -> None:
    """Press a button of the account's panel, and confirm."""
    page.get_by_test_id(button).click()
    page.get_by_test_id("broker-sure").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["desktop", "phone"])
def test_a_refused_login_is_mended_and_what_differs_is_shown(
    at_broker: Platform, sit_down: Callable[..., Desk], viewport: ViewportSize
) -> None:
    desk = sit_down(at_broker, viewport=viewport)
    page = desk.sign_in("/account")
    panel = page.get_by_test_id("broker-accounts")
    expect(panel.get_by_test_id("broker-state")).to_have_text("登录被拒，等人处理")
    expect(panel.get_by_test_id("broker-reason")).to_contain_text("不合法的登录")
    act(page, "broker-login")
    expect(panel.get_by_test_id("broker-state")).to_have_text("就绪")
    # The ledger began with nothing, the broker's account with a hundred million.
    act(page, "broker-compare")
    expect(panel.get_by_test_id("broker-differences")).to_contain_text("日初资金")
    expect(panel).to_contain_text("2021-01-04")
    assert violations(page) == []
    desk.photograph("broker-accounts")
    page.goto(f"{at_broker.url}/system")
    expect(page.get_by_test_id("broker-account")).to_have_count(1)
    expect(page.get_by_test_id("broker-account")).to_contain_text("main")
    assert violations(page) == []
