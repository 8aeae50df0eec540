"""Pages of the record."""

from __future__ import annotations

from typing import Any

import msgspec


class Page(msgspec.Struct, frozen=True):
    """Rows by column name; money and prices are Decimal, moments have a zone. `next` is "" on the last page."""

    rows: list[dict[str, Any]]
    next: str
