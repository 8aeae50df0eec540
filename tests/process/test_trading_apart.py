"""The order line in a process of its own trades as in one process; whatever is killed, nothing is doubled or lost."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection

from private_ports import free_ports
from real_redis import RealRedis
from running_platform import wait_for
from tradewind.domain.opportunity import OpportunityState
from tradewind.kernel.clock import NS_PER_S, SystemClock
from trading_apart import AU, TradingApart, opportunity_of

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]
MISSED = "tradewind_desk_opportunities_missed_total"


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RealRedis]:
    folder = tmp_path / "redis"
    folder.mkdir()
    server = RealRedis(folder)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def made(tmp_path: Path, redis: RealRedis) -> Iterator[Callable[..., TradingApart]]:
    """Return a function that makes an installation with more settings."""
    found: list[TradingApart] = []

    def make(*flags: str) -> TradingApart:
        found.append(TradingApart(tmp_path, redis, *flags))
        return found[-1]

    yield make
    for each in found:
        each.end()


@pytest.fixture
def apart(made: Callable[..., TradingApart]) -> TradingApart:
    """The market, the order line, push and api, each in a process of its own; the desk knows a price."""
    apart = made()
    apart.start("market", "push", "trading", "api")
    apart.wait_quote()
    return apart


def next_frame(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """Return the next frame of this kind."""
    while (frame := json.loads(socket.recv(timeout=20)))["type"] != kind:
        pass
    found: dict[str, Any] = frame
    return found


def has_fills(apart: TradingApart, count: int) -> bool:
    """Tell whether so many fills are on record."""
    return len(apart.fills()) >= count


def wait_fills(apart: TradingApart, count: int) -> None:
    """Wait until so many fills are on record: what is shown before is gone with a process that is killed in between."""
    wait_for(lambda: has_fills(apart, count))


def revive(apart: TradingApart) -> None:
    """Kill the order line as a crash would, and start it again."""
    apart.services.kill("trading")
    apart.start("trading")
    apart.wait_quote()


@pytest.mark.parametrize("form", [("bus.codec=packed",), ("bus.shards=2",)], ids=["packed", "split"])
def test_a_plan_trades_in_every_form_of_the_line(made: Callable[..., TradingApart], form: tuple[str, ...]) -> None:
    apart = made(*form)
    apart.start("market", "features", "strategies", "signals", "push", "trading", "api")
    apart.wait_quote()
    line = {"instrument_id": AU, "side": "buy", "quantity": 2}
    assert apart.post("/api/v1/instructions", {"account_id": "paper", "lines": [line]}).is_success
    apart.wait_lots(2)
    wait_for(lambda: apart.shown_lots() == apart.positions() == {("", "long"): 2, ("/", "long"): 2})


def test_a_plan_trades_on_an_opportunity_and_a_client_of_push_sees_each_step(apart: TradingApart) -> None:
    with apart.push() as socket:
        for topic in ("orders", "fills", "positions", "triggers"):
            socket.send(json.dumps({"op": "subscribe", "topic": topic}))
        apart.run_plan()
        apart.offer(opportunity_of("o1"))
        heard: dict[str, list[dict[str, object]]] = {}
        while not {"orders", "fills", "positions", "triggers"} <= heard.keys():
            frame = json.loads(socket.recv(timeout=20))
            if frame["type"] == "delta":
                heard.setdefault(frame["topic"], []).extend(frame["data"])
    apart.wait_lots(1, book="/rise")
    assert heard["fills"][0]["quantity"] == 1
    assert apart.shown_lots() == apart.positions() == {("", "long"): 1, ("/rise", "long"): 1}
    (order,) = apart.shown("orders")
    assert (order["status"], order["version"]) == ("filled", apart.get("/api/v1/orders")[0]["version"])
    assert [each["cause"] for each in apart.triggers()] == ["o1"]
    rows = apart.get("/api/v1/records/trades")["rows"]
    assert len(rows) == 1


def test_a_client_of_push_goes_on_where_it_was_after_push_was_killed(apart: TradingApart) -> None:
    with apart.push() as socket:
        socket.send(json.dumps({"op": "subscribe", "topic": "orders"}))
        told = next_frame(socket, "subscribed")
    apart.services.kill("push")
    apart.run_plan()
    apart.offer(opportunity_of("o1"))
    apart.wait_lots(1)
    apart.services.start("push")
    with apart.push() as socket:
        resume = {"epoch": told["epoch"], "offset": told["offset"]}
        socket.send(json.dumps({"op": "subscribe", "topic": "orders", "mode": "every", "resume": resume}))
        assert next_frame(socket, "subscribed")["recovered"]
        versions = [each["version"] for each in next_frame(socket, "delta")["data"]]
    assert versions == sorted(set(versions))
    assert versions[0] == 1
    apart.services.kill("api")
    apart.services.start("api")
    apart.wait_open()
    assert apart.positions()["", "long"] == 1


def test_what_was_heard_before_a_restart_is_not_traded_again_and_what_was_missed_only_while_it_holds(
    apart: TradingApart,
) -> None:
    apart.run_plan()
    apart.run_plan("other", strategies=["nobody"])
    apart.offer(opportunity_of("traded"))
    apart.wait_lots(1)
    apart.offer(opportunity_of("over", side="sell", state=OpportunityState.CLOSED, version=2))
    # Heard and left alone: the plan holds this contract already.
    apart.offer(opportunity_of("left"))
    line = {"instrument_id": AU, "side": "sell", "quantity": 1, "intent": "close"}
    wish = {"account_id": "paper", "lines": [line], "strategy": "rise"}
    assert apart.post("/api/v1/instructions", wish).is_success
    apart.wait_lots(0)
    wait_fills(apart, 2)
    apart.wait_noted()
    apart.services.kill("trading")
    now_ns = SystemClock().now_ns()
    apart.offer(opportunity_of("expired", expires_at=now_ns))
    apart.offer(opportunity_of("begun and ended"))
    apart.offer(opportunity_of("begun and ended", state=OpportunityState.CLOSED, version=2))
    apart.start("trading")
    wait_for(lambda: apart.counted(MISSED) == {"expired": 1, "closed": 1}, patience_s=60)
    apart.wait_quote()
    assert [each["cause"] for each in apart.triggers()] == ["traded"]
    assert "opportunity_missed" in apart.services.said("trading")
    apart.wait_noted()
    apart.services.kill("trading")
    apart.offer(opportunity_of("holds"))
    apart.offer(opportunity_of("holds", version=2, state=OpportunityState.ACTIVE))
    apart.start("trading")
    apart.wait_lots(1)
    wait_fills(apart, 3)
    revive(apart)
    revive(apart)
    apart.offer(opportunity_of("traded", version=3, state=OpportunityState.ACTIVE))
    apart.offer(opportunity_of("last", side="sell", expires_at=SystemClock().now_ns() - 5 * NS_PER_S))
    wait_for(lambda: apart.counted(MISSED).get("expired") == 1)
    assert [each["cause"] for each in apart.triggers()] == ["traded", "holds"]
    assert apart.positions()["/rise", "long"] == 1
    assert len(apart.fills()) == 3


def test_an_end_that_was_missed_closes_what_was_held_and_one_that_was_heard_closes_nothing_again(
    apart: TradingApart,
) -> None:
    apart.run_plan()
    apart.offer(opportunity_of("first"))
    apart.wait_lots(1)
    wait_fills(apart, 1)
    apart.services.kill("trading")
    apart.offer(opportunity_of("first", state=OpportunityState.CLOSED, version=2))
    apart.start("trading")
    apart.wait_lots(0)
    apart.offer(opportunity_of("second"))
    apart.wait_lots(1)
    wait_fills(apart, 3)
    revive(apart)
    revive(apart)
    apart.wait_lots(1)
    assert [(each["cause"], each["action"]) for each in apart.triggers()] == [
        ("first", "buy"), ("first", "close"), ("second", "buy"),
    ]  # fmt: skip


def test_system_004_has_its_channels_and_tables_from_the_order_line_apart_and_after_its_death(
    apart: TradingApart,
) -> None:
    line = {"instrument_id": AU, "side": "buy", "quantity": 2}
    wish = {"account_id": "paper", "lines": [line]}
    with apart.push("/hsapi/ws/trade_statistic/") as channel:
        assert next_frame(channel, "snapshot")["data"] == []
        assert apart.post("/api/v1/instructions", wish).is_success
        (told,) = next_frame(channel, "update")["data"]
    assert (told["account_id"], told["instrument_id"], told["quantity"]) == ("paper", AU, 2)
    apart.wait_lots(2)
    wait_fills(apart, 1)
    revive(apart)
    wait_for(lambda: [row["quantity"] for row in apart.channel("trade_statistic")] == [2])
    assert [row["current_position"] for row in apart.channel("pos") if row["is_account_total"]] == [2]
    answer = apart.post("/hsapi/wsapp/data/all/", {"c_instrument_id": AU})
    assert answer.status_code == 200, answer.text
    tables = answer.json()["data"]
    assert [row["quantity"] for row in tables["trade_statistic"]] == [2]
    assert {row["current_position"] for row in tables["strategy_position"]} == {2}
    assert "desk_copies_begin_anew" not in apart.services.said("trading")


def test_killed_again_and_again_under_load_it_doubles_nothing_and_forgets_nothing(
    made: Callable[..., TradingApart],
) -> None:
    apart = made("execution.lost_after_s=1", "execution.unknown_after_s=1", "pretrade.duplicates=50")
    apart.start("market", "push", "trading", "api")
    apart.wait_quote()
    assert apart.post("/api/v1/cash", {"account_id": "paper", "amount": "100000000"}).is_success
    for number in range(6):
        apart.run_plan(f"p{number}")
    commands = 0
    for number in range(4):
        before = len(apart.fills())
        apart.offer(opportunity_of(f"o{number}"))
        line = {"instrument_id": AU, "side": "buy", "quantity": 1}
        wish = {"account_id": "paper", "lines": [line]}
        assert apart.post("/api/v1/instructions", wish, key=f"k{number}").is_success
        wait_for(partial(has_fills, apart, before + min(number, 1)))
        apart.services.kill("trading")
        apart.start("trading")
        again = apart.post("/api/v1/instructions", wish, key=f"k{number}")
        assert again.json()["instruction_id"] == f"M:k{number}"
        commands += 1
    apart.wait_quote()
    wait_for(lambda: all(each["result"] != "pending" for each in apart.triggers()), patience_s=60)
    # An order that a kill found on its way stays with the instruction that it belongs to, done or given up.
    wait_for(lambda: not apart.get("/api/v1/orders?live=true"), patience_s=60)
    told = wait_for(lambda: apart.get("/api/v1/instructions"), patience_s=60)
    instructions = [each["instruction_id"] for each in told]
    assert sorted(name for name in instructions if name.startswith("M:")) == [f"M:k{n}" for n in range(commands)]
    assert len({each["trigger_id"] for each in apart.triggers()}) == len(apart.triggers())
    fills = apart.fills()
    keys = [(fill["account_id"], fill["instrument_id"], fill["side"], fill["fill_id"]) for fill in fills]
    assert len(set(keys)) == len(keys)
    held = apart.positions()
    assert held["", "long"] == apart.recorded_lots() == len(fills)
    wait_for(lambda: apart.shown_lots() == apart.positions())
    assert {each["request"]["client_order_id"] for each in apart.shown("orders")} == {
        each["request"]["client_order_id"] for each in apart.get("/api/v1/orders")
    }
    assert len(apart.shown("fills")) == len(fills)
    # What is told is on record first, so no kill left anything there that never was.
    assert "desk_copies_begin_anew" not in apart.services.said("trading")
    assert set(apart.services.stop().values()) == {0}


def test_without_redis_the_desk_guards_what_it_has_and_views_are_whole_when_redis_is_back_empty(
    apart: TradingApart, redis: RealRedis
) -> None:
    apart.run_plan()
    apart.offer(opportunity_of("o1"))
    apart.wait_lots(1)
    redis.kill()
    wait_for(lambda: apart.health().get("bus") == "degraded")
    refused = apart.api.get("/api/v1/positions")
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "transient")
    stopped = apart.post("/api/v1/emergency-stop", {"confirm": "STOP", "reason": "no redis"})
    assert stopped.status_code == 200
    assert (stopped.json()["state"]["mode"], stopped.json()["state"]["reason"]) == ("halted", "no redis")
    assert stopped.json()["state"]["actor"] == "administrator"
    wait_for(lambda: apart.recorded("SELECT count(*) FROM journal WHERE kind = 'trading_states'")[0][0] == 1)
    redis.start()
    apart.wait_open()
    wait_for(lambda: [each["mode"] for each in apart.shown("trading_states")] == ["halted"])
    wait_for(lambda: apart.shown_lots() == apart.positions() == {("", "long"): 1, ("/rise", "long"): 1})
    assert [each["is_active"] for each in apart.shown("plans")] == [False]
    assert len(apart.shown("fills")) == 1
    assert apart.get("/api/v1/trading-states")[0]["mode"] == "halted"
    released = {"mode": "active", "scope": "platform", "phrase": "RESUME PLATFORM"}
    assert apart.post("/api/v1/trading-states", released).is_success
    assert not (apart.folder / "EMERGENCY_STOP").exists()
    wait_for(lambda: [each["mode"] for each in apart.shown("trading_states")] == ["active"])


def test_redis_emptied_while_all_runs_leaves_nobody_with_a_stale_view(apart: TradingApart, redis: RealRedis) -> None:
    apart.run_plan()
    apart.offer(opportunity_of("o1"))
    apart.wait_lots(1)
    with redis.client as client:
        client.flushall()
    apart.services.kill("push")
    apart.services.start("push")
    wait_for(lambda: apart.shown_lots() == apart.positions() == {("", "long"): 1, ("/rise", "long"): 1})
    wait_for(lambda: len(apart.shown("orders")) == len(apart.shown("plans")) == 1)
    apart.wait_quote()
    assert [each["cause"] for each in apart.triggers()] == ["o1"]


def test_an_emergency_stop_that_reaches_nobody_says_so_and_one_that_reaches_only_the_file_is_kept(
    apart: TradingApart,
) -> None:
    apart.services.kill("trading")
    refused = apart.post("/api/v1/emergency-stop", {"confirm": "STOP"})
    assert refused.status_code == 503
    assert "none trades from this data folder" in refused.json()["error"]["message"]
    assert not (apart.folder / "EMERGENCY_STOP").exists()
    (apart.folder / "EMERGENCY_STOP").touch()
    apart.start("trading")
    assert apart.get("/api/v1/trading-states")[0]["mode"] == "halted"


def test_of_two_processes_one_trades_and_the_other_stands_by_until_it_is_gone(apart: TradingApart) -> None:
    (port,) = free_ports(1)
    apart.services.start_as("trading-2", "trading", f"services.trading_health={port}")
    first = apart.services.ports["trading_health"]
    apart.services.ports["trading_health"] = port
    wait_for(lambda: apart.health().get("bus") == "standby", patience_s=30)
    assert apart.health()["status"] == "ok"
    assert "is kept by" in apart.health()["reason"]
    apart.run_plan()
    apart.offer(opportunity_of("o1"))
    apart.wait_lots(1)
    wait_fills(apart, 1)
    apart.wait_noted()
    apart.services.kill("trading")
    wait_for(lambda: apart.health().get("bus") == "connected", patience_s=60)
    apart.wait_quote()
    apart.offer(opportunity_of("o1", version=2, state=OpportunityState.ACTIVE))
    apart.offer(opportunity_of("o1", version=3, state=OpportunityState.CLOSED))
    wait_for(lambda: [each["cause"] for each in apart.triggers()] == ["o1", "o1"], patience_s=60)
    apart.wait_lots(0)
    apart.services.ports["trading_health"] = first


def test_one_that_stood_still_until_another_took_over_ends_instead_of_going_on(
    made: Callable[..., TradingApart],
) -> None:
    apart = made("store.lease_s=2")
    apart.start("market", "push", "trading", "api")
    apart.wait_quote()
    stalled = apart.services.processes["trading"]
    os.kill(stalled.pid, signal.SIGSTOP)
    (port,) = free_ports(1)
    apart.services.start_as("trading-2", "trading", f"services.trading_health={port}")
    first, apart.services.ports["trading_health"] = apart.services.ports["trading_health"], port
    wait_for(lambda: apart.health().get("bus") == "connected", patience_s=60)
    os.kill(stalled.pid, signal.SIGCONT)
    assert stalled.wait(timeout=30) == 1
    assert "another process has taken over the journal" in apart.services.said("trading")
    del apart.services.processes["trading"]
    apart.wait_open()
    apart.services.ports["trading_health"] = first


def test_another_record_behind_the_same_redis_leaves_no_trace_of_the_one_before(apart: TradingApart) -> None:
    apart.run_plan()
    apart.offer(opportunity_of("o1"))
    apart.wait_lots(1)
    wait_fills(apart, 1)
    wait_for(lambda: apart.shown_lots() == {("", "long"): 1, ("/rise", "long"): 1})
    apart.services.kill("trading")
    for file in apart.folder.glob("tradewind.db*"):
        file.unlink()
    (apart.folder / "anchors.jsonl").unlink(missing_ok=True)
    apart.start("trading")
    wait_for(lambda: "desk_copies_begin_anew" in apart.services.said("trading"))
    wait_for(lambda: apart.shown("plans") == [] and apart.shown_lots() == {} and apart.shown("orders") == [])
    assert apart.get("/api/v1/positions") == []


def test_without_an_order_line_nothing_of_it_runs_and_its_routes_say_why(made: Callable[..., TradingApart]) -> None:
    apart = made("trading.enabled=false")
    apart.services.start("api", "trading")
    answer = wait_for(lambda: _asked(apart))
    assert answer.json()["error"]["message"].startswith("there is no trading desk here: trading.enabled is off")
    assert apart.services.processes.pop("trading").wait(timeout=20) == 1
    assert "trading.enabled is off" in apart.services.said("trading")


def _asked(apart: TradingApart) -> httpx.Response | None:
    try:
        return apart.api.get("/api/v1/accounts")
    except httpx.TransportError:
        return None
