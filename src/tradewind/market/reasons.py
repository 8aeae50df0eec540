"""Why a tick was rejected or repaired: stable names for counters, scorecards and tests."""

from __future__ import annotations

from enum import StrEnum


class RejectReason(StrEnum):
    """Why a tick did not reach the line; the names are labels of `tradewind_market_ticks_rejected_total`."""

    MALFORMED = "malformed"
    """Not a tick at all: wrong number of fields, or a field of a wrong type."""
    UNKNOWN_INSTRUMENT = "unknown_instrument"
    """No table knows the instrument or its product: its multiplier and tick would be guesses."""
    INSTRUMENT_LIMIT = "instrument_limit"
    """More instruments than `cleaning.max_instruments` already flow."""
    ABSURD_TIME = "absurd_time"
    """Stamped in the future of its own receipt, before 1990, or far after the tick before it."""
    OFF_SESSION = "off_session"
    """Outside trading hours (a snapshot, a settlement): shown on screens, not fed to the line."""
    STALE = "stale"
    """A live tick that came much later than its time: shown on screens, not fed to the line."""
    BACKWARDS = "backwards"
    """Older than the tick before it."""
    DUPLICATE = "duplicate"
    """The same instrument, trading day, time and volume as the tick before it; where ticks share times, all the same.

    So a second venue that repeats the best quote within the millisecond is one: it changes nothing on the screen.
    """
    MISSING_LAST_PRICE = "missing_last_price"
    """No last price: nothing has traded yet."""
    ABSURD_PRICE = "absurd_price"
    """The last price is NaN, infinite, a sentinel, zero or negative."""
    OUTSIDE_LIMITS = "outside_limits"
    """The last price lies outside the day's price limits."""
    SPIKE = "spike"
    """Without limits to judge by: a jump that the following ticks have not confirmed."""
    ABSURD_VOLUME = "absurd_volume"
    """The day's volume is negative or beyond all measure."""
    VOLUME_BACKWARDS = "volume_backwards"
    """The day's volume is less than before on the same trading day."""


class RepairReason(StrEnum):
    """What was made absent or put right in a tick that is good otherwise."""

    ABSURD_FIELD = "absurd_field"
    """A price other than the last was absurd or outside the limits: made absent."""
    ABSURD_LIMITS = "absurd_limits"
    """The limits contradict each other: made absent."""
    CROSSED_BOOK = "crossed_book"
    """The best bid stands above the best ask: both sides made absent."""
    ABSURD_SIZE = "absurd_size"
    """A book volume was negative or absurd: made 0."""
    TURNOVER = "turnover"
    """Turnover was absent, absurd or went backwards: its increment is estimated from the last price."""
    OPEN_INTEREST = "open_interest"
    """Open interest was absurd: the value before it stands."""
