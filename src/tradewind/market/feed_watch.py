"""Is a live feed well? Told from connections, messages and the trading calendar; silence in a break is no alarm."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tradewind.domain.hours import TradingCalendar
    from tradewind.market.ctpwire.refusals import QuarantinedFrame

_HEAD_SHOWN: Final = 96
"""Bytes of a refused message that are shown."""
_SPACE: Final = 0x20
_DELETE: Final = 0x7F


class FeedState(StrEnum):
    """What a live feed is doing."""

    CONNECTING = "connecting"
    """No publisher yet, or just lost; connecting goes on by itself."""
    ABSENT = "absent"
    """No publisher for a while."""
    FLOWING = "flowing"
    """Messages come."""
    QUIET = "quiet"
    """Connected; nothing comes and nothing needs to."""
    SILENT = "silent"
    """Connected, in trading hours, and nothing comes."""


class FeedStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What the health page says of a live feed. Times in ns UTC; counts since the start."""

    endpoints: tuple[str, ...]
    state: FeedState
    is_alarm: bool
    """True when somebody should look: silent or absent in trading hours."""
    since_ns: int
    connected: int
    """Publishers connected now."""
    connections: dict[str, int]
    messages: int
    ticks: int
    filtered: int
    variants: dict[str, int]
    framings: dict[str, int]
    recoded: int
    refused: dict[str, int]
    missing: int
    """Messages that publishers numbered and that never came."""
    gaps: int
    """Places in the sequence where at least one is missing."""
    out_of_order: int
    publisher_restarts: int
    quarantined: int
    """Refused messages kept for inspection."""
    last_message_ns: int | None
    silence_s: float | None
    """Seconds since the last message; `None` before the first."""
    silence_limit_s: float
    """Seconds of silence in trading hours that are an alarm; 0: none ever is."""
    detail: str = ""
    """What the feed is doing in words, where there is more to say than `state`."""
    front: str = ""
    """The one of `endpoints` in use, where it is one at a time."""
    trading_day: int | None = None
    """The day the front says it is, as yyyymmdd."""
    subscribed: int | None = None
    """Contracts the front has agreed to send."""


class ShownFrame(msgspec.Struct, frozen=True, kw_only=True):
    """A message that could not be read, as it may be shown anywhere: `head_text` has a `.` for what is no ASCII text.

    `size` is that of the whole message in bytes, `head_hex` and `head_text` are its beginning.
    """

    number: int
    received_ns: int
    reason: str
    detail: str
    topic: str
    size: int
    head_hex: str
    head_text: str


def shown_frame(frame: QuarantinedFrame) -> ShownFrame:
    """Return a refused message with nothing in it that a terminal or a page could take for more than text."""
    head = bytes.fromhex(frame.head_hex)[:_HEAD_SHOWN]
    return ShownFrame(
        number=frame.number,
        received_ns=frame.received_ns,
        reason=frame.reason.value,
        detail="".join(letter if letter.isprintable() else "." for letter in frame.detail),
        topic=frame.topic,
        size=frame.size,
        head_hex=head.hex(),
        head_text="".join(chr(byte) if _SPACE <= byte < _DELETE else "." for byte in head),
    )


class FeedWatch:
    """Keeps a feed's state. Not thread-safe: belongs to the source."""

    def __init__(
        self,
        *,
        calendar: TradingCalendar,
        usual_hours: Iterable[str],
        silence_ns: int,
        absent_ns: int,
        now_ns: int,
    ) -> None:
        """Until a contract is seen, silence counts only when all of `usual_hours` are open; `silence_ns` 0: never."""
        self.state = FeedState.CONNECTING
        self.since_ns = now_ns
        self.last_message_ns: int | None = None
        self.is_alarm = False
        self._calendar = calendar
        self._usual_hours = frozenset(usual_hours)
        self._seen_hours: set[str] = set()
        self._silence_ns = silence_ns
        self._absent_ns = absent_ns
        self._connected: set[str] = set()
        self._changed_ns = now_ns

    @property
    def connected(self) -> int:
        """Return how many publishers are connected."""
        return len(self._connected)

    def expect(self, hours_id: str) -> None:
        """Note that contracts of these hours are part of the feed."""
        self._seen_hours.add(hours_id)

    def note_connected(self, endpoint: str, now_ns: int) -> None:
        """Note that a publisher answered."""
        self._connected.add(endpoint)
        self._changed_ns = now_ns

    def note_lost(self, endpoint: str, now_ns: int) -> None:
        """Note that a publisher went away."""
        self._connected.discard(endpoint)
        self._changed_ns = now_ns

    def note_reopened(self, now_ns: int) -> None:
        """Note that every connection is made anew."""
        self._connected.clear()
        self._changed_ns = now_ns

    def check(self, now_ns: int) -> bool:
        """Work out the state anew; return whether it, or its being an alarm, changed."""
        is_open = self._is_open(now_ns)
        state = self._state_at(now_ns, is_open=is_open)
        is_alarm = state is FeedState.SILENT or (state is FeedState.ABSENT and is_open)
        if state is self.state and is_alarm is self.is_alarm:
            return False
        self.state, self.is_alarm, self.since_ns = state, is_alarm, now_ns
        return True

    def _state_at(self, now_ns: int, *, is_open: bool) -> FeedState:
        if not self._connected:
            # A connection being made anew is no news while the old alarm stands.
            is_long = now_ns - self._changed_ns >= self._absent_ns
            if is_long or self.state is FeedState.ABSENT:
                return FeedState.ABSENT
            return FeedState.SILENT if self.is_alarm and is_open else FeedState.CONNECTING
        if self._is_silent(now_ns) or (self.state is FeedState.SILENT and is_open and not self._came_since()):
            return FeedState.SILENT
        quiet_ns = now_ns - (self.last_message_ns or 0)
        return FeedState.FLOWING if quiet_ns < max(self._silence_ns, self._absent_ns) else FeedState.QUIET

    def _came_since(self) -> bool:
        return self.last_message_ns is not None and self.last_message_ns >= self.since_ns

    def _is_open(self, now_ns: int) -> bool:
        hours = self._seen_hours or self._usual_hours
        opened = [self._open_since(hours_id, now_ns) is not None for hours_id in sorted(hours)]
        return any(opened) if self._seen_hours else bool(opened) and all(opened)

    def _is_silent(self, now_ns: int) -> bool:
        if not self._silence_ns or not self._is_open(now_ns):
            return False
        last_ns = max(self.last_message_ns or 0, self._changed_ns)
        hours = sorted(self._seen_hours or self._usual_hours)
        opened = [since for hours_id in hours if (since := self._open_since(hours_id, now_ns)) is not None]
        # Before the first contract is seen, all hours must have been open for that long.
        open_since = min(opened) if self._seen_hours else max(opened)
        return now_ns - max(last_ns, open_since) >= self._silence_ns

    def _open_since(self, hours_id: str, now_ns: int) -> int | None:
        section = self._calendar.section_at(hours_id, now_ns)
        return section.open_ns if section is not None and now_ns < section.close_ns else None
