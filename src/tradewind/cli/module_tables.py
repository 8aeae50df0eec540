"""What came of one job of a collector, as tables for people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tradewind.collector.ports import FetchedQuotes, Found, Streamed
from tradewind.infoway.bar_types import BAR_TYPES
from tradewind.stores.documents.forms import BarDocument, DepthDocument

if TYPE_CHECKING:
    from collections.abc import Sequence

_QUOTE: Final = ("price", "volume", "turnover")
_BOOK: Final = ("bid", "bid size", "ask", "ask size", "levels")
_BAR: Final = ("bar", "open", "high", "low", "close", "volume")


def show(found: FetchedQuotes | Found[Any] | Streamed) -> None:
    """Print what was found, what was refused and why, and what the store did with it."""
    console = Console()
    names: Sequence[str] = ()
    rows: list[tuple[Any, ...]] = []
    if isinstance(found, Streamed):
        what = f"{found.received} pushes in {found.seconds:.0f} s"
    elif isinstance(found, FetchedQuotes):
        names, rows = _QUOTE, [(one.code, one.at_ms, one.price, one.volume, one.turnover) for one in found.quotes]
        what = f"{len(rows)} quotes"
    else:
        names, rows = _rows_of(found.documents)
        what = f"{len(rows)} {'bars' if names is _BAR else 'books'}"
    if rows or found.refused:
        console.print(_table(names, rows, found.refused))
    lost = f"; the line was lost {found.lost} times" if isinstance(found, Streamed) else f"; {found.requests} requests"
    console.print(
        f"{what}: {found.stored} stored, {found.known} known already, {found.spooled} wait for the "
        f"store; {len(found.refused)} refused{lost}"
    )


def _rows_of(documents: Sequence[Any]) -> tuple[Sequence[str], list[tuple[Any, ...]]]:
    if documents and isinstance(documents[0], BarDocument):
        return _BAR, [_bar_row(one) for one in documents]
    return _BOOK, [_book_row(one) for one in documents]


def _book_row(book: DepthDocument) -> tuple[Any, ...]:
    bid, bid_size = (column[0] if column else "" for column in book.b)
    ask, ask_size = (column[0] if column else "" for column in book.a)
    return book.s, book.t, bid, bid_size, ask, ask_size, str(max(len(book.a[0]), len(book.b[0])))


def _bar_row(bar: BarDocument) -> tuple[Any, ...]:
    length = next((name for name, number in BAR_TYPES.items() if number == bar.ty), str(bar.ty))
    return bar.s, bar.t, length, bar.o, bar.h, bar.l, bar.c, bar.v


def _table(names: Sequence[str], rows: Sequence[tuple[Any, ...]], refused: dict[str, str]) -> Table:
    table = Table()
    table.add_column("code", no_wrap=True)
    table.add_column("time (UTC)", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right")
    table.add_column("remark")
    for code, at_ms, *values in rows:
        at = datetime.fromtimestamp(at_ms / 1_000, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(code, at, *values, "")
    # What others say is shown as it is: square brackets are no mark-up there.
    for code, reason in refused.items():
        table.add_row(Text(code), "", *("" for _ in names), Text(reason))
    return table
