"""The service around it all: its port, and what it leaves behind."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from quotes_builders import QuotesWorld, serving_quotes
from tradewind.errors import PortTakenError


async def test_a_taken_port_is_told_in_one_line_with_the_remedy(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path) as (world, _):
        with pytest.raises(PortTakenError, match=rf"port {world.port} .* is taken.*--set quotes\.port=N"):
            QuotesWorld(tmp_path, port=world.port).service.bind()


async def test_it_can_run_again_after_it_was_stopped(tmp_path: Path) -> None:
    world = QuotesWorld(tmp_path)
    for _ in range(2):
        running = asyncio.create_task(world.service.run())
        assert await world.service.wait_listening() == world.port
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()


async def test_detached_it_follows_nothing(tmp_path: Path) -> None:
    world = QuotesWorld(tmp_path)
    world.service.attach()
    world.tick(1)
    world.service.detach()
    world.tick(2)
    async with serving_quotes(tmp_path) as (other, http):
        other.service.detach()
        status = (await http.get("/api/realtime/status")).json()
        assert (status["thread_running"], status["thread_alive"], status["messages_received"]) == (False, False, 0)
