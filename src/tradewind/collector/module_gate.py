"""Asks at each job whether the module's licence lets it work, and keeps the latest time it has seen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from tradewind.collector.licence import UNASKED, Standing, check
from tradewind.collector.module_journal import Journal
from tradewind.collector.module_places import Places
from tradewind.collector.settings import ModuleSettings
from tradewind.errors import StoreError
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S, Clock
from tradewind.kernel.log import get_log

_LOG = get_log("collector")
_EARLIEST_MS: Final = 0
_STEP_MS: Final = 60_000
"""Time is put down in steps of this: far finer than what a clock may be turned back."""


class LicenceGate:
    """The licence of one module. It is read anew each time, so that a renewed one counts at once."""

    def __init__(
        self, settings: ModuleSettings, places: Places, module_hash: str, journal: Journal, *, clock: Clock
    ) -> None:
        self._settings = settings
        self._places = places
        self._hash = module_hash
        self._journal = journal
        self._clock = clock
        self._told = ""

    def look(self) -> Standing:
        """Return how the module stands now, and remember that this time has been.

        A time is remembered under the licence it was seen under: after a clock that ran ahead, a new licence helps.
        """
        if not self._settings.licence_key:
            return UNASKED
        now_ms = self._clock.now_ns() // NS_PER_MS
        now = datetime.fromtimestamp(self._clock.now_ns() / NS_PER_S, tz=UTC)
        first = self._check(now, now)
        if first.licence is None:
            return self._tell(first)
        name = f"seen:{first.licence.licence_id}"
        try:
            seen_ms = self._journal.marked(name)
            if now_ms - seen_ms > _STEP_MS:
                self._journal.mark(name, now_ms)
        except StoreError as error:
            _LOG.error("licence_time_not_kept", error=str(error))
            seen_ms = _EARLIEST_MS
        return self._tell(self._check(now, datetime.fromtimestamp(seen_ms / 1_000, tz=UTC)))

    def refusal(self, kind: str) -> str:
        """Return why a kind of job may not be done now, empty where it may."""
        return self.look().refusal(kind)

    def _check(self, now: datetime, seen: datetime) -> Standing:
        try:
            text: bytes | None = self._places.licence.read_bytes()
        except OSError:
            text = None
        return check(text, self._settings.licence_key, self._hash, now=now, seen=seen)

    def _tell(self, standing: Standing) -> Standing:
        if standing.message != self._told:
            self._told = standing.message
            say = _LOG.info if standing.is_working else _LOG.error
            say("licence_checked", verdict=standing.verdict, message=standing.message)
        return standing
