"""Redis commands as bytes: packed by hiredis, and by a ready-made prefix where hundreds of thousands a second pass."""

from __future__ import annotations

from typing import Any, Final

import hiredis

PAYLOAD: Final = b"payload"
Argument = str | bytes | int | float
ReplyError = hiredis.ReplyError


def command(*arguments: Argument) -> bytes:
    """Return one command in RESP."""
    packed: bytes = hiredis.pack_command(arguments)  # type: ignore[arg-type]
    return packed


def entry_prefix(key: str) -> bytes:
    """Return `XADD key * payload` up to where the payload's length follows."""
    name = key.encode()
    return b"*5\r\n$4\r\nXADD\r\n$%d\r\n%b\r\n$1\r\n*\r\n$7\r\npayload\r\n" % (len(name), name)


def message_prefix(channel: str) -> bytes:
    """Return `PUBLISH channel` up to where the message's length follows."""
    name = channel.encode()
    return b"*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%b\r\n" % (len(name), name)


def complete(prefix: bytes, payload: bytes) -> bytes:
    """Return the whole command of a prefix and its last argument."""
    return b"%b$%d\r\n%b\r\n" % (prefix, len(payload), payload)


def code_of(error: Any) -> str:  # noqa: ANN401 - replies are of any kind
    """Return the first word of an error reply, which names its kind: OOM, WRONGTYPE, NOGROUP."""
    return str(error).partition(" ")[0]


def payload_of(fields: list[bytes]) -> bytes | None:
    """Return the field `payload` of an entry; `None` if it has none. Other fields are nobody's business here."""
    for index in range(0, len(fields) - 1, 2):
        if fields[index] == PAYLOAD:
            return fields[index + 1]
    return None
