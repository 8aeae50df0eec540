"""The live feed as the API tells of it, the market in its process or in another: the same doors, the same alarm."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import zmq

from feed_builders import golden_json
from real_redis import RealRedis
from running_platform import Running, wait_for
from services_apart import Services
from tradewind.identity import AccessTokens

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]

PICKLED = b"\x80\x04\x95\x1e\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x0cInstrumentID\x94\x8c\x06au2602\x94s."
FEED, QUARANTINE = "/api/v1/market/feed", "/api/v1/market/feed/quarantine"


@pytest.fixture(params=["together", "apart"])
def api(request: pytest.FixtureRequest, tmp_path: Path, start: Callable[..., Running]) -> Iterator[httpx.Client]:
    """Return a client of an API whose market hears `ipc://…/feed`, round the clock."""
    flags = (
        *("market.source=zeromq", f"market.zeromq.endpoints=ipc://{tmp_path}/feed", "market.zeromq.absent_s=0.3"),
        *("market.calendar=round_the_clock", "market.zeromq.silence_s=1", "market.zeromq.timer_step_ms=20"),
    )
    if request.param == "together":
        with start(tmp_path, *flags).client() as client:
            yield client
        return
    redis_folder = tmp_path / "redis"
    redis_folder.mkdir()
    redis = RealRedis(redis_folder)
    redis.start()
    token = AccessTokens(tmp_path / "access.json").renew()
    services = Services(tmp_path, redis, *flags)
    services.start("market", "api")
    base = f"http://127.0.0.1:{services.ports['api_port']}"
    try:
        with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=10) as client:
            wait_for(lambda: state_of(client) is not None)
            market = f"http://127.0.0.1:{services.ports['market_health']}/health"
            alarm = wait_for(lambda: httpx.get(market).json()["feed_alarm"])
            assert alarm["state"] == "absent"
            yield client
    finally:
        services.end()
        redis.kill()


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Any]:
    context: zmq.Context[Any] = zmq.Context()
    socket = context.socket(zmq.PUB)
    yield lambda: socket.bind(f"ipc://{tmp_path}/feed") and socket
    context.destroy(linger=0)


def state_of(client: httpx.Client) -> str | None:
    try:
        answer = client.get(FEED)
    except httpx.TransportError:
        return None
    return answer.json()["state"] if answer.is_success else None


def alarm_of(client: httpx.Client, path: str = "/health") -> dict[str, Any]:
    alarm: dict[str, Any] = client.get(path).json().get("feed_alarm") or {}
    return alarm


def test_an_absent_feeder_a_feed_that_flows_what_it_spoils_and_its_silence(api: httpx.Client, publisher: Any) -> None:
    wait_for(lambda: alarm_of(api).get("state") == "absent")
    assert "no publisher answers" in alarm_of(api, "/gateway/health")["message"]
    told = api.get("/api/v1/system").json()
    assert told["feed_alarm"]["state"] == "absent"
    assert "feed absent" in next(row["last_error"] for row in told["services"] if row["name"] == "market")
    assert api.get(QUARANTINE).json() == []

    socket = publisher()

    def is_flowing() -> bool:
        socket.send_multipart([b"MARKET_DATA", golden_json()])
        socket.send_multipart([b"MARKET_DATA", PICKLED])
        return state_of(api) == "flowing"

    wait_for(is_flowing)
    wait_for(lambda: is_flowing() and not alarm_of(api))
    feed = api.get(FEED).json()
    assert feed["endpoints"][0].startswith("ipc://")
    assert feed["connected"] == 1
    assert feed["variants"]
    assert feed["refused"]["pickle"] == feed["quarantined"] > 0
    assert feed["silence_limit_s"] == 1.0
    newest, *older = api.get(QUARANTINE, params={"limit": 2}).json()
    assert [frame["number"] for frame in older] == [newest["number"] - 1]
    assert (newest["reason"], newest["size"], newest["topic"]) == ("pickle", len(PICKLED), "MARKET_DATA")
    assert bytes.fromhex(newest["head_hex"]) == PICKLED
    assert "InstrumentID" in newest["head_text"]

    wait_for(lambda: alarm_of(api).get("state") == "silent")
    assert api.get(FEED).json()["is_alarm"] is True
    assert json.loads(api.get("/health").text)["status"] == "ok"


def test_a_market_that_nobody_hears_of_is_told_by_those_who_show_its_prices(tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    folder.mkdir()
    redis = RealRedis(folder)
    redis.start()
    token = AccessTokens(tmp_path / "access.json").renew()
    services = Services(tmp_path, redis, "market.simulator.warm_up_s=0", "services.ask_s=1")
    services.start("market", "api")
    base = f"http://127.0.0.1:{services.ports['api_port']}"

    def state() -> str:
        try:
            answer = client.get("/api/v1/system")
        except httpx.HTTPError:
            return ""
        if not answer.is_success:
            return ""
        alarm = answer.json()["feed_alarm"]
        return "none" if alarm is None else str(alarm["state"])

    try:
        with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=10) as client:
            wait_for(lambda: state() == "none", patience_s=60)
            services.kill("market")
            wait_for(lambda: state() == "cut", patience_s=30)
            services.start("market")
            wait_for(lambda: state() == "none", patience_s=60)
            redis.kill()
            wait_for(lambda: state() == "cut", patience_s=30)
    finally:
        services.end()
        redis.kill()
