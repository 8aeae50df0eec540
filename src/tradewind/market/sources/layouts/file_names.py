"""Contract and date out of a recording's file name, for layouts whose columns do not say them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tradewind.errors import ReplayFileError

if TYPE_CHECKING:
    from pathlib import Path

    from tradewind.market.sources.layouts.recording_file import ReadingOptions

_EXCHANGE_FIRST: Final = re.compile(r"(SHFE|INE|DCE|CZCE|CFFEX|GFEX|SSE|SZSE|COMEX)\.([A-Za-z0-9]+)(?:[_.-]|$)")
_US_STOCK: Final = re.compile(r"([A-Z]{1,6})_\d{8}_")
_DATE: Final = re.compile(r"_(\d{8})(?:[_.-]|$)")


def instrument_of(path: Path, options: ReadingOptions) -> str:
    """Return the contract the operator named, or else the file's name does.

    Raises: ReplayFileError: neither names one.
    """
    if options.instrument is not None:
        return options.instrument
    if match := _EXCHANGE_FIRST.match(path.name):
        return f"{match[2]}.{match[1]}"
    if match := _US_STOCK.match(path.name):
        return f"{match[1]}.US"
    message = (
        f"{path}: the contract cannot be told from the file's name {path.name!r}; allowed are names that begin like "
        f"`SHFE.cu1909_` or `IBM_20131007_`, or set market.replay.instrument to `symbol.EXCHANGE`"
    )
    raise ReplayFileError(message)


def date_of(path: Path) -> int:
    """Return the date in the file's name as yyyymmdd.

    Raises: ReplayFileError: there is none.
    """
    match = _DATE.search(path.name)
    if match is None:
        message = f"{path}: the date cannot be told from the file's name {path.name!r}; allowed is `…_20131007_…`"
        raise ReplayFileError(message)
    return int(match[1])
