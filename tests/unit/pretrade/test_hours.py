"""Orders go out while the contract trades, lives, and has a price."""

from __future__ import annotations

from typing import Any

import pytest

from pretrade_harness import DAY, open_desk
from tradewind.domain.order import Offset, Side
from tradewind.pretrade.references import Contract


@pytest.mark.parametrize(
    ("seconds", "codes"),
    [(0.5, set()), (7_200, set()), (7_200.5, {"OFF_HOURS"}), (10_000, {"OFF_HOURS"}), (12_600, set())],
)
def test_orders_pass_in_the_sections_of_the_day(seconds: float, codes: set[str]) -> None:
    desk = open_desk()
    desk.at(seconds)
    desk.tick()
    assert desk.codes() == codes


def test_after_the_day_the_next_one_is_asked_for() -> None:
    desk = open_desk()
    desk.at(19_801)
    desk.tick()
    assert desk.codes() == {"OFF_HOURS"}


@pytest.mark.parametrize(("takes", "codes"), [(False, {"OFF_HOURS"}), (True, set())])
def test_the_auction_takes_orders_where_the_settings_say_so(*, takes: bool, codes: set[str]) -> None:
    desk = open_desk(takes_auction_orders=takes)
    day = desk.service.gate.desk.hours.day("index_futures", desk.clock.now_ns())
    request = desk.request()
    found = desk.service.gate.judge(request, day.open_ns - 1)
    assert {one.code for one in getattr(found, "refusals", ())} == codes


def test_a_contract_of_unknown_hours_does_not_trade() -> None:
    desk = open_desk()
    contract = desk.service.gate.desk.references.contract("IF2101.CFFEX")
    assert isinstance(contract, Contract)
    contract.hours_id = ""
    assert desk.codes() == {"OFF_HOURS"}


@pytest.mark.parametrize("day", [DAY - 1, DAY + 1, 0, 99_999_999])
def test_an_order_for_another_trading_day_is_refused(day: int) -> None:
    assert "TRADING_DAY" in open_desk().codes(trading_day=day)


@pytest.mark.parametrize(
    ("changes", "expire_date", "codes"),
    [
        ({}, 20210103, {"EXPIRED"}),
        ({}, DAY, {"NEAR_EXPIRY"}),
        ({}, 20210106, {"NEAR_EXPIRY"}),
        ({}, 20210107, set()),
        ({}, 20220104, set()),
        ({"offset": Offset.CLOSE, "side": Side.SELL}, DAY, {"CLOSE_BEYOND_POSITION"}),
        ({"offset": Offset.CLOSE, "side": Side.SELL}, 20210103, {"EXPIRED", "CLOSE_BEYOND_POSITION"}),
    ],
)
def test_nothing_is_opened_shortly_before_the_last_day(
    changes: dict[str, Any], expire_date: int, codes: set[str]
) -> None:
    desk = open_desk()
    contract = desk.service.gate.desk.references.contract("IF2101.CFFEX")
    assert isinstance(contract, Contract)
    contract.expire_date = expire_date
    assert desk.codes(**changes) == codes


def test_an_old_price_is_no_reference() -> None:
    desk = open_desk(stale_after_s=10)
    desk.at(10)
    assert desk.codes() == set()
    desk.at(10.5)
    assert desk.codes() == {"STALE_DATA"}
    desk.tick()
    assert desk.codes() == set()
