"""Codes and their doors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.infoway.codes import CODE, in_batches, is_refusal, market_of, route, spelled


@pytest.mark.parametrize(
    ("given_code", "code", "market"),
    [
        ("TSLA.US", "TSLA.US", "stock"),
        ("tsla.us", "TSLA.US", "stock"),
        ("BRK.B.US", "BRK.B.US", "stock"),
        ("700.HK", "00700.HK", "stock"),
        ("00700.HK", "00700.HK", "stock"),
        (" 600519.SH ", "600519.SH", "stock"),
        ("000001.SZ", "000001.SZ", "stock"),
        ("7203.JP", "7203.JP", "japan"),
        ("RELIANCE.IN", "RELIANCE.IN", "india"),
        ("005930.KS", "005930.KS", "korea"),
        ("2330.TW", "2330.TW", "taiwan"),
        ("USDCNY", "USDCNY", "common"),
        ("XAUUSD", "XAUUSD", "common"),
        ("BTCUSDT", "BTCUSDT", "crypto"),
        ("BTCUSD", "BTCUSD", "crypto"),
    ],
)
def test_a_code_says_by_its_form_where_it_is_asked_for(given_code: str, code: str, market: str) -> None:
    assert spelled(given_code) == code
    assert market_of(code) == market


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("TSLA", "has no market in it"),
        ("USDUS", "has no market in it"),
        ("7203.T", "here it is spelled 7203.JP"),
        ("RELIANCE.NS", "here it is spelled RELIANCE.IN"),
        ("600519.SS", "here it is spelled 600519.SH"),
        ("TSLA.XX", "ends with no market we know"),
        ("700700.HK", "five digits, as 00700.HK"),
        ("60051.SH", "six digits, as 600519.SH"),
        ("A.SZ", "six digits, as 000001.SZ"),
        ("A.B.C.US", "is no code"),
        ("../../package/info", "is no code"),
        ("TSLA.US,AAPL.US", "is no code"),
        ("TSLA.US%2F..", "is no code"),
        ("TSLA.US\n", "is no code"),
        ("特斯拉", "is no code"),
        ("", "is no code"),
        ("A" * 500, "is no code"),
    ],
)
def test_what_fits_no_door_is_refused_with_what_is_allowed(code: str, why: str) -> None:
    said = market_of(code)
    assert is_refusal(said)
    assert why in said


def test_an_operator_may_name_the_market_of_a_code_that_does_not_say_it() -> None:
    assert market_of("USOIL", {"USOIL": "common"}) == "common"
    assert is_refusal(market_of("USOIL"))


def test_codes_are_asked_once_each_in_their_order_and_a_bad_one_disturbs_none() -> None:
    routed = route(["AAPL.US", "USDCNY", "nonsense!", "TSLA.US", "aapl.us", "700.HK"])
    assert routed.by_market == {"stock": ("AAPL.US", "TSLA.US", "00700.HK"), "common": ("USDCNY",)}
    assert list(routed.refused) == ["nonsense!"]


@given(st.text(max_size=40))
def test_whatever_is_given_as_a_code_either_fits_the_form_or_is_refused_in_printable_words(text: str) -> None:
    routed = route([text])
    taken = [code for codes in routed.by_market.values() for code in codes]
    assert len(taken) + len(routed.refused) == 1
    assert all(CODE.fullmatch(code) for code in taken)
    assert all(name.isprintable() and why.isprintable() for name, why in routed.refused.items())


@given(st.lists(st.integers(), max_size=300), st.integers(1, 120))
def test_batches_hold_everything_once_in_order_and_none_is_too_large(codes: list[int], size: int) -> None:
    batches = list(in_batches(codes, size))
    assert [code for batch in batches for code in batch] == codes
    assert all(0 < len(batch) <= size for batch in batches)
