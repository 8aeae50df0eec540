"""Archives recordings when their day is over, in a process of its own: the line must not feel it.

Looks once a minute, or as often as a recording may become due: when it holds what the archive does not and nothing has
been added for a while.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import StoreError
from tradewind.kernel.log import get_log
from tradewind.runtime.history.keeping import ArchiveKeeper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.runtime.settings import TradewindSettings

_LOG = get_log("runtime.history")
_LOOK_S: Final = 60.0
_NICE: Final = 10


class ArchiveService:
    """Runs under the supervisor as `archive` where something is recorded."""

    name = "archive"

    def __init__(self, settings: TradewindSettings) -> None:
        """Raises: ConfigError: nothing is recorded here."""
        self._settings = settings
        self._keeper = ArchiveKeeper(settings)
        self._idle_s = settings.market.recording.archive_after_s
        self._look_s = min(_LOOK_S, self._idle_s)

    async def run(self) -> None:
        """Archive what is due until cancelled.

        Raises: StoreError: a recording could not be archived; it is tried again when this service is started again.
        """
        while True:
            if await asyncio.to_thread(lambda: self._keeper.due(idle_s=self._idle_s)):
                await self._archive()
            await asyncio.sleep(self._look_s)

    async def _archive(self) -> None:
        command = [sys.executable, "-m", "tradewind", "data", "archive", "--json", "--idle-s", f"{self._idle_s:g}"]
        process = await asyncio.create_subprocess_exec(
            *command,
            *(part for flag in flags_of(self._settings) for part in ("--set", flag)),
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
        for made in _made(out):
            _LOG.info("recording_archived", **made)
        if process.returncode:
            lines = told.decode("utf-8", "replace").strip().splitlines()
            message = f"recordings are not archived: {lines[-1] if lines else _first_error(out)}"
            raise StoreError(message)


def archiving_of(settings: TradewindSettings) -> list[ArchiveService]:
    """Return what archives beside the market's own source; nothing where nothing is recorded, or by command only."""
    recording = settings.market.recording
    return [ArchiveService(settings)] if recording.folder and recording.archive else []


def flags_of(settings: TradewindSettings) -> Sequence[str]:
    """Return the settings that what is archived depends on, as flags for the process that archives."""
    market = settings.market
    plain = {
        name: value
        for name, value in msgspec.structs.asdict(market.cleaning).items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    return [
        f"market.recording.folder={market.recording.folder}",
        f"market.recording.archive_folder={market.recording.archive_folder}",
        f"market.options_file={market.options_file}",
        f"market.calendar={market.calendar_mode()}",
        f"market.closing_tolerance_s={market.closing_tolerance_s:g}",
        *(f"market.cleaning.{name}={value}" for name, value in plain.items()),
    ]


def _be_nice() -> None:
    os.nice(_NICE)


def _made(out: bytes) -> list[dict[str, object]]:
    try:
        return msgspec.json.decode(out, type=list[dict[str, object]])
    except msgspec.MsgspecError:
        return []


def _first_error(out: bytes) -> str:
    return next((str(made["error"]) for made in _made(out) if made.get("error")), "no reason given")
