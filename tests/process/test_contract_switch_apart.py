"""C-001-7 with the market and the API in processes of their own: the API asks, the market switches, the keys follow."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from real_redis import RealRedis
from services_apart import Services
from tradewind.identity import AccessTokens
from tradewind.kernel.clock import monotonic_s

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RealRedis]:
    folder = tmp_path / "redis"
    folder.mkdir()
    server = RealRedis(folder)
    server.start()
    yield server
    server.kill()


def is_serving(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=1).status_code == 200
    except httpx.TransportError:
        return False


def wait(condition: Callable[[], bool], *, timeout_s: float) -> float:
    """Return how long it took until the condition held."""
    begun_s = monotonic_s()
    while not condition():
        assert monotonic_s() - begun_s < timeout_s
    return monotonic_s() - begun_s


def test_the_new_contract_is_in_redis_within_a_second_and_the_old_one_is_gone(tmp_path: Path, redis: RealRedis) -> None:
    token = AccessTokens(tmp_path / "access.json").renew()
    flags = (
        "market.simulator.instruments=au2604.SHFE,IF2603.CFFEX",
        "market.simulator.warm_up_s=0",
        "market.simulator.rate=4",
        "log.level=info",
    )
    services = Services(tmp_path, redis, *flags)
    url = f"http://127.0.0.1:{services.ports['api_port']}/api/v1/main-contract"
    headers = {"authorization": f"Bearer {token}"}
    services.start("market", "api")
    try:
        services.wait_connected(services.ports["market_health"])
        wait(lambda: is_serving(services.ports["api_port"]), timeout_s=30)
        with redis.client as client:
            wait(lambda: bool(client.exists("market_data:au2604")), timeout_s=30)
            first = httpx.post(url, json={"symbol": "au2604"}, headers=headers, timeout=10)
            assert first.status_code == 200, first.text
            answer = httpx.post(url, json={"symbol": "au2608", "expected": "au2604"}, headers=headers, timeout=10)
            assert (answer.status_code, answer.json()["is_subscribed"]) == (200, True)
            assert wait(lambda: bool(client.exists("market_data:au2608")), timeout_s=5) < 1.0
            assert not client.exists("market_data:au2604")
            written = json.loads((tmp_path / "market_config.json").read_text())["market_data"]
            assert (written["main_contract"], written["exchange"]) == ("au2608", "SHFE")
            refused = httpx.post(url, json={"symbol": "gold"}, headers=headers, timeout=10)
            assert refused.status_code == 404
            services.kill("market")
            away = httpx.post(url, json={"symbol": "au2604"}, headers=headers, timeout=15)
            assert away.status_code == 503
            assert "Nothing was done" in away.json()["error"]["message"]
        assert "main_contract_switched" in (tmp_path / "market.log").read_text()
    finally:
        services.end()
