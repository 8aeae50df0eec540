"""Is this thing a raw tick at all? The type checks that let everything behind them trust its fields."""

from __future__ import annotations

from typing import Any, Final

from tradewind.domain.tick import RawTick

# Exact types: a bool is no number here, and a number of a foreign library would not pass the edges' encoders.
_NUMBERS: Final = frozenset({float, int, type(None)})
_SIZES: Final = frozenset({int, type(None)})
_WHOLE: Final = frozenset({int})
_FIELDS: Final = len(RawTick._fields)
_LEVEL_FIELDS: Final = 4


def as_raw_tick(raw: Any) -> RawTick | None:  # noqa: ANN401 - a source may hand in anything
    """Return `raw` with its fields named, or `None` when its shape or a type is not that of a raw tick."""
    if not isinstance(raw, tuple | list) or len(raw) != _FIELDS:
        return None
    is_good = (
        type(raw[0]) is str
        and _WHOLE.issuperset(map(type, raw[1:4]))
        and _NUMBERS.issuperset(map(type, (raw[4], raw[6], raw[7], raw[8], raw[10], *raw[12:21])))
        and _SIZES.issuperset(map(type, (raw[5], raw[9], raw[11])))
        and (raw[21] is None or _is_depth(raw[21]))
    )
    return RawTick(*raw) if is_good else None


def _is_depth(value: Any) -> bool:  # noqa: ANN401 - unchecked yet
    return isinstance(value, tuple | list) and all(map(_is_level, value))


def _is_level(level: Any) -> bool:  # noqa: ANN401 - unchecked yet
    return (
        isinstance(level, tuple | list)
        and len(level) == _LEVEL_FIELDS
        and _NUMBERS.issuperset((type(level[0]), type(level[2])))
        and _SIZES.issuperset((type(level[1]), type(level[3])))
    )
