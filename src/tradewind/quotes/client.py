"""One Socket.IO client: which quotes it wants, how it is reached, and what it misses while it cannot take more.

Pure: socket and queue are ports. A client with a WebSocket that keeps up costs one write per quote. One whose socket
is full, or who fetches by long polling, has the newest quote per symbol noted and nothing else: what waits for it is
bounded by what it subscribed to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewind.domain.tick import TickFlag
from tradewind.push.frames import text_frame
from tradewind.quotes.packets import LatePacket, TextPacket, event_packet_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.tick import Tick
    from tradewind.quotes.ports import Post, Wire
    from tradewind.quotes.quote_book import Encoded


class Client:
    """From its connect to its disconnect."""

    __slots__ = (
        "_buffered",
        "_encoded",
        "_is_parcel_waiting",
        "_post",
        "_progress_s",
        "_wire",
        "conflated",
        "identity",
        "is_live",
        "missed",
        "session_id",
        "symbols",
        "wants_all",
    )

    def __init__(
        self, post: Post, *, identity: str, session_id: str | None, encoded: Callable[[Tick], Encoded]
    ) -> None:
        self.identity = identity
        self.session_id = session_id
        self.symbols: dict[str, None] = {}
        self.wants_all = False
        self.is_live = False
        """True while quotes may be written straight to its socket."""
        self.missed: dict[tuple[str, bool], Tick] = {}
        """The newest by symbol; a test quote stands beside it: whoever sent one waits for just that."""
        self.conflated = 0
        """Quotes that a newer one replaced before they could be sent."""
        self._post = post
        self._encoded = encoded
        self._wire: Wire | None = None
        self._is_parcel_waiting = False
        self._buffered = 0
        self._progress_s = 0.0

    @property
    def is_subscribed(self) -> bool:
        """True once it wants quotes."""
        return self.wants_all or bool(self.symbols)

    @property
    def wire(self) -> Wire | None:
        """Its WebSocket, once it is used."""
        return self._wire

    def use_wire(self, wire: Wire) -> None:
        """Write straight to this WebSocket from now on."""
        if self._wire is wire:
            return
        self._wire = wire
        wire.on_full = self._park
        wire.on_drained = self.catch_up
        self.catch_up()

    def say(self, event: str, data: Any) -> None:  # noqa: ANN401 - any message of ours
        """Send one event of its own."""
        self.say_packet(event_packet_of(event, data))

    def say_packet(self, packet: bytes) -> None:
        """Send one event that others may get too."""
        if self._wire is not None:
            self._wire.write_frame(text_frame(packet))
        else:
            self._post.put(TextPacket(packet))

    def send(self, quote: Encoded) -> None:
        """Send a quote now, or note it for later."""
        if self.is_live and self._wire is not None:
            self._wire.write_frame(quote.frame)
        else:
            self.miss(quote.tick)

    def miss(self, tick: Tick) -> None:
        """Note a quote as the newest of its symbol."""
        key = (tick.instrument_id, bool(tick.flags & TickFlag.TEST))
        # The one that came last goes last: a test quote never overtakes what came after it.
        if self.missed.pop(key, None) is not None:
            self.conflated += 1
        self.missed[key] = tick
        if self._wire is None and not self._is_parcel_waiting:
            self._is_parcel_waiting = True
            self._post.put(LatePacket(self._fetched))

    def forget(self, instrument_id: str) -> None:
        """Drop what waits of a symbol it no longer wants."""
        self.missed.pop((instrument_id, False), None)
        self.missed.pop((instrument_id, True), None)

    def catch_up(self) -> None:
        """Send the newest of what was missed, as far as the socket takes it."""
        wire = self._wire
        if wire is None:
            return
        self.is_live = True
        # A full socket calls `_park` from inside the write.
        while self.missed and self.is_live:
            tick = self.missed.pop(next(iter(self.missed)))
            wire.write_frame(self._encoded(tick).frame)

    def is_stalled(self, now_s: float, stalled_s: float) -> bool:
        """Say whether its socket has taken nothing for too long; asked again and again."""
        if self._wire is None or self.is_live:
            self._progress_s = now_s
            return False
        buffered = self._wire.buffered()
        if buffered < self._buffered:
            self._progress_s = now_s
        self._buffered = buffered
        return now_s - self._progress_s > stalled_s

    def _park(self) -> None:
        self.is_live = False
        if self._wire is not None:
            self._buffered = self._wire.buffered()

    def _fetched(self) -> list[bytes]:
        """Give a polling client what it missed; one that has a socket by now got it there."""
        self._is_parcel_waiting = False
        if self._wire is not None:
            return []
        missed, self.missed = self.missed, {}
        return [self._encoded(tick).packet for tick in missed.values()]
