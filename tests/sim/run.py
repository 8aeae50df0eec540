"""`python -m sim.run --seeds 10000`: the whole desk through so many seeded worlds, on every processor.

`--seed 4711` runs one and shows its digest, so that a failure can be looked at as often as it takes.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sim.desk import DeskWorld
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.log import configure_logs

AT_ONCE = 50
KNOWN_BAD = Path(__file__).with_name("seeds_that_failed.txt")
"""Seeds that once found something; they are run for ever."""


def play(seeds: list[int]) -> list[tuple[int, str]]:
    """Run some seeds; return those that failed, and how."""
    configure_logs(level="error", fmt="json")
    failed = []
    for seed in seeds:
        try:
            DeskWorld(seed).run()
        except Exception as error:  # noqa: BLE001 - whatever goes wrong is what is looked for
            failed.append((seed, f"{type(error).__name__}: {error}"[:300]))
    return failed


def known_bad() -> list[int]:
    """Return the seeds that once failed."""
    return [int(line.split("#")[0]) for line in KNOWN_BAD.read_text().splitlines() if line.split("#")[0].strip()]


def main() -> int:
    """Run, say how it went, return 0 only if every seed held."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=10_000)
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--seed", type=int)
    chosen = options.parse_args()
    if chosen.seed is not None:
        configure_logs(level="error", fmt="json")
        world = DeskWorld(chosen.seed)
        world.run()
        print(f"SEED={chosen.seed} digest {world.world.digest()}")  # noqa: T201 - its purpose
        return 0
    every = [*known_bad(), *range(chosen.first, chosen.first + chosen.seeds)]
    begun_s = monotonic_s()
    failed: list[tuple[int, str]] = []
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=get_context("spawn")) as pool:
        for found in pool.map(play, _cut(every)):
            failed += found
    took_s = monotonic_s() - begun_s
    for seed, why in failed[:20]:
        print(f"SEED={seed} {why}")  # noqa: T201 - its purpose
    verdict = "failed" if failed else "ok"
    print(f"R1 {verdict} {len(every)} seeds, {len(failed)} violations, {len(every) / took_s:.0f} seeds/s")  # noqa: T201
    print(f"{len(every) - len(failed)} passed, {len(failed)} failed")  # noqa: T201
    return 1 if failed else 0


def _cut(every: list[int]) -> Iterator[list[int]]:
    return (every[begin : begin + AT_ONCE] for begin in range(0, len(every), AT_ONCE))


if __name__ == "__main__":
    sys.exit(main())
