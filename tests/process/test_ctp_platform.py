"""The platform with an account at a simulated CTP front, as an operator starts it and a trader uses it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from ctp_trading import BINDING
from running_platform import Running, wait_for
from tradewind.testing.ctp_front.contracts import ContractList, contract_of
from tradewind.testing.ctp_front.front import CtpFronts
from tradewind.testing.ctp_front.settings import FrontSettings

pytestmark = [pytest.mark.process, pytest.mark.timeout(90)]


def flags(fronts: CtpFronts) -> list[str]:
    """Return the settings of a platform with the account `main` at these fronts."""
    place = {"broker_id": fronts.settings.broker_id, "fronts": [fronts.trading_address], "app_id": "app_1"}
    account = {"id": "main", "user_id": fronts.investor().user_id, **place}
    return [
        "execution.broker=ctp",
        f"execution.ctp.accounts={json.dumps([account])}",
        f"portfolio.accounts={json.dumps([{'id': 'main', 'initial_deposit': 1_000_000}])}",
        "instructions.approval=never",
        f"pretrade.report_confirmed_at={json.dumps({'main': '2025-10-09'})}",
        f"ctp.binding={BINDING}",
    ]


RB = "rb2605.SHFE"
PULLED = ("counting", "groups", "contracts", "commission", "margin", "order_fees")
"""What is asked about the rates of an account whose front has one contract."""


@pytest.fixture
def fronts(monkeypatch: pytest.MonkeyPatch) -> Iterator[CtpFronts]:
    """Yield fronts of the day that the simulator plays, which trade one contract of its."""
    day = int(f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y%m%d}")  # noqa: TID251 - the simulator's own day
    contract = contract_of(RB, day)
    assert contract is not None
    settings = FrontSettings(trading_day=day, query_rate=1_000, app_id="app_1", auth_code="code-of-app")
    fronts = CtpFronts(settings, contracts=ContractList([contract]))
    fronts.market.open_at("rb2605", 3120)
    fronts.start()
    monkeypatch.setenv("CTP_PASSWORD_MAIN", settings.users[0].password)
    monkeypatch.setenv("CTP_AUTH_CODE_MAIN", settings.auth_code)
    yield fronts
    fronts.stop()


def queue(client: httpx.Client) -> dict[str, Any]:
    """Return how the broker stands, nothing while the desk is not open."""
    found: dict[str, Any] = client.get("/api/v1/order-queue").json().get("broker", {"accounts": []})
    return found


def account(client: httpx.Client) -> dict[str, Any]:
    """Return how the account stands."""
    return next(iter(queue(client)["accounts"]), {})


def tell(client: httpx.Client, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
    """Give a command."""
    answer = client.post(path, json=body, headers={"idempotency-key": key})
    assert answer.status_code in {200, 201}, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_account_at_a_front_trades_and_is_compared(
    start: Callable[..., Running], fronts: CtpFronts, tmp_path: Path
) -> None:
    running = start(tmp_path, *flags(fronts))
    client = running.client()
    wait_for(lambda: account(client).get("is_working") and queue(client)["is_reconciled"])
    wait_for(lambda: RB in client.get("/api/v1/quotes").text)
    # Until its broker has told what a contract costs nobody trades it.
    wait_for(lambda: client.get("/api/v1/statements").json()["pulls"]["main"]["done"] == len(PULLED))
    line = {"instrument_id": RB, "side": "buy", "quantity": 2}
    tell(client, "/api/v1/instructions", {"account_id": "main", "lines": [line], "reason": "a try"}, "i1")
    wait_for(lambda: fronts.investor().orders)
    with fronts.lock:
        for order in tuple(fronts.investor().standing()):
            fronts.desk.fill(order)
    wait_for(lambda: [each["status"] for each in client.get("/api/v1/orders").json()] == ["filled"])
    wait_for(lambda: [each["today"] for each in client.get("/api/v1/positions").json() if not each["book"]] == [2])
    tell(client, "/api/v1/broker-account", {"account_id": "main", "wish": "compare"}, "c1")
    wait_for(lambda: account(client)["funds"]["commission"] != "0.00")
    assert account(client)["differences"] == []
    fronts.move_money(5)
    tell(client, "/api/v1/broker-account", {"account_id": "main", "wish": "compare"}, "c2")
    wait_for(lambda: "funds_before_trading" in {each["code"] for each in account(client)["differences"]})
    shown = client.get("/api/v1/order-queue").text
    assert fronts.settings.users[0].password not in shown
    wait_for(lambda: "broker_login" in client.get("/api/v1/records/journal").text)
    client.close()
    assert running.stop() == 0
