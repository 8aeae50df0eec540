"""The part of PromQL that the table of alerts is written in, judged over this platform's own samples.

So that an operator without a Prometheus sees the same alerts, from the same lines of the table. What it does not know
is refused when the table is read, not when an alert should fire. Increases are exact, without extrapolation.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from tradewind.errors import ConfigError
from tradewind.runtime.monitoring.samples import Labels, Samples

Vector = dict[Labels, float]
Value = float | Vector
Judge = Callable[[Samples], Value]
Range = Callable[[Samples, str, Mapping[str, str], float], Vector]

_TOKEN: Final = re.compile(
    r'\s*(?:(\d+(?:\.\d+)?)(?![\w.])|([A-Za-z_][\w:]*)|("[^"]*")|(\d+[smhd])|(==|>=|<=|[-+*/<>(){}\[\],=]))'
)
_UNIT_S: Final = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_ARITHMETIC: Final[dict[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda a, b: a / b if b else math.nan,
}
_COMPARED: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
}
_GATHERED: Final[dict[str, Callable[[list[float]], float]]] = {"sum": sum, "max": max}
_RANGES: Final[dict[str, Range]] = {
    "increase": lambda samples, name, wanted, span_s: samples.increase(name, wanted, span_s),
    "rate": lambda samples, name, wanted, span_s: {
        labels: grown / span_s for labels, grown in samples.increase(name, wanted, span_s).items()
    },
    "max_over_time": lambda samples, name, wanted, span_s: samples.highest(name, wanted, span_s),
}


def judge_of(text: str) -> Judge:
    """Return what computes this expression.

    Raises: ConfigError: it uses what is not known here.
    """
    return _Reader(text).read()


def names_in(text: str) -> set[str]:
    """Return the metrics that an expression looks at."""
    return {name for _, name in _tokens(text) if name.startswith("tradewind_") or name == "up"}


def seconds_of(text: str) -> float:
    """Return a duration of Prometheus', such as `5m`, in seconds."""
    return float(text[:-1]) * _UNIT_S[text[-1]]


class _Token(NamedTuple):
    kind: str
    text: str


_KINDS: Final = ("number", "name", "text", "span", "sign")


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if found is None:
            message = f"alert expression {text!r} is not understood at {text[place : place + 20]!r}"
            raise ConfigError(message)
        place = found.end()
        index = found.lastindex or 1
        yield _Token(_KINDS[index - 1], found[index])


class _Reader:
    """Reads one expression from left to right; each method leaves the place behind what it read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [*_tokens(text), _Token("end", "")]
        self._place = 0

    def read(self) -> Judge:
        judge = self._compared()
        self._expect("")
        return judge

    def _compared(self) -> Judge:
        left = self._sum()
        if self._next.text not in _COMPARED:
            return left
        sign, right = self._take().text, self._sum()
        return lambda samples: _kept(_COMPARED[sign], left(samples), right(samples))

    def _sum(self) -> Judge:
        return self._chain("+-", self._product)

    def _product(self) -> Judge:
        return self._chain("*/", self._part)

    def _chain(self, signs: str, part: Callable[[], Judge]) -> Judge:
        left = part()
        while self._next.kind == "sign" and self._next.text in signs:
            left = _joined(_ARITHMETIC[self._take().text], left, part())
        return left

    def _part(self) -> Judge:
        token = self._take()
        if token.kind == "number":
            number = float(token.text)
            return lambda _samples: number
        if token.text == "(":
            inner = self._compared()
            self._expect(")")
            return inner
        if token.kind != "name":
            self._refuse(token)
        return self._named(token.text)

    def _named(self, name: str) -> Judge:
        if name in _GATHERED:
            return self._gathered(name)
        if name in _RANGES:
            return self._ranged(name)
        if name == "histogram_quantile":
            return self._quantile()
        if name == "time":
            self._expect("(")
            self._expect(")")
            return lambda samples: samples.now_s
        wanted = self._wanted()
        return lambda samples: samples.newest(name, wanted)

    def _gathered(self, name: str) -> Judge:
        kept: tuple[str, ...] = ()
        if self._next.text == "by":
            self._take()
            kept = tuple(self._list())
        self._expect("(")
        inner = self._compared()
        self._expect(")")
        return lambda samples: _gather(_GATHERED[name], inner(samples), kept)

    def _ranged(self, name: str) -> Judge:
        self._expect("(")
        metric = self._take().text
        wanted = self._wanted()
        self._expect("[")
        span_s = seconds_of(self._take().text)
        for sign in "])":
            self._expect(sign)
        return lambda samples: _RANGES[name](samples, metric, wanted, span_s)

    def _quantile(self) -> Judge:
        self._expect("(")
        q = float(self._take().text)
        self._expect(",")
        inner = self._compared()
        self._expect(")")
        return lambda samples: _quantiles(q, inner(samples))

    def _wanted(self) -> dict[str, str]:
        if self._next.text != "{":
            return {}
        self._take()
        wanted = {}
        while self._next.text != "}":
            label = self._take().text
            self._expect("=")
            wanted[label] = self._take().text.strip('"')
            if self._next.text == ",":
                self._take()
        self._take()
        return wanted

    def _list(self) -> Iterator[str]:
        self._expect("(")
        while self._next.text != ")":
            yield self._take().text
            if self._next.text == ",":
                self._take()
        self._take()

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _take(self) -> _Token:
        token = self._next
        if token.kind == "end":
            self._refuse(token)
        self._place += 1
        return token

    def _expect(self, text: str) -> None:
        if self._next.text != text:
            self._refuse(self._next)
        self._place += 1

    def _refuse(self, token: _Token) -> None:
        message = f"alert expression {self._text!r} is not understood at {token.text or 'its end'!r}"
        raise ConfigError(message)


def _joined(act: Callable[[float, float], float], left: Judge, right: Judge) -> Judge:
    return lambda samples: _apply(act, left(samples), right(samples))


def _apply(act: Callable[[float, float], float], left: Value, right: Value) -> Value:
    if isinstance(left, dict):
        if isinstance(right, dict):
            return {labels: act(value, right[labels]) for labels, value in left.items() if labels in right}
        return {labels: act(value, right) for labels, value in left.items()}
    if isinstance(right, dict):
        return {labels: act(left, value) for labels, value in right.items()}
    return act(left, right)


def _kept(holds: Callable[[float, float], bool], left: Value, right: Value) -> Vector:
    """Return what of the left side holds; a number stands for a series without labels."""
    mine = left if isinstance(left, dict) else {frozenset[tuple[str, str]](): left}
    if isinstance(right, dict):
        return {labels: value for labels, value in mine.items() if labels in right and holds(value, right[labels])}
    return {labels: value for labels, value in mine.items() if holds(value, right)}


def _gather(act: Callable[[list[float]], float], value: Value, kept: tuple[str, ...]) -> Vector:
    groups: dict[Labels, list[float]] = {}
    for labels, number in (value if isinstance(value, dict) else {frozenset[tuple[str, str]](): value}).items():
        groups.setdefault(frozenset(pair for pair in labels if pair[0] in kept), []).append(number)
    return {labels: act(numbers) for labels, numbers in groups.items()}


def _quantiles(q: float, value: Value) -> Vector:
    """Return the upper edge of the bucket that holds the quantile; buckets are narrow, so nothing lies between."""
    buckets: dict[Labels, list[tuple[float, float]]] = {}
    for labels, count in (value if isinstance(value, dict) else {}).items():
        edge = dict(labels).get("le", "+Inf")
        others = frozenset(pair for pair in labels if pair[0] != "le")
        buckets.setdefault(others, []).append((float(edge), count))
    found = {}
    for labels, edges in buckets.items():
        edges.sort()
        total = edges[-1][1]
        if total > 0:
            found[labels] = next(edge for edge, seen in edges if seen >= q * total)
    return found
