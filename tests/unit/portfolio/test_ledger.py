"""The ledger by the rule book: costs, profits, margin, commission, what is available, the end of a day."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from portfolio_builders import (
    DAY_1,
    DAY_2,
    DAY_3,
    GOLD,
    GOLD_LATER,
    INDEX,
    LONG,
    MEAL,
    SHORT,
    FakeRates,
    all_rates,
    make_books,
    make_fill,
    make_move,
    make_rates,
    make_settlement,
    money,
)
from tradewind.domain.rates import CommissionRate, MarginRate
from tradewind.portfolio.proofs import faults

if TYPE_CHECKING:
    from tradewind.domain.account import Account, Direction, Position
    from tradewind.portfolio import Books

ZERO = Decimal(0)


def funds(books: Books, book: str = "") -> Account:
    return books.ledger("a1", book).account(books.marks, 0)


def position(books: Books, instrument_id: str, direction: Direction = LONG, book: str = "") -> Position:
    ledger = books.ledger("a1", book)
    return ledger.position(ledger.holdings[instrument_id, direction], books.marks, 0)


def mark(books: Books, instrument_id: str, price: str) -> None:
    books.mark(instrument_id, Decimal(price))


def all_to_gold(books: Books) -> None:
    books.book(make_fill("buy", "open", 3, "950", instrument_id=GOLD))
    books.settle(make_settlement({GOLD: "955"}))
    books.book(make_fill("buy", "open", 2, "960", instrument_id=GOLD, trading_day=DAY_2))


@pytest.mark.parametrize(
    ("priority", "close_pnl", "position_pnl"), [("fifo", 15_000, 46_500), ("today_first", 7_500, 54_000)]
)
def test_the_golden_day_brings_61_500_under_both_orders_of_closing(
    priority: str, close_pnl: int, position_pnl: int
) -> None:
    books = make_books(all_rates(close_priority=priority))
    books.book(make_fill("buy", "open", 10, "1480"))
    books.settle(make_settlement({INDEX: "1500"}))
    books.book(make_fill("buy", "open", 8, "1505", trading_day=DAY_2))
    books.book(make_fill("sell", "close", 5, "1510", trading_day=DAY_2))
    mark(books, INDEX, "1515")
    day = funds(books)
    assert (day.close_pnl, day.position_pnl) == money(close_pnl, position_pnl)
    assert day.close_pnl + day.position_pnl == 61_500
    assert not faults(books)


def test_a_close_by_trade_counts_from_the_opening_price_always() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 2, "1480"))
    books.settle(make_settlement({INDEX: "1500"}))
    books.book(make_fill("sell", "close", 2, "1510", trading_day=DAY_2))
    assert funds(books).close_pnl == 2 * 10 * 300
    assert funds(books).close_pnl_by_trade == 2 * 30 * 300


def test_a_short_position_earns_when_the_price_falls() -> None:
    books = make_books()
    books.book(make_fill("sell", "open", 2, "1500"))
    mark(books, INDEX, "1490")
    assert position(books, INDEX, SHORT).position_pnl == 6_000
    books.book(make_fill("buy", "close", 2, "1485"))
    assert funds(books).close_pnl == 9_000


def test_a_plain_close_means_yesterday_where_the_exchange_keeps_dates() -> None:
    books = make_books()
    all_to_gold(books)
    assert books.book(make_fill("sell", "close", 3, "961", instrument_id=GOLD, trading_day=DAY_2)) is None
    assert (position(books, GOLD).today, position(books, GOLD).yesterday) == (2, 0)


def test_close_yesterday_is_a_plain_close_where_the_exchange_keeps_dates() -> None:
    books = make_books()
    all_to_gold(books)
    assert books.book(make_fill("sell", "close_yesterday", 2, "961", instrument_id=GOLD, trading_day=DAY_2)) is None
    assert (position(books, GOLD).today, position(books, GOLD).yesterday) == (2, 1)


def test_close_today_takes_today_s_lots_where_the_exchange_keeps_dates() -> None:
    books = make_books()
    all_to_gold(books)
    books.book(make_fill("sell", "close_today", 2, "961", instrument_id=GOLD, trading_day=DAY_2))
    assert (position(books, GOLD).today, position(books, GOLD).yesterday) == (0, 3)
    assert funds(books).close_pnl == 2 * 1 * 1000


@pytest.mark.parametrize("offset", ["close_today", "close_yesterday", "close"])
def test_elsewhere_every_kind_of_close_is_a_close(offset: str) -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 2, "1480"))
    books.settle(make_settlement({INDEX: "1500"}))
    books.book(make_fill("buy", "open", 1, "1505", trading_day=DAY_2))
    books.book(make_fill("sell", offset, 2, "1510", trading_day=DAY_2))
    assert (position(books, INDEX).today, position(books, INDEX).yesterday) == (1, 0)


def test_today_goes_first_where_the_rates_say_so() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 2, "3000", instrument_id=MEAL))
    books.settle(make_settlement({MEAL: "3010"}))
    books.book(make_fill("buy", "open", 1, "3020", instrument_id=MEAL, trading_day=DAY_2))
    books.book(make_fill("sell", "close", 2, "3030", instrument_id=MEAL, trading_day=DAY_2))
    assert (position(books, MEAL).today, position(books, MEAL).yesterday) == (0, 1)


def test_the_oldest_lot_of_a_day_goes_first() -> None:
    books = make_books()
    for price in ("1500", "1501", "1502"):
        books.book(make_fill("buy", "open", 2, price))
    books.book(make_fill("sell", "close", 3, "1510"))
    assert position(books, INDEX).open_cost == (1501 + 2 * 1502) * 300


@pytest.mark.parametrize(("instrument_id", "offset"), [(GOLD, "close_today"), (INDEX, "close"), (GOLD, "close")])
def test_a_fill_that_closes_more_than_is_held_is_put_aside_whole(instrument_id: str, offset: str) -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 2, "1500", instrument_id=instrument_id))
    books.settle(make_settlement({instrument_id: "1500"}))
    before = funds(books)
    fill = make_fill("sell", offset, 3, "1510", instrument_id=instrument_id, trading_day=DAY_2)
    assert books.book(fill) == "closes_more_than_held"
    assert position(books, instrument_id).quantity == 2
    assert funds(books) == before
    assert [each.fill for each in books.aside] == [fill]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"instrument_id": "zz9999.SHFE"}, "unknown_contract"),
        ({"account_id": "nobody"}, "unknown_account"),
    ],
)
def test_what_nobody_knows_is_put_aside_and_counted(changes: dict[str, str], reason: str) -> None:
    books = make_books()
    assert books.book(make_fill("buy", "open", 1, "1500", **changes)) == reason
    assert books.aside_count == 1
    assert not books.ledger("a1", "").holdings


def test_a_contract_without_rates_is_not_booked_at_a_guess() -> None:
    books = make_books(FakeRates(make_rates(GOLD)))
    assert books.book(make_fill("buy", "open", 1, "1500")) == "unknown_rates"


def test_rates_that_become_known_during_the_day_hold_from_then_on() -> None:
    rates = FakeRates(make_rates(GOLD))
    books = make_books(rates)
    assert books.book(make_fill("buy", "open", 1, "1500")) == "unknown_rates"
    rates.by_id[INDEX] = make_rates(INDEX)
    assert books.book(make_fill("buy", "open", 1, "1500")) is None
    assert position(books, INDEX).margin == 45_000


def test_yesterday_s_lots_stand_at_the_settlement_price_and_today_s_at_their_own() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 2, "1480"))
    books.settle(make_settlement({INDEX: "1500"}))
    books.book(make_fill("buy", "open", 1, "1506", trading_day=DAY_2))
    mark(books, INDEX, "1510")
    held = position(books, INDEX)
    assert held.open_cost == (2 * 1480 + 1506) * 300
    assert held.position_cost == (2 * 1500 + 1506) * 300
    assert held.position_pnl == (2 * 10 + 4) * 300
    assert held.floating_pnl == (2 * 30 + 4) * 300
    assert held.open_price == Decimal(4466) / 3
    assert held.holding_price == Decimal(1502)


def test_until_a_tick_comes_the_last_price_of_record_counts() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 2, "1480"))
    books.book(make_fill("sell", "open", 1, "1490"))
    assert position(books, INDEX).position_pnl == 2 * 10 * 300
    books.settle(make_settlement({INDEX: "1500"}))
    assert position(books, INDEX).last_price == 1500


def test_margin_is_by_money_and_by_volume_long_and_short_apart() -> None:
    rate = MarginRate(Decimal("0.1"), Decimal(2), Decimal("0.2"), Decimal(3))
    books = make_books(all_rates(margin=rate))
    books.book(make_fill("buy", "open", 2, "1500"))
    books.book(make_fill("sell", "open", 1, "1510"))
    assert position(books, INDEX).margin == 2 * 1500 * 300 * Decimal("0.1") + 2 * 2
    assert position(books, INDEX, SHORT).margin == 1510 * 300 * Decimal("0.2") + 3


def test_margin_of_yesterday_s_lots_is_at_the_settlement_price_whatever_the_broker_does_today() -> None:
    books = make_books(margin_price="last")
    books.book(make_fill("buy", "open", 2, "1480"))
    books.settle(make_settlement({INDEX: "1500"}))
    mark(books, INDEX, "1600")
    assert funds(books).margin == 2 * 1500 * 300 * Decimal("0.1")


def test_a_group_pays_margin_on_its_larger_side_only() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 3, "950", instrument_id=GOLD))
    books.book(make_fill("sell", "open", 2, "960", instrument_id=GOLD_LATER))
    books.book(make_fill("sell", "open", 2, "955", instrument_id=GOLD))
    long, short = 3 * 95_000, 2 * 96_000 + 2 * 95_500
    assert funds(books).margin == max(long, short) == 383_000


def test_without_the_larger_side_rule_both_sides_pay() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 1, "1500"))
    books.book(make_fill("sell", "open", 1, "1500"))
    assert funds(books).margin == 2 * 45_000


def test_a_close_pays_for_each_day_s_lots_at_their_own_rate() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 2, "3000", instrument_id=MEAL))
    assert funds(books).commission == 3
    books.settle(make_settlement({MEAL: "3000"}))
    books.book(make_fill("buy", "open", 1, "3000", instrument_id=MEAL, trading_day=DAY_2))
    books.book(make_fill("sell", "close", 2, "3000", instrument_id=MEAL, trading_day=DAY_2))
    assert funds(books).commission == Decimal("1.5") + Decimal("0.7") + Decimal("1.5")


def test_commission_by_money_keeps_every_decimal() -> None:
    rate = CommissionRate(Decimal("0.000023"), ZERO, ZERO, ZERO, ZERO, ZERO)
    books = make_books(all_rates(commission=rate))
    books.book(make_fill("buy", "open", 1, "4891.2"))
    assert funds(books).commission == Decimal("33.74928000")


def test_the_golden_account() -> None:
    """Profit 2 000, commission 21.7019, margin 37 590 on 1 000 000: a vector of another ledger's tests."""
    rates = make_rates(
        GOLD,
        margin=MarginRate(ZERO, Decimal(37_590), ZERO, ZERO),
        commission=CommissionRate(ZERO, Decimal("21.7019"), ZERO, ZERO, ZERO, ZERO),
    )
    books = make_books(FakeRates(rates))
    books.book(make_fill("buy", "open", 1, "950", instrument_id=GOLD))
    mark(books, GOLD, "952")
    assert funds(books).balance == Decimal("1001978.2981")
    assert funds(books).available == Decimal("964388.2981")


@pytest.mark.parametrize(
    ("algorithm", "of_a_gain", "of_a_loss"),
    [("all", 3_000, -3_000), ("loss", 0, -3_000), ("gain", 3_000, 0), ("none", 0, 0)],
)
def test_the_broker_s_algorithm_says_which_profit_is_available(algorithm: str, of_a_gain: int, of_a_loss: int) -> None:
    books = make_books(pnl_in_available=algorithm)
    books.book(make_fill("buy", "open", 1, "1500"))
    mark(books, INDEX, "1510")
    assert funds(books).available == 1_000_000 - 45_000 + of_a_gain
    mark(books, INDEX, "1490")
    assert funds(books).available == 1_000_000 - 45_000 + of_a_loss
    assert funds(books).balance == 997_000


def test_the_algorithm_looks_at_the_sum_of_all_positions() -> None:
    books = make_books(pnl_in_available="loss")
    books.book(make_fill("buy", "open", 1, "1500"))
    books.book(make_fill("buy", "open", 1, "950", instrument_id=GOLD))
    mark(books, INDEX, "1510")
    mark(books, GOLD, "949")
    assert funds(books).position_pnl == 2_000
    assert funds(books).available == 1_000_000 - 45_000 - 95_000


@pytest.mark.parametrize(("is_available", "expected"), [(True, 1_003_000), (False, 1_000_000)])
def test_gains_of_closes_are_available_only_where_the_broker_lets_them(*, is_available: bool, expected: int) -> None:
    books = make_books(is_close_gain_available=is_available)
    books.book(make_fill("buy", "open", 1, "1500"))
    books.book(make_fill("sell", "close", 1, "1510"))
    assert funds(books).available == expected
    assert funds(books).balance == 1_003_000


def test_losses_of_closes_are_gone_whatever_the_broker_lets() -> None:
    books = make_books(is_close_gain_available=False)
    books.book(make_fill("buy", "open", 1, "1500"))
    books.book(make_fill("sell", "close", 1, "1490"))
    assert funds(books).available == 997_000


def test_deposits_and_withdrawals_move_the_balance_once_each() -> None:
    books = make_books()
    for move in (make_move("500", move_id="m1"), make_move("-200", move_id="m2"), make_move("500", move_id="m1")):
        books.pay(move)
    assert (funds(books).deposit, funds(books).withdraw) == money(1_000_500, 200)
    assert funds(books).balance == 1_000_300


def test_the_risk_ratio_is_margin_over_balance() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 1, "1500"))
    assert funds(books).risk_ratio == Decimal("0.045")


def test_settlement_keeps_the_balance_and_begins_anew() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 2, "1480"))
    books.book(make_fill("sell", "close", 1, "1490"))
    mark(books, INDEX, "1500")
    before = funds(books)
    books.settle(make_settlement({INDEX: "1500"}))
    after, held = funds(books), position(books, INDEX)
    assert after.balance == after.pre_balance == before.balance
    assert (after.close_pnl, after.position_pnl, after.commission, after.deposit) == money(0, 0, 0, 0)
    assert (held.today, held.yesterday) == (0, 1)
    assert held.position_cost == 1500 * 300
    assert held.open_cost == 1480 * 300
    assert after.margin == 45_000
    assert after.trading_day == DAY_2


def test_the_settlement_price_counts_not_the_last_price() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 1, "1480"))
    mark(books, INDEX, "1600")
    books.settle(make_settlement({INDEX: "1490"}))
    assert funds(books).balance == 1_003_000


def test_expired_lots_leave_at_the_settlement_price() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 1, "1480"))
    books.book(make_fill("buy", "open", 1, "950", instrument_id=GOLD))
    books.settle(make_settlement({INDEX: "1490", GOLD: "950"}, expired=(INDEX,)))
    assert list(books.ledger("a1", "").holdings) == [(GOLD, LONG)]
    assert funds(books).balance == 1_003_000
    assert not faults(books)


def test_a_second_settlement_of_a_day_changes_nothing() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 1, "1480"))
    books.settle(make_settlement({INDEX: "1490"}))
    after = funds(books)
    books.settle(make_settlement({INDEX: "1600"}))
    assert funds(books) == after


def test_settled_days_are_kept_as_they_ended() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 1, "1480"))
    books.settle(make_settlement({INDEX: "1490"}))
    books.settle(make_settlement({INDEX: "1480"}, trading_day=DAY_2, next_trading_day=DAY_3))
    assert [(day.trading_day, day.position_pnl, day.balance) for day in books.ledger("a1", "").days] == [
        (DAY_1, *money(3_000, 1_003_000)),
        (DAY_2, *money(-3_000, 1_000_000)),
    ]


def test_a_fill_of_tomorrow_waits_for_today_s_settlement() -> None:
    books = make_books()
    assert books.book(make_fill("buy", "open", 1, "1500", trading_day=DAY_2)) == "early"
    assert not books.ledger("a1", "").holdings
    books.settle(make_settlement({}))
    assert position(books, INDEX).today == 1


def test_a_late_fill_of_an_ended_day_counts_from_the_present_one() -> None:
    books = make_books()
    books.settle(make_settlement({}))
    books.book(make_fill("buy", "open", 1, "1500", trading_day=DAY_1))
    mark(books, INDEX, "1510")
    assert position(books, INDEX).today == 1
    assert funds(books).balance == 1_003_000


def test_a_fill_told_twice_counts_once() -> None:
    books = make_books()
    fill = make_fill("buy", "open", 1, "1500")
    assert [books.book(fill), books.book(fill)] == [None, None]
    assert position(books, INDEX).quantity == 1


def test_both_sides_of_a_self_trade_count_though_the_exchange_gives_them_one_id() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 1, "1500", fill_id="7"))
    books.book(make_fill("sell", "open", 1, "1500", fill_id="7"))
    assert position(books, INDEX, LONG).quantity == position(books, INDEX, SHORT).quantity == 1


def test_an_id_that_comes_again_on_another_day_is_another_fill() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 1, "1500", fill_id="7"))
    books.settle(make_settlement({INDEX: "1500"}))
    books.book(make_fill("buy", "open", 1, "1500", fill_id="7", trading_day=DAY_2))
    assert position(books, INDEX).quantity == 2


def test_a_fill_too_old_to_be_told_from_its_repetition_is_put_aside() -> None:
    books = make_books()
    day = DAY_1
    for _ in range(8):
        books.book(make_fill("buy", "open", 1, "1500", trading_day=day))
        books.settle(make_settlement({INDEX: "1500"}, trading_day=day, next_trading_day=day + 1))
        day += 1
    assert books.book(make_fill("buy", "open", 1, "1500", trading_day=DAY_1)) == "too_old"


def test_accounts_do_not_touch_each_other() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 1, "1500", account_id="a2"))
    assert not books.ledger("a1", "").holdings
    assert books.ledger("a2", "").holdings[INDEX, LONG].quantity == 1


@pytest.mark.parametrize(("is_in_cents", "charged"), [(False, "20.80577268"), (True, "20.80")])
def test_commission_of_each_fill_is_rounded_to_the_cent_where_the_broker_does(
    charged: str, *, is_in_cents: bool
) -> None:
    rate, none = Decimal("0.0000231"), Decimal(0)
    rates = all_rates(commission=CommissionRate(rate, none, rate, none, rate, none))
    books = make_books(rates, is_commission_in_cents=is_in_cents)
    for side, offset in (("buy", "open"), ("sell", "close")):
        books.book(make_fill(side, offset, 1, "1501.138"))
    assert books.accounts["a1"].account.commission == Decimal(charged)
