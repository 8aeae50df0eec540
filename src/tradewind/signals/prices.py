"""The last price of each instrument and the band it may move in before a stop is touched.

Called for every event of the line, so the ordinary case (next in sequence, inside the band) is two comparisons and
two stores; instruments without an open opportunity have an endless band.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.tick import Tick
from tradewind.native import compiled

if TYPE_CHECKING:
    from collections.abc import Callable

NO_FLOOR: Final = float("-inf")
NO_CEILING: Final = float("inf")


class PriceTrack:
    """What is known of one instrument: its last event and the open band (`floor`, `ceiling`) around its price."""

    __slots__ = ("ceiling", "floor", "last", "seq")

    def __init__(self, seq: int) -> None:
        self.seq = seq
        self.last: FeatureSnapshot | Tick | None = None
        self.floor = NO_FLOOR
        self.ceiling = NO_CEILING


class PriceBoard:
    """Follows the price of every instrument it hears of, up to `max_instruments`.

    Beyond that further instruments are not followed (their stops are not watched) and `unfollowed` counts them.
    """

    def __init__(
        self,
        *,
        max_instruments: int,
        on_breach: Callable[[FeatureSnapshot | Tick], None],
        on_gap: Callable[[], None],
    ) -> None:
        """Tell `on_breach` of each event at or outside the band, `on_gap` of each hole in a sequence."""
        self._tracks: dict[str, PriceTrack] = {}
        self._max_instruments = max_instruments
        self._on_breach = on_breach
        self._on_gap = on_gap
        self.unfollowed = 0

    def on_price(self, event: FeatureSnapshot | Tick) -> None:
        """Take the newest price; a redelivered event changes nothing."""
        track = self._tracks.get(event.instrument_id)
        seq = event.seq
        if track is None or seq != track.seq + 1:
            track = self._out_of_sequence(event, track)
            if track is None:
                return
        track.seq = seq
        track.last = event
        if track.floor < event.last_price < track.ceiling:
            return
        self._on_breach(event)

    def handler(self) -> Callable[[FeatureSnapshot | Tick], None]:
        """Return what to subscribe: `on_price`, or its compiled counterpart on the same state."""
        if compiled is None:
            return self.on_price
        return compiled.PriceWatch(
            tracks=self._tracks,
            plainly=self.on_price,
            track_type=PriceTrack,
            tick_type=Tick,
            snapshot_type=FeatureSnapshot,
        )

    def last_price(self, instrument_id: str) -> float | None:
        """Return the newest price, or `None` before the first."""
        track = self._tracks.get(instrument_id)
        return track.last.last_price if track is not None and track.last is not None else None

    def atr(self, instrument_id: str) -> float | None:
        """Return the newest average true range; `None` while it warms up or when prices come from ticks."""
        track = self._tracks.get(instrument_id)
        last = track.last if track is not None else None
        return last.atr if isinstance(last, FeatureSnapshot) else None

    def set_floor(self, instrument_id: str, price: float) -> None:
        """Call `on_breach` from now on when the price is at or below `price`."""
        track = self._track(instrument_id)
        if track is not None:
            track.floor = price

    def set_ceiling(self, instrument_id: str, price: float) -> None:
        """Call `on_breach` from now on when the price is at or above `price`."""
        track = self._track(instrument_id)
        if track is not None:
            track.ceiling = price

    def _track(self, instrument_id: str) -> PriceTrack | None:
        track = self._tracks.get(instrument_id)
        if track is None:
            if len(self._tracks) >= self._max_instruments:
                self.unfollowed += 1
                return None
            track = self._tracks[instrument_id] = PriceTrack(seq=0)
        return track

    def _out_of_sequence(self, event: FeatureSnapshot | Tick, track: PriceTrack | None) -> PriceTrack | None:
        """Return the track to go on with, or `None` for an event to pass over."""
        if track is None or track.last is None:
            return track if track is not None else self._track(event.instrument_id)
        if event.seq > track.seq:
            self._on_gap()
            return track
        # The writer numbers from 1 again after a restart; a redelivered event is not newer than what we have.
        return track if event.ts_event > track.last.ts_event else None
