"""The order line apart on MariaDB, as in production: it trades, can be stopped with the database dead, and goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from real_mariadb import PASSWORD, RealMariaDb
from real_redis import RealRedis
from running_platform import wait_for
from trading_apart import TradingApart, opportunity_of

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[RealMariaDb]:
    folder = tmp_path / "mariadb"
    folder.mkdir()
    server = RealMariaDb(folder)
    server.start()
    server.make_database("tw_apart")
    yield server
    server.kill()


@pytest.fixture
def apart(tmp_path: Path, database: RealMariaDb) -> Iterator[TradingApart]:
    folder = tmp_path / "redis"
    folder.mkdir()
    redis = RealRedis(folder)
    redis.start()
    store = (f"store.url={database.url('tw_apart')}", f"store.password={PASSWORD}", "store.connect_s=1")
    apart = TradingApart(tmp_path, redis, *store)
    yield apart
    apart.end()
    redis.kill()


def test_it_trades_is_stopped_with_database_and_redis_dead_and_loses_nothing(
    apart: TradingApart, database: RealMariaDb
) -> None:
    assert apart.command("db", "upgrade").returncode == 0
    apart.start("market", "push", "trading", "api")
    apart.wait_quote()
    apart.run_plan()
    apart.offer(opportunity_of("o1"))
    apart.wait_lots(1)
    wait_for(lambda: len((apart.get("/api/v1/records/trades") or {"rows": []})["rows"]) == 1)
    apart.services.kill("trading")
    apart.start("trading")
    assert apart.positions()["/rise", "long"] == 1
    database.kill()
    refused = wait_for(lambda: (got := apart.post("/api/v1/plans/rise/stop")).status_code == 503 and got, patience_s=60)
    assert refused.json()["error"]["code"] == "transient"
    stopped = apart.post("/api/v1/emergency-stop", {"confirm": "STOP", "reason": "no database"})
    assert (stopped.status_code, stopped.json()["state"]["mode"]) == (200, "halted")
    wait_for(lambda: [each["mode"] for each in apart.shown("trading_states")] == ["halted"])
    apart.redis.kill()
    wait_for(lambda: apart.health().get("bus") == "degraded")
    told = apart.command("halt", "--scope", "strategy", "--key", "rise", "--timeout", "20")
    assert "the running process has confirmed it" in told.stdout, told.stdout + told.stderr
    apart.redis.start()
    database.start()
    apart.wait_open()
    wait_for(lambda: apart.health().get("status") == "ok" and not apart.health()["services"][0]["last_error"])
    states = {each["scope"]: each["mode"] for each in apart.get("/api/v1/trading-states")}
    assert states == {"platform": "halted", "strategy": "halted"}
    wait_for(lambda: apart.shown_lots() == apart.positions() == {("", "long"): 1, ("/rise", "long"): 1})
    rows = wait_for(lambda: apart.get("/api/v1/records/journal?limit=1000"))["rows"]
    assert [row["kind"] for row in rows].count("fills") == 1
    assert [row["kind"] for row in rows].count("trading_states") == 2
