"""Platforms that tests start are ended whatever the test did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from running_platform import Running

LONGEST = frozenset(
    f"test_{name}.py"
    for name in (
        "desk_kills", "fleet_kills", "lifecycle", "order_kills", "people_apart", "production_day", "routes_apart",
        "run_command", "services_apart", "split_lifecycle", "split_line", "trading_apart", "users",
    )
)  # fmt: skip
"""Files of a minute or more: begun first, so that at the end no processor waits for the last of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """Return a function that starts `tradewind run` in a folder with these settings."""
    started: list[Running] = []

    def begin(folder: Path, *flags: str) -> Running:
        started.append(Running(folder, *flags))
        return started[-1]

    yield begin
    for platform in started:
        platform.end()
