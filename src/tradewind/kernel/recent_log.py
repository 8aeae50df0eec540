"""The newest log lines of this process, kept in memory for whoever operates it: bounded, the oldest go first.

Written by `kernel.log` behind the step that blanks secrets; what looks like one inside a text is blanked here too.
"""

from __future__ import annotations

import re
import traceback
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_MOST: Final = 4_000
_LONGEST: Final = 2_000
_LONGEST_TRACE: Final = 8_000
_SECRET_IN_TEXT: Final = re.compile(r"(?<=://)[^/@\s]+(?=@)|(?<=Bearer )\S+|(?<=login#)\S+")
_OWN: Final = frozenset({"event", "level", "logger", "timestamp", "exc_info", "stack_info"})


class LogLine(msgspec.Struct, frozen=True):
    """One line: when (ISO 8601, UTC), of which service, how bad, what happened, and the figures with it."""

    id: str
    """Names this line among all, so that a reader who asks again knows what it has."""
    time: str
    service: str
    logger: str
    level: str
    event: str
    fields: dict[str, str]


class RecentLog:
    """The last lines of one process."""

    def __init__(self, most: int = _MOST) -> None:
        self._lines: deque[LogLine] = deque(maxlen=most)
        self._count = 0

    def keep(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401 - structlog's processor signature
        """Note a line on its way out; changes nothing of it."""
        self._count += 1
        logger = str(event.get("logger", ""))
        fields = {key: blanked(value) for key, value in event.items() if key not in _OWN}
        if trace := _trace_of(event.get("exc_info")):
            fields["exception"] = trace
        self._lines.append(
            LogLine(
                id=str(self._count),
                time=str(event.get("timestamp", "")),
                service=logger.partition(".")[0],
                logger=logger,
                level=str(event.get("level", "info")),
                event=blanked(event.get("event", "")),
                fields=fields,
            )
        )
        return event

    def lines(self) -> list[LogLine]:
        """Return what is kept, oldest first."""
        return list(self._lines)


def blanked(value: object) -> str:
    """Return a value as text, cut to a bearable length, without what may be a password in an address."""
    return _SECRET_IN_TEXT.sub("***", str(value)[:_LONGEST])


def _trace_of(told: object) -> str:
    if isinstance(told, BaseException):
        return _as_text(told)
    if isinstance(told, tuple) and len(told) > 1 and isinstance(told[1], BaseException):
        return _as_text(told[1])
    return blanked(traceback.format_exc()) if told is True else ""


def _as_text(error: BaseException) -> str:
    return _SECRET_IN_TEXT.sub("***", "".join(traceback.format_exception(error))[-_LONGEST_TRACE:])


RECENT: Final = RecentLog()
"""This process' own."""
