"""Is this thing a raw tick at all? The type checks that let everything behind them trust its fields."""

from __future__ import annotations

from tradewind.domain.tick import RawTick

_NUMBERS = (float, int)
_PRICE_FIELDS = (4, 6, 7, 8, 10, *range(12, 21))
_SIZE_FIELDS = (5, 9, 11)
_LEVEL_FIELDS = 4


def as_raw_tick(raw: object) -> RawTick | None:
    """Return `raw` with its fields named, or `None` when its shape or a type is not that of a raw tick."""
    if not isinstance(raw, tuple | list) or len(raw) != len(RawTick._fields):
        return None
    is_good = (
        isinstance(raw[0], str)
        and all(type(raw[at]) is int for at in (1, 2, 3))
        and all(_is_number(raw[at]) for at in _PRICE_FIELDS)
        and all(_is_size(raw[at]) for at in _SIZE_FIELDS)
        and _is_depth(raw[21])
    )
    return RawTick._make(raw) if is_good else None


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, _NUMBERS) and not isinstance(value, bool))


def _is_size(value: object) -> bool:
    return value is None or type(value) is int


def _is_depth(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, tuple | list) and all(
        isinstance(level, tuple | list)
        and len(level) == _LEVEL_FIELDS
        and _is_number(level[0])
        and _is_size(level[1])
        and _is_number(level[2])
        and _is_size(level[3])
        for level in value
    )
