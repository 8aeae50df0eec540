"""The one table of what is kept how long: where a setting says so, its value now; where none does, why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.kernel.settings import value_at

if TYPE_CHECKING:
    from tradewind.runtime.settings import TradewindSettings


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of thing: how long it stays, by which settings, and who removes it."""

    what: str
    kept: str
    settings: tuple[str, ...] = ()
    removed_by: str = ""


class _Row(msgspec.Struct, frozen=True):
    what: str
    kept: str
    settings: tuple[str, ...] = ()
    removed_by: str = ""


_EVER: Final = "for ever: regulation asks for 20 years, and nothing in Tradewind removes it"
_ROWS: Final = (
    _Row("orders, fills, positions, accounts, settlements (the journal and its tables)", _EVER),
    _Row("acts of people (the audit chain) and its anchors", _EVER),
    _Row("brokers' statements, and what people decided about them", _EVER),
    _Row("instructions and how they were handled", _EVER),
    _Row("people, roles, grants and API keys", "for ever; what was disabled stays, so that old acts have a name"),
    _Row("snapshots of the books", "the newest {0}", ("store.snapshots",), "the order line"),
    _Row("opportunities and risk alerts on record", "{0} days, {1} at most",
         ("signals.record_days", "signals.record_most"), "the order line"),
    _Row("notices and sent messages", "{0} days, {1} for one person",
         ("notices.keep_days", "notices.keep_notices"), "notices"),
    _Row("jobs of collector modules and their results", "{0} days, {1} at most",
         ("control.keep_days", "control.keep_jobs"), "control"),
    _Row("documents (quotes and closes collected)", "for ever: whoever uses the store decides"),
    _Row("recordings (.twr)", "{0} days after they are archived", ("retention.recordings_days",), "retention"),
    _Row("the archive (Parquet)", "{0} days", ("retention.archive_days",), "retention"),
    _Row("log files in use", "{0} bytes or {1} hours, {2} of them",
         ("services.log_bytes", "retention.log_hours", "services.log_files"), "supervisord, retention"),
    _Row("log files put aside (.gz)", "{0} days", ("retention.logs_days",), "retention"),
)  # fmt: skip


def keepings(settings: TradewindSettings) -> list[Keeping]:
    """Return the table with the values in force."""
    return [
        Keeping(what=row.what, kept=_kept(row, settings), settings=row.settings, removed_by=row.removed_by)
        for row in _ROWS
    ]


def _kept(row: _Row, settings: TradewindSettings) -> str:
    values = [value_at(settings, path) for path in row.settings]
    return "for ever" if values == [0] else row.kept.format(*(f"{value:,}" for value in values))
