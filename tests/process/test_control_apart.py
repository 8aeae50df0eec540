"""The control server with services apart: asked through api over Redis, heard at push, shared by two instances."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from old_module import OldModule, register
from private_ports import free_ports
from real_redis import RealRedis
from running_platform import wait_for
from services_apart import Services
from tradewind.identity.tokens import AccessTokens

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]


def is_success(client: httpx.Client, path: str) -> bool:
    try:
        return client.get(path).is_success
    except httpx.TransportError:
        return False


def is_online(address: str) -> bool:
    try:
        with httpx.Client() as client:
            return client.get(f"http://{address}/module/online").is_success
    except httpx.TransportError:
        return False


async def fetch(args: dict[str, Any]) -> Any:
    return {"stored": len(args["codes"])}


def heard(url: str, headers: dict[str, str], job_id: str) -> dict[str, Any]:
    """Return the first that push tells of a job that has ended."""
    with connect(url, additional_headers=headers, proxy=None) as socket:
        socket.send(json.dumps({"op": "subscribe", "topic": "jobs"}))
        while True:
            said = json.loads(socket.recv(timeout=20))
            for job in said.get("data", ()):
                if job["job_id"] == job_id and job["state"] == "done":
                    found: dict[str, Any] = job
                    return found


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RealRedis]:
    folder = tmp_path / "redis"
    folder.mkdir()
    server = RealRedis(folder)
    server.start()
    yield server
    server.kill()


async def test_a_job_sent_to_api_is_done_by_a_module_of_any_instance_and_heard_at_push(
    tmp_path: Path, redis: RealRedis
) -> None:
    one, two, other_health = free_ports(3)
    token = AccessTokens(tmp_path / "access.json").renew()
    services = Services(tmp_path, redis, "control.enabled=true", f"control.port={one}", "control.look_s=0.05")
    headers = {"Authorization": f"Bearer {token}"}
    try:
        services.start("control", "api", "push")
        services.start_as("control2", "control", f"control.port={two}", f"services.control_health={other_health}")
        address = f"127.0.0.1:{services.ports['api_port']}"
        with httpx.Client(base_url=f"http://{address}", headers=headers, timeout=20) as client:
            await asyncio.to_thread(wait_for, partial(is_success, client, "/api/v1/modules"), patience_s=60)
            for port in (one, two):
                await asyncio.to_thread(wait_for, partial(is_online, f"127.0.0.1:{port}"), patience_s=60)
            answer = await asyncio.to_thread(register, f"127.0.0.1:{one}")
            module = OldModule(f"127.0.0.1:{two}", answer["result"]["hash"], fetch)
            running = asyncio.create_task(module.run())
            body, key = {"plan": {"codes": ["TSLA.US"]}}, {"idempotency-key": "one"}
            sent = await asyncio.to_thread(partial(client.post, "/api/v1/jobs", json=body, headers=key))
            job_id = sent.json()["job_id"]
            url = f"ws://127.0.0.1:{services.ports['push_port']}/ws"
            job = await asyncio.to_thread(heard, url, headers, job_id)
            assert (job["done"], job["origin"]) == (1, "api")
            servers = (await asyncio.to_thread(client.get, "/api/v1/control-servers")).json()["servers"]
            assert sorted(server["modules"] for server in servers) == [0, 1]
            running.cancel()
        codes = await asyncio.to_thread(services.stop)
        assert set(codes.values()) == {0}
    finally:
        services.end()
