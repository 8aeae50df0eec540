"""Any life of the room on its bus: time goes on, ticks and fills come, days end; a restart ends in the same books."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from portfolio_builders import GOLD, HOUR_NS, INDEX, MEAL, Desk, make_fill, make_move, three_days
from tradewind.bus.ordered import OrderedBus
from tradewind.domain.account import Account, Settlement
from tradewind.portfolio.proofs import faults

from builders import make_tick

names = st.sampled_from([INDEX, GOLD, MEAL])
prices = st.integers(min_value=400, max_value=900)
actions = st.one_of(
    st.tuples(st.just("wait"), st.integers(min_value=1, max_value=7)),
    st.tuples(st.just("tick"), names, prices),
    st.tuples(st.just("open"), names, prices, st.sampled_from(["buy", "sell"]), st.sampled_from(["", "a", "b"])),
    st.tuples(st.just("close"), names, prices, st.sampled_from(["buy", "sell"]), st.sampled_from(["", "a", "b"])),
    st.tuples(st.just("pay"), st.integers(min_value=-2_000_000, max_value=1_000)),
)
CALENDAR = three_days()


class Life:
    """Does one action after the other, as the market, an exchange and a treasurer would."""

    def __init__(self) -> None:
        self.desk = Desk(sample_s=3_600)
        self.desk.start()

    def day(self) -> int:
        """Return the trading day of what happens now: after a close, the next one's."""
        return CALENDAR.day_at("", self.desk.clock.now_ns()).trading_day

    def do(self, action: tuple[Any, ...]) -> None:
        getattr(self, action[0])(*action[1:])
        assert faults(self.desk.service.books) == []

    def wait(self, hours: int) -> None:
        self.desk.clock.advance_to(self.desk.clock.now_ns() + hours * HOUR_NS)

    def tick(self, name: str, price: int) -> None:
        section = CALENDAR.day_at("", self.desk.clock.now_ns()).sections[0]
        if section.open_ns <= self.desk.clock.now_ns():
            quote = make_tick(
                instrument_id=name,
                last_price=float(price),
                trading_day=self.day(),
                ts_event=self.desk.clock.now_ns(),
                settlement_price=None,
                pre_settlement_price=None,
            )
            self.desk.tick(quote)

    def open(self, name: str, price: int, side: str, strategy: str) -> None:
        self._fill(name, price, side, "open", strategy)

    def close(self, name: str, price: int, side: str, strategy: str) -> None:
        self._fill(name, price, side, "close", strategy)

    def pay(self, amount: int) -> None:
        before = self.desk.service.queries.account("a1")
        refusal = self.desk.service.move_cash(make_move(str(amount), trading_day=self.day()))
        assert before is not None
        assert (refusal is not None) == (amount == 0 or (amount < 0 and -amount > before.available))

    def _fill(self, name: str, price: int, side: str, offset: str, strategy: str) -> None:
        fill = make_fill(side, offset, 1, str(price), instrument_id=name, strategy=strategy, trading_day=self.day())
        self.desk.fill(fill)


@given(st.lists(actions, max_size=25), st.integers(min_value=0, max_value=80))
@settings(max_examples=30, deadline=None)
def test_a_restart_after_any_life_ends_in_the_same_books(life: list[tuple[Any, ...]], saved_after: int) -> None:
    lived = Life()
    for action in life:
        lived.do(action)
    desk = lived.desk
    first, second = (desk.new_service(OrderedBus(on_failure=desk._raise)) for _ in range(2))
    for name, event in desk.journal[:saved_after]:
        first.apply(name, event)
    second.restore(first.snapshot())
    for name, event in desk.journal[saved_after:]:
        second.apply(name, event)
    assert second.snapshot() == desk.service.snapshot()
    assert faults(second.books) == []


@given(st.lists(actions, max_size=25))
@settings(max_examples=30, deadline=None)
def test_what_was_told_last_is_what_the_books_say(life: list[tuple[Any, ...]]) -> None:
    lived = Life()
    for action in life:
        lived.do(action)
    desk = lived.desk
    desk.clock.advance_to(desk.clock.now_ns() + HOUR_NS)
    told = {each.book: each for each in desk.told if isinstance(each, Account)}
    for funds in desk.service.queries.accounts(with_books=True):
        if funds.book in told:
            last = told[funds.book]
            assert (last.balance, last.available, last.version) == (funds.balance, funds.available, funds.version)


@given(st.lists(actions, max_size=25))
@settings(max_examples=30, deadline=None)
def test_settlements_carry_the_balance_from_day_to_day(life: list[tuple[Any, ...]]) -> None:
    lived = Life()
    for action in life:
        lived.do(action)
    desk = lived.desk
    days = desk.service.queries.equity_days("a1")
    assert [day.trading_day for day in days] == [
        event.trading_day for _, event in desk.journal if isinstance(event, Settlement)
    ]
    carried = Decimal(0)
    for day in days:
        assert day.pre_balance == carried
        moved = day.deposit - day.withdraw + day.close_pnl + day.position_pnl - day.commission
        assert day.balance == carried + moved
        carried = day.balance
