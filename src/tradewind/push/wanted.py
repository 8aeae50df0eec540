"""What a client of another dialect wants of a topic: of these contracts, of these products, of these accounts."""

from __future__ import annotations

from typing import Any, NamedTuple


class Wanted(NamedTuple):
    """Filters that must all let a value through; `None` lets everything. A value without the field passes by.

    `instruments` are ids as `au2606.SHFE` or symbols as `au2606`.
    """

    instruments: frozenset[str] | None = None
    products: frozenset[str] | None = None
    accounts: frozenset[str] | None = None

    def pick(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return those of `values` that are wanted."""
        return {key: event for key, event in values.items() if self.keeps(event)}

    def keeps(self, event: object) -> bool:
        """Say whether a value is wanted."""
        return (
            _is_among(event, "product_code", self.products)
            and _is_among(event, "account_id", self.accounts)
            and self._keeps_instrument(event)
        )

    def _keeps_instrument(self, event: object) -> bool:
        if self.instruments is None:
            return True
        instrument_id = getattr(event, "instrument_id", None)
        if instrument_id is None:
            return True
        return instrument_id in self.instruments or instrument_id.rpartition(".")[0] in self.instruments


def _is_among(event: object, field: str, wanted: frozenset[str] | None) -> bool:
    if wanted is None:
        return True
    value = getattr(event, field, None)
    return value is None or value in wanted
