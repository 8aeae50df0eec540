"""Follows the journal behind its writer and tells people of what it says, each entry once whatever happens.

What is told, where each thing stands and how far the follower has read are one transaction. A crash before it leaves
everything to be read again, a crash after it finds it done. What is sent out of the house is sent from there.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import StateConflictError, StoreError
from tradewind.kernel.clock import NS_PER_MS
from tradewind.kernel.log import get_log
from tradewind.notices.reading import JournalReader
from tradewind.stores.notices import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tradewind.domain.notice import Notice
    from tradewind.notices.means import Means
    from tradewind.notices.ports import Entries
    from tradewind.notices.reading import Draft, Seen
    from tradewind.notices.telling import Teller
    from tradewind.stores.ports import Entry

_LOG = get_log("notices")
_AWAY_S: Final = 2.0


class Follower:
    """One chain's follower. `on_told` hears, on the loop, of the notices that are new once they are durable."""

    def __init__(
        self,
        means: Means,
        *,
        chain: str,
        entries: Entries,
        teller: Teller,
        on_told: Callable[[Sequence[Notice]], None],
    ) -> None:
        self._settings, self._store = means.settings, means.store
        self._clock, self._metrics, self._threads = means.clock, means.metrics, means.threads
        self._name = f"journal {chain}"
        self._entries = entries
        self._reader = JournalReader(chain)
        self._teller = teller
        self._on_told = on_told
        self._position: int | None = None
        self._failure: str | None = None

    async def run(self) -> None:
        """Follow until cancelled; while the database is away, wait for it."""
        while True:
            try:
                is_more = await self.turn()
                self._failure = None
            except (StoreError, StateConflictError) as error:
                self._position = None
                self._note(error)
                await asyncio.sleep(_AWAY_S)
                continue
            if not is_more:
                await asyncio.sleep(self._settings.poll_ms * NS_PER_MS / 1e9)

    async def turn(self) -> bool:
        """Tell what the next entries say; return whether there may be more.

        Raises: StoreError: the database does not answer. StateConflictError: another follower is at work.
        """
        if self._position is None:
            # An installation that begins to tell does not tell its whole past.
            self._position = await self._threads.call(self._store.begin, self._name, self._entries.durable_seq)
        if self._entries.durable_seq <= self._position:
            return False
        through, notices = await self._threads.call(self._step, self._position)
        self._position = through
        self._on_told(notices)
        return True

    def _step(self, after: int) -> tuple[int, list[Notice]]:
        """Read some entries and write what they mean; in a thread."""
        entries = list(itertools.islice(self._entries.read(after), self._settings.batch))
        if not entries:
            return after, []
        drafts, states = self._news(entries)
        now = self._clock.now_ns()
        tellings = self._teller.tellings(drafts, now, preferences=self._store.preferences)
        through = entries[-1].seq
        return through, self._store.take(Step(self._name, after, through, tellings, states), now)

    def _news(self, entries: Sequence[Entry]) -> tuple[list[Draft], dict[str, str | None]]:
        """Return what is new among entries, and what has changed of where things stand."""
        seen = [one for entry in entries if (one := self._read(entry)) is not None]
        stood: dict[str, str | None] = dict(self._store.states({one.key for one in seen if one.key}))
        drafts: list[Draft] = []
        changed: dict[str, str | None] = {}
        for one in seen:
            stands = one.draft.happening.kind.value if one.draft is not None else None
            if one.key and stood.get(one.key) == stands:
                continue
            if one.key:
                stood[one.key] = changed[one.key] = stands
            if one.draft is not None:
                drafts.append(one.draft)
        return drafts, changed

    def _read(self, entry: Entry) -> Seen | None:
        try:
            return self._reader.read(entry)
        except msgspec.MsgspecError as error:
            # It is on record all the same, and what comes after it must not wait for it for ever.
            self._metrics.notices_unreadable.add(entry.kind)
            _LOG.error("notice_entry_unreadable", seq=entry.seq, kind=entry.kind, reason=str(error))
            return None

    def _note(self, error: Exception) -> None:
        if self._failure is None:
            _LOG.warning("notices_wait", reason=str(error))
        self._failure = str(error)
