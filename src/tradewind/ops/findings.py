"""Findings of `tradewind doctor`: ok, warn or fail, each of the last two with what to do about it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARN = "warn"
    """It works, and will not for ever, or not as well as it should."""
    FAIL = "fail"
    """Something configured does not work."""


EXIT_CODES: Final = {Level.OK: 0, Level.WARN: 1, Level.FAIL: 2}
_BLANK: Final = "***"
_SHORTEST_SECRET: Final = 4
"""Shorter texts are part of other words, and no secret worth the name."""


class Found(msgspec.Struct, frozen=True):
    """What a check says: how bad, what it saw, and the remedy, empty where nothing need be done."""

    level: Level
    text: str
    remedy: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a check said, under its name; `took_ms` is how long the whole check took."""

    check: str
    level: Level
    text: str
    remedy: str = ""
    took_ms: float = 0.0


class DoctorReport(msgspec.Struct, frozen=True, kw_only=True):
    """All findings of one visit, in the order of the table of checks."""

    version: str
    ts: int
    """When it began, ns UTC."""
    worst: Level
    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        """Return 0 all is well, 1 there are warnings, 2 something fails."""
        return EXIT_CODES[self.worst]


def ok(text: str) -> Found:
    """Return that this is as it should be."""
    return Found(Level.OK, text)


def warn(text: str, remedy: str) -> Found:
    """Return that this should be looked after."""
    return Found(Level.WARN, text, remedy)


def fail(text: str, remedy: str) -> Found:
    """Return that this does not work."""
    return Found(Level.FAIL, text, remedy)


def report_of(findings: Sequence[Finding], *, version: str, ts: int, secrets: Collection[str] = ()) -> DoctorReport:
    """Return the report; whatever a server or a driver said, none of `secrets` stands in it."""
    shown = tuple(
        msgspec.structs.replace(each, text=without(each.text, secrets), remedy=without(each.remedy, secrets))
        for each in findings
    )
    worst = max((each.level for each in shown), key=EXIT_CODES.__getitem__, default=Level.OK)
    return DoctorReport(version=version, ts=ts, worst=worst, findings=shown)


def without(text: str, secrets: Collection[str]) -> str:
    """Return a text with each secret in it blanked, the longest first, as one may hold another."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, _BLANK)
    return text


def as_table(report: DoctorReport) -> str:
    """Return the report for a person: a line per finding, its remedy below, and how many there are of each kind."""
    width = max((len(each.check) for each in report.findings), default=0)
    lines = []
    for each in report.findings:
        lines.append(f"{each.level.value:4}  {each.check:{width}}  {each.text}")
        if each.remedy:
            lines.append(f"{'':4}  {'':{width}}  → {each.remedy}")
    counts = {level: sum(each.level is level for each in report.findings) for level in Level}
    lines.append(", ".join(f"{count} {level.value}" for level, count in counts.items()))
    return "\n".join(lines)
