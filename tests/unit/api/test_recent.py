"""Bounded memory of the newest things."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tradewind.api.recent import Encoded, Recent


def test_the_newest_comes_first() -> None:
    recent: Recent[int] = Recent(3)
    for number in range(3):
        recent.put(str(number), number)

    assert recent.newest_first() == [2, 1, 0]


def test_the_same_id_again_keeps_its_place() -> None:
    recent: Recent[int] = Recent(3)
    recent.put("a", 1)
    recent.put("b", 2)
    recent.put("a", 3)

    assert recent.newest_first() == [2, 3]


def test_renewing_makes_it_the_newest() -> None:
    recent: Recent[int] = Recent(3)
    recent.put("a", 1)
    recent.put("b", 2)
    recent.renew("a", 3)

    assert recent.newest_first() == [3, 2]


def test_dropping_what_is_not_there_is_no_error() -> None:
    recent: Recent[int] = Recent(1)
    recent.drop("a")

    assert recent.get("a") is None


@given(st.lists(st.integers(0, 9)), st.integers(1, 5))
def test_it_never_holds_more_than_its_limit_and_always_the_last(keys: list[int], limit: int) -> None:
    recent: Recent[int] = Recent(limit)
    for position, key in enumerate(keys):
        recent.renew(str(key), position)
        assert len(recent) <= limit
        assert recent.newest_first()[0] == position


def test_an_answer_is_encoded_once_until_it_is_spoilt() -> None:
    calls: list[int] = []

    def encode() -> bytes:
        calls.append(1)
        return b"[%d]" % len(calls)

    encoded = Encoded(encode)

    assert [encoded.value(), encoded.value()] == [b"[1]", b"[1]"]
    encoded.spoil()
    assert encoded.value() == b"[2]"
