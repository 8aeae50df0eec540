"""What release each process of an installation runs, and what may be traded while they are not all of one.

Two releases side by side are the ordinary middle of an upgrade. Screens and quotes go on through it. Orders do not: one
process may count, name or round what another sends otherwise than was meant, and nobody has ever tested the two
together.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.trading_state import TradingMode

if TYPE_CHECKING:
    from collections.abc import Iterable


class Running(msgspec.Struct, frozen=True):
    """One process: its service, its name on the bus, its release, and a mark of the forms its line speaks."""

    service: str
    member: str
    version: str
    form: str


class Mixture(msgspec.Struct, frozen=True):
    """Processes of several releases run: which services by release, and what the order line lets through meanwhile.

    `mode` is reducing where releases differ, halted where the very forms of what they tell each other do.
    """

    mode: TradingMode
    releases: dict[str, tuple[str, ...]]

    @property
    def told(self) -> str:
        """Return all releases with their services, in one line."""
        return "; ".join(f"{release}: {', '.join(services)}" for release, services in self.releases.items())


def mixture_of(running: Iterable[Running]) -> Mixture | None:
    """Judge who runs; `None` where all agree, as one process always does."""
    everybody = tuple(running)
    has_forms = len({each.form for each in everybody}) > 1
    found: defaultdict[str, set[str]] = defaultdict(set)
    for each in everybody:
        found[f"{each.version} ({each.form})" if has_forms else each.version].add(each.service)
    if len(found) <= 1:
        return None
    releases = {release: tuple(sorted(found[release])) for release in sorted(found)}
    return Mixture(TradingMode.HALTED if has_forms else TradingMode.REDUCING, releases)
