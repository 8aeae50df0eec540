"""The newest quote of each instrument, each encoded once, whoever asks for it and however often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.bus.quote_form import seed_quote
from tradewind.domain.tick import Tick, TickFlag
from tradewind.push.frames import text_frame
from tradewind.quotes.packets import event_packet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOM: Final = "quotes"
EVENT: Final = "market_data"


class Encoded(msgspec.Struct, frozen=True, gc=False):
    """One quote as it travels: the packet for long polling, and the same in a WebSocket frame."""

    tick: Tick
    packet: bytes
    frame: bytes


class QuoteBook:
    """At most `max_instruments`; quotes of further ones are counted in `refused`."""

    def __init__(self, *, max_instruments: int, on_gap: Callable[[int], None]) -> None:
        """Call `on_gap(missing)` when numbers of an instrument are missing."""
        self._max = max_instruments
        self._on_gap = on_gap
        self._encode = msgspec.json.Encoder().encode
        self._newest: dict[str, Tick] = {}
        self._seqs: dict[str, int] = {}
        self._encoded: dict[str, Encoded] = {}
        self._awaited: dict[tuple[str, int], Callable[[Tick], None]] = {}
        self._tests: dict[str, Tick] = {}
        """The last test quote of each instrument: it may come before whoever asked for it is told its number."""
        self.refused = 0

    def take(self, tick: Tick) -> bool:
        """Take in a tick of the line; false for one seen before or too many."""
        instrument_id = tick.instrument_id
        last = self._seqs.get(instrument_id)
        if last is None:
            if not self._has_room(instrument_id):
                return False
        elif tick.seq != last + 1:
            if tick.seq <= last:
                return False
            self._on_gap(tick.seq - last - 1)
        self._seqs[instrument_id] = tick.seq
        self._newest[instrument_id] = tick
        if tick.flags & TickFlag.TEST:
            self._tests[instrument_id] = tick
            arrived = self._awaited.pop((instrument_id, tick.seq), None)
            if arrived is not None:
                arrived(tick)
        return True

    def take_snapshot(self, quote: Tick) -> bool:
        """Take in a quote from outside trading hours: shown like any other, and no part of the sequence."""
        known = self._newest.get(quote.instrument_id)
        if known is None:
            if not self._has_room(quote.instrument_id):
                return False
        elif quote.ts_recv < known.ts_recv:
            return False
        self._newest[quote.instrument_id] = quote
        return True

    def forget(self) -> None:
        """Forget every quote and number; whoever waits for a test quote waits on."""
        for kept in (self._newest, self._seqs, self._encoded, self._tests):
            kept.clear()

    def newest(self, instrument_id: str) -> Tick | None:
        """Return the newest quote of an instrument."""
        return self._newest.get(instrument_id)

    def instrument_ids(self) -> Iterable[str]:
        """Return the instruments of which quotes have come, in the order they appeared."""
        return self._newest.keys()

    def __len__(self) -> int:
        return len(self._newest)

    def liveliest(self, instrument_ids: Iterable[str]) -> str | None:
        """Return the one of these instruments whose newest quote came last; `None` if none of them has one."""
        newest = [self._newest.get(name) for name in instrument_ids]
        ticks = [tick for tick in newest if tick is not None and not tick.flags & TickFlag.LAST]
        return max(ticks, key=lambda tick: tick.ts_recv).instrument_id if ticks else None

    def encoded(self, tick: Tick) -> Encoded:
        """Return a quote as it travels, made once while it is the newest of its instrument."""
        known = self._encoded.get(tick.instrument_id)
        if known is not None and known.tick is tick:
            return known
        packet = event_packet(EVENT, self._encode(seed_quote(tick)))
        made = Encoded(tick, packet, text_frame(packet))
        if self._newest.get(tick.instrument_id) is tick:
            self._encoded[tick.instrument_id] = made
        return made

    def await_test(self, instrument_id: str, seq: int, arrived: Callable[[Tick], None]) -> None:
        """Call `arrived` when this test quote comes, or now if it has."""
        tick = self._tests.get(instrument_id)
        if tick is not None and tick.seq >= seq:
            arrived(tick)
        else:
            self._awaited[instrument_id, seq] = arrived

    def give_up_test(self, instrument_id: str, seq: int) -> None:
        """Wait for this test quote no longer."""
        self._awaited.pop((instrument_id, seq), None)

    def _has_room(self, instrument_id: str) -> bool:
        if instrument_id in self._newest or len(self._newest) < self._max:
            return True
        self.refused += 1
        return False
