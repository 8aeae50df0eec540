"""Verifies a whole journal, on every processor of the machine: each takes a stretch, the stretches join.

A stretch begins with the hash of the entry before it as it stands in the table; the stretch before verified that entry.
"""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.audit.verification import Finding, Verifier, misfits
from tradewind.stores.sql.chain_rows import SqlChain
from tradewind.stores.sql.store import SqlStore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tradewind.audit.ports import Anchor
    from tradewind.stores.settings import StoreSettings

_WORTH_A_PROCESS: Final = 100_000


class Verdict(msgspec.Struct, frozen=True):
    """What came of a verification: how many entries were looked at, where the chain ends, what is wrong."""

    chain: str
    count: int
    newest: int
    findings: tuple[Finding, ...]


def verify(
    settings: StoreSettings,
    data_dir: Path,
    *,
    since: int = 1,
    until: int | None = None,
    anchors: Iterable[Anchor] = (),
    processes: int | None = None,
) -> Verdict:
    """Verify entries `since` … `until` (the newest) against their chain and against anchors.

    Raises: StoreAwayError, ConfigError: the database does not answer, or not to us.
    """
    store = SqlStore(settings, data_dir)
    try:
        chain = SqlChain(store, settings.chain)
        newest = chain.head()[0]
        last = newest if until is None else min(until, newest)
        found = list(misfits((a for a in anchors if a.chain == chain.name), chain.hash_at, newest, after=since - 1))
    finally:
        store.close()
    bounds = _stretches(since - 1, last, processes or os.cpu_count() or 1)
    if len(bounds) == 1:
        parts = [_stretch(settings, data_dir, *bounds[0])]
    else:
        with ProcessPoolExecutor(len(bounds), mp_context=get_context("spawn")) as pool:
            jobs = [pool.submit(_stretch, settings, data_dir, *bound) for bound in bounds]
            parts = [job.result() for job in jobs]
    for _count, findings in parts:
        found += findings
    return Verdict(settings.chain, sum(count for count, _ in parts), newest, tuple(sorted(found, key=lambda f: f.seq)))


def _stretches(after: int, last: int, processes: int) -> list[tuple[int, int]]:
    count = max(0, last - after)
    parts = max(1, min(processes, count // _WORTH_A_PROCESS))
    edges = [after + count * number // parts for number in range(parts + 1)]
    return list(itertools.pairwise(edges))


def _stretch(settings: StoreSettings, data_dir: Path, after: int, until: int) -> tuple[int, list[Finding]]:
    store = SqlStore(settings, data_dir)
    try:
        chain = SqlChain(store, settings.chain)
        prev = chain.hash_at(after)
        lost = [] if prev is not None else [Finding(after, "the entry is missing")]
        verifier = Verifier(seq=after, prev=prev or b"")
        for rows in chain.rows(after=after, until=until):
            verifier.take(rows)
        if verifier.seq < until:
            verifier.findings.append(Finding(until, f"entries {verifier.seq + 1} to {until} are missing"))
        return verifier.count, [*lost, *verifier.findings]
    finally:
        store.close()
