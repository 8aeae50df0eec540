"""The contract list of another system's database, page by page (ContractList of seed 004)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, column, func, or_, select, table, true

if TYPE_CHECKING:
    from tradewind.stores.read_settings import MonitorDatabase
    from tradewind.stores.sql.read_only import ReadOnlyStore


class ContractTable:
    """Questions to that table; each waits for the database and raises as `ReadOnlyStore.rows`."""

    def __init__(self, store: ReadOnlyStore, settings: MonitorDatabase) -> None:
        names = settings.contract_columns
        self._store = store
        self._columns: dict[str, Any] = {
            ours: column(theirs)
            for ours, theirs in (
                ("instrument", names.instrument),
                ("name", names.name),
                ("exchange", names.exchange),
                ("kind", names.kind),
                ("product", names.product),
            )
            if theirs
        }
        self._table = table(settings.contract_table)

    def page(
        self, *, search: str, exchange: str, kind: str, offset: int, limit: int
    ) -> tuple[int, list[dict[str, Any]]]:
        """Return how many rows match, and those of the page in the order of their codes."""
        wanted = self._wanted(search, exchange, kind)
        count = self._store.rows(select(func.count()).select_from(self._table).where(wanted))[0][0]
        found = select(*(each.label(ours) for ours, each in self._columns.items())).select_from(self._table)
        order = (self._columns["instrument"], self._columns["exchange"])
        rows = self._store.rows(found.where(wanted).order_by(*order).offset(offset).limit(limit))
        return count, [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for it

    def find(self, symbol: str, exchange: str) -> list[dict[str, Any]]:
        """Return the rows of a symbol, on one exchange or, with "", on any; two at most."""
        wanted = self._columns["instrument"] == symbol
        if exchange:
            wanted = and_(wanted, self._columns["exchange"] == exchange)
        found = select(*(each.label(ours) for ours, each in self._columns.items())).select_from(self._table)
        rows = self._store.rows(found.where(wanted).limit(2))
        return [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for it

    def _wanted(self, search: str, exchange: str, kind: str) -> Any:  # noqa: ANN401 - SQLAlchemy's condition
        parts: list[Any] = [true()]
        if search:
            parts.append(
                or_(*(self._columns[name].contains(search, autoescape=True) for name in ("instrument", "name")))
            )
        if exchange:
            parts.append(self._columns["exchange"] == exchange)
        if kind and "kind" in self._columns:
            parts.append(self._columns["kind"] == kind)
        return and_(*parts)
