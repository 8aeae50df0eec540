"""A recording fed over ZeroMQ comes to the same opportunities, byte for byte, as its direct replay (C-000-1)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from tradewind.feeder.publisher import FeedPublisher
from tradewind.feeder.service import Feeder, FeedPlan
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.settings import load
from tradewind.runtime.digest import OutputDigest
from tradewind.runtime.feed import ticks_of
from tradewind.runtime.replay import replay_file
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.wiring import build_line, build_source

from waiting import eventually


def settings(*flags: str) -> TradewindSettings:
    loaded = load(TradewindSettings, file=None, environ={}, flags=list(flags)).settings
    # The outcome must not depend on how fast this machine is.
    patient = msgspec.structs.replace(loaded.strategies, cpu_budget_us=0, hang_ms=10_000)
    return msgspec.structs.replace(loaded, strategies=patient)


@pytest.mark.data
@pytest.mark.parametrize("form", ["protobuf", "csv", "json"])
async def test_the_outcome_of_a_feed_equals_the_replay_s(tmp_path: Path, data_dir: Path, form: str) -> None:
    file = data_dir / "futures_tick" / "CFFEX.IF2101_20210104.parquet"
    recorded = settings("market.source=replay", f"market.replay.path={file}")
    expected = replay_file(recorded)
    raws = list(ticks_of(recorded, 0))
    end_ns = raws[-1][2] + 60 * NS_PER_S
    endpoint = f"ipc://{tmp_path}/feed"
    fed = settings("market.source=zeromq", f"market.zeromq.endpoints={endpoint}", "market.zeromq.receive_time=message")
    line = build_line(fed, metrics=Metrics())
    digest = OutputDigest(line.bus)
    line.attach()
    bridge = asyncio.create_task(build_source(fed, line, metrics=line.metrics).run(line.intake))
    publisher = FeedPublisher(endpoint, queue=1000, is_lossless=True)
    try:
        plan = FeedPlan(form=form, speed="max", subscribers=1, has_marks=True)
        report = await Feeder(plan, publisher, session=1).run(raws)
        assert report.published == expected.ticks_in
        await eventually(lambda: line.intake.counts().ticks_in == expected.ticks_in)
        # The feed's last mark lets the tail pass, as the replay does.
        await eventually(lambda: line.clock.now_ns() == end_ns)
    finally:
        bridge.cancel()
        with pytest.raises(asyncio.CancelledError):
            await bridge
        publisher.close()
    line.detach()
    assert expected.opportunities > 0
    assert digest.hexdigest() == expected.sha256
