"""CSV under CTP's own column names, PascalCase or snake_case, UTF-8 or GBK, read line by line.

    TradingDay,InstrumentID,ExchangeID,LastPrice,…,Volume,Turnover,…,UpdateTime,UpdateMillisec,BidPrice1,…,ActionDay
    20251201,au2602,,962.7,…,323936,310361654160.0,…,09:30:00,500,962.68,…,20251201

Quirks served here: absent prices printed as DBL_MAX in several lengths, empty cells, an empty `ExchangeID` (the
contract table knows the exchange), and wrong or empty `ActionDay` at night (see `action_day`). A row that cannot be
read is skipped and counted; too many of them and the file is refused, naming the first.
"""

from __future__ import annotations

import csv
from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol, TextIO

from tradewind.errors import ReplayFileError
from tradewind.market.sources.layouts.ctp_row import RowReader, canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tradewind.domain.tick import RawTick
    from tradewind.market.sources.layouts.recording_file import ReadingOptions

NAME: Final = "ctp_csv"
_REQUIRED: Final = ("InstrumentID", "LastPrice", "Volume", "UpdateTime")
_DAYS: Final = ("TradingDay", "ActionDay")
_FEW_BAD_ROWS: Final = 20
"""So many unreadable rows never refuse a file that is still being read: its share is not known yet."""
_SAMPLE_BYTES: Final = 1 << 16
_BLOCK_BYTES: Final = 1 << 20


class Rows(Protocol):
    """The csv module's reader, as far as it is used."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]:
        """Return itself."""
        ...


class CtpCsvRecording:
    """One opened CSV file."""

    layout = NAME

    def __init__(self, path: Path, options: ReadingOptions) -> None:
        """Read the header.

        Raises: ReplayFileError: not text, no header, or columns missing.
        """
        self.path = path
        self.malformed_rows = 0
        self.first_malformed = ""
        self._options = options
        self._encoding = _encoding_of(path)
        with self._open() as lines:
            self._header = next(iter(self._next_rows(csv.reader(lines))), [])
        _check_header(path, self._header)
        self.total: int | None = _count_rows(path)
        if self.total == 0:
            message = f"{path}: holds no rows below its header; allowed is a CSV file with at least one"
            raise ReplayFileError(message)

    @property
    def remark(self) -> str:
        """Name the first unreadable row, if there is one."""
        if not self.malformed_rows:
            return ""
        return f"{self.malformed_rows} unreadable rows were skipped, first {self.first_malformed}"

    def batches(self) -> Iterator[Iterable[RawTick]]:
        """Read from the start; see `RecordingFile`."""
        self.malformed_rows, self.first_malformed = 0, ""
        read = RowReader(self._header, self._options).read
        with self._open() as lines:
            rows = csv.reader(lines)
            next(rows)
            while batch := self._next_rows(rows):
                yield self._readable(batch, rows.line_num - len(batch), read)
                self._refuse_if_mostly_bad(rows.line_num - 1, at_least=_FEW_BAD_ROWS)
            self._refuse_if_mostly_bad(rows.line_num - 1, at_least=0)

    def _next_rows(self, rows: Rows) -> list[list[str]]:
        try:
            return list(islice(rows, self._options.batch_rows))
        except csv.Error as error:
            message = f"{self.path}: damaged at row {rows.line_num}: {error}; allowed is plain CSV"
            raise ReplayFileError(message) from error

    def _readable(self, batch: list[list[str]], before: int, read: Callable[[list[str]], RawTick]) -> list[RawTick]:
        ticks = []
        for number, row in enumerate(batch, before + 1):
            try:
                ticks.append(read(row))
            except (ValueError, IndexError, OverflowError) as error:
                if row:  # a blank line is nobody's row
                    self.malformed_rows += 1
                    self.first_malformed = self.first_malformed or f"row {number}: {error}"
        return ticks

    def _refuse_if_mostly_bad(self, rows: int, *, at_least: int) -> None:
        allowed = max(at_least, rows * self._options.bad_rows_percent / 100.0)
        if self.malformed_rows > allowed:
            message = (
                f"{self.path}: {self.malformed_rows} of {rows} rows are unreadable, first {self.first_malformed}; "
                f"allowed are {self._options.bad_rows_percent:g} %"
            )
            raise ReplayFileError(message)

    def _open(self) -> TextIO:
        return self.path.open(encoding=self._encoding, errors="replace", newline="")


def _encoding_of(path: Path) -> str:
    with path.open("rb") as stream:
        sample = stream.read(_SAMPLE_BYTES)
    if b"\0" in sample:
        message = f"{path}: neither Parquet nor text; allowed are Parquet, CTP-style CSV and .twr recordings"
        raise ReplayFileError(message)
    whole_lines = sample[: sample.rfind(b"\n") + 1] or sample
    try:
        whole_lines.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _check_header(path: Path, header: list[str]) -> None:
    present = {canonical(name) for name in header}
    missing = [name for name in _REQUIRED if canonical(name) not in present]
    if not any(canonical(name) in present for name in _DAYS):
        missing.append(" or ".join(_DAYS))
    if missing:
        shown = ", ".join(name[:40] for name in header[:60]) or "none"
        message = (
            f"{path}: columns of no known layout; nearest is {NAME}, which also needs {', '.join(missing)}; "
            f"found {shown}; allowed are CTP's column names in PascalCase or snake_case"
        )
        raise ReplayFileError(message)


def _count_rows(path: Path) -> int:
    lines, ends_open = 0, False
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            lines += block.count(b"\n")
            ends_open = not block.endswith(b"\n")
    return max(lines + ends_open - 1, 0)
