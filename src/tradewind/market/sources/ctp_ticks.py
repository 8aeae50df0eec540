"""A struct of CTP's library to a raw tick: which contract, when it happened, what is absent.

Pure: bytes go in, raw ticks come out. What cannot be read is refused with a reason and kept for inspection.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

from tradewind.kernel.clock import NS_PER_MS, NS_PER_S
from tradewind.market.ctpwire.refusals import Quarantine, RefusalReason, RefusedFrameError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tradewind.market.ctpwire.refusals import QuarantineLimits

_RECORD: Final = struct.Struct("<q80x7di4x2d8x3d16x8s4xidi4xdi4x8xi12xi")
"""Time of receipt; the struct's fields that we use: from the last price to the lowest, volume, turnover, interest,
settlement, limits, time, ms, best bid and ask, lots of the second level."""
_LEVELS: Final = struct.Struct("<264xdi4xdi4xdi4xdi4xdi4xdi4xdi4xdi4x")
"""Levels two to five."""
_NAME: Final = slice(8 + 401, 8 + 482)
_NONE: Final = 1e300
"""CTP writes DBL_MAX where there is no price; some copies of it are rounded."""
_CHINA_NS: Final = 8 * 3600 * NS_PER_S
_HOUR_NS: Final = 3600 * NS_PER_S
_DAY_NS: Final = 24 * _HOUR_NS
_EVENING_H: Final = 20
_MORNING_H: Final = 4
_AHEAD_NS: Final = _HOUR_NS
"""A quote stamped later than this after we got it is of an earlier day: a snapshot that came with the subscription."""
_MS_PER_S: Final = 1_000
_SECONDS_KEPT: Final = 4_096


class TickReader:
    """Reads the ticks of one feed in the order they come."""

    def __init__(self, quarantine: QuarantineLimits, *, stamps_arrival: bool = False) -> None:
        """With `stamps_arrival` a quote happened when it came, whatever it says."""
        self.quarantine = Quarantine(quarantine)
        self.ticks = 0
        self.filtered = 0
        """Quotes of contracts that nobody wants."""
        self.trading_day = 0
        """The day of the front's login: the field in the struct is wrong at night on some exchanges."""
        self._stamps_arrival = stamps_arrival
        self._ids: Mapping[bytes, str] = {}
        self._seconds: dict[bytes, int] = {}
        self._hour_ends_ns = 0
        self._midnight_ns = 0
        self._hour = 0

    def want(self, ids: Mapping[str, str]) -> None:
        """Let through these contracts alone: the exchange's symbols and our ids."""
        self._ids = {symbol.encode("ascii"): instrument_id for symbol, instrument_id in ids.items()}

    def read(self, records: Iterable[bytes], *, now_ns: int = 0) -> Sequence[tuple[Any, ...]]:
        """Return what can be read of these records of a ring, as raw ticks; all received at `now_ns` if it is given."""
        found = []
        stamp = now_ns.to_bytes(8, "little")
        for given in records:
            record = stamp + given[8:] if now_ns else given
            name = record[_NAME].partition(b"\0")[0]
            instrument_id = self._ids.get(name)
            if instrument_id is None:
                self._turn_away(record, name)
                continue
            try:
                found.append(self._tick(record, instrument_id))
            except RefusedFrameError as error:
                self._refuse(record, name, error)
        self.ticks += len(found)
        return found

    def _tick(self, record: bytes, instrument_id: str) -> tuple[Any, ...]:
        (
            recv_ns, last, pre_settlement, pre_close, pre_interest, opened, high, low, volume, turnover, interest,
            settlement, up, down, clock, ms, bid, bid_lots, ask, ask_lots, bid_lots_2, ask_lots_2,
        ) = _RECORD.unpack_from(record)  # fmt: skip
        if recv_ns >= self._hour_ends_ns:
            self._begin_hour(recv_ns)
        ts = self._seconds.get(clock)
        if ts is None:
            ts = self._second_ns(clock, recv_ns)
        if not 0 <= ms < _MS_PER_S:
            raise RefusedFrameError(RefusalReason.TIME, f"milliseconds must be 0 … 999, were {ms}")
        none = _NONE
        return (
            instrument_id,
            recv_ns if self._stamps_arrival else ts + ms * NS_PER_MS,
            recv_ns,
            self.trading_day,
            last if -none < last < none and last else None,
            volume,
            turnover if -none < turnover < none else None,
            interest if -none < interest < none else None,
            bid if -none < bid < none and bid else None,
            bid_lots,
            ask if -none < ask < none and ask else None,
            ask_lots,
            opened if -none < opened < none and opened else None,
            high if -none < high < none and high else None,
            low if -none < low < none and low else None,
            pre_settlement if -none < pre_settlement < none and pre_settlement else None,
            pre_close if -none < pre_close < none and pre_close else None,
            pre_interest if -none < pre_interest < none else None,
            up if -none < up < none and up else None,
            down if -none < down < none and down else None,
            settlement if -none < settlement < none and settlement else None,
            # Fronts that send one level leave the others empty, each in its own way.
            _depth(record) if bid_lots_2 or ask_lots_2 else None,
        )

    def _begin_hour(self, recv_ns: int) -> None:
        """Take note of our clock's date and hour in China; what was worked out in another hour may not hold."""
        local_ns = recv_ns + _CHINA_NS
        self._hour_ends_ns = recv_ns - local_ns % _HOUR_NS + _HOUR_NS
        self._midnight_ns = recv_ns - local_ns % _DAY_NS
        self._hour = local_ns % _DAY_NS // _HOUR_NS
        self._seconds.clear()

    def _second_ns(self, clock: bytes, recv_ns: int) -> int:
        """Return the moment of a time of day, by our own date: DCE's and CZCE's dates are wrong at night.

        Raises: RefusedFrameError: no such time.
        """
        try:
            hour, minute, second = int(clock[:2]), int(clock[3:5]), int(clock[6:8])
        except ValueError:
            hour = minute = second = -1
        is_time = 0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60  # noqa: PLR2004 - a clock
        if not (is_time and clock[2:3] == clock[5:6] == b":"):
            shown = clock.partition(b"\0")[0].decode("ascii", "replace")
            raise RefusedFrameError(RefusalReason.TIME, f"no such time of day: {shown!r}, must be HH:MM:SS")
        moment = self._midnight_ns + ((hour * 60 + minute) * 60 + second) * NS_PER_S
        if hour >= _EVENING_H and self._hour < _MORNING_H:
            moment -= _DAY_NS
        elif hour < _MORNING_H and self._hour >= _EVENING_H:
            moment += _DAY_NS
        if moment > recv_ns + _AHEAD_NS:
            moment -= _DAY_NS
        if len(self._seconds) >= _SECONDS_KEPT:
            self._seconds.clear()
        self._seconds[clock] = moment
        return moment

    def _turn_away(self, record: bytes, name: bytes) -> None:
        if name.isascii() and name:
            self.filtered += 1
        else:
            self._refuse(record, name, RefusedFrameError(RefusalReason.INSTRUMENT, f"no contract is called {name!r}"))

    def _refuse(self, record: bytes, name: bytes, error: RefusedFrameError) -> None:
        self.quarantine.add(error, topic=name, body=record[8:], now_ns=int.from_bytes(record[:8], "little"))


def _depth(record: bytes) -> tuple[tuple[float | None, int, float | None, int], ...]:
    """Return the levels beyond the first."""
    values = _LEVELS.unpack_from(record)
    none = _NONE
    return tuple(
        (
            bid if -none < bid < none and bid else None,
            bid_lots,
            ask if -none < ask < none and ask else None,
            ask_lots,
        )
        for bid, bid_lots, ask, ask_lots in zip(*(iter(values),) * 4, strict=True)
    )
