"""What a job may ask: its kind, its codes, where its documents go, which bars and how many, for how long.

Nothing else that a server says has any effect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

import msgspec

from tradewind.collector.protocol_reading import shown
from tradewind.domain.job import LONGEST_STREAM_S, MOST_BARS, STREAM, BarLength, Watched

CODE: Final = re.compile(r"[A-Z0-9]{1,12}(\.[A-Z0-9]{1,4}){0,2}")
"""They become part of an address at the provider: no slash, no blank, no percent sign."""
MOST_CODES: Final = 10_000
DEFAULT_KIND: Final = "quotes"
Collection = Literal["realtime", "close"]
_COLLECTIONS: Final[dict[str, Collection]] = {"realtime": "realtime", "close": "close"}
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_LENGTHS: Final[dict[str, BarLength]] = {name: name for name in get_args(BarLength)}
_WATCHED: Final[dict[str, Watched]] = {name: name for name in get_args(Watched)}
_OPTIONS: Final = ("bar", "count", "watch", "duration_s")
_OWN_COLLECTION: Final = frozenset({"depth", "kline", STREAM})
"""Kinds whose documents go where they belong, whatever the job says."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done; `codes` as they were given, in capitals, each once.

    `bar`, `count`, `watch` and `duration_s` are as in `domain.job.JobPlan`; `until_ms`, ms since 1970, is when a
    stream ends, `None` where it has no such time or nobody has begun it yet.
    """

    kind: str
    codes: tuple[str, ...]
    collection: Collection = "realtime"
    bar: BarLength = "1m"
    count: int = 1
    watch: Watched = "trade"
    duration_s: int = 0
    until_ms: int | None = None

    def begun(self, at_ms: int) -> Job:
        """Return the job as begun at that moment: its end is settled then, however often it is cut off."""
        return msgspec.structs.replace(self, until_ms=at_ms + 1_000 * self.duration_s) if self.duration_s else self


def job_of(args: Mapping[str, Any]) -> Job | str:
    """Return the job that `args` ask for, or a sentence that says what is wrong with them.

    System 002 gives `{"codes": ["TSLA.US", …]}` or the codes in one string with commas; ours may add `kind`,
    `collection`, `bar`, `count`, `watch` and `duration_s`. Other keys are of no meaning to us and are passed over, as
    its modules do.
    """
    kind = args.get("kind") or DEFAULT_KIND
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        return f"kind must be a word of small letters, was {shown(kind)}"
    named = args.get("collection") or "realtime"
    collection = _COLLECTIONS.get(named) if isinstance(named, str) else None
    if collection is None:
        return f"collection must be one of {', '.join(_COLLECTIONS)}, was {shown(named)}"
    if collection != "realtime" and kind in _OWN_COLLECTION:
        return f"collection is of quotes: what a job of kind {kind} finds is stored where it belongs"
    codes = codes_of(args.get("codes"))
    return codes if isinstance(codes, str) else _with_options(Job(kind=kind, codes=codes, collection=collection), args)


def _with_options(job: Job, args: Mapping[str, Any]) -> Job | str:
    for name, allowed in (("bar", _LENGTHS), ("watch", _WATCHED)):
        given = args.get(name)
        if given is not None and not (isinstance(given, str) and given in allowed):
            return f"{name} must be one of {', '.join(allowed)}, was {shown(given)}"
    for name, least, most in (("count", 1, MOST_BARS), ("duration_s", 0, LONGEST_STREAM_S)):
        given = args.get(name)
        if given is not None and not (type(given) is int and least <= given <= most):
            return f"{name} must be a whole number from {least} to {most}, was {shown(given)}"
    chosen = {name: args[name] for name in _OPTIONS if args.get(name) is not None}
    return msgspec.structs.replace(job, **chosen)


def codes_of(given: object) -> tuple[str, ...] | str:
    """Return the codes of a list or of a text with commas, or a sentence that says what is wrong with them."""
    found = given.split(",") if isinstance(given, str) else given
    if not isinstance(found, list | tuple):
        return f"codes must be a list as ['TSLA.US', 'USDCNY'], was {shown(given)}"
    if not 1 <= len(found) <= MOST_CODES:
        return f"codes must be 1 to {MOST_CODES}, were {len(found)}"
    codes: dict[str, None] = {}
    for one in found:
        code = one.strip().upper() if isinstance(one, str) else ""
        if not CODE.fullmatch(code):
            return f"{shown(one)} is no code: capital letters and digits, with one or two endings, as TSLA.US, USDCNY"
        codes[code] = None
    return tuple(codes)
