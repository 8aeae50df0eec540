"""What comes back from a strategy: checked as if a stranger had sent it, then stamped with where it came from."""

from __future__ import annotations

from typing import Final

import msgspec

from tradewind.domain.bar import Bar
from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.signal import Signal, SignalTimes
from tradewind.domain.tick import Tick, tick_cause
from tradewind.errors import AnswerRefusedError

MAX_SIGNALS: Final = 8
MAX_REASONS: Final = 16
MAX_TEXT: Final = 200
_SIDES: Final = ("buy", "sell")
_FULL_STRENGTH: Final = 100.0


def checked(answer: object, *, instrument_id: str) -> tuple[Signal, ...]:
    """Return the signals in an answer.

    Raises: AnswerRefusedError: it is no signal, about another instrument, or a field of it is out of range.
    """
    signals = tuple(answer) if isinstance(answer, (list, tuple)) else (answer,)
    if len(signals) > MAX_SIGNALS:
        message = f"answered {len(signals)} signals to one event; at most {MAX_SIGNALS} are taken"
        raise AnswerRefusedError(message, reason="too_many")
    return tuple(_checked_one(signal, instrument_id) for signal in signals)


def _checked_one(signal: object, instrument_id: str) -> Signal:
    if type(signal) is not Signal:  # A subclass could bring fields and code of its own into the line.
        message = f"answered {_shown(signal)}; a Signal, a list of them or None is allowed"
        raise AnswerRefusedError(message, reason="no_signal")
    if signal.instrument_id != instrument_id:
        message = f"answered a signal about {_shown(signal.instrument_id)} to an event of {instrument_id}"
        raise AnswerRefusedError(message, reason="instrument")
    if signal.side not in _SIDES:
        message = f"side must be buy or sell, was {_shown(signal.side)}"
        raise AnswerRefusedError(message, reason="side")
    _check_number("confidence", signal.confidence, 1.0)
    _check_number("strength", signal.strength, _FULL_STRENGTH)
    _check_texts(signal)
    return signal


def _check_number(name: str, value: object, most: float) -> None:
    # A NaN fails both comparisons; numpy's floats are floats, its integers and booleans are refused.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.0 <= value <= most:
        message = f"{name} must be a number from 0 to {most:g}, was {_shown(value)}"
        raise AnswerRefusedError(message, reason=name)


def _check_texts(signal: Signal) -> None:
    reasons: object = signal.reasons
    if not isinstance(reasons, tuple) or len(reasons) > MAX_REASONS:
        message = f"reasons must be a tuple of at most {MAX_REASONS} texts, was {_shown(reasons)}"
        raise AnswerRefusedError(message, reason="reasons")
    if not signal.signal_type:
        message = "signal_type must not be empty"
        raise AnswerRefusedError(message, reason="signal_type")
    texts: tuple[object, ...] = (signal.signal_type, signal.window, *reasons)
    for text in texts:
        if not isinstance(text, str) or len(text) > MAX_TEXT:
            message = (
                f"signal_type, window and reasons must be texts of at most {MAX_TEXT} characters, was {_shown(text)}"
            )
            raise AnswerRefusedError(message, reason="texts")


def stamped(
    signal: Signal,
    *,
    strategy: str,
    event: Tick | FeatureSnapshot | Bar,
    ordinal: int,
    times: SignalTimes | None = None,
) -> Signal:
    """Return the signal with its identity, price, times and cause; `ordinal` tells apart several of one event.

    A bar's signals carry `bar` in their id: the tick that ended the bar may have had signals of its own.
    """
    signal_id = f"{strategy}:{event.instrument_id}:{event.seq}"
    if isinstance(event, Bar):
        signal_id += ":bar"
    return msgspec.structs.replace(
        signal,
        confidence=float(signal.confidence),
        strength=float(signal.strength),
        signal_id=f"{signal_id}:{ordinal}" if ordinal > 1 else signal_id,
        strategy=strategy,
        seq=event.seq,
        ts_event=time_of(event),
        last_price=event.close if isinstance(event, Bar) else event.last_price,
        cause=tick_cause(event.instrument_id, event.seq),
        times=times,
    )


def time_of(event: Tick | FeatureSnapshot | Bar) -> int:
    """Return when an event happened; a bar at its end."""
    return event.ts_close if isinstance(event, Bar) else event.ts_event


def _shown(value: object) -> str:
    text = f"{type(value).__name__} {value!r}" if isinstance(value, (str, int, float, tuple)) else type(value).__name__
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"
