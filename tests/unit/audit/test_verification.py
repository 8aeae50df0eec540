"""Every edit, removal, insertion, swap and cut is found; a chain as written has no findings."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tradewind.audit.ports import Anchor
from tradewind.audit.verification import MOST_FINDINGS, Finding, Verifier, misfits
from tradewind.stores.chain import link, origin

Row = tuple[Any, ...]
COUNT = 12


def chain_of(count: int) -> list[Row]:
    rows, prev = [], origin("desk")
    for seq in range(1, count + 1):
        columns = (seq, 1000 + seq, 1, "acts", "lin", "api", f"s-{seq}", b'{"n":%d}' % seq)
        own = link(prev, *columns)
        rows.append((*columns, prev, own))
        prev = own
    return rows


def findings(rows: list[Row], size: int = 5) -> list[Finding]:
    verifier = Verifier(seq=0, prev=origin("desk"))
    for start in range(0, len(rows), size):
        verifier.take(rows[start : start + size])
    anchors = [Anchor("desk", row[0], row[9].hex(), 0) for row in chain_of(COUNT)[3::4]]
    hashes = {row[0]: row[9] for row in rows}
    newest = max((row[0] for row in rows if isinstance(row[0], int)), default=0)
    return [*verifier.findings, *misfits(anchors, hashes.get, newest)]


def rechained(rows: list[Row], first: int) -> list[Row]:
    """What somebody who knows how hashes are made would do to hide a change."""
    made = rows[:first]
    prev = made[-1][9] if made else origin("desk")
    for row in rows[first:]:
        own = link(prev, *row[:8])
        made.append((*row[:8], prev, own))
        prev = own
    return made


def test_a_chain_as_it_was_written_has_no_findings() -> None:
    assert findings(chain_of(COUNT)) == []
    assert findings(chain_of(COUNT), size=1) == []


@st.composite
def tampered(draw: st.DrawFn) -> list[Row]:
    rows = chain_of(COUNT)
    at = draw(st.integers(0, COUNT - 1))
    match draw(st.sampled_from(["edit", "delete", "insert", "swap", "cut", "hash", "rewrite"])):
        case "edit":
            column = draw(st.integers(1, 7))
            changed = list(rows[at])
            changed[column] = draw(st.sampled_from([0, 7, None, "eve", b"{}", b"", 1.5, "a\nb"]))
            rows[at] = tuple(changed)
        case "delete":
            del rows[at]
        case "insert":
            rows.insert(at, (rows[at][0], 1, 1, "acts", "eve", "api", "", b"{}", rows[at][8], rows[at][9]))
        case "swap":
            other = draw(st.integers(0, COUNT - 1))
            one, two = rows[at], rows[other]
            rows[at], rows[other] = (one[0], *two[1:]), (two[0], *one[1:])
        case "cut":
            rows = rows[:at]
        case "hash":
            column = draw(st.sampled_from([8, 9]))
            changed = list(rows[at])
            changed[column] = bytes([changed[column][0] ^ 1]) + changed[column][1:]
            rows[at] = tuple(changed)
        case _:
            changed = list(rows[at])
            changed[4] = "eve"
            rows = rechained([*rows[:at], tuple(changed), *rows[at + 1 :]], at)
    return rows


@given(tampered())
def test_whatever_is_changed_is_found(rows: list[Row]) -> None:
    is_changed = rows != chain_of(COUNT)
    assert bool(findings(rows)) == is_changed


def test_each_change_is_named_where_it_shows() -> None:
    rows = chain_of(COUNT)
    rows[2] = (*rows[2][:4], "eve", *rows[2][5:])
    rows[8] = (*rows[8][:7], b"{}", *rows[8][8:])
    del rows[5]
    assert findings(rows) == [
        Finding(3, "its content does not match its hash"),
        Finding(7, "entries 6 to 6 are missing"),
        Finding(9, "its content does not match its hash"),
    ]


def test_a_cut_end_shows_against_the_anchors_alone() -> None:
    rows = chain_of(COUNT)[:9]
    assert findings(rows) == [Finding(12, "the journal ends at entry 9, an anchor knows entry 12: cut off")]


def test_a_chain_written_anew_shows_against_the_anchors_alone() -> None:
    rows = chain_of(COUNT)
    rows = rechained([(*rows[0][:4], "eve", *rows[0][5:]), *rows[1:]], 0)
    assert {finding.seq for finding in findings(rows)} == {4, 8, 12}


def test_the_list_of_findings_has_an_end() -> None:
    rows = [(seq, 0, 0, "", "", "", "", b"", b"", b"") for seq in range(1, 3 * MOST_FINDINGS)]
    verifier = Verifier(seq=0, prev=origin("desk"))
    verifier.take(rows)
    assert len(verifier.findings) == MOST_FINDINGS
