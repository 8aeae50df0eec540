"""Pages of the record, and what all rows come to."""

from __future__ import annotations

from typing import Any

import msgspec


class Page(msgspec.Struct, frozen=True):
    """Rows by column name; money and prices are Decimal, moments have a zone. `next` is "" on the last page."""

    rows: list[dict[str, Any]]
    next: str


class Totals(msgspec.Struct, frozen=True):
    """What all rows that fit come to: how many they are, and the sums of the columns that may be added up, exactly."""

    count: int
    sums: dict[str, Any]
