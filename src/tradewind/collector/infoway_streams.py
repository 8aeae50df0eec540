"""Stores what the provider pushes of some codes: over as many live connections as they take and the plan allows.

A connection that breaks is made again by itself; what was pushed meanwhile is nobody's, and `lost` says how often
that was. What was heard is handed to the store every second, and once more at the end, whatever ends it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from tradewind.collector.as_documents import bar_document, depth_document, document_of
from tradewind.collector.infoway import sum_of
from tradewind.collector.ports import Streamed
from tradewind.errors import InputError, StateConflictError, TransientError
from tradewind.infoway.answers import Bar, Depth, Trade
from tradewind.infoway.bar_types import BAR_TYPES
from tradewind.infoway.codes import in_batches, route
from tradewind.infoway.live import InfowayLive
from tradewind.kernel.clock import NS_PER_MS, SystemClock, monotonic_s
from tradewind.kernel.log import get_log
from tradewind.stores.documents.forms import Stored, newest_of_each

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tradewind.collector.ports import Tell
    from tradewind.domain.job import BarLength, Watched
    from tradewind.infoway.codes import Market
    from tradewind.infoway.frames import Kind
    from tradewind.infoway.settings import InfowaySettings
    from tradewind.kernel.clock import Clock
    from tradewind.stores.documents.forms import Document
    from tradewind.stores.documents.ports import Collection
    from tradewind.stores.documents.spooled import SpooledDocuments

_LOG = get_log("collector")
_FLUSH_S: Final = 1.0
_SILENCE_S: Final = 300.0
"""Nothing for so long while a market is open: the connection is made anew."""
_MOST_WAITING: Final = 200_000
"""Pushes that may wait for the store; more end the job by name, since some would be lost."""
_KINDS: Final[Mapping[Watched, Kind]] = {"trade": "trade", "depth": "depth", "kline": "bar"}
_COLLECTIONS: Final[Mapping[Watched, Collection]] = {"trade": "realtime", "depth": "depth", "kline": "kline"}


class InfowayStreams:
    """The live connections of one process: all its streams together keep to the key's plan."""

    def __init__(
        self,
        account: InfowaySettings,
        documents: SpooledDocuments,
        *,
        is_open: Callable[[str], bool] = lambda _code: False,
        clock: Clock | None = None,
        flush_s: float = _FLUSH_S,
        silence_s: float = _SILENCE_S,
        most_waiting: int = _MOST_WAITING,
    ) -> None:
        """Connect nothing yet. `is_open` tells whether a code's market is open now, so that pushes may be expected."""
        self._account = account
        self._documents = documents
        self._is_open = is_open
        self._clock = clock or SystemClock()
        self._flush_s = flush_s
        self._silence_s = silence_s
        self._most_waiting = most_waiting
        self._in_use = 0

    async def listen(
        self,
        codes: Sequence[str],
        *,
        watch: Watched,
        bar: BarLength,
        stop: asyncio.Event,
        until_ms: int | None,
        on_progress: Tell,
    ) -> Streamed:
        """Listen until `stop` is set or it is `until_ms`; tell seconds of its time, or documents where it has no end.

        Raises:
            InputError: none of the codes can be had, or they need more connections than the plan has.
            StateConflictError: other streams use the plan's connections now.
            KeyRefusedError, ConfigError: the provider refuses the key, or us, for good.
            TransientError: the store takes less than is pushed.
            SpoolFullError, StoreError: nothing more can be stored.
        """
        routed = route(codes, self._account.markets)
        lines = self._lines(routed.by_market, routed.refused)
        now_ms = self._now_ms()
        left_s = None if until_ms is None else max(0.0, (until_ms - now_ms) / 1_000)
        heard = _Heard(watch, bar, self._documents, most_waiting=self._most_waiting, now_ms=self._now_ms)
        self._in_use += len(lines)
        try:
            live = [self._line(market, batch, watch, bar, heard) for market, batch in lines]
            seconds = await self._follow(live, heard, stop, left_s, on_progress)
        finally:
            self._in_use -= len(lines)
        return Streamed(
            received=heard.received,
            stored=heard.total.stored,
            known=heard.total.known,
            spooled=heard.total.spooled,
            seconds=seconds,
            connections=len(live),
            lost=sum(one.counts.lost for one in live),
            unreadable=sum(one.counts.unreadable for one in live),
            refused=routed.refused,
        )

    async def _follow(
        self,
        live: Sequence[InfowayLive],
        heard: _Heard,
        stop: asyncio.Event,
        left_s: float | None,
        on_progress: Tell,
    ) -> float:
        """Keep the connections until the end; return how long that was, in seconds."""
        begun_s = monotonic_s()
        lines = [asyncio.create_task(one.run(), name="infoway-stream") for one in live]
        told = asyncio.create_task(stop.wait())
        try:
            while True:
                gone_s = monotonic_s() - begun_s
                wait_s = self._flush_s if left_s is None else min(self._flush_s, left_s - gone_s)
                if stop.is_set() or wait_s <= 0:
                    return gone_s
                await asyncio.wait([*lines, told], timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
                await heard.store()
                _raise_what_ended(lines)
                if left_s is None:
                    on_progress(heard.received, heard.received)
                else:
                    on_progress(min(int(monotonic_s() - begun_s), int(left_s)), int(left_s))
        finally:
            for task in (*lines, told):
                task.cancel()
            await asyncio.gather(*lines, told, return_exceptions=True)
            await heard.store()

    def _line(self, market: Market, codes: Sequence[str], watch: Watched, bar: BarLength, heard: _Heard) -> InfowayLive:
        return InfowayLive(
            self._account,
            market,
            codes,
            kinds=(_KINDS[watch],),
            bar=BAR_TYPES[bar],
            on_row=heard.take,
            must_speak=lambda: any(self._is_open(code) for code in codes),
            silence_s=self._silence_s,
            seed=self._clock.now_ns(),
        )

    def _lines(
        self, by_market: Mapping[Market, Sequence[str]], refused: Mapping[str, str]
    ) -> list[tuple[Market, Sequence[str]]]:
        plan = self._account.limits()
        if not by_market:
            message = f"none of the codes can be had: {next(iter(refused.values()))}"
            raise InputError(message)
        lines = [(market, batch) for market, codes in by_market.items() for batch in in_batches(codes, plan.codes_each)]
        if len(lines) > plan.connections:
            message = (
                f"these codes need {len(lines)} live connections of {plan.codes_each} codes of a market; the plan "
                f"{self._account.plan} has {plan.connections}; name fewer codes, or see infoway.plan"
            )
            raise InputError(message)
        if len(lines) > plan.connections - self._in_use:
            message = (
                f"{self._in_use} of the {plan.connections} live connections of the plan {self._account.plan} are in "
                f"use, and these codes need {len(lines)}; end another stream first"
            )
            raise StateConflictError(message)
        return lines

    def _now_ms(self) -> int:
        return self._clock.now_ns() // NS_PER_MS


class _Heard:
    """What was pushed to one job and waits for the store."""

    def __init__(
        self,
        watch: Watched,
        bar: BarLength,
        documents: SpooledDocuments,
        *,
        most_waiting: int,
        now_ms: Callable[[], int],
    ) -> None:
        self._collection = _COLLECTIONS[watch]
        self._bar_type = BAR_TYPES[bar]
        self._documents = documents
        self._most_waiting = most_waiting
        self._now_ms = now_ms
        self._waiting: list[Document] = []
        self._lost = 0
        self.received = 0
        self.total = Stored()

    def take(self, row: Trade | Depth | Bar) -> None:
        """Keep what was pushed until it is stored."""
        self.received += 1
        if len(self._waiting) >= self._most_waiting:
            self._lost += 1
            return
        self._waiting.append(self._document(row))

    async def store(self) -> None:
        """Store all that waits.

        Raises: TransientError: there was more than could wait. Else as `SpooledDocuments.put`.
        """
        waiting, self._waiting = self._waiting, []
        if waiting:
            # Of a bar that was pushed many times in a second the last says all.
            news = newest_of_each(self._collection, waiting) if self._collection == "kline" else waiting
            stored = await self._documents.put(self._collection, news)
            repeated = Stored(known=len(waiting) - len(news))
            self.total = sum_of(self.total, sum_of(stored, repeated))
        if self._lost:
            lost, self._lost = self._lost, 0
            message = f"the store takes less than is pushed: {lost} pushes could not wait for it and are lost"
            raise TransientError(message)

    def _document(self, row: Trade | Depth | Bar) -> Document:
        created_ms = self._now_ms()
        match row:
            case Trade():
                return document_of(row, created_ms)
            case Depth():
                return depth_document(row, created_ms)
            case Bar():
                return bar_document(row, self._bar_type, created_ms)


def _raise_what_ended(lines: Sequence[asyncio.Task[None]]) -> None:
    """Raise what ended a connection for good: it is the provider's word, and no other of them will do better."""
    for line in lines:
        if line.done():
            line.result()
