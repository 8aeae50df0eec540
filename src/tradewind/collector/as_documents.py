"""Rows of the provider as they are stored: with the code they were asked by and the time of their storing. Pure."""

from __future__ import annotations

from decimal import Decimal

from tradewind.infoway.answers import Bar, Depth, Trade
from tradewind.stores.documents.forms import BarDocument, DepthDocument, QuoteDocument

_MS_PER_S = 1_000


def document_of(trade: Trade, created_ms: int) -> QuoteDocument:
    """Return a trade as it is stored (C-002-4)."""
    return QuoteDocument(
        s=trade.s,
        t=trade.t,
        p=trade.p,
        v=trade.v,
        vw=trade.vw,
        td=trade.td,
        stock_code=trade.s,
        create_time=created_ms,
    )


def depth_document(depth: Depth, created_ms: int) -> DepthDocument:
    """Return a book as it is stored: each side's prices and sizes in columns, as the provider has them."""
    return DepthDocument(
        s=depth.s,
        t=depth.t,
        a=_columns(depth.asks),
        b=_columns(depth.bids),
        stock_code=depth.s,
        create_time=created_ms,
    )


def bar_document(bar: Bar, ty: int, created_ms: int) -> BarDocument:
    """Return a bar of the provider's type `ty` as it is stored."""
    o, h, low, c, v, vw = (decimal_text(number) for number in (bar.o, bar.h, bar.l, bar.c, bar.v, bar.vw))
    return BarDocument(
        s=bar.s,
        ty=ty,
        t=bar.t * _MS_PER_S,
        o=o,
        h=h,
        l=low,
        c=c,
        v=v,
        vw=vw,
        pca=None if bar.change is None else decimal_text(bar.change),
        stock_code=bar.s,
        create_time=created_ms,
    )


def decimal_text(number: float) -> str:
    """Return the shortest decimal that is this number, without an exponent: `0.0000012`, `100`."""
    text = format(Decimal(repr(number)), "f")
    return text.removesuffix(".0")


def _columns(levels: tuple[tuple[float, float], ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    prices = tuple(decimal_text(price) for price, _ in levels)
    return prices, tuple(decimal_text(size) for _, size in levels)
