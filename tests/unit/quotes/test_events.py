"""What a client may name, and what it is told when it may not."""

from __future__ import annotations

from typing import Any

import pytest

from tradewind.market.contracts import InstrumentTable
from tradewind.quotes.events import Refusal, named_symbols, resolve, unknown_symbols


@pytest.mark.parametrize("arguments", [(), (None,), ({},)])
def test_naming_nothing_means_everything(arguments: tuple[Any, ...]) -> None:
    assert named_symbols("subscribe_market", arguments, limit=5) is None


@pytest.mark.parametrize(
    "argument",
    ["au2512", ["au2512"], {"symbol": "au2512"}, {"symbols": ["au2512", "au2512"]}, {"instrument_id": "au2512"}],
)
def test_a_symbol_a_list_and_an_object_around_either_mean_the_same(argument: object) -> None:
    assert named_symbols("subscribe_market", (argument,), limit=5) == ("au2512",)


@pytest.mark.parametrize(
    "arguments",
    [
        (5,),
        ([],),
        (["au2512", 5],),
        ([["au2512"]],),
        (True,),
        ({"other": 1},),
        ({"symbol": "a", "symbols": ["b"]},),
        ("au2512", "ag2512"),
    ],
)
def test_anything_else_is_refused_with_what_is_allowed(arguments: tuple[Any, ...]) -> None:
    refusal = named_symbols("subscribe_market", arguments, limit=5)
    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.code, refusal.event) == ("error", "bad_event", "subscribe_market")
    assert refusal.allowed


def test_more_symbols_than_a_client_may_have_are_refused_at_once() -> None:
    refusal = named_symbols("subscribe_market", (["a", "b", "c"],), limit=2)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "too_many_symbols"


def test_a_symbol_is_known_with_its_exchange_and_without_and_counts_once() -> None:
    known, unknown = resolve(("IF2101", "IF2101.CFFEX", "au2512.SHFE", "nope", "au2512.DCE"), InstrumentTable())
    assert known == ("IF2101.CFFEX", "au2512.SHFE")
    assert unknown == ("nope", "au2512.DCE")


def test_of_many_unknown_symbols_a_few_are_named_and_all_are_cut() -> None:
    refusal = unknown_symbols("subscribe_market", ["x" * 10_000] * 300)
    assert len(refusal.symbols) == 20
    assert all(len(name) == 60 for name in refusal.symbols)
    assert "297 more" in refusal.message
