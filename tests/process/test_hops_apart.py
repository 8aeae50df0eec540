"""With the rooms apart an opportunity's record says how long each leg was, whatever form the line has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from real_redis import RealRedis
from running_platform import wait_for
from services_apart import LINE
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S, SystemClock
from trading_apart import TradingApart

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]
_JITTER_NS = 50 * NS_PER_MS
"""How far a virtual machine's wall clock may be set back between two readings."""
# They answer when everybody listens.
_STRATEGIES = """
import msgspec
from tradewind.domain.signal import Signal


class Eager:
    name = "eager"

    class Params(msgspec.Struct):
        pass

    def __init__(self, params):
        self.seen = 0

    def on_features(self, snapshot):
        self.seen += 1
        return Signal(snapshot.instrument_id, "eager", "buy", 0.5, 50.0) if self.seen == 600 else None


class Patient(Eager):
    name = "patient"

    def on_features(self, snapshot):
        self.seen += 1
        return Signal(snapshot.instrument_id, "patient", "buy", 0.5, 50.0) if self.seen == 640 else None
"""


@pytest.fixture(params=["json", "packed"])
def apart(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TradingApart]:
    folder, strategies = tmp_path / "redis", tmp_path / "strategies"
    folder.mkdir()
    strategies.mkdir(mode=0o700)
    (strategies / "two.py").write_text(_STRATEGIES, encoding="utf-8")
    redis = RealRedis(folder)
    redis.start()
    flags = (f"bus.codec={request.param}", f"strategies.folder={strategies}", "strategies.enabled=[]")
    found = TradingApart(tmp_path, redis, *flags, "market.simulator.rate=20")
    yield found
    found.end()
    redis.kill()


def test_the_record_has_every_leg_of_each_strategy_and_the_system_how_long_each_room_takes(apart: TradingApart) -> None:
    begun_ns = SystemClock().now_ns()
    apart.start(*LINE, "trading", "api", "market")

    def kept() -> dict[str, Any] | None:
        rows = (apart.get("/api/v1/records/opportunities?limit=1") or {"rows": []})["rows"]
        return rows[0]["evidence"] if rows and len((rows[0]["evidence"] or {"ways": ()})["ways"]) == 2 else None

    wait_for(lambda: kept() is not None, patience_s=90)
    evidence = kept()
    assert evidence is not None
    assert [way["strategy"] for way in evidence["ways"]] == ["eager", "patient"]
    for way in evidence["ways"]:
        times = way["times"]
        assert begun_ns < times["ts_told"] <= times["ts_features"] <= times["ts_heard"] + NS_PER_MS
        assert times["ts_heard"] <= times["ts_made"] <= times["ts_merged"] + _JITTER_NS
        # The simulator goes by a clock of its own, which runs ahead where the machine's is set back a little.
        assert abs(times["ts_told"] - times["ts_recv"]) < 10 * NS_PER_S
    assert evidence["ways"][0]["times"]["ts_merged"] <= evidence["heard_at"] + _JITTER_NS
    wait_for(lambda: rooms_measured(apart) >= set(LINE), patience_s=30)


def rooms_measured(apart: TradingApart) -> set[str]:
    return {hop["room"] for hop in (apart.get("/api/v1/system") or {"hops": []})["hops"] if hop["p50_us"] > 0}
