"""What one process asks of another over Redis, all of them real: a test quote's whole way, and who is away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from private_ports import free_ports
from real_redis import RealRedis
from running_platform import wait_for
from services_apart import Services
from tradewind.identity import AccessTokens
from tradewind.kernel.clock import monotonic_s

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]

AU = "au2604.SHFE"


class Desk:
    """Services on a simulated market, and a client of each door."""

    def __init__(self, folder: Path, redis: RealRedis) -> None:
        token = AccessTokens(folder / "access.json").renew()
        self.quotes_port = free_ports(1)[0]
        simulator = (f"market.simulator.instruments={AU}", "market.simulator.warm_up_s=0", "market.simulator.rate=4")
        self.services = Services(folder, redis, f"quotes.port={self.quotes_port}", "services.ask_s=1", *simulator)
        bearer = {"Authorization": f"Bearer {token}"}
        base = f"http://127.0.0.1:{self.services.ports['api_port']}"
        self.api = httpx.Client(base_url=base, headers=bearer, timeout=10)
        self.quotes = httpx.Client(base_url=f"http://127.0.0.1:{self.quotes_port}", headers=bearer, timeout=10)

    def end(self) -> None:
        self.services.end()
        self.api.close()
        self.quotes.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / "redis"
    folder.mkdir()
    redis = RealRedis(folder)
    redis.start()
    desk = Desk(tmp_path, redis)
    try:
        yield desk
    finally:
        desk.end()
        redis.kill()


def answer(client: httpx.Client, path: str, method: str = "GET") -> Any:
    """Return the answer, `None` while nobody is there."""
    try:
        return client.request(method, path)
    except httpx.TransportError:
        return None


def test_a_test_quote_travels_from_the_quotes_port_through_the_market_and_back(desk: Desk) -> None:
    desk.services.start("market", "features", "quotes", "api")
    wait_for(lambda: (seen := answer(desk.api, f"/api/v1/quotes/{AU}")) and seen.is_success)
    # Without a name: the liveliest contract, once the port has heard of one.
    told = wait_for(lambda: (got := answer(desk.quotes, "/api/realtime/test")) and got.is_success and got)
    trip = told.json()
    assert (trip["status"], trip["instrument"]) == ("success", AU)
    assert trip["data"]["is_test"] is True
    assert 0 < trip["travelled_ms"] < 5_000
    named = desk.quotes.get("/api/realtime/test", params={"symbol": "au2604"})
    assert named.json()["seq"] > trip["seq"]
    with desk.services.redis.client as client:
        entries = [fields[b"payload"] for _, fields in client.xrange("dfp:clean_ticks")]
        marked = [payload for payload in entries if b'"quality_flags":["test"]' in payload]
        assert len(marked) == 2
        features = [fields[b"payload"] for _, fields in client.xrange("tradewind:features")]
        assert any(f'"seq":{trip["seq"]},'.encode() in payload for payload in features)
    sent = desk.api.post(f"/api/v1/quotes/{AU}/test")
    assert (sent.status_code, sent.json()["instrument_id"]) == (202, AU)
    assert desk.quotes.get("/api/realtime/test", params={"symbol": "gold"}).status_code == 404
    assert desk.api.post("/api/v1/quotes/gold.SHFE/test").status_code == 404
    too_long = desk.api.post(f"/api/v1/quotes/{'x' * 200}/test")
    assert (too_long.status_code, too_long.json()["error"]["code"]) == (404, "not_found")


def test_a_room_that_is_away_is_503_soon_and_shown_as_silent_while_the_others_answer(desk: Desk) -> None:
    desk.services.start("market", "strategies", "quotes", "api")
    wait_for(lambda: (got := answer(desk.api, "/api/v1/quality")) and got.is_success and got.json())
    wait_for(lambda: (got := answer(desk.api, "/api/v1/strategies")) and got.is_success)
    wait_for(lambda: (got := answer(desk.quotes, "/api/realtime/test")) and got.is_success)
    wait_for(lambda: services_of(desk)["market"]["is_healthy"] and services_of(desk)["quotes"]["is_healthy"])
    assert services_of(desk)["risk"]["state"] == "silent"
    desk.services.kill("market")
    begun_s = monotonic_s()
    away = desk.api.get("/api/v1/quality")
    assert monotonic_s() - begun_s < 4.0
    assert (away.status_code, away.json()["error"]["code"]) == (503, "transient")
    assert "market did not answer within 1 s" in away.json()["error"]["message"]
    lost = desk.quotes.get("/api/realtime/test", params={"symbol": "au2604"})
    assert (lost.status_code, lost.json()["error"]["code"]) == (503, "unavailable")
    assert desk.api.get("/api/v1/strategies").json()
    wait_for(lambda: services_of(desk)["market"]["state"] == "silent")
    report = desk.api.get("/api/v1/system").json()
    assert report["told_s"]["market"] > 4.0
    assert "last heard of" in services_of(desk)["market"]["last_error"]
    assert report["rates"]["ticks_in"] > 0


def services_of(desk: Desk) -> dict[str, dict[str, Any]]:
    """Return the rows of the system page, by service."""
    return {row["name"]: row for row in desk.api.get("/api/v1/system").json()["services"]}
