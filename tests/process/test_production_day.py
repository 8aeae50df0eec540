"""A day in production: everything apart, fed over ZeroMQ in three forms, each service killed, the outcome the same.

What is promised, and held here to the last bit: a killed service costs nothing and repeats nothing. Every output on the
streams, in order, is that of the embedded replay of the same recording; a client of push that is cut off goes on behind
the gateway without gap or repeat. One thing cannot be promised: ZeroMQ publishes at most once, so what is published
while the market's process is dead, or lies unread in it when it dies, is heard by nobody. That loss is one hole in the
feed and nothing else, which is a test of its own; the day itself kills the market between two forms of the feed.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from installation import Installation
from private_ports import free_ports
from push_follower import PushFollower
from real_redis import RealRedis
from running_platform import environment, wait_for
from services_apart import LINE, events_of, outputs_of, wait_sha256, wait_through
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain.tick import RawTick
from tradewind.kernel.settings import load
from tradewind.runtime.feed import ticks_of
from tradewind.runtime.replay import ReplayReport, replay_file
from tradewind.runtime.services import PROGRAMS
from tradewind.runtime.settings import TradewindSettings

pytestmark = [pytest.mark.process, pytest.mark.data, pytest.mark.timeout(180)]

RECORDING = "futures_tick/CFFEX.IF2101_20210104.parquet"
PART = 2_000
FORMS = ("protobuf", "csv", "json")
KILLED_DURING = (("features", "strategies", "signals"), ("risk", "push", "api"), ("quotes", "gateway"))
SPEED = "250"
"""500 quotes a second: a part takes five seconds."""
MIRRORED = 300
"""Entries that `market_data:<symbol>` keeps here; Redis trims by the hundred."""
PATIENT = ("strategies.cpu_budget_us = 0", "strategies.hang_ms = 10000")
"""No judging of strategies by the time they take: the outcome must not depend on how busy this machine is."""


class Desk:
    """One installation that is fed over ZeroMQ, and its Redis."""

    def __init__(self, folder: Path, server: RealRedis) -> None:
        self.redis = server
        self.feed_port = free_ports(1)[0]
        endpoint = f"tcp://127.0.0.1:{self.feed_port}"
        zeromq = (f'market.zeromq.endpoints = ["{endpoint}"]', 'market.zeromq.receive_time = "message"')
        self.installation = Installation(
            folder, server.url, 'market.source = "zeromq"', *zeromq, *PATIENT, bus=(f"mirror_len = {MIRRORED}",)
        )
        self.token = ""

    def start(self, *services: str) -> None:
        started = self.installation.call("start", *services)
        assert started.returncode == 0, started.stdout + started.stderr
        self.token = re.findall(r"/login#(\S+)", started.stdout)[0]

    def feed(self, file: Path, form: str, *, speed: str = SPEED, tail_s: int = 60) -> subprocess.Popen[str]:
        """Begin to publish a recording to the running system; it waits until the market has subscribed."""
        how = ("--format", form, "--speed", speed, "--bind", f"tcp://127.0.0.1:{self.feed_port}")
        more = ("--marks", "--wait-for", "1", "--json", "--set", f"market.replay.tail_s={tail_s}")
        return subprocess.Popen(
            [sys.executable, "-m", "tradewind", "feed", str(file), *how, *more],
            cwd=self.installation.folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def newest_seq(self) -> int:
        with self.redis.client as client:
            entries: Any = client.xrevrange("dfp:clean_ticks", count=1)
        return json.loads(entries[0][1][b"payload"])["seq"] if entries else 0

    def wait_seq(self, seq: int, feed: subprocess.Popen[str] | None = None) -> None:
        """Wait until so many ticks are through the market; with `feed`, while that still has more to come."""
        wait_for(lambda: self.newest_seq() >= seq)
        assert feed is None or feed.poll() is None, "the feed was over before the load was"


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> list[Path]:
    """The morning of a recorded day: whole, in three parts, and a few minutes more."""
    folder = tmp_path_factory.mktemp("day")
    rows = pl.read_parquet(data_dir / RECORDING)
    slices = [rows[: 3 * PART], *(rows[n * PART : (n + 1) * PART] for n in range(3)), rows[3 * PART : 3 * PART + 600]]
    files = [folder / f"{name}.parquet" for name in ("whole", "first", "second", "third", "more")]
    for file, piece in zip(files, slices, strict=True):
        piece.write_parquet(file)
    return files


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RealRedis]:
    started = RealRedis(tmp_path)
    started.start()
    yield started
    started.kill()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Everything there is, started once for the tests of this file that leave it running."""
    server = RealRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    desk = Desk(tmp_path_factory.mktemp("installation"), server)
    try:
        desk.start()
        yield desk
    finally:
        desk.installation.end()
        server.kill()


def test_each_service_is_killed_under_load_and_the_outcome_is_that_of_one_process(
    desk: Desk, parts: list[Path]
) -> None:
    whole, *pieces, _ = parts
    together = embedded(whole)
    follower = PushFollower(desk.installation.gateway_port, desk.token)
    follower.start()
    assert follower.is_following.wait(timeout=20)
    try:
        for number, (piece, form, killed) in enumerate(zip(pieces, FORMS, KILLED_DURING, strict=True)):
            is_last = number == len(FORMS) - 1
            feed = desk.feed(piece, form, tail_s=60 if is_last else 0)
            for turn, service in enumerate(killed, start=1):
                desk.wait_seq(number * PART + turn * PART // 5, feed)
                desk.installation.kill(service)
            published = finished(feed)["published"]
            assert published == PART
            desk.wait_seq((number + 1) * PART - together.rejected.get("off_session", 0))
            wait_through(desk.redis)
            if not is_last:
                desk.installation.kill("market")
        wait_sha256(desk.redis, together.sha256)
        written = [(each["id"], each["version"]) for each in payloads(desk.redis, "dfp:opportunities")]
        wait_for(lambda: len(follower.heard) >= len(written))
    finally:
        follower.end()

    keys = [(key, topic) for key, topic, _ in outputs_of(desk.redis)]
    assert len(set(keys)) == len(keys)
    assert follower.heard == written
    assert len(written) == together.opportunities > 50
    assert follower.recovered[0] is False
    assert len(follower.recovered) > 1
    assert all(follower.recovered[1:])
    rows = wait_for(lambda: (found := desk.installation.status())["code"] == 0 and found["services"])
    assert {name: row["state"] for name, row in rows.items()} == dict.fromkeys(PROGRAMS, "running")
    the_edges_say_the_same(desk, written)


def the_edges_say_the_same(desk: Desk, written: Sequence[tuple[str, int]]) -> None:
    """Ask the API and the quotes web, both killed on the way, through the gateway."""
    newest = dict(written)
    origin, headers = f"http://127.0.0.1:{desk.installation.gateway_port}", {"Authorization": f"Bearer {desk.token}"}
    with httpx.Client(base_url=origin, headers=headers, timeout=10) as client:
        wait_for(lambda: client.get("/gateway/health").status_code == 200)
        shown = client.get("/opportunities").json()
        assert shown
        assert all(newest[each["id"]] == each["version"] for each in shown)
        assert client.get("/api/v1/quotes").json()[0]["seq"] == desk.newest_seq()
        assert client.get("/api/instruments", params={"search": "IF2101"}).status_code == 200


def test_a_redis_client_of_an_older_system_sees_each_documented_key_while_it_runs(
    desk: Desk, parts: list[Path]
) -> None:
    channels = ("dfp:features", "dfp:opportunities:ws", "dfp:risk_alerts", "market_data")
    with desk.redis.client as client, client.pubsub() as listener:
        listener.subscribe(*channels)
        assert {listener.get_message(timeout=2)["channel"].decode() for _ in channels} == set(channels)
        feed = desk.feed(parts[-1], "csv")
        # The flow, as 001's programs ask for it: whatever comes after now.
        followed: Any = client.xread({"market_data:IF2101": "$"}, block=20_000)
        finished(feed)
        wait_through(desk.redis)
        latest: Any = client.xrevrange("market_data:IF2101", count=1)
        heard = all_messages(listener)
        kept = client.xlen("market_data:IF2101")

    ((key, [(_, first), *_]),) = followed
    assert key == b"market_data:IF2101"
    flat = (
        *(b"timestamp", b"last_price", b"volume", b"bid_price", b"ask_price"),
        *(b"bid_volume", b"ask_volume", b"high_price", b"low_price", b"open_price"),
    )
    ((_, newest),) = latest
    assert tuple(first) == tuple(newest) == flat
    assert all(float(value) > 0 for value in newest.values())
    assert int(newest[b"timestamp"]) > int(first[b"timestamp"])
    assert MIRRORED <= kept < MIRRORED + 200

    quote = heard["market_data"][-1]
    assert (quote["data_type"], quote["instrument_id"], quote["exchange_id"]) == ("market_tick", "IF2101", "CFFEX")
    assert quote["last_price"] == float(newest[b"last_price"])
    tick = payloads(desk.redis, "dfp:clean_ticks")[-1]
    assert {"symbol", "price", "volume", "bid_price", "ask_price", "timestamp", "quality_flags"} <= tick.keys()
    assert tick["price"] == quote["last_price"]
    windows = heard["dfp:features"][-1]
    assert all({"symbol", "window", "timestamp", "price", "change_percent"} <= each.keys() for each in windows)
    signal = payloads(desk.redis, "dfp:strategy_signals")[-1]
    assert {"strategy", "symbol", "signal_type", "confidence", "strength_score", "reasons"} <= signal.keys()
    opportunity, message = payloads(desk.redis, "dfp:opportunities")[-1], heard["dfp:opportunities:ws"][-1]
    assert message == {"type": "opportunity", "payload": {key: opportunity[key] for key in message["payload"]}}
    alert = heard["dfp:risk_alerts"][-1]
    assert alert["type"] == "risk_alert"
    assert {"symbol", "risk_type", "severity", "message", "triggered_at"} <= alert["payload"].keys()


def test_it_is_stopped_and_nothing_is_left(desk: Desk) -> None:
    installation = desk.installation
    ports = [*installation.ports.values(), installation.gateway_port, installation.quotes_port]
    assert installation.processes()
    stopped = installation.call("stop")
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr
    assert [line.split() for line in stopped.stdout.splitlines()] == [[name, "stopped"] for name in PROGRAMS]
    assert installation.processes() == {}
    for port in ports:
        socket.create_server(("127.0.0.1", port)).close()


def test_a_market_killed_under_load_loses_one_hole_of_the_feed_and_nothing_else(
    tmp_path: Path, server: RealRedis, parts: list[Path]
) -> None:
    desk = Desk(tmp_path, server)
    try:
        desk.start("market", *LINE)
        feed = desk.feed(parts[0], "json")
        desk.wait_seq(500, feed)
        before = desk.newest_seq()
        desk.installation.kill("market")
        desk.wait_seq(before + 300, feed)
        # However long it took: enough has been fed, and the rest closes the day.
        feed.terminate()
        fed = pl.read_parquet(parts[0])[: finished(feed)["published"] + 100]
        fed[-100:].write_parquet(rest := tmp_path / "rest.parquet")
        finished(desk.feed(rest, "json"))
        wait_for(lambda: events_of(server, CLEAN_TICKS)[-1][1].volume == fed["total_volume"][-1])
        wait_through(server)
        heard = {tick.ts_event for _, tick in events_of(server, CLEAN_TICKS)}
        fed.write_parquet(whole := tmp_path / "fed.parquet")
        times = [RawTick._make(raw).ts_event for raw in ticks_of(replaying(whole), 0)]
        lost = [number for number, ts_event in enumerate(times) if ts_event not in heard and ts_event > min(heard)]
        assert lost
        assert lost == list(range(lost[0], lost[-1] + 1))
        fed.with_row_index().filter(~pl.col("index").is_in(lost)).drop("index").write_parquet(whole)
        wait_sha256(server, embedded(whole).sha256)
    finally:
        desk.installation.end()


def embedded(file: Path) -> ReplayReport:
    """Send a recording through the line in this process."""
    return replay_file(replaying(file))


def replaying(file: Path) -> TradewindSettings:
    return load(TradewindSettings, flags=["market.source=replay", f"market.replay.path={file}"]).settings


def finished(feed: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for the end of a feed; return its report."""
    output, errors = feed.communicate(timeout=60)
    assert feed.returncode == 0, errors
    report: dict[str, Any] = json.loads(output)
    return report


def payloads(server: RealRedis, key: str) -> list[dict[str, Any]]:
    """Return the JSON of every entry of a stream, each of which has the one field 003 knows."""
    with server.client as client:
        entries: Any = client.xrange(key)
    assert all(list(fields) == [b"payload"] for _, fields in entries)
    return [json.loads(fields[b"payload"]) for _, fields in entries]


def all_messages(listener: Any) -> dict[str, list[Any]]:
    """Return what has come on each channel, read as JSON."""
    heard: dict[str, list[Any]] = {}
    while message := listener.get_message(timeout=0.5):
        heard.setdefault(message["channel"].decode(), []).append(json.loads(message["data"]))
    return heard
