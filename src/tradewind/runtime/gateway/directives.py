"""How nginx.conf is written: lines and blocks, texts that cannot say anything else, the headers every place sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Line = str | tuple[str, "Sequence[Line]"]
"""A directive, or the head of a block with what stands in it."""
_UNSAFE_IN_TEXT: Final = frozenset('"\\$;{}\n\r')


def text(path: Path | str) -> str:
    """Return a path as it may stand in the file. Raises: ConfigError: it holds what would end it."""
    written = str(path)
    if _UNSAFE_IN_TEXT.intersection(written):
        message = f'a path in nginx.conf may hold none of " \\ $ ; {{ }}, was {written!r}; choose another folder'
        raise ConfigError(message)
    return f'"{written}"'


def bracketed(host: str) -> str:
    """Return a host as it stands before a port."""
    return f"[{host}]" if ":" in host else host


def proxy_headers(connection: str) -> list[Line]:
    """Return who calls and by which name; a place with a header of its own must repeat them all."""
    return [
        "proxy_set_header Host $http_host;",
        "proxy_set_header X-Real-IP $remote_addr;",
        f"proxy_set_header Connection {connection};",
    ]


def rendered(lines: Sequence[Line], depth: int = 0) -> Iterator[str]:
    """Yield the lines of the file, indented."""
    indent = "    " * depth
    for line in lines:
        if isinstance(line, str):
            yield f"{indent}{line}" if line else ""
        else:
            head, body = line
            yield f"{indent}{head} {{"
            yield from rendered(body, depth + 1)
            yield f"{indent}}}"
