"""Which lots an order takes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.domain.instruction import Intent
from tradewind.domain.order import Offset
from tradewind.instructions.offsets import Closable, Leg, OffsetPolicy, by_book, by_size, split, within

BOTH = Closable(today=3, yesterday=5)


def test_opening_opens_whatever_stands_against_it() -> None:
    assert split(Intent.OPEN, 4, closable=BOTH, is_date_kept=True) == (((Offset.OPEN, 4),), 0)


def test_where_dates_are_not_kept_a_close_is_a_plain_close() -> None:
    assert split(Intent.CLOSE, 7, closable=BOTH, is_date_kept=False) == (((Offset.CLOSE, 7),), 0)


@pytest.mark.parametrize(
    ("policy", "is_today_dearer", "legs"),
    [
        ("cheapest", False, ((Offset.CLOSE_TODAY, 3), (Offset.CLOSE_YESTERDAY, 1))),
        ("cheapest", True, ((Offset.CLOSE_YESTERDAY, 4),)),
        ("today_first", True, ((Offset.CLOSE_TODAY, 3), (Offset.CLOSE_YESTERDAY, 1))),
        ("yesterday_first", False, ((Offset.CLOSE_YESTERDAY, 4),)),
    ],
)
def test_where_dates_are_kept_the_policy_says_whose_lots_go_first(
    policy: OffsetPolicy, *, is_today_dearer: bool, legs: tuple[Leg, ...]
) -> None:
    done = split(Intent.CLOSE, 4, closable=BOTH, is_date_kept=True, policy=policy, is_today_dearer=is_today_dearer)
    assert done == (legs, 0)


def test_locking_opens_the_other_way_instead_of_closing_todays_lots() -> None:
    done = split(Intent.CLOSE, 7, closable=BOTH, is_date_kept=True, policy="lock_today")
    assert done == (((Offset.CLOSE_YESTERDAY, 5), (Offset.OPEN, 2)), 0)


def test_a_close_beyond_what_stands_is_missing_and_never_opened() -> None:
    assert split(Intent.CLOSE, 10, closable=BOTH, is_date_kept=True).missing == 2
    assert split(Intent.CLOSE, 1, closable=Closable(0, 0), is_date_kept=False) == ((), 1)


def test_auto_closes_what_stands_and_opens_the_rest() -> None:
    done = split(Intent.AUTO, 10, closable=BOTH, is_date_kept=False)
    assert done == (((Offset.CLOSE, 8), (Offset.OPEN, 2)), 0)


@given(
    intent=st.sampled_from(list(Intent)),
    quantity=st.integers(1, 100),
    stands=st.builds(Closable, st.integers(0, 60), st.integers(0, 60)),
    is_date_kept=st.booleans(),
    policy=st.sampled_from(["cheapest", "today_first", "yesterday_first", "lock_today"]),
    dearer=st.booleans(),
)
def test_legs_and_what_is_missing_make_up_the_whole_and_close_no_more_than_stands(
    *, intent: Intent, quantity: int, stands: Closable, is_date_kept: bool, policy: OffsetPolicy, dearer: bool
) -> None:
    legs, missing = split(
        intent, quantity, closable=stands, is_date_kept=is_date_kept, policy=policy,
        is_today_dearer=dearer,
    )  # fmt: skip
    assert sum(leg.quantity for leg in legs) + missing == quantity
    assert all(leg.quantity > 0 for leg in legs)
    assert len({leg.offset for leg in legs}) == len(legs)
    assert sum(leg.quantity for leg in legs if leg.offset is Offset.CLOSE_TODAY) <= stands.today
    assert sum(leg.quantity for leg in legs if leg.offset is not Offset.OPEN) <= sum(stands)
    assert (missing == 0) or intent is Intent.CLOSE


def test_orders_are_cut_to_what_the_exchange_takes_in_one() -> None:
    legs = (Leg(Offset.CLOSE, 45), Leg(Offset.OPEN, 20))
    assert [leg.quantity for leg in by_size(legs, 20)] == [20, 20, 5, 20]


def test_books_give_lots_in_their_order_and_openings_are_ones_own() -> None:
    books = {"": Closable(1, 0), "alpha": Closable(2, 3), "beta": Closable(9, 9)}
    legs = (Leg(Offset.CLOSE_YESTERDAY, 4), Leg(Offset.CLOSE_TODAY, 2), Leg(Offset.OPEN, 5))
    assert by_book(legs, books, "own") == (
        (Offset.CLOSE_YESTERDAY, 3, "alpha"),
        (Offset.CLOSE_YESTERDAY, 1, "beta"),
        (Offset.CLOSE_TODAY, 1, ""),
        (Offset.CLOSE_TODAY, 1, "alpha"),
        (Offset.OPEN, 5, "own"),
    )


@given(
    account=st.builds(Closable, st.integers(0, 9), st.integers(0, 9)),
    books=st.lists(st.builds(Closable, st.integers(0, 9), st.integers(0, 9)), max_size=4),
    wanted=st.integers(1, 40),
    is_date_kept=st.booleans(),
)
def test_whatever_books_hold_no_more_is_closed_than_they_and_their_account_may(
    account: Closable, books: list[Closable], wanted: int, is_date_kept: Any
) -> None:
    closable = within(account, books, is_date_kept=is_date_kept)
    done = split(Intent.AUTO, wanted, closable=closable, is_date_kept=is_date_kept)
    named = {str(number): each for number, each in enumerate(books)}
    legs = by_book(done.legs, named, "own")
    assert sum(leg.quantity for leg in legs) == wanted
    closing = [leg for leg in legs if leg.offset is not Offset.OPEN]
    assert sum(leg.quantity for leg in closing) <= account.today + account.yesterday
    for name, book in named.items():
        assert sum(leg.quantity for leg in closing if leg.strategy == name) <= book.today + book.yesterday
        for offset, lots in ((Offset.CLOSE_TODAY, book.today), (Offset.CLOSE_YESTERDAY, book.yesterday)):
            assert sum(leg.quantity for leg in closing if (leg.strategy, leg.offset) == (name, offset)) <= lots
