"""The room that puts acts on the record and notes the chain's end outside the database, minute by minute."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from tradewind.audit.ports import Anchor
from tradewind.audit.verification import misfits
from tradewind.bus.desk_topics import ACTS
from tradewind.domain.act import Act
from tradewind.errors import CorruptJournalError, StoreError
from tradewind.kernel.ids import new_epoch
from tradewind.kernel.log import get_log
from tradewind.stores.chain import REMEDY

if TYPE_CHECKING:
    from tradewind.audit.ports import AnchorPlace, Chain
    from tradewind.audit.settings import AuditSettings
    from tradewind.bus.ports import Bus
    from tradewind.kernel.clock import Clock

_LOG = get_log("audit")


class AuditService:
    """One chain's acts and anchors. `record` belongs to the line's thread, `run` to its loop."""

    name = "audit"

    def __init__(self, *, settings: AuditSettings, bus: Bus, clock: Clock, chain: Chain, anchors: AnchorPlace) -> None:
        self._settings = settings
        self._clock = clock
        self._chain = chain
        self._anchors = anchors
        self._publish = bus.publisher(ACTS)
        self._life = new_epoch()
        self._count = 0
        self._anchored: int | None = None
        self.failure: str | None = None
        """Why the last anchor could not be noted."""

    def record(
        self, action: str, *, actor: str, source: str, subject: str = "", before: object = None, after: object = None
    ) -> Act:
        """Put one act on the record; `before` and `after` are whatever JSON can say, without secrets.

        It is on record once the journal is durable up to it: who answers a person waits for that.
        """
        self._count += 1
        act = Act(
            f"{self._life}-{self._count}",
            action,
            actor,
            source,
            subject,
            _told(before),
            _told(after),
            self._clock.now_ns(),
        )
        self._publish(act)
        return act

    def check_last_anchor(self) -> None:
        """Compare the journal with the newest anchor; one look-up, for the start. Waits for the database.

        Raises:
            CorruptJournalError: the journal was cut off or written anew since.
            InputError: the anchors cannot be read.
        """
        last = self._anchors.last(self._chain.name)
        if last is None:
            return
        for finding in misfits([last], self._chain.hash_at, self._chain.head()[0]):
            message = f"the journal is not the one that was anchored: entry {finding.seq}: {finding.what}; {REMEDY}"
            raise CorruptJournalError(message)

    def anchor(self) -> Anchor | None:
        """Note where the chain ends, if it grew since the last anchor. Waits for the database and the disk.

        Raises: StoreError: the database or the place of the anchors refuses.
        """
        seq, own = self._chain.head()
        if self._anchored is None:
            last = self._anchors.last(self._chain.name)
            self._anchored = last.seq if last is not None else 0
        if self._anchored >= seq:
            return None
        anchor = Anchor(self._chain.name, seq, own.hex(), self._clock.now_ns())
        self._anchors.add(anchor)
        self._chain.note(anchor)
        self._anchored = seq
        return anchor

    async def run(self) -> None:
        """Anchor at the set interval until cancelled; what cannot be noted is told and tried again."""
        while True:
            try:
                await asyncio.to_thread(self.anchor)
                self.failure = None
            except StoreError as error:
                if self.failure is None:
                    _LOG.error("anchor_not_noted", reason=str(error))
                self.failure = str(error)
            await asyncio.sleep(self._settings.anchor_s)


def _told(value: object) -> str:
    return "" if value is None else msgspec.json.encode(value).decode()
