"""A replay with every room in a process of its own goes back as one process does: all begins anew, where it runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from real_redis import RealRedis
from services_apart import LINE, Services
from tradewind.bus.redis.keys import PASSAGE_KEY
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.settings import load
from tradewind.runtime.identity import access_tokens
from tradewind.runtime.replay import replay_file
from tradewind.runtime.settings import TradewindSettings

pytestmark = [pytest.mark.data, pytest.mark.timeout(180)]

DAY = "futures_tick/CFFEX.IF2101_20210104.parquet"
PATIENT = ("strategies.cpu_budget_us=0", "strategies.hang_ms=10000", "bus.max_len=200000")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RealRedis]:
    server = RealRedis(tmp_path)
    server.start()
    yield server
    server.kill()


class Replay:
    """The knobs of a replay whose rooms run apart, turned over REST."""

    def __init__(self, services: Services, folder: Path) -> None:
        token = access_tokens(load(TradewindSettings, flags=[f"data_dir={folder}"]).settings).renew()
        self.services = services
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{services.ports['api_port']}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=20,
        )

    def turn(self, verb: str, **body: object) -> dict[str, Any]:
        answer = self.client.post(f"/api/v1/replay/{verb}", json=body or None)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def wait(self, **wanted: object) -> dict[str, Any]:
        """Wait until the replay is as wanted and no longer on its way; nobody answers for it while it turns back."""
        until = monotonic_s() + 60
        told: dict[str, Any] = {}
        while monotonic_s() < until:
            try:
                answer = self.client.get("/api/v1/replay")
                told = answer.json() if answer.status_code == 200 else {}
            except httpx.HTTPError:
                told = {}
            if told and not told["is_seeking"] and all(told[name] == value for name, value in wanted.items()):
                return told
            time.sleep(0.1)
        raise AssertionError(told)

    def newest_quote_ns(self) -> int:
        """Return the time of the newest quote that the API shows; 0 before any."""
        return max((quote["ts_event"] for quote in self.client.get("/api/v1/quotes").json()), default=0)

    def wait_shown(self, earliest_ns: int, latest_ns: int) -> None:
        """Wait until what the API shows is of that time."""
        until = monotonic_s() + 20
        while not earliest_ns <= (newest := self.newest_quote_ns()) <= latest_ns:
            assert monotonic_s() < until, (earliest_ns, newest, latest_ns)
            time.sleep(0.1)


@pytest.fixture
def replay(request: pytest.FixtureRequest, tmp_path: Path, redis: RealRedis, data_dir: Path) -> Iterator[Replay]:
    shards, codec = request.param
    paused = ("market.source=replay", f"market.replay.path={data_dir / DAY}", "market.replay.start_paused=true")
    services = Services(tmp_path, redis, *PATIENT, *paused, f"bus.codec={codec}", shards=shards)
    services.start(*LINE, "market", "api")
    replay = Replay(services, tmp_path)
    yield replay
    replay.client.close()
    services.end()


@pytest.mark.parametrize("replay", [(1, "packed")], indirect=True)
def test_what_follows_a_place_behind_is_what_one_process_makes_of_the_day(replay: Replay, data_dir: Path) -> None:
    flags = ["market.source=replay", f"market.replay.path={data_dir / DAY}"]
    together = replay_file(load(TradewindSettings, flags=flags).settings)
    pids = {name: process.pid for name, process in replay.services.processes.items()}
    replay.wait()
    replay.turn("seek", percent=60)
    ahead = replay.wait()
    replay.wait_shown(ahead["ts"], ahead["ts"])
    told = replay.turn("seek", percent=30)
    assert told["is_seeking"]
    assert told["can_go_back"]
    behind = replay.wait(is_paused=True)
    assert 29.9 < behind["percent"] < 30.1
    assert behind["ts"] < ahead["ts"]
    # What the API shows is of that moment, though it never closed its door.
    replay.wait_shown(behind["ts"], behind["ts"])
    for kind in ("signals", "opportunities", "bars/IF2101.CFFEX"):
        events = replay.client.get(f"/api/v1/{kind}").json()
        assert all(event.get("ts_event", event.get("ts_open", 0)) <= behind["ts"] for event in events), kind
    replay.turn("speed", speed="max")
    replay.turn("resume")
    replay.wait(is_done=True)
    replay.services.wait_sha256(together.sha256)
    replay.turn("seek", percent=0)
    replay.wait(is_done=True)
    replay.services.wait_sha256(together.sha256)
    assert {name: process.pid for name, process in replay.services.processes.items()} == pids
    assert set(replay.services.stop().values()) == {0}


@pytest.mark.parametrize("replay", [(1, "packed")], indirect=True)
def test_a_market_killed_while_it_turns_back_is_followed_by_one_that_does_the_rest(
    replay: Replay, data_dir: Path
) -> None:
    flags = ["market.source=replay", f"market.replay.path={data_dir / DAY}"]
    together = replay_file(load(TradewindSettings, flags=flags).settings)
    replay.wait()
    replay.turn("seek", percent=50)
    replay.wait()
    replay.turn("seek", percent=10)
    with replay.services.redis.client as client:
        until = monotonic_s() + 10
        while not (client.get(PASSAGE_KEY) or b"").startswith(b"ended:"):
            assert monotonic_s() < until
            time.sleep(0.01)
        replay.services.kill("market")
        replay.services.start("market")
        replay.wait(ticks_played=0)
        assert client.get(PASSAGE_KEY).startswith(b"begun:")
    replay.turn("speed", speed="max")
    replay.turn("resume")
    replay.wait(is_done=True)
    replay.services.wait_sha256(together.sha256)


@pytest.mark.parametrize("replay", [(2, "packed")], indirect=True)
def test_a_split_line_goes_back_as_a_whole(replay: Replay) -> None:
    replay.wait()
    replay.turn("seek", percent=40)
    ahead = replay.wait()
    replay.wait_shown(ahead["ts"], ahead["ts"])
    begun_s = monotonic_s()
    replay.turn("seek", percent=20)
    behind = replay.wait(is_paused=True)
    replay.wait_shown(behind["ts"], behind["ts"])
    assert monotonic_s() - begun_s < 30
    assert "rooms_do_not_begin_anew" not in replay.services.said("market")
    assert set(replay.services.stop().values()) == {0}


def test_a_recorded_day_is_started_beside_the_live_line_by_the_process_of_rest(
    tmp_path: Path, redis: RealRedis, data_dir: Path
) -> None:
    services = Services(tmp_path, redis, f"market.replay.folder={data_dir / 'futures_tick'}")
    replay = Replay(services, tmp_path)
    services.start("market", "api")
    try:
        services.wait_connected(services.ports["api_port"])
        replay.client.get("/api/v1/session").raise_for_status()
        answer = replay.client.post("/api/v1/ops/replays", json={"day": "file:CFFEX.IF2101_20210104.parquet"})
        assert answer.status_code == 201, answer.text
        until = monotonic_s() + 60
        while (view := replay.client.get("/api/v1/ops/replays").json()[0])["state"] == "starting":
            assert monotonic_s() < until, view
            time.sleep(0.2)
        assert view["state"] == "playing", view
        # Whoever may come in here may come in there.
        address = view["url"].removesuffix("/market")
        beside = httpx.get(f"{address}/api/v1/replay", headers=replay.client.headers, timeout=20)
        assert beside.json()["can_go_back"] is True
        assert httpx.get(f"{address}/api/v1/replay", timeout=20).status_code == 401
        assert replay.client.delete(f"/api/v1/ops/replays/{view['id']}").status_code == 204
        assert replay.client.get("/api/v1/ops/replays").json()[0]["state"] == "ended"
    finally:
        replay.client.close()
        services.end()
