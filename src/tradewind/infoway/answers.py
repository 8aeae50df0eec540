"""The provider's answers read: bytes in, rows or a reason out. Nothing that comes from outside passes unlooked at.

A good answer is `{"ret":200,"msg":"success","traceId":"…","data":[…]}`; bad ones come as another `ret`, as
`{"detail":"Rate limit exceeded"}` under HTTP 200, as a gateway's problem JSON, or as no JSON at all.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from tradewind.infoway.reactions import Meaning, Reaction, of_http, of_rest

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")

_TOLD: Final = 120
"""Of a foreign message so much is shown."""
_EARLIEST_MS: Final = 631_152_000_000
"""1990-01-01."""
_LATEST_MS: Final = 4_102_444_800_000
"""2100-01-01."""
_LONGEST_NUMBER: Final = 40
_LONGEST_CODE: Final = 22
_LEVELS: Final = 50
_GOOD: Final = 200
_DIRECTIONS: Final = frozenset({0, 1, 2})
_UNREADABLE: Final = Meaning(Reaction.RETRY, "an answer that is no JSON")


class Trade(msgspec.Struct, frozen=True, kw_only=True):
    """The newest trade of a code, as the provider tells it and as it is stored.

    `t` in ms since 1970; `p` price, `v` size and `vw` turnover (price times size, no average) are decimals as text, as
    they came; `td` 0: unknown, 1: bought, 2: sold.
    """

    s: str
    t: int
    p: str
    v: str
    vw: str
    td: int


class Depth(msgspec.Struct, frozen=True, kw_only=True):
    """The book of a code: levels of (price, size), best first. `t` in ms since 1970."""

    s: str
    t: int
    asks: tuple[tuple[float, float], ...]
    bids: tuple[tuple[float, float], ...]


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One bar of a code, which began at `t`, in seconds since 1970. `vw` is turnover.

    `change` is how far `c` is from the close of the bar before, in the price's currency; `None` where it is not told.
    """

    s: str
    t: int
    o: float
    h: float
    l: float  # noqa: E741 - the provider's letter
    c: float
    v: float
    vw: float
    change: float | None = None


class Answer(msgspec.Struct, frozen=True):
    """An answer as far as it could be read: rows if it is good, else what it means and what it said of itself."""

    meaning: Meaning
    rows: tuple[Any, ...] = ()
    told: str = ""
    is_recoded: bool = False


def read_answer(status: int, body: bytes) -> Answer:
    """Read one answer; `status` is HTTP's, which decides only where the answer itself says nothing."""
    told, is_recoded = _decode(body)
    if not isinstance(told, dict):
        meaning = _UNREADABLE if status == _GOOD else of_http(status)
        return Answer(meaning, told=_shown(body[:_TOLD].decode("utf-8", "replace")), is_recoded=is_recoded)
    words = _words(told)
    number = told.get("ret", told.get("code"))
    if type(number) is int:
        meaning = of_rest(number, words)
        rows = told.get("data")
        if meaning.reaction is not Reaction.TAKE:
            return Answer(meaning, told=words, is_recoded=is_recoded)
        if isinstance(rows, list):
            return Answer(meaning, tuple(rows), is_recoded=is_recoded)
        if rows is None:
            return Answer(meaning, is_recoded=is_recoded)
        return Answer(Meaning(Reaction.RETRY, "an answer whose data is no list"), told=words)
    return Answer(_without_number(status, told, words), told=words, is_recoded=is_recoded)


def read_rows(rows: tuple[Any, ...], read: Callable[[Any], R | None]) -> tuple[list[R], int]:
    """Return the rows that `read` could make something of, and how many it could not."""
    good = [found for row in rows if (found := read(row)) is not None]
    return good, len(rows) - len(good)


def trade_of(row: Any) -> Trade | None:  # noqa: ANN401 - from outside
    """Return a trade, or `None` for what is none: a price, size or time that no trade has."""
    if not isinstance(row, dict):
        return None
    code, at, direction = _code(row), _moment(row.get("t")), row.get("td", 0)
    price, size, turnover = _number(row.get("p")), _number(row.get("v")), _number(row.get("vw"))
    if code is None or at is None or price is None or size is None or turnover is None or float(price) <= 0.0:
        return None
    is_known = type(direction) is int and direction in _DIRECTIONS
    return Trade(s=code, t=at, p=price, v=size, vw=turnover, td=direction if is_known else 0)


def depth_of(row: Any) -> Depth | None:  # noqa: ANN401 - from outside
    """Return a book, or `None` for what is none."""
    if not isinstance(row, dict):
        return None
    code, at = _code(row), _moment(row.get("t"))
    asks, bids = _levels(row.get("a")), _levels(row.get("b"))
    if code is None or at is None or asks is None or bids is None:
        return None
    return Depth(s=code, t=at, asks=asks, bids=bids)


def bars_of(row: Any) -> tuple[Bar, ...] | None:  # noqa: ANN401 - from outside
    """Return the bars of one code, newest as the provider orders them; `None` where a part of them is no bar."""
    if not isinstance(row, dict) or not isinstance(row.get("respList"), list):
        return None
    code = _code(row)
    bars = [_bar(code, item) for item in row["respList"]] if code is not None else [None]
    return None if None in bars else tuple(bars)  # type: ignore[arg-type]  # none is None


def live_bar_of(row: Any) -> Bar | None:  # noqa: ANN401 - from outside
    """Return a bar that was pushed, or `None` for what is none."""
    return _bar(_code(row), row) if isinstance(row, dict) else None


def _bar(code: str | None, row: Any) -> Bar | None:  # noqa: ANN401 - from outside
    if code is None or not isinstance(row, dict):
        return None
    numbers = [_number(row.get(key)) for key in ("o", "h", "l", "c", "v", "vw")]
    at = _whole(row.get("t"))
    if at is None or None in numbers:
        return None
    begun, high, low, closed, volume, turnover = (float(number) for number in numbers)  # type: ignore[arg-type]
    change = _signed(row.get("pca"))
    return Bar(s=code, t=at, o=begun, h=high, l=low, c=closed, v=volume, vw=turnover, change=change)


def _decode(body: bytes) -> tuple[Any, bool]:
    """Return what the bytes say and whether they were no UTF-8: some gateways in China answer in GBK."""
    try:
        return msgspec.json.decode(body), False
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return msgspec.json.decode(body.decode("gb18030")), True
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, False


def _without_number(status: int, told: dict[str, Any], words: str) -> Meaning:
    if "rate limit" in words.lower():
        return of_http(429)
    inner = told.get("status")
    if type(inner) is int:
        return of_http(inner)
    return of_http(status) if status != _GOOD else Meaning(Reaction.RETRY, "an answer without a number")


def _words(told: dict[str, Any]) -> str:
    for key in ("msg", "message", "detail", "title"):
        if isinstance(told.get(key), str) and told[key]:
            return _shown(told[key])
    return ""


def _shown(text: str) -> str:
    return "".join(letter if letter.isprintable() else "." for letter in text[:_TOLD])


def _code(row: dict[str, Any]) -> str | None:
    code = row.get("s")
    return code if isinstance(code, str) and 0 < len(code) <= _LONGEST_CODE and code.isascii() else None


def _moment(value: object) -> int | None:
    return value if type(value) is int and _EARLIEST_MS <= value < _LATEST_MS else None


def _whole(value: object) -> int | None:
    if type(value) is int:
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20 else None  # noqa: PLR2004 - an int64's digits


def _number(value: object) -> str | None:
    """Return a finite number that is not negative as the text it came as; numbers written bare count too."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = value if isinstance(value, str) else repr(value)
    if not 0 < len(text) <= _LONGEST_NUMBER or "_" in text:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return text.strip() if math.isfinite(number) and number >= 0.0 else None


def _signed(value: object) -> float | None:
    """Return a finite number of either sign."""
    text = str(value).strip() if isinstance(value, str | float) or type(value) is int else ""
    size = _number(text.removeprefix("-"))
    if size is None:
        return None
    return -float(size) if text.startswith("-") else float(size)


def _levels(columns: object) -> tuple[tuple[float, float], ...] | None:
    """Turn `[[prices], [sizes]]` into levels; a side may be absent or empty."""
    if columns is None or columns == []:
        return ()
    if not isinstance(columns, list) or len(columns) != 2 or not all(isinstance(part, list) for part in columns):  # noqa: PLR2004 - two columns
        return None
    prices, sizes = ([_number(value) for value in part[:_LEVELS]] for part in columns)
    if len(prices) != len(sizes) or None in prices or None in sizes:
        return None
    return tuple((float(price), float(size)) for price, size in zip(prices, sizes, strict=True))  # type: ignore[arg-type]
