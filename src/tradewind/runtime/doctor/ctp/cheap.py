"""What `tradewind doctor` looks at where the platform uses CTP: the library, and the ports of fronts; no login."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tradewind.ctp import locale
from tradewind.ctp.binding import needs_locale
from tradewind.ctp.channel import Places
from tradewind.ops.findings import Found, ok, warn
from tradewind.runtime.doctor.ctp.loading import load
from tradewind.runtime.doctor.ctp.reaching import why_not_reached
from tradewind.runtime.doctor.ctp.ways import ways_in_use
from tradewind.runtime.doctor.running import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.ctp.binding import Kind
    from tradewind.kernel.settings import Loaded
    from tradewind.runtime.settings import TradewindSettings


def library(loaded: Loaded[TradewindSettings]) -> Sequence[Found]:
    """Load what the platform would load, each half in a child process; not before its locale is there."""
    settings = loaded.settings
    if needs_locale(settings.ctp.binding) and not has_locale(settings):
        return [warn(f"{settings.ctp.binding} was not loaded, as its locale is missing", "see the check locale")]
    kinds: list[Kind] = ["market"] if settings.market.source == "ctp" else []
    kinds += ["trading"] if settings.execution.broker == "ctp" else []

    async def load_all() -> list[Found]:
        with tempfile.TemporaryDirectory(prefix="tradewind-doctor-") as folder:
            halves = (load(kind, settings, Path(folder), PATIENCE_S) for kind in kinds)
            return list(await asyncio.gather(*halves))

    return asyncio.run(load_all())


def fronts(loaded: Loaded[TradewindSettings]) -> list[Found]:
    """Reach every port; outside trading hours brokers shut them, so that none is a failure."""
    found = ways_in_use(loaded.settings)
    if not found:
        return [warn("no front of CTP is set", "set market.ctp.fronts, or execution.ctp.accounts")]
    asked = [(way, front) for way in found for front in way.fronts]

    async def reach_all() -> list[str]:
        return list(await asyncio.gather(*(why_not_reached(front) for _, front in asked)))

    remedy = "outside trading hours brokers shut them; else `tradewind ctp doctor` says more"
    return [
        warn(f"{way.name}: {front} cannot be reached: {why}", remedy) if why else ok(f"{way.name}: {front} is there")
        for (way, front), why in zip(asked, asyncio.run(reach_all()), strict=True)
    ]


def has_locale(settings: TradewindSettings) -> bool:
    """Tell whether the library's locale is there, on the machine or in our folder; makes nothing."""
    own = Places.of(settings.ctp, settings.data_dir, "").locale_dir / locale.NAME
    return own.is_dir() or locale.is_there()
