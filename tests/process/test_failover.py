"""The master of Redis is lost and a replica takes over that lacks the newest entries; every server is real."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from real_sentinels import SERVICE, Sentinels
from services_apart import LINE, Services, newest_seq
from signal_follower import Follower
from tradewind.bus.redis.keys import EPOCH_KEY
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.settings import load
from tradewind.runtime.identity import access_tokens
from tradewind.runtime.settings import TradewindSettings

pytestmark = [pytest.mark.data, pytest.mark.timeout(180)]

DAY = "futures_tick/CFFEX.IF2101_20210104.parquet"


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Sentinels]:
    found = Sentinels(tmp_path)
    found.start()
    yield found
    found.kill()


@pytest.fixture
def services(tmp_path: Path, servers: Sentinels, data_dir: Path) -> Iterator[Services]:
    for server in (servers.master, servers.replica):
        with server.client as client:
            client.acl_setuser(
                "line", enabled=True, passwords=["+se@cret"], channels=["*"],
                keys=["dfp:*", "tradewind:*", "market_data*"], categories=["+@all", "-@admin", "-@dangerous"],
            )  # fmt: skip
    replay = ("market.source=replay", f"market.replay.path={data_dir / DAY}", "market.replay.speed=100")
    url = f"bus.url=redis+sentinel://line:se%40cret@{servers.places}/{SERVICE}/0"
    flags = ("strategies.cpu_budget_us=0", "bus.timeout_s=1", "bus.codec=packed")
    started = Services(tmp_path, servers.master, *replay, url, *flags)
    yield started
    started.end()


async def test_the_services_follow_a_failover_count_what_it_lost_and_send_nothing_twice(
    services: Services, servers: Sentinels, tmp_path: Path
) -> None:
    token = access_tokens(load(TradewindSettings, flags=[f"data_dir={tmp_path}"]).settings).renew()
    services.start(*LINE, "market", "push")
    follower = Follower(services.ports["push_port"], token)
    following = asyncio.create_task(follower.follow())
    try:
        await asyncio.to_thread(_until, lambda: _newest(services) > 1_500)
        assert follower.news
        lost = await asyncio.to_thread(_fail_over, services, servers)
        assert lost > 50
        services.redis = servers.master
        for name in ("market", *LINE, "push"):
            await asyncio.to_thread(services.wait_connected, services.ports[f"{name}_health"])
        reached, heard = _newest(services), len(follower.news)
        await asyncio.to_thread(_until, lambda: _newest(services) > reached + 3_000)
        await asyncio.to_thread(_until, lambda: len(follower.news) > heard + 5)
    finally:
        following.cancel()
        await asyncio.wait([following])
    assert len(set(follower.news)) == len(follower.news)
    with servers.master.client as client:
        epoch = client.get(EPOCH_KEY).decode()
        gaps = [json.loads(fields[b"payload"]) for key in client.keys("*:gaps") for _, fields in client.xrange(key)]
    # Two turns of one life: nothing was emptied, and what counts by the streams has begun anew.
    assert epoch.partition(".")[0] == follower.epochs[0]
    assert follower.epochs[-1] == epoch != follower.epochs[0]
    assert {gap["reason"] for gap in gaps} == {"stream_lost"}
    assert {gap["group"] for gap in gaps} & {*LINE, "push"}
    outputs = [(key, topic) for key, topic, _ in services.outputs()]
    assert len(set(outputs)) == len(outputs)
    assert set(services.stop().values()) == {0}


def _fail_over(services: Services, servers: Sentinels) -> int:
    """Cut the replica off, let the line go on for a while, kill the master; return how many ticks that lost."""
    with servers.replica.client as replica, servers.master.client as master:
        # A replica that stood still would find in its socket what was sent before; one that is shut out lacks it.
        replica.config_set("masteruser", "nobody")
        replica.config_set("masterauth", "nothing")
        master.client_kill_filter(_type="replica")
        kept = newest_seq(servers.replica)
        _until(lambda: _newest(services) > kept + 300)
    reached = _newest(services)
    servers.master.kill()
    servers.wait_promoted()
    return reached - kept


def _newest(services: Services) -> int:
    return newest_seq(services.redis)


def _until(is_so: Callable[[], bool]) -> None:
    until = monotonic_s() + 60
    while not is_so():
        assert monotonic_s() < until
        time.sleep(0.05)
