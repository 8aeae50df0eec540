"""Structured logs on stdout: JSON for machines, aligned text for a person at a terminal; secrets never pass.

Events are past-tense snake_case with fields, one line each; nothing is logged per tick (count it instead).
"""

from __future__ import annotations

import logging
import sys
from collections import deque
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO

import structlog

from tradewind.kernel.recent_log import RECENT

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

LogFormat = Literal["auto", "json", "text"]
LogLevel = Literal["debug", "info", "warning", "error"]
_MAX_HELD: Final = 1_000
_SECRET_WORDS: Final = ("token", "secret", "password", "apikey", "api_key", "authorization", "cookie")


def configure_logs(*, level: LogLevel = "info", fmt: LogFormat = "auto", stream: TextIO | None = None) -> None:
    """Set up structlog and send the standard library's loggers the same way. Safe to call again."""
    out = stream if stream is not None else sys.stdout
    is_text = fmt == "text" or (fmt == "auto" and out.isatty())
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=out.isatty())
        if is_text
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_secrets,
        RECENT.keep,
        structlog.processors.StackInfoRenderer(),
    ]
    if not is_text:
        shared.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = _Handler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("uvicorn.access", "uvicorn.error", "picows", "asyncio", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def change_level(level: LogLevel) -> None:
    """Write what is at least so important from now on; everything else of the logs stays as it is."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())))
    logging.getLogger().setLevel(level.upper())


def get_log(room: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a room."""
    log: structlog.stdlib.BoundLogger = structlog.get_logger(room)
    return log


def hold_logs() -> Callable[[], None]:
    """Keep back what is no failure until the function returned is called: what a person must read comes first.

    At most 1 000 lines are kept; the oldest go. Safe to release twice.
    """
    handlers = [handler for handler in logging.getLogger().handlers if isinstance(handler, _Handler)]
    for handler in handlers:
        handler.hold()

    def release() -> None:
        for handler in handlers:
            handler.release_held()

    return release


class _Handler(logging.StreamHandler[TextIO]):
    """Writes each line at once, unless told to hold it."""

    _held: deque[logging.LogRecord] | None = None

    def hold(self) -> None:
        """Write failures only from now on."""
        self._held = deque(maxlen=_MAX_HELD)

    def release_held(self) -> None:
        """Write what was kept back, and everything again."""
        held, self._held = self._held or (), None
        for record in held:
            super().emit(record)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line, or keep it back."""
        if self._held is None or record.levelno >= logging.WARNING:
            super().emit(record)
        else:
            self._held.append(record)


def _hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401 - structlog's processor signature
    """Blank every field whose name says that it is a secret."""
    for key in event:
        if any(word in key.lower() for word in _SECRET_WORDS):
            event[key] = "***"
    return event
