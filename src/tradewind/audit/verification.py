"""Finds what was changed in a chain: every entry that was edited, removed, put in, swapped or cut off.

Pure: rows come in, findings go out. After a misfit it goes on from the row as it stands, so that one change does not
hide the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.errors import CorruptJournalError
from tradewind.stores.chain import follow, link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tradewind.audit.ports import Anchor

MOST_FINDINGS: Final = 1_000
"""More are not listed: whoever changed that much changed everything."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that is not as it was written, at the entry where it shows."""

    seq: int
    what: str


class Verifier:
    """Goes along a chain piece by piece; `findings` grows as it goes."""

    def __init__(self, *, seq: int, prev: bytes) -> None:
        """Begin after entry `seq`, whose hash is `prev`."""
        self.seq = seq
        self.count = 0
        self.findings: list[Finding] = []
        self._prev = prev

    def take(self, rows: list[Any]) -> None:
        """Verify the next piece."""
        self.count += len(rows)
        try:
            self.seq, self._prev = follow(rows, seq=self.seq, prev=self._prev)
        except CorruptJournalError:
            for row in rows:
                self._look_at(row)

    def _look_at(self, row: Any) -> None:  # noqa: ANN401 - whatever stands in the table
        seq, prev_hash, own = row[0], row[8], row[9]
        if not isinstance(seq, int):
            self._find(self.seq + 1, f"an entry has the number {seq!r}, which none is")
            return
        if seq != self.seq + 1:
            self._find(seq, f"entries {self.seq + 1} to {seq - 1} are missing")
        elif prev_hash != self._prev:
            self._find(seq, f"it names another entry before it than entry {self.seq} is")
        if not _is_itself(row):
            self._find(seq, "its content does not match its hash")
        self.seq, self._prev = seq, own if isinstance(own, bytes) else b""

    def _find(self, seq: int, what: str) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(seq, what))


def misfits(
    anchors: Iterable[Anchor], hash_at: Callable[[int], bytes | None], newest: int, *, after: int = 0
) -> Iterator[Finding]:
    """Yield what anchors show: an end that was cut off, a whole chain that was written anew."""
    for anchor in anchors:
        if anchor.seq <= after:
            continue
        found = hash_at(anchor.seq)
        if found is None and anchor.seq > newest:
            yield Finding(
                anchor.seq, f"the journal ends at entry {newest}, an anchor knows entry {anchor.seq}: cut off"
            )
        elif found is None:
            yield Finding(anchor.seq, "an anchor knows this entry, the journal does not")
        elif found.hex() != anchor.hash:
            yield Finding(anchor.seq, "the entry is another than the one the anchor noted: written anew")


def _is_itself(row: Any) -> bool:  # noqa: ANN401 - whatever stands in the table
    try:
        return bool(link(row[8], *row[:8]) == row[9])
    except (TypeError, ValueError):
        return False
