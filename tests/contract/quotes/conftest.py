"""Node with the real socket.io-client, and a quotes port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node_clients import Clients, start_clients
from quotes_builders import QuotesWorld, serving_quotes


@pytest.fixture
async def clients() -> AsyncIterator[Clients]:
    started = await start_clients()
    yield started
    await started.stop()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[QuotesWorld]:
    async with serving_quotes(tmp_path) as (world, _):
        yield world
