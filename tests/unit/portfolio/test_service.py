"""The room on its bus: what it tells and when, how days end, cash, restarts."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portfolio_builders import (
    DAY_1,
    DAY_2,
    DAY_3,
    GOLD,
    HOUR_NS,
    INDEX,
    LONG,
    START_NS,
    Desk,
    approved,
    make_fill,
    make_move,
    make_order,
    make_request,
    make_settlement,
    money,
)
from tradewind.bus.desk_topics import CASH_MOVES, FILLS, ORDER_REQUESTS, SETTLEMENTS
from tradewind.bus.ordered import OrderedBus
from tradewind.domain.account import Account, Position, Settlement
from tradewind.domain.order import OrderStatus
from tradewind.domain.tick import Tick, TickFlag
from tradewind.errors import ConfigError, StoreError
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S
from tradewind.kernel.settings import load
from tradewind.portfolio import AccountSettings, PortfolioSettings
from tradewind.portfolio.proofs import faults
from tradewind.runtime.settings import TradewindSettings

from builders import make_tick

CLOSE_NS = START_NS + 6 * HOUR_NS
SETTLE_NS = CLOSE_NS + 1_800 * NS_PER_S
NEXT_NS = START_NS + 24 * HOUR_NS


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.start()
    return desk


def index_tick(price: float, **changes: Any) -> Tick:
    fields = {"instrument_id": INDEX, "trading_day": DAY_1, "last_price": price, "ts_event": START_NS}
    return make_tick(**{"turnover": 0.0, "settlement_price": None, "pre_settlement_price": None, **fields, **changes})


def account(desk: Desk, account_id: str = "a1") -> Account:
    found = desk.service.queries.account(account_id)
    assert found is not None
    return found


def settlements(desk: Desk) -> list[Settlement]:
    return [event for name, event in desk.journal if name == SETTLEMENTS.name]


def test_a_new_account_is_opened_once_with_its_initial_deposit(desk: Desk) -> None:
    assert (account(desk).trading_day, account(desk).balance) == (DAY_1, Decimal(1_000_000))
    desk.service.resume()
    assert [event.move_id for name, event in desk.journal if name == CASH_MOVES.name] == ["open:a1"]


def test_an_account_is_opened_when_time_begins_where_it_has_not_begun_yet() -> None:
    desk = Desk(start_ns=0)
    desk.start()
    assert account(desk).trading_day == 0
    desk.clock.advance_to(START_NS + 60 * NS_PER_S)
    assert account(desk).trading_day == DAY_1


def test_a_first_tick_opens_an_account_too() -> None:
    desk = Desk(start_ns=0)
    desk.start()
    desk.tick(index_tick(1500.0))
    assert account(desk).trading_day == DAY_1


def test_a_fill_is_told_at_once_in_the_account_and_in_its_book(desk: Desk) -> None:
    desk.told.clear()
    desk.fill(make_fill("buy", "open", 2, "1500", product_code="P", strategy="s"))
    assert [(type(each).__name__, each.book) for each in desk.told] == [
        ("Position", ""),
        ("Account", ""),
        ("Position", "P/s"),
        ("Account", "P/s"),
    ]
    assert desk.told[0].quantity == 2


def test_versions_only_rise_and_a_flat_position_is_told(desk: Desk) -> None:
    desk.fill(make_fill("buy", "open", 2, "1500"))
    desk.fill(make_fill("sell", "close", 2, "1501"))
    told = [each for each in desk.all_told(Position) if not each.book]
    assert [each.quantity for each in told] == [2, 0]
    versions = [each.version for each in desk.all_told(Account) if not each.book]
    assert versions == sorted(versions)
    assert told[0].version < told[1].version


def test_ticks_mark_at_once_and_are_told_together_after_publish_ms(desk: Desk) -> None:
    desk.fill(make_fill("buy", "open", 1, "1500"))
    desk.told.clear()
    for price in (1501.0, 1502.0, 1503.0):
        desk.tick(index_tick(price))
    assert account(desk).position_pnl == 900
    assert not desk.told
    desk.clock.advance_to(START_NS + 250 * NS_PER_MS)
    assert [each.position_pnl for each in desk.told if not each.book] == [900, 900]
    assert all(each.ts_event == START_NS + 250 * NS_PER_MS for each in desk.told)
    desk.told.clear()
    desk.clock.advance_to(START_NS + 30 * NS_PER_S)
    assert not desk.told


def test_a_test_quote_moves_no_money(desk: Desk) -> None:
    desk.fill(make_fill("buy", "open", 1, "1500"))
    desk.tick(index_tick(1.0, flags=int(TickFlag.TEST)))
    assert account(desk).position_pnl == 0


def test_an_order_s_hold_is_told_at_once(desk: Desk) -> None:
    approval = approved(make_request("buy", "open", 1), margin="45000")
    desk.told.clear()
    desk.approve(approval)
    desk.order(make_order(approval, OrderStatus.REJECTED, 1))
    assert [each.frozen_margin for each in desk.told if not each.book] == [45_000, 0]


def test_a_fill_nobody_can_book_is_counted_by_reason_and_shown(desk: Desk) -> None:
    fill = make_fill("buy", "open", 1, "1500", instrument_id="zz9999.SHFE")
    desk.fill(fill)
    assert desk.metrics.fills_aside.counts == {"unknown_contract": 1}
    assert [each.fill for each in desk.service.queries.aside()] == [fill]


def test_a_withdrawal_beyond_what_is_available_is_refused_as_a_value(desk: Desk) -> None:
    desk.fill(make_fill("buy", "open", 1, "1500"))
    refusal = desk.service.move_cash(make_move("-955000.01"))
    assert refusal is not None
    assert (refusal.code, refusal.limit, refusal.actual) == ("insufficient_funds", "955000.0", "955000.01")
    assert desk.service.move_cash(make_move("-955000")) is None
    assert account(desk).available == 0


@pytest.mark.parametrize(
    ("amount", "account_id", "code"),
    [
        ("0", "a1", "bad_amount"),
        ("NaN", "a1", "bad_amount"),
        ("1e400", "a1", "bad_amount"),
        ("0.00000000001", "a1", "bad_amount"),
        ("5", "nobody", "unknown_account"),
    ],
)
def test_money_that_cannot_move_is_refused(desk: Desk, amount: str, account_id: str, code: str) -> None:
    refusal = desk.service.move_cash(make_move(amount, account_id=account_id))
    assert refusal is not None
    assert refusal.code == code


def test_a_book_gives_out_no_more_than_the_account_has(desk: Desk) -> None:
    assert desk.service.move_cash(make_move("500", book="P/s")) is not None  # no such book yet
    desk.fill(make_fill("buy", "open", 1, "1500", product_code="P", strategy="s"))
    desk.fill(make_fill("sell", "close", 1, "1501", product_code="P", strategy="s"))
    assert desk.service.move_cash(make_move("-300", book="P/s")) is None
    refusal = desk.service.move_cash(make_move("-1", book="P/s"))
    assert refusal is not None
    assert refusal.code == "insufficient_funds"


def test_a_payment_told_twice_is_booked_once(desk: Desk) -> None:
    move = make_move("500")
    assert desk.service.move_cash(move) is None
    assert desk.service.move_cash(move) is None
    assert account(desk).deposit == 1_000_500


def test_a_day_is_settled_some_time_after_the_last_close(desk: Desk) -> None:
    desk.fill(make_fill("buy", "open", 1, "1500"))
    desk.tick(index_tick(1510.0))
    desk.clock.advance_to(SETTLE_NS)
    assert not settlements(desk)
    desk.clock.advance_to(SETTLE_NS + 61 * NS_PER_S)
    (event,) = settlements(desk)
    assert (event.trading_day, event.next_trading_day, event.prices) == (DAY_1, DAY_2, {INDEX: Decimal("1510.0")})
    assert (account(desk).trading_day, account(desk).pre_balance) == (DAY_2, Decimal(1_003_000))


def test_the_exchange_s_settlement_price_is_taken_from_quotes_after_the_close(desk: Desk) -> None:
    desk.fill(make_fill("buy", "open", 1, "1500"))
    desk.tick(index_tick(1510.0))
    desk.snapshot_quote(index_tick(1510.0, settlement_price=1505.0))
    desk.clock.advance_to(SETTLE_NS + 61 * NS_PER_S)
    assert account(desk).pre_balance == 1_001_500


def test_a_day_without_any_price_waits_for_the_next_day_s_first_ticks(desk: Desk) -> None:
    desk.fill(make_fill("buy", "open", 1, "1500"))
    desk.clock.advance_to(NEXT_NS)
    assert not settlements(desk)
    desk.tick(index_tick(1520.0, trading_day=DAY_2, ts_event=NEXT_NS, pre_settlement_price=1512.0))
    assert settlements(desk)[0].prices == {INDEX: Decimal("1512.0")}
    assert (account(desk).pre_balance, account(desk).balance) == money(1_003_600, 1_006_000)


def test_a_contract_that_never_ticks_is_settled_where_it_stands_after_a_while_and_counted(desk: Desk) -> None:
    desk.fill(make_fill("buy", "open", 1, "950", instrument_id=GOLD))
    desk.clock.advance_to(NEXT_NS)
    desk.tick(index_tick(1520.0, trading_day=DAY_2, ts_event=NEXT_NS))
    assert not settlements(desk)
    desk.clock.advance_to(NEXT_NS + 120 * NS_PER_S)
    assert settlements(desk)[0].prices == {GOLD: Decimal(950)}
    assert desk.metrics.settled_without_price.total() == 1
    assert account(desk).balance == 1_000_000


def test_a_fill_of_the_next_day_settles_the_day_before_first(desk: Desk) -> None:
    desk.fill(make_fill("buy", "open", 1, "1500"))
    desk.tick(index_tick(1510.0))
    desk.service.detach()  # no timer may settle it first
    desk.clock.advance_to(NEXT_NS)
    desk.service.attach()
    desk.fill(make_fill("buy", "open", 1, "1511", trading_day=DAY_2))
    (held,) = desk.service.queries.positions("a1")
    assert (held.today, held.yesterday) == (1, 1)
    assert account(desk).pre_balance == 1_003_000


def test_a_fill_whose_day_the_calendar_does_not_know_waits_and_is_counted(desk: Desk) -> None:
    desk.fill(make_fill("buy", "open", 1, "1511", trading_day=20991231))
    assert not settlements(desk)
    assert not desk.service.queries.positions()
    assert desk.metrics.fills_aside.counts == {"early": 1}


def test_money_paid_in_before_an_account_is_opened_does_not_replace_its_initial_deposit() -> None:
    desk = Desk(start_ns=0)
    desk.start()
    desk.pay(make_move("500"))
    desk.tick(index_tick(1500.0))
    assert account(desk).deposit == 1_000_500


def test_a_tick_whose_day_the_calendar_does_not_know_ends_no_day(desk: Desk) -> None:
    desk.tick(index_tick(1510.0, trading_day=DAY_3))
    assert not settlements(desk)


def test_settlement_tells_every_position_and_account_anew(desk: Desk) -> None:
    desk.fill(make_fill("buy", "open", 1, "1500"))
    desk.told.clear()
    desk.settle(make_settlement({INDEX: "1510"}))
    assert {(type(each).__name__, each.book) for each in desk.told} == {
        (kind, book) for kind in ("Position", "Account") for book in ("", "/")
    }
    assert desk.metrics.settlements.counts == {"a1": 1}


def test_what_expired_is_told_as_flat(desk: Desk) -> None:
    desk.fill(make_fill("buy", "open", 1, "1500"))
    desk.told.clear()
    desk.settle(make_settlement({INDEX: "1510"}, expired=(INDEX,)))
    assert [each.quantity for each in desk.all_told(Position)] == [0, 0]


def test_equity_is_sampled_on_the_line_s_time(desk: Desk) -> None:
    desk.fill(make_fill("buy", "open", 1, "1500"))
    for minute, price in ((1, 1510.0), (2, 1520.0)):
        desk.tick(index_tick(price))
        desk.clock.advance_to(START_NS + minute * 60 * NS_PER_S)
    desk.clock.advance_to(START_NS + 10 * 60 * NS_PER_S)  # nothing moves: no more points
    points = desk.service.queries.equity_samples("a1")
    assert [point.balance for point in points] == [1_003_000, 1_006_000]
    assert [point.ts for point in points] == [START_NS + minute * 60 * NS_PER_S for minute in (1, 2)]


def test_detached_it_hears_nothing_and_tells_nothing(desk: Desk) -> None:
    desk.service.detach()
    desk.told.clear()
    desk.fill(make_fill("buy", "open", 1, "1500"))
    desk.clock.advance_to(SETTLE_NS + HOUR_NS)
    assert not desk.told
    assert not desk.service.queries.positions()


def lived() -> Desk:
    """Return a desk after a day and a half of trading."""
    desk = Desk()
    desk.start()
    approval = approved(make_request("buy", "open", 3, product_code="P", strategy="s"), margin="135000")
    desk.approve(approval)
    order = approval.order
    desk.fill(
        make_fill("buy", "open", 2, "1500", client_order_id=order.client_order_id, product_code="P", strategy="s")
    )
    desk.tick(index_tick(1510.0))
    desk.clock.advance_to(NEXT_NS)
    desk.fill(make_fill("sell", "close", 1, "1512", trading_day=DAY_2, product_code="P", strategy="s"))
    desk.approve(approved(make_request("sell", "close", 1, trading_day=DAY_2)))
    desk.fill(make_fill("buy", "open", 1, "1500", instrument_id="zz9999.SHFE", trading_day=DAY_2))
    return desk


@pytest.mark.parametrize("saved_after", [0, 1, 3, 5, 7])
def test_a_restart_at_any_point_ends_where_no_restart_would_be(saved_after: int) -> None:
    desk = lived()
    journal = desk.journal
    first = desk.new_service(OrderedBus(on_failure=desk._raise))
    for name, event in journal[:saved_after]:
        first.apply(name, event)
    second = desk.new_service(OrderedBus(on_failure=desk._raise))
    second.restore(first.snapshot())
    for name, event in journal[saved_after:]:
        second.apply(name, event)
    assert second.snapshot() == desk.service.snapshot()
    assert not faults(second.books)


def test_recovery_publishes_nothing_and_resume_tells_what_there_is() -> None:
    desk = lived()
    reborn = Desk(start_ns=desk.clock.now_ns())
    for name, event in desk.journal:
        reborn.service.apply(name, event)
    assert not reborn.journal
    reborn.start()
    assert {(each.book, each.quantity) for each in reborn.all_told(Position)} == {("", 1), ("P/s", 1)}
    assert {each.book for each in reborn.all_told(Account)} == {"", "/", "P/s"}
    assert not [name for name, _ in reborn.journal if name in (CASH_MOVES.name, FILLS.name)]


def test_a_day_that_ended_while_nothing_ran_is_settled_at_the_start() -> None:
    desk = lived()
    reborn = Desk(start_ns=START_NS + 48 * HOUR_NS)
    for name, event in desk.journal:
        reborn.service.apply(name, event)
    reborn.start()
    assert not settlements(reborn)  # no price yet
    reborn.tick(index_tick(1530.0, trading_day=DAY_3, ts_event=reborn.clock.now_ns(), pre_settlement_price=1520.0))
    assert [(event.trading_day, event.next_trading_day) for event in settlements(reborn)] == [(DAY_2, DAY_3)]


def test_events_of_topics_that_are_not_ours_change_nothing(desk: Desk) -> None:
    before = desk.service.snapshot()
    desk.service.apply(ORDER_REQUESTS.name, make_request("buy", "open", 1))
    assert desk.service.snapshot() == before


@pytest.mark.parametrize("state", [b"", b"\x93\x01\x02\x03"])
def test_a_snapshot_that_is_none_is_refused_with_what_to_do(desk: Desk, state: bytes) -> None:
    with pytest.raises(StoreError, match="delete it"):
        desk.service.restore(state)


def test_a_position_whose_rates_are_gone_stops_the_start_and_says_where_to_put_them() -> None:
    desk = lived()
    state = desk.service.snapshot()
    del desk.rates.by_id[INDEX]
    reborn = desk.new_service(OrderedBus(on_failure=desk._raise))
    with pytest.raises(StoreError, match=r"IF2603\.CFFEX is held in account a1.*market\.rates_file"):
        reborn.restore(state)


def test_lots_explain_a_position_to_the_last_yuan(desk: Desk) -> None:
    desk.fill(make_fill("buy", "open", 2, "1480"))
    desk.settle(make_settlement({INDEX: "1500"}))
    desk.fill(make_fill("buy", "open", 1, "1506", trading_day=DAY_2))
    desk.tick(index_tick(1510.0))
    lots = desk.service.queries.lots("a1", INDEX, LONG)
    assert [(lot.is_today, lot.quantity, lot.open_price, lot.base_price) for lot in lots] == [
        (False, 2, Decimal(1480), Decimal(1500)),
        (True, 1, Decimal(1506), Decimal(1506)),
    ]
    (held,) = desk.service.queries.positions("a1")
    assert sum(lot.position_pnl for lot in lots) == held.position_pnl
    assert sum(lot.floating_pnl for lot in lots) == held.floating_pnl
    assert desk.service.queries.lots("a1", GOLD, LONG) == []


def test_a_balance_is_explained_by_parts_that_sum_to_it(desk: Desk) -> None:
    desk.fill(make_fill("buy", "open", 2, "1480"))
    desk.fill(make_fill("sell", "close", 1, "1490"))
    desk.fill(make_fill("buy", "open", 1, "3000", instrument_id="m2605.DCE"))
    desk.tick(index_tick(1510.0))
    lines = desk.service.queries.explain("a1")
    assert sum(line.amount for line in lines) == account(desk).balance
    assert {(line.kind, line.instrument_id) for line in lines} == {
        ("deposit", ""),
        ("close_pnl", INDEX),
        ("position_pnl", INDEX),
        ("commission", "m2605.DCE"),
    }


def test_accounts_are_read_from_a_configuration_file(tmp_path: Path) -> None:
    file = tmp_path / "tradewind.toml"
    file.write_text(
        '[[portfolio.accounts]]\nid = "a"\ninitial_deposit = 5\nmargin_price = "last"\nbooks = ["P/s"]\n',
        encoding="utf-8",
    )
    (read,) = load(TradewindSettings, file=file).settings.portfolio.accounts
    assert (read.id, read.initial_deposit, read.margin_price, read.books) == ("a", 5, "last", ("P/s",))
    file.write_text('[[portfolio.accounts]]\nid = "a"\nmargin_price = "cheap"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"portfolio\.accounts .*list of table.*margin_price"):
        load(TradewindSettings, file=file)


def test_two_accounts_of_one_id_are_refused() -> None:
    with pytest.raises(ConfigError, match="each id once, was more often: a1"):
        PortfolioSettings(accounts=(AccountSettings(id="a1"), AccountSettings(id="a1")))


def test_a_book_that_is_no_product_and_strategy_is_refused() -> None:
    with pytest.raises(ConfigError, match="product/strategy, was 'alpha'"):
        AccountSettings(id="a1", books=("alpha",))
