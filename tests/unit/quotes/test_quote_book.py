"""The book of newest quotes: a test quote is given to whoever asked for it, and what has ended is lively no more."""

from __future__ import annotations

from tradewind.domain.tick import Tick, TickFlag
from tradewind.quotes.quote_book import QuoteBook

from builders import make_tick

TEST, LAST = int(TickFlag.TEST), int(TickFlag.LAST)


def book_of(*ticks: Tick) -> QuoteBook:
    book = QuoteBook(max_instruments=9, on_gap=lambda _missing: None)
    for tick in ticks:
        book.take(tick)
    return book


def test_a_test_quote_that_came_before_its_number_was_told_is_given_though_real_ones_followed() -> None:
    sent = make_tick(seq=2, flags=TEST)
    book = book_of(make_tick(seq=1), sent, make_tick(seq=3))
    arrived: list[Tick] = []
    book.await_test("IF2101.CFFEX", 2, arrived.append)
    assert arrived == [sent]


def test_an_earlier_test_quote_is_not_taken_for_the_one_that_is_awaited() -> None:
    book = book_of(make_tick(seq=1, flags=TEST), make_tick(seq=2))
    arrived: list[Tick] = []
    book.await_test("IF2101.CFFEX", 3, arrived.append)
    assert arrived == []
    book.take(make_tick(seq=3, flags=TEST))
    assert [tick.seq for tick in arrived] == [3]


def test_a_contract_that_ended_is_not_the_liveliest() -> None:
    later = make_tick(seq=2, flags=LAST, ts_recv=make_tick().ts_recv + 1)
    book = book_of(make_tick(instrument_id="au2512.SHFE"), make_tick(seq=1), later)
    assert book.liveliest(["IF2101.CFFEX", "au2512.SHFE"]) == "au2512.SHFE"
