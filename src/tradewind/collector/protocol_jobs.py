"""What a job may ask: its kind, its codes, where its documents go. Nothing else that a server says has any effect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from tradewind.collector.protocol_reading import shown

CODE: Final = re.compile(r"[A-Z0-9]{1,12}(\.[A-Z0-9]{1,4}){0,2}")
"""They become part of an address at the provider: no slash, no blank, no percent sign."""
MOST_CODES: Final = 10_000
DEFAULT_KIND: Final = "quotes"
Collection = Literal["realtime", "close"]
_COLLECTIONS: Final[dict[str, Collection]] = {"realtime": "realtime", "close": "close"}
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done; `codes` as they were given, in capitals, each once."""

    kind: str
    codes: tuple[str, ...]
    collection: Collection = "realtime"


def job_of(args: Mapping[str, Any]) -> Job | str:
    """Return the job that `args` ask for, or a sentence that says what is wrong with them.

    System 002 gives `{"codes": ["TSLA.US", …]}` or the codes in one string with commas; ours may add `kind` and
    `collection`. Other keys are of no meaning to us and are passed over, as its modules do.
    """
    kind = args.get("kind") or DEFAULT_KIND
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        return f"kind must be a word of small letters, was {shown(kind)}"
    named = args.get("collection") or "realtime"
    collection = _COLLECTIONS.get(named) if isinstance(named, str) else None
    if collection is None:
        return f"collection must be one of {', '.join(_COLLECTIONS)}, was {shown(named)}"
    codes = codes_of(args.get("codes"))
    return codes if isinstance(codes, str) else Job(kind=kind, codes=codes, collection=collection)


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
