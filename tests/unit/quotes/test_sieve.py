"""What the protocol library never gets to see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.quotes.sieve import judge


def code(packet: str | bytes, *, is_connected: bool = True, max_bytes: int = 512) -> str | None:
    refusal = judge(packet, is_connected=is_connected, max_bytes=max_bytes)
    return None if refusal is None else refusal.code


@pytest.mark.parametrize(
    "packet", ["1", "3", "5", "6", "2probe", "3probe", "41", '42["subscribe_market"]', '4217["subscribe_market","a"]']
)
def test_what_a_client_says_in_an_ordinary_life_passes(packet: str) -> None:
    assert code(packet) is None


@pytest.mark.parametrize("packet", ["40", '40{"token":"x"}', "40/admin,", '40/admin,{"a":1}'])
def test_a_connect_passes_once(packet: str) -> None:
    assert code(packet, is_connected=False) is None
    assert code(packet) == "already_connected"


@pytest.mark.parametrize("event", ["connect", "disconnect", "connect_error", "error", "market_data", "*", ""])
def test_an_event_nobody_offers_is_refused_even_by_a_name_the_library_knows(event: str) -> None:
    assert code(f'42["{event}"]') == "unknown_event"


@pytest.mark.parametrize("packet", [b"42", '451-["subscribe_market",{"_placeholder":true,"num":0}]', "461-[]", "bAAAA"])
def test_binary_is_refused_in_each_of_its_forms(packet: str | bytes) -> None:
    assert code(packet) == "binary_refused"


@pytest.mark.parametrize(
    "packet",
    ["", "0", "2", "9", "x", "4", "44{}", "47", "42", "42{}", "42[]", "42[5]", '42["a"', "42[NaN]", "40[1]", "1x"],
)
def test_what_is_no_packet_is_refused_as_malformed(packet: str) -> None:
    assert code(packet, is_connected=not packet.startswith("40")) == "malformed"


def test_an_event_before_the_connect_is_refused() -> None:
    assert code('42["subscribe_market"]', is_connected=False) == "not_connected"


def test_another_namespace_has_no_events() -> None:
    assert code('42/admin,["subscribe_market"]') == "unknown_namespace"
    assert code("41/admin,") == "unknown_namespace"


def test_an_acknowledgement_nobody_asked_for_is_refused() -> None:
    assert code("431[]") == "unasked_answer"


def test_size_is_counted_in_bytes() -> None:
    assert code('42["subscribe_market","' + "a" * 600 + '"]') == "too_large"
    assert code('42["subscribe_market","' + "金" * 170 + '"]') == "too_large"
    assert code('42["subscribe_market","' + "金" * 100 + '"]') is None


def test_json_nested_deeper_than_any_reader_goes_is_refused() -> None:
    assert code("42" + "[" * 100_000, max_bytes=1 << 20) == "malformed"


@given(st.text() | st.binary() | st.from_regex(r"4[0-6]\d*[\[{].*"))
def test_nothing_makes_it_raise(packet: str | bytes) -> None:
    judge(packet, is_connected=True, max_bytes=512)
    judge(packet, is_connected=False, max_bytes=512)
