"""`api.ops_desk.OpsDesk`: what an operator may ask of this platform, put together."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tradewind.kernel.clock import SystemClock
from tradewind.runtime.monitoring.watching import AlertWatch
from tradewind.runtime.operations.log_lines import log_page
from tradewind.runtime.operations.replays import Replays
from tradewind.runtime.operations.setting_views import setting_views
from tradewind.runtime.operations.stored import Stored
from tradewind.runtime.reloading import compare

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.api.ops_desk import AlertView, DataView, GapRow, LogPage, LogQuestion, NoReplays, SettingView
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.runtime.status import SystemView


class Operations:
    """Log, alerts, settings, data and replays; `watch` is the service that judges the alerts."""

    def __init__(
        self,
        settings: TradewindSettings,
        system: Callable[[], SystemView],
        *,
        origins: Mapping[str, str],
        is_whole: bool,
    ) -> None:
        """`is_whole` where everything is in this process, and its log with it."""
        self._settings = settings
        self._origins = origins
        self._logs = None if is_whole else Path(settings.data_dir) / "logs"
        self._stored = Stored(settings)
        self.watch = AlertWatch(system, clock=SystemClock())
        self.no_replays: NoReplays = _why_no_replays(settings)
        folder = Path(settings.data_dir) / "replays"
        replays = Replays(settings, self._stored, folder=folder, clock=SystemClock())
        self.replays = None if self.no_replays else replays

    def take(self, settings: TradewindSettings) -> None:
        """Show what was taken over while this runs; everything else stays as it was at the start."""
        self._settings = compare(self._settings, settings).settings

    async def logs(self, question: LogQuestion) -> LogPage:
        """Return log lines."""
        return await log_page(question, self._logs)

    def alerts(self) -> list[AlertView]:
        """Return every alert as it stands."""
        return self.watch.views()

    def settings(self) -> list[SettingView]:
        """Return every setting, secrets blanked."""
        return setting_views(self._settings, self._origins)

    async def data(self) -> DataView:
        """Return what is stored."""
        view = await asyncio.to_thread(self._stored.view)
        return msgspec.structs.replace(view, no_replays=self.no_replays)

    async def gaps(self, day: str) -> list[GapRow]:
        """Return what is missing in a recording."""
        return await asyncio.to_thread(self._stored.gaps, day)


def _why_no_replays(settings: TradewindSettings) -> NoReplays:
    """Return why no replay can be started beside this line; the process that serves REST starts them."""
    if settings.market.source == "replay":
        return "replay"
    # Its doors would be its own, and the gateway is the only one that people get to.
    return "gateway" if settings.gateway.is_before_us else ""
