"""What is hashed, and that nothing else has the same hash."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.errors import CorruptJournalError
from tradewind.stores.chain import clean, follow, link, origin

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8)
PAYLOAD = st.binary(max_size=8).map(lambda data: data.replace(b"\n", b" "))
ENTRY = st.tuples(st.integers(1, 99), st.integers(0, 99), st.integers(1, 9), TEXT, TEXT, TEXT, TEXT, PAYLOAD)


def chain_of(count: int, name: str = "desk") -> list[tuple[Any, ...]]:
    rows, prev = [], origin(name)
    for seq in range(1, count + 1):
        columns = (seq, 1000 + seq, 1, "acts", "lin", "api", f"s-{seq}", b'{"n":%d}' % seq)
        own = link(prev, *columns)
        rows.append((*columns, prev, own))
        prev = own
    return rows


def test_a_chain_as_it_was_written_is_accepted_whole_and_in_pieces() -> None:
    rows = chain_of(10)
    assert follow(rows, seq=0, prev=origin("desk")) == (10, rows[-1][9])
    seq, prev = follow(rows[:4], seq=0, prev=origin("desk"))
    assert follow(rows[4:], seq=seq, prev=prev) == (10, rows[-1][9])


def test_chains_of_other_names_never_fit() -> None:
    with pytest.raises(CorruptJournalError, match="entry 1 names another entry before it than entry 0 is"):
        follow(chain_of(2, "paper"), seq=0, prev=origin("desk"))


@given(ENTRY, ENTRY)
def test_different_entries_have_different_hashes(one: Any, other: Any) -> None:
    assert (link(b"p", *one) == link(b"p", *other)) == (one == other)


@given(st.integers(0, 9), st.integers(0, 9), st.sampled_from([None, 5, 1.5, "x", b"x", "line\nbreak", "\ud800"]))
def test_whatever_stands_in_a_column_a_change_is_told_as_one(row: int, column: int, value: object) -> None:
    rows = chain_of(10)
    if rows[row][column] == value:
        return
    changed = list(rows[row])
    changed[column] = value
    rows[row] = tuple(changed)
    with pytest.raises(CorruptJournalError, match=r"entry .*; do not trade on it: restore the database"):
        follow(rows, seq=0, prev=origin("desk"))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([1, 2, 4, 5], "entry 4 follows entry 2: 1 in between are missing"),
        ([2, 3], "entry 2 follows entry 0: 1 in between are missing"),
        ([1, 3, 2], "entry 3 follows entry 1"),
        ([1, 1], "entry 1 follows entry 1"),
    ],
)
def test_entries_that_are_missing_or_swapped_are_named(rows: list[int], message: str) -> None:
    whole = chain_of(5)
    with pytest.raises(CorruptJournalError, match=message):
        follow([whole[seq - 1] for seq in rows], seq=0, prev=origin("desk"))


@given(st.text(max_size=200), st.integers(0, 60))
def test_a_cleaned_text_fits_its_column_and_its_line(text: str, length: int) -> None:
    cleaned = clean(text, length)
    assert len(cleaned) <= length
    assert cleaned.isprintable()
    assert clean(cleaned, length) == cleaned


def test_a_plain_text_stays_as_it_is() -> None:
    assert clean("林 lin@desk: a/b", 100) == "林 lin@desk: a/b"
