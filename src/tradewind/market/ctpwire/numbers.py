"""Whatever a publisher writes for a number, to the number or to `None`: text, sentinels, NaN, zero for no price."""

from __future__ import annotations

from typing import Any, Final

from tradewind.market.ctpwire.refusals import RefusalReason, RefusedFrameError

ABSENT_FROM: Final = 1e300
"""DBL_MAX, or a rounded print of it, stands for no price."""
_LARGEST_COUNT: Final = 1 << 62
_NOTHING: Final = frozenset({"", "-", "--", "nan", "null", "none", "n/a", "inf", "-inf", "+inf"})
_MEMO_SIZE: Final = 100_000
_LONGEST: Final = 40
"""No number is written longer; a longer text is not worth a place in the memo or a line in an error."""


class NumberTexts(dict[str, float | None]):
    """Text to number, remembered: a day's prices are few. Forgets everything when full."""

    def __missing__(self, text: str) -> float | None:
        """Read a text not met before.

        Raises: RefusedFrameError: it is no number.
        """
        if len(text) > _LONGEST:
            raise _wrong(text[:_LONGEST])
        stripped = text.strip().lower()
        number: float | None = None
        if stripped not in _NOTHING:
            try:
                number = float(stripped)
            except ValueError:
                raise _wrong(text) from None
            # NaN fails the comparison too.
            if not abs(number) < ABSENT_FROM:
                number = None
        if len(self) >= _MEMO_SIZE:
            self.clear()
        self[text] = number
        return number


_TEXTS: Final = NumberTexts()


def amount_of(value: Any) -> float | None:  # noqa: ANN401 - whatever the message held
    """Return a turnover or an open interest; 0 is one.

    Raises: RefusedFrameError: it is no number.
    """
    kind = type(value)
    if kind is float or kind is int:
        return float(value) if -ABSENT_FROM < value < ABSENT_FROM else None
    if value is None:
        return None
    if kind is str:
        return _TEXTS[value]
    if kind is bytes:
        return _TEXTS[value.decode("latin-1")]
    raise _wrong(value)


def price_of(value: Any) -> float | None:  # noqa: ANN401 - as above
    """Return a price; 0 says that there is none, as an unset protobuf field does.

    Raises: RefusedFrameError: it is no number.
    """
    if type(value) is float and 0.0 < value < ABSENT_FROM:
        return value
    return amount_of(value) or None


def lots_of(value: Any) -> int | None:  # noqa: ANN401 - as above
    """Return a count of lots.

    Raises: RefusedFrameError: it is no number.
    """
    if type(value) is int:
        return value if -_LARGEST_COUNT < value < _LARGEST_COUNT else None
    number = amount_of(value)
    return int(number) if number is not None and abs(number) < _LARGEST_COUNT else None


def _wrong(value: object) -> RefusedFrameError:
    shown = repr(value) if isinstance(value, str | bytes) else type(value).__name__
    return RefusedFrameError(RefusalReason.WRONG_TYPE, f"a number was expected, found {shown[:80]}")
