"""Looks after files every so often, in a process of its own at low priority: the line must not feel it."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import StoreError
from tradewind.kernel.log import get_log
from tradewind.runtime.history.service import flags_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.runtime.retention.settings import RetentionSettings
    from tradewind.runtime.settings import TradewindSettings

_LOG = get_log("runtime.retention")
_NICE: Final = 10
_CALM_S: Final = 60.0
"""After a start others have more to do."""


class RetentionService:
    """Runs under the supervisor as `retention`, beside the market: one process of an installation has it."""

    name = "retention"

    def __init__(self, settings: TradewindSettings) -> None:
        self._settings = settings

    async def run(self) -> None:
        """Look until cancelled.

        Raises: StoreError: something could not be removed; it is tried again when this service is started again.
        """
        await asyncio.sleep(min(_CALM_S, self._settings.retention.every_s))
        while True:
            if self._settings.retention.enabled:
                await self._look()
            await asyncio.sleep(self._settings.retention.every_s)

    def change(self, retention: RetentionSettings) -> None:
        """Take other settings, from the next look on."""
        self._settings = msgspec.structs.replace(self._settings, retention=retention)

    async def _look(self) -> None:
        command = [sys.executable, "-m", "tradewind", "retention", "run", "--json"]
        process = await asyncio.create_subprocess_exec(
            *command,
            *(part for flag in _flags(self._settings) for part in ("--set", flag)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            preexec_fn=_be_nice,
        )
        try:
            out, told = await process.communicate()
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise
        for line in out.splitlines():
            step = msgspec.json.decode(line, type=dict[str, object])
            _LOG.info("file_looked_after", **step)
        if process.returncode:
            lines = told.decode("utf-8", "replace").strip().splitlines()
            message = f"files are not looked after: {lines[-1] if lines else 'no reason given'}"
            raise StoreError(message)


def _flags(settings: TradewindSettings) -> Sequence[str]:
    """Return the settings on which it depends what goes, as flags for the process that removes."""
    retention = msgspec.structs.asdict(settings.retention)
    plain = {name: value for name, value in retention.items() if not isinstance(value, bool)}
    return [
        *flags_of(settings),
        f"data_dir={settings.data_dir}",
        *(f"retention.{name}={value:g}" for name, value in plain.items()),
    ]


def _be_nice() -> None:
    os.nice(_NICE)
