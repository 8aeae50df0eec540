"""A store of documents that may be away: what it cannot take waits on disk and follows in order when it is back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.errors import StoreAwayError, StoreError
from tradewind.kernel.backoff import Backoff
from tradewind.kernel.log import get_log
from tradewind.kernel.rng import named_rng
from tradewind.stores.documents.forms import FORMS, Document, Stored
from tradewind.stores.documents.ports import Collection

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from tradewind.stores.documents.ports import DocumentStore
    from tradewind.stores.documents.spool import Spool

_LOG = get_log("stores.documents")
_RECORD: Final = 1_000
"""Documents in one record of the spool."""


class _Waiting(msgspec.Struct, frozen=True, array_like=True):
    collection: Collection
    documents: msgspec.Raw
    """A list in the collection's form."""


_READERS: Final[Mapping[str, msgspec.msgpack.Decoder[Any]]] = {
    name: msgspec.msgpack.Decoder(list[form])  # type: ignore[valid-type]  # a form of the table
    for name, form in FORMS.items()
}
_ENCODE: Final = msgspec.msgpack.Encoder().encode
_LOOK_S: Final = 1.0


class SpooledDocuments:
    """Takes documents whether or not the store is there; `run` hands on what waits.

    A service. Nothing is lost: `put` returns when the store or the disk has them, and raises if neither does. Nothing
    is doubled: the store knows a document by its id.
    """

    name = "documents"

    def __init__(
        self,
        store: DocumentStore,
        spool: Spool,
        *,
        scale: float = 1.0,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.store = store
        self._spool = spool
        self._sleep = sleep
        self._scale = scale
        self._backoff = Backoff(named_rng(0, "stores.documents"), jitter=0.5, scale=scale)
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()
        self.refused = 0
        """Documents that the store did not want; they are gone, and told in the log."""

    @property
    def waiting(self) -> int:
        """Return how many records wait on disk."""
        return self._spool.waiting

    async def open(self) -> bool:
        """Open the store; return whether it was there. What is put meanwhile waits.

        Raises: ConfigError: the address or the names cannot be used.
        """
        try:
            await self.store.open()
        except StoreAwayError as error:
            _LOG.warning("documents_store_away", reason=str(error), remedy="what is collected waits on disk")
            return False
        self._backoff.reset()
        return True

    async def put(self, collection: Collection, documents: Sequence[Document]) -> Stored:
        """Store documents, or keep them on disk behind those that wait already.

        Raises:
            SpoolFullError: the store is away and the disk takes no more; what was not taken stays with the caller.
            StoreError: the store refuses them.
        """
        async with self._turn:
            if not self._spool.waiting:
                try:
                    return await self.store.put(collection, documents)
                except StoreAwayError as error:
                    _LOG.warning("documents_store_away", reason=str(error), remedy="they wait on disk and follow")
            for at in range(0, len(documents), _RECORD):
                part = msgspec.Raw(_ENCODE(documents[at : at + _RECORD]))
                await asyncio.to_thread(self._spool.append, _ENCODE(_Waiting(collection, part)))
            self._wake.set()
            return Stored(spooled=len(documents))

    async def close(self) -> None:
        """Let go of the store and of the place on disk; what waits there stays."""
        await self.store.close()
        self._spool.close()
        if self._spool.waiting:
            _LOG.warning("documents_wait_on_disk", records=self._spool.waiting, remedy="they follow at the next start")

    async def run(self) -> None:
        """Open the store and hand on what waits, oldest first, until cancelled; wait longer each time it is away."""
        while not await self.open():
            await self._sleep(self._backoff.next_wait_s())
        while True:
            if not self._spool.waiting:
                self._wake.clear()
                await self._wake.wait()
            try:
                await self.drain()
            except StoreAwayError:
                await self._sleep(self._backoff.next_wait_s())
            except StoreError as error:
                _LOG.error("spool_not_noted", reason=str(error))
                await self._sleep(_LOOK_S * self._scale)

    async def drain(self) -> int:
        """Hand on everything that waits now; return how many documents.

        Raises:
            StoreAwayError: the store is away again.
            SpoolFullError: what was handed on could not be noted; it is handed on once more, which does no harm.
        """
        handed = 0
        while True:
            async with self._turn:
                record = await asyncio.to_thread(self._spool.first)
                if record is None:
                    break
                waiting = msgspec.msgpack.decode(record, type=_Waiting)
                documents: list[Document] = _READERS[waiting.collection].decode(waiting.documents)
                await self._hand_on(waiting.collection, documents)
                await asyncio.to_thread(self._spool.drop_first, record)
                handed += len(documents)
                self._backoff.reset()
        if handed:
            _LOG.info("spool_handed_on", documents=handed)
        return handed

    async def _hand_on(self, collection: Collection, documents: Sequence[Document]) -> None:
        try:
            await self.store.put(collection, documents)
        except StoreAwayError:
            raise
        except StoreError as error:
            # It would stand in the way of all that follow for ever.
            self.refused += len(documents)
            _LOG.error("documents_refused", documents=len(documents), reason=str(error))
