"""BER as LDAP has it: what is written is read again, and what is no BER is refused and nothing else."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.identity.ldap import ber, messages
from tradewind.identity.ldap.ber import BerError


@given(st.integers(0, 2**31), st.binary(max_size=70_000))
def test_what_is_written_is_read_again(number: int, value: bytes) -> None:
    data = ber.integer(number) + ber.text(value)
    (_, first), (tag, second) = ber.elements(data)

    assert (ber.number_of(first), tag, second) == (number, ber.OCTETS, value)


@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    for read in (messages.read, messages.result, messages.entry):
        with contextlib.suppress(BerError):
            read(data)


@given(st.text(max_size=200), st.text(max_size=50))
def test_a_name_is_one_value_of_a_search_whatever_stands_in_it(name: str, base: str) -> None:
    asked = messages.search(base, (("objectClass", "person"), ("uid", name)), ("cn",), most=2, seconds=3)
    ((_, content),) = ber.elements(asked)
    parts = [value for _, value in ber.elements(content)]
    conditions = [[value for _, value in ber.elements(one)] for _, one in ber.elements(parts[6])]

    assert parts[0] == base.encode("utf-8", "surrogatepass")
    assert conditions == [[b"objectClass", b"person"], [b"uid", name.encode("utf-8", "surrogatepass")]]


@pytest.mark.parametrize("data", [b"\x30", b"\x30\x05abc", b"\x30\x80", b"\x30\x85\x00\x00\x00\x00\x01a"])
def test_lengths_that_ldap_does_not_allow_are_refused(data: bytes) -> None:
    with pytest.raises(BerError):
        list(ber.elements(data))
