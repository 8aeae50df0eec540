"""What the API and the health page may ask the strategies room."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradewind.strategies.health import StrategyReport
    from tradewind.strategies.service import StrategyService


class StrategyQueries:
    """Answers from what the service holds."""

    def __init__(self, service: StrategyService) -> None:
        self._service = service

    def list(self) -> list[StrategyReport]:
        """Return every strategy with its state, parameters and health, in the order in which they are called."""
        return self._service.reports()

    def find(self, name: str) -> StrategyReport | None:
        """Return one strategy, or `None` if none of that name runs."""
        return next((report for report in self._service.reports() if report.name == name), None)

    def load_errors(self) -> dict[str, str]:
        """Return what could not be loaded and why, by file, folder or entry point."""
        return dict(self._service.load_errors)
