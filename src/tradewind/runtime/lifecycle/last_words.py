"""The last error in a service's log, for the column that says why it is not well."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.runtime.lifecycle.logs import tail_of

if TYPE_CHECKING:
    from tradewind.runtime.lifecycle.places import Places

_LINES: Final = 200
_SAID: Final = "tradewind: "
"""How the command line begins when it gives up."""
_LEVELS: Final = ("error", "critical")
_OF_NGINX: Final = re.compile(r"\S+ \S+ \[(?:error|crit|alert|emerg)\] \S+ (?:\*\d+ )?(.*)|nginx: \[emerg\] (.*)")


class LogLine(msgspec.Struct, frozen=True):
    """The fields of one structured line that matter here."""

    event: str = ""
    level: str = ""
    timestamp: str = ""
    reason: str = ""
    exception: str = ""


def last_error(service: str, places: Places, *, since: str = "") -> str:
    """Return the newest error a service has logged, empty where there is none.

    `since` is an ISO time in UTC before which errors are those of an earlier life; what stands at no time (the line
    with which a process gives up) counts by the line before it.
    """
    found, time = "", ""
    for line in tail_of(places.log(service), _LINES):
        time = line.timestamp or time
        text = _error_in(line.text)
        if text and (not since or time >= since):
            found = text
    return found


def _error_in(text: str) -> str:
    if text.startswith(_SAID):
        return text.removeprefix(_SAID).strip()
    if not text.startswith("{"):
        found = _OF_NGINX.fullmatch(text)
        return (found[1] or found[2]).partition(", client:")[0] if found else ""
    try:
        said = msgspec.json.decode(text, type=LogLine)
    except msgspec.DecodeError:
        return ""
    if said.level not in _LEVELS:
        return ""
    detail = said.reason or (said.exception.strip().splitlines() or [""])[-1]
    return f"{said.event}: {detail}" if detail else said.event
