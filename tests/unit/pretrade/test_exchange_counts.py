"""The counts exchanges watch: warned of, never exceeded, and the same after a restart."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from pretrade_harness import DAY, GOLD, INDEX, GateDesk, limit, make_fill, open_desk
from tradewind.domain.order import OrderStatus, Side, TimeInForce
from tradewind.domain.trading_state import Scope
from tradewind.pretrade.regulatory import RegulatoryFile, regulatory

GOLD_BUY = {"instrument_id": GOLD, "price": Decimal("389.00")}
FREE = (
    limit(Scope.INSTRUMENT, orders_per_second=10_000),
    limit(
        Scope.ACCOUNT,
        orders_per_second=10_000, orders_per_minute=10_000, cancels_per_second=10_000, cancels_per_minute=10_000,
    ),
    limit(Scope.PLATFORM, "", orders_per_second=10_000, cancels_per_second=10_000),
)  # fmt: skip


def strict_desk(*, cancels: int = 10, self_trades: int = 5, big: int = 50, big_lots: int = 300) -> GateDesk:
    """Return a desk on which every exchange counts like this; FAK and FOK are exempt in gold alone."""
    desk = open_desk(*FREE, duplicates=10_000)
    shipped = regulatory()
    rules = {
        exchange: msgspec.structs.replace(
            rule, cancels_from=cancels, self_trades_from=self_trades, big_cancels_from=big, big_cancel_lots=big_lots
        )
        for exchange, rule in shipped.exchanges.items()
    }
    desk.service.gate.desk.counters.rules = msgspec.structs.replace(shipped, exchanges=rules)
    desk.service.gate.desk.counters._exchange_rules.clear()
    return desk


def cancel_many(desk: GateDesk, count: int, **changes: object) -> None:
    for _ in range(count):
        desk.cancelled(desk.approve(**changes))


def test_the_shipped_figures_say_when_they_are_of_and_where_from() -> None:
    rules = regulatory()
    assert set(rules.exchanges) == {"SHFE", "INE", "DCE", "CZCE", "CFFEX", "GFEX"}
    assert all(rule.source and rule.since for rule in rules.exchanges.values())
    assert (rules.exchanges["SHFE"].self_trades_from, rules.exchanges["SHFE"].cancels_from) == (5, 500)
    assert isinstance(rules, RegulatoryFile)


def test_cancels_never_reach_the_count_that_is_abnormal() -> None:
    desk = strict_desk(cancels=10)
    cancel_many(desk, 9)
    decision = desk.ask()
    assert [(one.code, one.limit, one.actual) for one in decision.refusals] == [("CANCELS_A_DAY", "9", "10")]  # type: ignore[union-attr]


def test_orders_that_may_yet_be_cancelled_count_beforehand() -> None:
    desk = strict_desk(cancels=4)
    requests = [desk.approve() for _ in range(3)]
    assert desk.codes() == {"CANCELS_A_DAY"}
    desk.fill(requests[0])
    assert desk.codes() == set()


def test_a_cancel_asked_for_twice_counts_once() -> None:
    desk = strict_desk()
    request = desk.approve()
    desk.cancel(request)
    desk.at(0.5)
    desk.cancel(request)
    desk.order(request, OrderStatus.CANCELLED)
    count = desk.service.queries.counts()[0]
    assert (count.cancels, count.messages) == (1, 3)


def test_a_cancel_nobody_asked_for_counts() -> None:
    desk = strict_desk()
    desk.order(desk.approve(), OrderStatus.CANCELLED)
    assert desk.service.queries.counts()[0].cancels == 1


@pytest.mark.parametrize("kind", [TimeInForce.FAK, TimeInForce.FOK])
def test_where_the_exchange_exempts_them_killed_rests_do_not_count(kind: TimeInForce) -> None:
    desk = strict_desk(cancels=2)
    for _ in range(3):
        desk.order(desk.approve(**GOLD_BUY, time_in_force=kind), OrderStatus.CANCELLED)
    assert desk.service.queries.counts()[0].cancels == 0


def test_where_it_does_not_they_do() -> None:
    desk = strict_desk(cancels=2)
    desk.order(desk.approve(time_in_force=TimeInForce.FAK), OrderStatus.CANCELLED)
    assert desk.codes() == {"CANCELS_A_DAY"}


def test_cancels_of_large_orders_are_counted_apart() -> None:
    desk = strict_desk(big=2, big_lots=2)
    cancel_many(desk, 1, quantity=2)
    assert desk.codes(quantity=2) == {"BIG_CANCELS_A_DAY"}
    assert desk.codes(quantity=1) == set()


def test_both_sides_of_one_fill_are_a_self_trade_of_both_accounts() -> None:
    desk = strict_desk(self_trades=2)
    buy = desk.approve()
    sell = desk.approve(account_id="A2", side=Side.SELL, price=Decimal("5250.0"))
    desk.publish("fills", make_fill(buy, "same"))
    desk.publish("fills", make_fill(sell, "same"))
    assert {count.account_id: count.self_trades for count in desk.service.queries.counts()} == {"A1": 1, "A2": 1}
    assert desk.codes() == {"SELF_TRADES_A_DAY"}


def test_a_fill_heard_twice_is_one_fill() -> None:
    desk = strict_desk()
    request = desk.approve(quantity=2)
    fill = make_fill(request, "f1")
    desk.publish("fills", fill)
    desk.publish("fills", fill)
    count = desk.service.queries.counts()[0]
    assert (count.filled_orders, count.self_trades) == (1, 0)
    working = desk.service.gate.desk.working.get(request.client_order_id)
    assert working is not None
    assert working.heard == 1


def test_warnings_come_at_60_80_and_95_per_cent_and_once_each() -> None:
    desk = strict_desk(cancels=101)
    cancel_many(desk, 100)
    told = [(one.rule, one.percent, one.actual) for one in desk.warnings if one.rule == "cancels_a_day"]
    assert told == [("cancels_a_day", 60, "60"), ("cancels_a_day", 80, "80"), ("cancels_a_day", 95, "95")]
    assert {one.key for one in desk.warnings if one.rule == "cancels_a_day"} == {f"A1/{INDEX}"}


def test_a_new_trading_day_begins_at_nothing_but_the_orders_that_live() -> None:
    desk = strict_desk()
    cancel_many(desk, 3)
    desk.approve()
    counters = desk.service.gate.desk.counters
    assert counters.peek("A1", INDEX, DAY).cancels == 3
    tomorrow = counters.count("A1", INDEX, DAY + 1)
    assert (tomorrow.cancels, tomorrow.orders, tomorrow.live) == (0, 0, 1)


def test_ten_messages_within_a_second_are_a_burst() -> None:
    desk = strict_desk(cancels=1_000)
    for _ in range(25):
        desk.approve()
    assert [(one.account_id, one.count) for one in desk.service.queries.bursts()] == [("A1", 2)]


def test_ten_messages_in_more_than_a_second_are_none() -> None:
    desk = strict_desk(cancels=1_000)
    for number in range(25):
        desk.at(number * 0.2 + 0.1)
        desk.approve()
    assert desk.service.queries.bursts()[0].count == 0


def test_bursts_are_warned_of_before_they_have_to_be_reported() -> None:
    desk = strict_desk(cancels=1_000)
    cancel_many(desk, 50)
    assert [one.percent for one in desk.warnings if one.rule == "message_bursts"] == [60, 80, 95]


def test_order_to_trade_is_messages_a_filled_order_less_one() -> None:
    desk = strict_desk()
    desk.fill(desk.approve())
    cancel_many(desk, 2)
    count = desk.service.queries.counts()[0]
    assert (count.messages, count.filled_orders, count.order_to_trade) == (5, 1, 4.0)


def test_an_exchange_in_no_table_is_refused() -> None:
    desk = open_desk()
    shipped = regulatory()
    desk.service.gate.desk.counters.rules = msgspec.structs.replace(shipped, exchanges={})
    assert desk.codes() == {"EXCHANGE_RULES_UNKNOWN"}


def test_an_order_for_a_day_far_away_does_not_begin_that_day() -> None:
    desk = strict_desk()
    cancel_many(desk, 1)
    desk.ask(trading_day=20991231)
    assert desk.service.gate.desk.counters.peek("A1", INDEX, DAY).cancels == 1
