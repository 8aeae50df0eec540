"""The tables of a statement: a header of one line or two, its columns found by their names, its lines read."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tradewind.ctp.statement.words import (
    COLUMNS,
    NEEDED,
    direction_of,
    exchange_of,
    lookup,
    names_of,
    offset_of,
    side_of,
)
from tradewind.domain.statement import (
    StatementCash,
    StatementClose,
    StatementLot,
    StatementPosition,
    StatementTrade,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DAY: Final = re.compile(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})")
_NUMBER: Final = re.compile(r"[-+]?(?:\d[\d,]*)?(?:\.\d+)?")
_LONGEST_NUMBER: Final = 40
_TOTALS: Final = ("共", "合计", "小计", "总计", "total")


def number_of(cell: str) -> Decimal:
    """Return an amount as printed, commas left out. Raises: ValueError: it is none."""
    text = cell.replace(" ", "")
    if len(text) > _LONGEST_NUMBER or not any(letter.isdigit() for letter in text) or not _NUMBER.fullmatch(text):
        message = f"{cell[:_LONGEST_NUMBER]!r} is no number"
        raise ValueError(message)
    return Decimal(text.replace(",", ""))


def day_of(cell: str) -> int:
    """Return a day as YYYYMMDD. Raises: ValueError: it is none."""
    match = _DAY.fullmatch(cell.strip())
    if match is None or not (1 <= int(match[2]) <= 12 and 1 <= int(match[3]) <= 31):  # noqa: PLR2004 - of a calendar
        message = f"{cell!r} is no day; allowed: YYYYMMDD"
        raise ValueError(message)
    return int("".join(match.groups()))


def _lots_of(cell: str) -> int:
    number = number_of(cell)
    if number != int(number) or number < 0:
        message = f"{cell!r} is no number of lots"
        raise ValueError(message)
    return int(number)


def _text_of(cell: str) -> str:
    return cell


def _symbol_of(cell: str) -> str:
    if not cell or not cell.isascii():
        message = f"{cell!r} is no contract"
        raise ValueError(message)
    return cell


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "day": day_of, "open_day": day_of, "exchange": exchange_of, "symbol": _symbol_of, "side": side_of,
    "direction": direction_of, "offset": offset_of, "quantity": _lots_of, "long": _lots_of, "short": _lots_of,
    "hedge": _text_of, "kind": _text_of, "note": _text_of, "fill_id": _text_of,
}  # fmt: skip
"""How a column's cells are read; every other one is an amount."""
_ROWS: Final[Mapping[str, tuple[type, dict[str, Any]]]] = {
    "cash": (StatementCash, {"kind": "", "note": ""}),
    "trades": (
        StatementTrade,
        {"day": 0, "exchange": "", "turnover": None, "close_pnl": None, "hedge": "", "premium": None},
    ),
    "closes": (StatementClose, {"day": 0, "exchange": "", "open_day": None, "pre_settlement": None}),
    "lots": (
        StatementLot,
        {
            "exchange": "", "pre_settlement": None, "floating_pnl": None, "position_pnl": None, "margin": None,
            "hedge": "",
        },
    ),
    "positions": (
        StatementPosition,
        {
            "exchange": "", "long_price": None, "short_price": None, "pre_settlement": None, "position_pnl": None,
            "margin": None, "hedge": "",
        },
    ),
}  # fmt: skip
"""What a section's line becomes, and what stands for a cell that is empty or a column that is not there."""


def cells_of(line: str) -> tuple[str, ...]:
    """Return the cells between the bars of a line, without what fills them up."""
    return tuple(cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|"))


def is_total(cells: tuple[str, ...]) -> bool:
    """Say whether a line sums up those before it."""
    first = next((cell for cell in cells if cell), "")
    return first.lower().replace(" ", "").startswith(_TOTALS)


class Table:
    """One table of a known section while it is read."""

    def __init__(self, section: str) -> None:
        self.section = section
        self.rows: list[Any] = []
        self._columns: tuple[str | None, ...] = ()
        self._width = 0
        self.is_given_up = False
        """The header lacks what is needed: none of its lines can be read."""

    def take(self, cells: tuple[str, ...]) -> None:
        """Read a line: the header, its other language, a total, or one row.

        Raises: ValueError: it cannot be read; says why.
        """
        if not self._columns:
            self._begin(cells)
        elif self._is_header(cells):
            self._columns = tuple(
                known or lookup(COLUMNS[self.section], cell) for known, cell in zip(self._columns, cells, strict=True)
            )
        elif not is_total(cells) and not self.is_given_up:
            self.rows.append(self._row(cells))

    def check(self) -> None:
        """Say whether the header had what is needed.

        Raises: ValueError: it lacks columns; names them.
        """
        missing = sorted(NEEDED[self.section] - set(self._columns))
        if missing:
            self.is_given_up = True
            words = ", ".join(f"{name} ({COLUMNS[self.section][name][0]})" for name in missing)
            message = f"the header has no column for {words}"
            raise ValueError(message)

    def _begin(self, cells: tuple[str, ...]) -> None:
        columns: list[str | None] = []
        for cell in cells:
            name = lookup(COLUMNS[self.section], cell)
            # The same word twice: the first is meant, as people read it.
            columns.append(None if name in columns else name)
        self._columns = tuple(columns)
        self._width = len(cells)

    def _is_header(self, cells: tuple[str, ...]) -> bool:
        return (
            not self.rows
            and len(cells) == self._width
            and not any(letter.isdigit() for cell in cells for letter in cell)
            and any(lookup(COLUMNS[self.section], cell) or names_of(cell) for cell in cells)
            and not is_total(cells)
        )

    def _row(self, cells: tuple[str, ...]) -> Any:  # noqa: ANN401 - the section's own struct
        if len(cells) != self._width:
            message = f"{len(cells)} cells under a header of {self._width}"
            raise ValueError(message)
        kind, absent = _ROWS[self.section]
        told: dict[str, Any] = dict(absent)
        for name, cell in zip(self._columns, cells, strict=True):
            if name is None or (name in absent and cell in {"", "-", "--"}):
                continue
            try:
                told[name] = _READERS.get(name, number_of)(cell)
            except ValueError as error:
                message = f"{COLUMNS[self.section][name][0]}: {error}"
                raise ValueError(message) from error
        return kind(**told)
