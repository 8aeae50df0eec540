"""Platforms that tests start are ended whatever the test did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from running_platform import Running


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
