"""Log lines for the page: this process' newest ones, or those of every service's log file.

In one process the ring of `kernel.recent_log` is the log. Where services run apart their files below `data_dir/logs`
are read: they outlive a service that died, which a bus would not, and cost the line nothing. Decision 0028.
"""

from __future__ import annotations

import asyncio
import zlib
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.api.ops_desk import LogPage
from tradewind.kernel.recent_log import RECENT, LogLine, blanked
from tradewind.runtime.lifecycle.logs import tail_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tradewind.api.ops_desk import LogQuestion
    from tradewind.runtime.lifecycle.logs import Line

_LEVELS: Final = {"debug": 0, "info": 1, "warning": 2, "error": 3, "exception": 3, "critical": 3}
_LOOKED_AT: Final = 4_000
"""Lines of one file, from its end, that are searched."""
_OWN: Final = frozenset({"event", "level", "logger", "timestamp"})
_GUESSED: Final = ("error", "critical", "warning")


async def log_page(question: LogQuestion, folder: Path | None) -> LogPage:
    """Return the lines that are asked for, of the files in `folder` where there are any, else of this process."""
    return await asyncio.to_thread(_page, question, folder)


def _page(question: LogQuestion, folder: Path | None) -> LogPage:
    files = sorted(folder.glob("*.log")) if folder is not None and folder.is_dir() else []
    lines = [line for path in files for line in _lines_of(path)] if files else RECENT.lines()
    lines.sort(key=lambda line: line.time)
    kept: deque[LogLine] = deque(maxlen=question.limit)
    count = 0
    for line in _wanted(lines, question):
        kept.append(line)
        count += 1
    services = sorted({line.service for line in lines if line.service})
    return LogPage(lines=list(kept), services=services, is_cut=count > len(kept))


def _wanted(lines: Iterable[LogLine], question: LogQuestion) -> Iterable[LogLine]:
    least, text = _LEVELS[question.level], question.text.casefold()
    for line in lines:
        if question.service and line.service != question.service:
            continue
        if _LEVELS.get(line.level, 1) < least or line.time < question.since:
            continue
        if text and text not in _as_text(line):
            continue
        yield line


def _as_text(line: LogLine) -> str:
    return " ".join((line.logger, line.event, *(f"{key}={value}" for key, value in line.fields.items()))).casefold()


def _lines_of(path: Path) -> list[LogLine]:
    return [_line_of(line) for line in tail_of(path, _LOOKED_AT, service=path.stem)]


def _line_of(line: Line) -> LogLine:
    name = f"{line.service}:{line.timestamp}:{zlib.crc32(line.text.encode())}"
    try:
        told: Any = msgspec.json.decode(line.text)
    except msgspec.DecodeError:
        told = None
    if not isinstance(told, dict):
        level = next((word for word in _GUESSED if word in line.text[:200].casefold()), "info")
        return LogLine(name, line.timestamp, line.service, "", level, blanked(line.text), {})
    fields = {str(key): blanked(value) for key, value in told.items() if key not in _OWN}
    return LogLine(
        id=name,
        time=line.timestamp,
        service=line.service,
        logger=str(told.get("logger", "")),
        level=str(told.get("level", "info")),
        event=blanked(told.get("event", "")),
        fields=fields,
    )
