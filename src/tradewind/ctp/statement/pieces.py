"""The pieces in which a front sends a statement, joined: ordered by number, decoded only when they are one again.

A piece is 500 bytes of GB18030 and ends wherever they end, in the middle of a character too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tradewind.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_CODE = "gb18030"


class StatementPieces(NamedTuple):
    """A statement as it came: the day and the number the front gave it, and its whole text."""

    trading_day: int
    settlement_id: int
    text: str


def join_pieces(rows: Iterable[Mapping[str, Any]]) -> StatementPieces | None:
    """Join the rows that `ReqQrySettlementInfo` answered; `None` where there is no statement.

    `Content` is bytes, or a text whose halves of characters are surrogates (`errors="surrogateescape"`). Of several
    days the newest counts. A piece that came twice counts once.

    Raises: InputError: a piece is missing, or two of one number differ.
    """
    found: dict[tuple[int, int], dict[int, bytes]] = {}
    for row in rows:
        content = _bytes(row.get("Content") or b"")
        if not content:
            continue
        key = (_number(row.get("TradingDay")), _number(row.get("SettlementID")))
        number = _number(row.get("SequenceNo"))
        pieces = found.setdefault(key, {})
        if pieces.setdefault(number, content) != content:
            message = f"statement of {key[0]}: piece {number} came twice with different text; query it again"
            raise InputError(message)
    if not found:
        return None
    day, settlement_id = max(found)
    pieces = found[day, settlement_id]
    numbers = sorted(pieces)
    first = min(1, numbers[0])
    missing = sorted(set(range(first, numbers[-1] + 1)) - pieces.keys())
    if missing:
        named = ", ".join(map(str, missing[:10]))
        message = f"statement of {day}: of {numbers[-1]} pieces these did not come: {named}; query it again"
        raise InputError(message)
    whole = b"".join(pieces[number] for number in numbers)
    return StatementPieces(day, settlement_id, decoded(whole))


def decoded(data: bytes) -> str:
    """Return a whole statement as text, from GB18030 or UTF-8; a byte that is neither becomes U+FFFD."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode(_CODE, errors="replace")


def _bytes(content: str | bytes) -> bytes:
    if isinstance(content, bytes):
        return content
    return content.encode(_CODE, errors="surrogateescape")


def _number(value: object) -> int:
    text = str(value or "0").strip()
    return int(text) if text.isdigit() else 0
