"""How windows and sampling intervals are written in the configuration, and what they mean."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from tradewind.errors import ConfigError
from tradewind.kernel.clock import NS_PER_S

_FORM: Final = re.compile(r"([1-9][0-9]{0,6})([smht])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600}


class WindowSpec(msgspec.Struct, frozen=True):
    """One window: `span_ns` of a window by time, `count` of one by ticks; the other is 0."""

    name: str
    span_ns: int
    count: int


def parse_window(text: str) -> WindowSpec:
    """Read `60s`, `5m`, `1h` or `120t`.

    Raises: ConfigError: anything else, or a window of one tick.
    """
    match = _FORM.fullmatch(text)
    if match is None or text == "1t":
        message = (
            f"a window is a number with s, m, h (time) or t (ticks, at least 2), such as 60s, 5m, 120t; was {text!r}"
        )
        raise ConfigError(message)
    number, unit = int(match[1]), match[2]
    if unit == "t":
        return WindowSpec(text, 0, number)
    return WindowSpec(text, number * _SECONDS[unit] * NS_PER_S, 0)


def parse_interval(text: str) -> int:
    """Read `tick` as 0, `5s` or `1m` as nanoseconds.

    Raises: ConfigError: anything else.
    """
    if text == "tick":
        return 0
    match = _FORM.fullmatch(text)
    if match is None or match[2] == "t":
        message = f"indicator_interval is `tick` or a time such as 5s or 1m, was {text!r}"
        raise ConfigError(message)
    return int(match[1]) * _SECONDS[match[2]] * NS_PER_S
