"""Tables for spreadsheets, CSV and XLSX: no cell of ours is ever a formula, whatever a text begins with."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
BOM: Final = "\ufeff"
"""Spreadsheets take a file for UTF-8 only when it begins so."""
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv_text(rows: Iterable[Sequence[str]], begin: str = "") -> bytes:
    """Return rows as CSV."""
    text = io.StringIO()
    text.write(begin)
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def cell(value: Any) -> str:  # noqa: ANN401 - whatever a column holds
    """Return a cell's text. A text that a spreadsheet would run as a formula gets an apostrophe; numbers stay."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def book_sheet(rows: Sequence[Mapping[str, Any]], kind: Literal["csv", "xlsx"]) -> tuple[bytes, str]:
    """Return rows of one form as a file, and its media type."""
    names = list(rows[0]) if rows else []
    if kind == "csv":
        lines = [names, *([cell(row[name]) for name in names] for row in rows)]
        return csv_text(lines, BOM), "text/csv; charset=utf-8"
    return _xlsx(names, rows), _XLSX


def _xlsx(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    from openpyxl import Workbook  # noqa: PLC0415 - loaded only where somebody wants such a file

    book = Workbook(write_only=True)
    sheet = book.create_sheet("lines")
    sheet.append(list(names))
    for row in rows:
        sheet.append([value if isinstance(value := row[name], int | Decimal) else cell(value) for name in names])
    text = io.BytesIO()
    book.save(text)
    return text.getvalue()
