"""Warnings before a limit is met: at 60, 80 and 95 per cent, each once a trading day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.trading_state import LimitWarning, Scope

if TYPE_CHECKING:
    from decimal import Decimal

STEPS: Final = (95, 80, 60)
Mark = tuple[str, Scope, str, int]


class Nearing:
    """What has been warned of; of days before the newest nothing is kept."""

    def __init__(self) -> None:
        self.trading_day = 0
        self.warned: dict[Mark, None] = {}

    def due(
        self, rule: str, scope: Scope, key: str, *, used: Decimal | int, limit: Decimal | int, day: int, ts_event: int
    ) -> LimitWarning | None:
        """Return the warning that is due: for the highest step reached, if it was not given today."""
        if limit <= 0 or used * 100 < limit * STEPS[-1] or day < self.trading_day:
            return None
        percent = next(step for step in STEPS if used * 100 >= limit * step)
        if day == self.trading_day and (rule, scope, key, percent) in self.warned:
            return None
        return LimitWarning(rule, scope, key, percent, str(limit), str(used), day, ts_event)

    def apply(self, warning: LimitWarning) -> None:
        """Remember a warning, and with it those below it."""
        if warning.trading_day < self.trading_day:
            return
        if warning.trading_day > self.trading_day:
            self.trading_day = warning.trading_day
            self.warned.clear()
        for step in STEPS:
            if step <= warning.percent:
                self.warned[(warning.rule, warning.scope, warning.key, step)] = None
