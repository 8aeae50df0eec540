"""A basket as people keep it in a table, CSV or XLSX, read into wishes; every wrong cell is named, or nothing is taken.

A file from outside is read for its values alone: a formula, a macro, a file that unfolds beyond its bounds is refused.
"""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from tradewind.domain.book_messages import MAX_LINES, Wish
from tradewind.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LARGEST_FILE: Final = 1_000_000
LARGEST_BODY: Final = 1_500_000
"""Bytes of a request that brings one, as text or in Base64."""
_LARGEST_INSIDE: Final = 20_000_000
_MOST_PARTS: Final = 200
_MOST_COLUMNS: Final = 50
_MOST_ROWS: Final = MAX_LINES + 1
_MOST_LINES: Final = 20_000
"""Of the sheet, empty ones included."""
_LONGEST_CELL: Final = 200
_MOST_TOLD: Final = 50
_FORMULA: Final = ("=", "@")
_BROKEN: Final = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, NotImplementedError, OSError, RuntimeError, SyntaxError),
    *(TypeError, ValueError, zipfile.BadZipFile, zlib.error),
)
"""What a broken file makes of its reader."""
_NAMES: Final = {
    "instrument_id": ("instrument_id", "合约代码", "合约"),
    "target": ("target", "目标持仓", "目标"),
    "delta": ("delta", "调整手数", "增减"),
    "weight": ("weight", "目标权重", "权重"),
    "limit_price": ("limit_price", "限价"),
}
"""Our columns, by the headings people write."""
_HEADINGS: Final = {heading: name for name, headings in _NAMES.items() for heading in headings}


def wishes_of(file_name: str, content: bytes) -> tuple[Wish, ...]:
    """Return the wishes of a table, one a row, by the headings of its first row.

    Raises: InputError: it is no such table; the message names each wrong row and column, what stood there, what may.
    """
    rows = _read(file_name, content)
    heading = next(rows, None)
    if heading is None:
        message = f"{file_name} is empty; the first row names the columns: {', '.join(_NAMES)}"
        raise InputError(message)
    names = _columns(heading)
    wishes: list[Wish] = []
    problems: list[str] = []
    for number, row in enumerate(rows, start=2):
        if any(cell.strip() for cell in row):
            _take(number, dict(zip(names, row, strict=False)), wishes, problems)
    _check(wishes, problems, file_name)
    return tuple(wishes)


def _check(wishes: list[Wish], problems: list[str], file_name: str) -> None:
    seen: dict[str, int] = {}
    for wish in wishes:
        seen[wish.instrument_id] = seen.get(wish.instrument_id, 0) + 1
    problems += [f"{name} stands in {count} rows; one row a contract" for name, count in seen.items() if count > 1]
    if problems:
        more = f"; and {len(problems) - _MOST_TOLD} more" if len(problems) > _MOST_TOLD else ""
        message = f"{file_name} was not taken, nothing of it: {'; '.join(problems[:_MOST_TOLD])}{more}"
        raise InputError(message)
    if not wishes:
        message = f"{file_name} has headings and no rows"
        raise InputError(message)


def _take(number: int, cells: dict[str, str], wishes: list[Wish], problems: list[str]) -> None:
    """Read one row into a wish, or into what is wrong with it."""
    fields: dict[str, Any] = {}
    before = len(problems)
    for name, raw in cells.items():
        text = raw.strip()
        if not name or not text:
            continue
        try:
            fields[name] = _value(name, text)
        except ValueError as error:
            problems.append(f"row {number}, column {name}: {error}, was {text[:40]!r}")
    if len(problems) > before:
        return
    if "instrument_id" not in fields:
        problems.append(f"row {number}, column instrument_id: a contract such as au2606.SHFE is needed, was empty")
        return
    try:
        wishes.append(Wish(**fields))
    except ValueError as error:
        problems.append(f"row {number}: {error}")


def _value(name: str, text: str) -> str | int | Decimal:
    """Return a cell's value. Raises: ValueError: it says what is allowed."""
    if text.startswith(_FORMULA):
        message = "formulas are not read; write the value"
        raise ValueError(message)
    if name == "instrument_id":
        if len(text) > 40:  # noqa: PLR2004 - as in `domain.message.InstrumentId`
            message = "at most 40 characters are allowed"
            raise ValueError(message)
        return text
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation as error:
        message = "a number is needed"
        raise ValueError(message) from error
    if name in {"weight", "limit_price"}:
        return number
    if not number.is_finite() or abs(number) > 1_000_000 or number != number.to_integral_value():  # noqa: PLR2004 - said below
        message = "whole lots from -1000000 to 1000000 are needed"
        raise ValueError(message)
    return int(number)


def _columns(heading: list[str]) -> list[str]:
    """Return our names of the columns, "" for one that is not ours and is left alone."""
    names = [_HEADINGS.get(cell.strip().lower(), "") for cell in heading]
    twice = {name for name in names if name and names.count(name) > 1}
    if twice:
        message = f"row 1 names a column twice: {', '.join(sorted(twice))}"
        raise InputError(message)
    if "instrument_id" not in names or not {"target", "delta", "weight"} & set(names):
        shown = ", ".join(cell.strip()[:40] for cell in heading) or "nothing"
        message = (
            "row 1 must name the columns instrument_id (合约代码) and one of target (目标持仓), delta (调整手数),"
            f" weight (目标权重), with limit_price (限价) if wanted; was {shown[:400]}"
        )
        raise InputError(message)
    return names


def _read(file_name: str, content: bytes) -> Iterator[list[str]]:
    if len(content) > LARGEST_FILE:
        message = f"{file_name} has {len(content)} bytes, at most {LARGEST_FILE} are taken"
        raise InputError(message)
    kind = file_name.rpartition(".")[2].lower()
    if kind == "csv":
        return _bounded(_csv_rows(file_name, content), file_name)
    if kind == "xlsx":
        return _bounded(_xlsx_rows(file_name, content), file_name)
    message = f"{file_name[:100]!r} is neither .csv nor .xlsx"
    raise InputError(message)


def _bounded(rows: Iterable[list[str]], file_name: str) -> Iterator[list[str]]:
    count = 0
    for number, row in enumerate(rows, start=1):
        count += any(cell.strip() for cell in row)
        if count > _MOST_ROWS or number > _MOST_LINES:
            message = f"{file_name} has more than {MAX_LINES} rows"
            raise InputError(message)
        if len(row) > _MOST_COLUMNS or any(len(cell) > _LONGEST_CELL for cell in row):
            message = (
                f"row {number} has more than {_MOST_COLUMNS} columns, or a cell of more than {_LONGEST_CELL} letters"
            )
            raise InputError(message)
        yield row


def _csv_rows(file_name: str, content: bytes) -> Iterator[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        break
    else:
        message = f"{file_name} is neither UTF-8 nor GB18030 text"
        raise InputError(message)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), strict=True)
    except csv.Error as error:
        message = f"{file_name} is no CSV: {error}"
        raise InputError(message) from error


def _xlsx_rows(file_name: str, content: bytes) -> Iterator[list[str]]:
    _require_small(file_name, content)
    from openpyxl import load_workbook  # noqa: PLC0415 - loaded only where somebody brings such a file

    try:
        workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        for cells in workbook.worksheets[0].iter_rows():
            row = [_cell(cell) for cell in cells]
            while row and not row[-1]:
                row.pop()
            yield row
        workbook.close()
    except _BROKEN as error:
        message = f"{file_name} is no XLSX that can be read: {type(error).__name__}"
        raise InputError(message) from error


def _cell(cell: Any) -> str:  # noqa: ANN401 - a cell of the reader's
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return f"={value}"[:_LONGEST_CELL]
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value)


def _require_small(file_name: str, content: bytes) -> None:
    """Refuse a file that unfolds into more than is meant, before anything unfolds it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile as error:
        message = f"{file_name} is no XLSX: it is not packed as one"
        raise InputError(message) from error
    size = sum(part.file_size for part in parts)
    if len(parts) > _MOST_PARTS or size > _LARGEST_INSIDE:
        message = f"{file_name} unfolds into {len(parts)} parts of {size} bytes, at most {_LARGEST_INSIDE} are taken"
        raise InputError(message)
    if any(part.filename.lower().endswith("vbaproject.bin") for part in parts):
        message = f"{file_name} has macros; save it without"
        raise InputError(message)
