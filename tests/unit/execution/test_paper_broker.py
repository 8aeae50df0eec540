"""The paper broker around the matching: what it refuses, when the day ends, what a restart finds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from desk_orders import make_order
from paper_exchange import CLOSE_S, DAY, FakeRates, Paper
from tradewind.domain.order import OrderStatus, PriceType, Side, TimeInForce
from tradewind.execution.ports import ConnectionReport, OrderReport, Report, SendOutcome
from tradewind.market.calendar import ExchangeCalendar

from builders import make_instrument

MARKET: dict[str, Any] = {"price": None, "price_type": PriceType.MARKET}


def first_code(paper: Paper) -> str:
    return paper.ends[0][2]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"instrument_id": "XX2101.CFFEX"}, "ctp_16"),
        ({"price": Decimal("5230.1")}, "price_step"),
        ({"price": None}, "price"),
        ({"price": Decimal("5738.0")}, "above_limit"),
        ({"price": Decimal("4694.4")}, "below_limit"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": 21}, "quantity"),
        ({"quantity": 11, **MARKET}, "quantity"),
    ],
)
def test_a_bad_order_is_rejected_with_a_code_and_never_stands(changes: dict[str, Any], code: str) -> None:
    paper = Paper(rates=FakeRates())
    paper.tick()
    assert paper.send(**changes) is SendOutcome.SENT
    assert paper.ends == [("o1", "rejected", code)]
    assert paper.fills == []
    assert not any(isinstance(report, OrderReport) and report.status == "live" for report in paper.said)


def test_lots_are_limited_only_where_the_rates_are_known_but_never_none() -> None:
    paper = Paper()
    paper.tick()
    paper.send("many", quantity=10_000)
    paper.send("none", quantity=0)
    assert paper.ends == [("none", "rejected", "quantity")]


@pytest.mark.parametrize("start_s", [-3_600, CLOSE_S + 10])
def test_outside_trading_hours_orders_are_rejected_as_ctp_does(start_s: float) -> None:
    paper = Paper(start_s=start_s)
    paper.send()
    assert first_code(paper) == "ctp_17"


@pytest.mark.parametrize("changes", [MARKET, {"time_in_force": TimeInForce.FAK}, {"time_in_force": TimeInForce.FOK}])
def test_a_call_auction_takes_limit_orders_for_the_day_alone(changes: dict[str, Any]) -> None:
    paper = Paper(start_s=-30)
    paper.send(**changes)
    assert first_code(paper) == "not_in_auction"


def test_an_id_is_taken_once() -> None:
    paper = Paper()
    paper.tick()
    assert paper.send() is SendOutcome.SENT
    assert paper.send() is SendOutcome.REFUSED
    assert paper.ends == [("o1", "refused", "ctp_22")]


def test_a_market_order_takes_what_is_shown_and_the_rest_is_cancelled() -> None:
    paper = Paper()
    paper.tick(depth=((5229.8, 4, 5240.0, 1),))
    paper.send(**MARKET)
    assert paper.fills == [("o1", "5230.8", 2), ("o1", "5240.0", 1)]
    assert paper.ends == [("o1", "cancelled", "remainder")]


@pytest.mark.parametrize("rates", [None, FakeRates(max_market_quantity=0)])
def test_where_no_market_orders_are_taken_a_limit_some_ticks_beyond_stands_for_one(rates: FakeRates | None) -> None:
    exchange = "CFFEX" if rates else "SHFE"
    paper = Paper(rates=rates, instrument=make_instrument(exchange=exchange), slip_ticks=1)
    paper.tick(depth=((5229.8, 4, 5231.0, 1), (5229.6, 1, 5231.2, 9)))
    paper.send(**MARKET)
    assert paper.fills == [("o1", "5230.8", 2), ("o1", "5231.0", 1)]
    assert paper.ends == []
    paper.tick(5231.0, 0, ask_price=5230.8, ask_volume=9)
    assert paper.fills[2:] == [("o1", "5231.0", 2)]


def test_the_limit_that_stands_for_a_market_order_keeps_to_the_days_limits() -> None:
    paper = Paper(instrument=make_instrument(exchange="SHFE"), slip_ticks=100)
    paper.tick(limit_up=5231.0, limit_down=5229.8, depth=((5229.8, 1, 5231.2, 9),))
    paper.send("b", **MARKET)
    paper.send("s", side=Side.SELL, quantity=9, **MARKET)
    assert paper.fills == [("b", "5230.8", 2), ("s", "5230.0", 1), ("s", "5229.8", 1)]


def test_a_market_order_needs_a_price_to_go_by() -> None:
    paper = Paper()
    paper.send("early", **MARKET)
    assert first_code(paper) == "no_price"
    shfe = Paper(instrument=make_instrument(exchange="SHFE"))
    shfe.tick(ask_price=None, ask_volume=0)
    shfe.send(**MARKET)
    assert first_code(shfe) == "no_price"


def test_a_standing_order_is_cancelled_and_one_that_is_over_or_unknown_is_not() -> None:
    paper = Paper()
    paper.tick()
    paper.send()
    paper.cancel()
    paper.cancel()
    paper.cancel("never sent")
    assert paper.ends == [
        ("o1", "cancelled", "cancelled"),
        ("o1", "refused", "ctp_26"),
        ("never sent", "refused", "ctp_25"),
    ]


def test_orders_and_answers_take_the_latency_of_the_settings() -> None:
    paper = Paper(latency_ms=10)
    paper.tick()
    paper.send(price=Decimal("5230.8"), quantity=2)
    paper.advance(0.009)
    assert paper.said == []
    paper.tick(ask_volume=1)
    paper.advance(0.002)
    assert paper.fills == [("o1", "5230.8", 1)]


def test_orders_for_the_day_end_with_it() -> None:
    paper = Paper(calendar=ExchangeCalendar())
    paper.tick()
    paper.send()
    paper.advance(5.5 * 3_600)
    assert paper.ends == []
    paper.advance(5)
    assert paper.ends == [("o1", "cancelled", "expired")]


def test_orders_of_an_earlier_day_end_with_the_first_tick_of_the_next() -> None:
    paper = Paper()
    paper.tick()
    paper.send()
    paper.tick(trading_day=DAY + 1, ask_price=5229.0)
    assert paper.ends == [("o1", "cancelled", "expired")]
    assert paper.fills == []


def test_ids_of_orders_and_fills_follow_from_the_order() -> None:
    paper = Paper()
    paper.tick(depth=((5229.8, 4, 5231.0, 9),))
    paper.send(price=Decimal("5231.0"))
    answer = paper.ask()
    assert [fill.fill_id for fill in answer.fills] == ["o1.1", "o1.3"]
    assert {fill.order_id for fill in answer.fills} == {"P-o1"}


def test_a_query_tells_of_all_orders_and_fills() -> None:
    paper = Paper()
    paper.tick()
    paper.send("a", price=Decimal("5230.8"), quantity=2)
    paper.send("b")
    answer = paper.ask()
    assert answer.is_complete
    assert [(order.client_order_id, order.status.value, order.filled_quantity) for order in answer.orders] == [
        ("a", "filled", 2),
        ("b", "live", 0),
    ]


def test_after_a_restart_named_orders_stand_again_at_the_back_and_others_were_never_there() -> None:
    paper = Paper()
    stands = make_order("stands", status=OrderStatus.PARTIAL, order_id="P-stands", filled_quantity=2)
    unnamed = make_order("unnamed", status=OrderStatus.UNKNOWN)
    over = make_order("over", status=OrderStatus.FILLED, order_id="P-over")
    paper.broker.connect(paper.said.append, (stands, unnamed, over))
    assert isinstance(paper.said[0], ConnectionReport)
    assert [(order.client_order_id, order.filled_quantity) for order in paper.ask().orders] == [("stands", 2)]
    paper.tick(bid_volume=10)
    paper.tick(5230.0, 11, bid_volume=10)
    assert paper.fills == [("stands", "5230.0", 1)]
    assert [fill.fill_id for fill in paper.ask().fills] == ["stands.3"]
    for key in ("stands", "unnamed", "over"):
        assert paper.send(key) is SendOutcome.REFUSED


def test_yesterdays_book_is_no_book() -> None:
    paper = Paper()
    paper.tick(trading_day=DAY - 1, limit_up=5000.0, ask_price=5229.0)
    paper.send()
    assert (paper.fills, paper.ends) == ([], [])
    paper.tick()
    paper.tick(5230.0, 6)
    assert paper.fills == [("o1", "5230.0", 5)]


def test_a_closed_broker_reports_nothing() -> None:
    paper = Paper()
    paper.tick()
    paper.broker.close()
    paper.send(price=Decimal("5230.8"))
    assert paper.said == []


def test_only_so_many_finished_orders_are_kept_for_queries() -> None:
    paper = Paper(max_finished=3)
    paper.tick()
    for number in range(5):
        paper.send(f"o{number}")
        paper.cancel(f"o{number}")
    assert [order.client_order_id for order in paper.ask().orders] == ["o2", "o3", "o4"]


def test_an_order_taken_back_by_a_listener_while_it_is_being_done_is_done_no_further() -> None:
    paper = Paper()
    paper.tick(depth=((5229.8, 4, 5231.0, 9),))

    def listen(report: Report) -> None:
        paper.said.append(report)
        if len(paper.fills) == 1 and not paper.ends:
            paper.cancel()

    paper.broker.close()
    paper.broker.connect(listen, ())
    paper.send(price=Decimal("5231.0"))
    assert paper.fills == [("o1", "5230.8", 2)]
    assert paper.ends == [("o1", "cancelled", "cancelled")]
