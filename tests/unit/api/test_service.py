"""The server's life: its port, its stop."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import httpx
import pytest

from api_builders import ApiWorld, serving
from private_ports import free_port
from tradewind.errors import ConfigError, PortTakenError


def test_a_taken_port_is_named_with_the_remedy(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        world = ApiWorld(tmp_path, port=port)

        with pytest.raises(PortTakenError, match=rf"port {port} on 127\.0\.0\.1 is taken.*--set api\.port=N"):
            world.service.bind()


async def test_running_into_a_taken_port_fails_at_once(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        with pytest.raises(PortTakenError):
            await ApiWorld(tmp_path, port=other.getsockname()[1]).service.run()


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
def test_an_address_that_is_not_ours_is_a_configuration_error(tmp_path: Path, host: str) -> None:
    world = ApiWorld(tmp_path, port=free_port(), settings={"host": host})

    with pytest.raises(ConfigError, match=r"cannot listen on .* change api\.host"):
        world.service.bind()


async def test_stopping_lets_a_request_under_way_end(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        answers = await asyncio.gather(*(client.get("/health") for _ in range(20)))

        assert {answer.status_code for answer in answers} == {200}
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient() as late:
            await late.get(f"{world.origin}/health")


async def test_the_port_is_free_again_after_stopping(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        await client.get("/health")

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", world.settings.port))


async def test_port_0_takes_a_free_one_and_says_which(tmp_path: Path) -> None:
    world = ApiWorld(tmp_path, port=0)
    running = asyncio.create_task(world.service.run())
    try:
        assert await world.service.wait_listening() > 0
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_every_answer_is_counted_by_status(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        await client.get("/opportunities")
        await client.get("/health")
        await client.get("/api/v1/quotes")
        await client.get("/api/v1/quotes?x=1")
        await client.get("/login")

        assert world.metrics.api_requests.counts == {"200": 3, "401": 2}
