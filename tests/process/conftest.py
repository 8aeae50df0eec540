"""Platforms that tests start are ended whatever the test did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from running_platform import Running

LONGEST = tuple(
    f"test_{name}.py"
    for name in (
        "trading_apart", "production_set", "bad_input", "lifecycle", "lifecycle_troubles", "wheel", "desk_kills",
        "backup", "split_lifecycle", "fleet_kills", "alert_drill", "production_day", "people_apart", "split_line",
        "services_apart", "draining", "emptied_redis", "users",
    )
)  # fmt: skip
"""Files of half a minute or more, by their share of the stage: begun first, so that none is waited for at the end."""
_PLACES = {name: place for place, name in enumerate(LONGEST)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _PLACES.get(item.path.name, len(LONGEST)))


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
