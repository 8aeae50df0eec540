"""What travels between a program under test and an exchange in a process of its own: one JSON object a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.order import OrderRequest
from tradewind.execution.ports import Report

if TYPE_CHECKING:
    from collections.abc import Iterator


class Insert(msgspec.Struct, frozen=True, tag=True):
    """Take this order."""

    request: OrderRequest


class TakeBack(msgspec.Struct, frozen=True, tag=True):
    """Cancel that order."""

    client_order_id: str


class Ask(msgspec.Struct, frozen=True, tag=True):
    """Tell of everything."""

    query_id: str


class Rest(msgspec.Struct, frozen=True, tag=True):
    """Trade nothing any more: the comparison comes."""


Command = Insert | TakeBack | Ask | Rest

ENCODE: Final = msgspec.json.Encoder().encode
COMMAND: Final = msgspec.json.Decoder(Command).decode
REPORT: Final = msgspec.json.Decoder(Report).decode


class Lines:
    """Puts lines together out of whatever pieces a socket gives."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield the lines that are whole now."""
        *whole, self._rest = (self._rest + piece).split(b"\n")
        return iter(whole)
