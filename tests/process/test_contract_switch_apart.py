"""C-001-7 with the market and the API in processes of their own: the API asks, the market switches, the keys follow."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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
            assert len(last_of(client, "au2604.SHFE")) == 1
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


def test_what_a_crash_in_a_switch_has_left_is_gone_after_the_next_start(tmp_path: Path, redis: RealRedis) -> None:
    """The file names the new contract; the old one's key is there, and risk still waits for its quotes."""
    flags = (
        "market.simulator.warm_up_s=0",
        "market.simulator.rate=4",
        "risk.stale_after_s=1",
        "risk.stale_intervals=1",
    )
    services = Services(tmp_path, redis, *flags)
    services.start("features", "strategies", "signals", "risk")
    services.start_as("market", "market", "market.simulator.instruments=au2604.SHFE,IF2603.CFFEX")
    try:
        with redis.client as client:
            wait(lambda: bool(client.exists("market_data:au2604")), timeout_s=30)
            client.xadd("market_data:theirs", {"note": 1})
            services.wait_connected(services.ports["risk_health"])
            services.kill("market")
            entry = {"main_contract": "IF2603", "contract_multiplier": 300, "exchange": "CFFEX", "last_update": "x"}
            (tmp_path / "market_config.json").write_text(json.dumps({"market_data": entry}))
            services.start_as("market", "market", "market.simulator.instruments=IF2603.CFFEX")
            wait(lambda: not client.exists("market_data:au2604"), timeout_s=30)
            wait(lambda: bool(last_of(client, "au2604.SHFE")), timeout_s=10)
            assert client.exists("market_data:theirs")
            wait(lambda: client.smembers("tradewind:bus:mirrored") == {b"IF2603.CFFEX"}, timeout_s=10)
            ended = last_of(client, "au2604.SHFE")[0]
            # Long enough on the line that its silence would be told several times over.
            wait(lambda: newest_ms(client) - int(ended.partition(b"-")[0]) > 5_000, timeout_s=30)
            services.wait_through()
        after = [
            event
            for key, topic, event in services.outputs()
            if topic == "risk_alerts"
            and event.instrument_id == "au2604.SHFE"
            and key[0] >= int(ended.partition(b"-")[0])
        ]
        assert after == []
    finally:
        services.end()


def last_of(client: Any, instrument_id: str) -> list[bytes]:
    """Return the ids of the ticks that end a contract on the line."""
    wanted = f'"instrument_id":"{instrument_id}"'.encode()
    return [
        entry_id
        for entry_id, fields in client.xrange("dfp:clean_ticks")
        if b'"quality_flags":["last"]' in fields[b"payload"] and wanted in fields[b"payload"]
    ]


def newest_ms(client: Any) -> int:
    ((entry_id, _),) = client.xrevrange("dfp:clean_ticks", count=1)
    return int(entry_id.partition(b"-")[0])
