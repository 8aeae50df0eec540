"""The documents themselves: a trade, a book, a bar, under the provider's names, and what makes each the same one.

Times are ms since 1970. Decimals are text, as the provider writes them: nothing is rounded on the way. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

TradeCollection = Literal["realtime", "close"]
Columns = tuple[tuple[str, ...], tuple[str, ...]]
"""Prices and, level by level, their sizes; the best level first."""
_DAY_MS: Final = 86_400_000


class QuoteDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One trade as it is stored (C-002-4).

    `p` price, `v` size, `vw` turnover; `td` 0: unknown, 1: bought, 2: sold. `stock_code` is the code asked for.
    """

    s: str
    t: int
    p: str
    v: str
    vw: str
    td: int
    stock_code: str
    create_time: int


class DepthDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The book of a code at a moment: `a` asks, `b` bids."""

    s: str
    t: int
    a: Columns
    b: Columns
    stock_code: str
    create_time: int


class BarDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One bar of a code, which began at `t`; `ty` is the provider's number of its length.

    `vw` is turnover, `pca` how far `c` is from the close of the bar before, `None` where that was not told. The
    provider tells `t` in seconds; here it is ms, as in every document.
    """

    s: str
    ty: int
    t: int
    o: str
    h: str
    l: str  # noqa: E741 - the provider's letter
    c: str
    v: str
    vw: str
    pca: str | None = None
    stock_code: str
    create_time: int


Document = QuoteDocument | DepthDocument | BarDocument
FORMS: Final[Mapping[str, type[Document]]] = {
    "realtime": QuoteDocument,
    "close": QuoteDocument,
    "depth": DepthDocument,
    "kline": BarDocument,
}
"""The form of each collection's documents."""
TOLD_OF_A_BAR: Final = ("o", "h", "l", "c", "v", "vw", "pca")
"""What of a bar may change while it lasts."""


class Stored(msgspec.Struct, frozen=True):
    """What became of documents: newly stored, there already, and kept on disk until the store is back."""

    stored: int = 0
    known: int = 0
    spooled: int = 0


def id_of(document: QuoteDocument) -> str:
    """Return what makes a trade this trade: the same one stored twice is stored once."""
    return f"{document.s}|{document.t}|{document.p}|{document.v}|{document.vw}|{document.td}"


def id_in(collection: str, document: Document) -> str:
    """Return what makes a document the same one, by its collection.

    Among trades that is the trade, among closes the code and the day, among books the code and the moment, among bars
    the code, the type and the begin. The day is that of UTC, on which every market of the provider ends the day that
    it names.
    """
    match document:
        case QuoteDocument():
            return id_of(document) if collection == "realtime" else f"{document.s}|{day_of(document)}"
        case DepthDocument():
            return f"{document.s}|{document.t}"
        case BarDocument():
            return f"{document.s}|{document.ty}|{document.t}"


def day_of(document: QuoteDocument) -> int:
    """Return the day of a trade as days since 1970, UTC."""
    return document.t // _DAY_MS


def newest_of_each(collection: str, documents: tuple[Document, ...] | list[Document]) -> list[Document]:
    """Return of documents that are the same one the last of those created last."""
    found: dict[str, Document] = {}
    for document in documents:
        own = id_in(collection, document)
        if own not in found or document.create_time >= found[own].create_time:
            found[own] = document
    return list(found.values())
