"""The bridge and the feeder over real ZeroMQ sockets (C-000-1)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import zmq

from feed_builders import GOLDEN_TICK, NOW_NS, golden_csv, golden_json, golden_protobuf
from sources_builders import KeepingIntake
from tradewind.domain.tick import RawTick
from tradewind.errors import ConfigError, PortTakenError
from tradewind.feeder.formats import FORMATS
from tradewind.feeder.publisher import FeedPublisher
from tradewind.feeder.service import Feeder, FeedPlan
from tradewind.kernel.clock import FakeClock
from tradewind.kernel.metrics import Metrics
from tradewind.market.calendar import ExchangeCalendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.feed_watch import FeedState
from tradewind.market.sources.replay import ReplaySource
from tradewind.market.sources.settings import ReplaySettings, ZeromqSettings
from tradewind.market.sources.zeromq import ZeromqSource

from waiting import eventually

TABLE = InstrumentTable()
FAST: dict[str, Any] = {"reconnect_ms": 10, "reconnect_max_ms": 20, "timer_step_ms": 10}
RECORDINGS = ("CFFEX.IF2101_20210104.parquet", "SHFE.cu1909_L5_200ticks.parquet")


class Bridge:
    """A running source and what came of it."""

    def __init__(self, clock: FakeClock, **settings: Any) -> None:
        self.clock = clock
        self.metrics = Metrics()
        self.intake = KeepingIntake()
        self.source = ZeromqSource(
            ZeromqSettings(**{**FAST, **settings}),
            instruments=TABLE,
            find_symbol=TABLE.find_symbol,
            calendar=ExchangeCalendar(),
            is_round_the_clock=False,
            usual_hours=("night_0230",),
            metrics=self.metrics,
            clock=clock,
        )


@asynccontextmanager
async def running(endpoint: str, clock: FakeClock | None = None, **settings: Any) -> AsyncIterator[Bridge]:
    bridge = Bridge(clock or FakeClock(NOW_NS), endpoints=(endpoint,), **settings)
    task = asyncio.create_task(bridge.source.run(bridge.intake))
    try:
        yield bridge
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.fixture
def endpoint(tmp_path: Path) -> str:
    return f"ipc://{tmp_path}/feed"


class Pub:
    """A publisher as other people write them."""

    def __init__(self, endpoint: str) -> None:
        self._context: zmq.Context[Any] = zmq.Context()
        self.socket: zmq.Socket[Any] = self._context.socket(zmq.XPUB)
        self.socket.bind(endpoint)

    async def subscribed(self) -> None:
        await eventually(lambda: bool(self.socket.poll(0)))
        self.socket.recv()

    def close(self) -> None:
        self._context.destroy(linger=0)


@pytest.fixture
def pub(endpoint: str) -> Any:
    publisher = Pub(endpoint)
    yield publisher
    publisher.close()


async def test_messages_of_every_form_on_one_connection_become_ticks(endpoint: str, pub: Pub) -> None:
    async with running(endpoint) as bridge:
        await pub.subscribed()
        for body in (golden_protobuf(), golden_csv().encode(), golden_json()):
            pub.socket.send_multipart([b"MARKET_DATA", body])
        pub.socket.send(b"au2602 " + golden_json())
        await eventually(lambda: len(bridge.intake.ticks) == 4)
        assert [tuple(tick) for tick in bridge.intake.ticks] == [tuple(GOLDEN_TICK)] * 4
        await eventually(lambda: bridge.metrics.feed_messages.counts == {"protobuf": 1, "csv": 1, "json_snake": 2})
        assert bridge.source.status().framings == {"topic+body": 3, "body": 1}


async def test_bad_messages_are_counted_and_kept_and_the_good_go_on(endpoint: str, pub: Pub) -> None:
    async with running(endpoint, max_frame_bytes=4096) as bridge:
        await pub.subscribed()
        for frames in ([b"rubbish"], [b"a"] * 9, [b"T", b"{" * 5000], [b"T", golden_protobuf()[:30]]):
            pub.socket.send_multipart(frames)
        pub.socket.send_multipart([b"T", golden_protobuf()])
        await eventually(lambda: len(bridge.intake.ticks) == 1)
        refused = {"unknown_form": 1, "frames": 1, "oversized": 1, "truncated": 1}
        await eventually(lambda: bridge.metrics.feed_refused.counts == refused)
        assert [frame.reason.value for frame in bridge.source.quarantined()] == list(reversed(refused))


async def test_the_bridge_reconnects_when_the_publisher_comes_back(endpoint: str) -> None:
    async with running(endpoint) as bridge:
        for count in (1, 2):
            publisher = Pub(endpoint)
            await publisher.subscribed()
            publisher.socket.send_multipart([b"T", golden_protobuf()])
            await eventually(lambda count=count: len(bridge.intake.ticks) == count)  # type: ignore[misc]
            await eventually(lambda: bridge.source.status().connected == 1)
            publisher.close()
            await eventually(lambda: bridge.source.status().connected == 0)
        connections = bridge.source.status().connections
        assert (connections["connected"], connections["lost"]) == (2, 2)


async def test_only_asked_for_topics_and_symbols_come(endpoint: str, pub: Pub) -> None:
    async with running(endpoint, topics=("MARKET_DATA",), symbols=("au*",)) as bridge:
        await pub.subscribed()
        pub.socket.send_multipart([b"OTHER", golden_protobuf()])
        pub.socket.send_multipart([b"MARKET_DATA", golden_json(instrument_id="cu2602")])
        pub.socket.send_multipart([b"MARKET_DATA", golden_json()])
        await eventually(lambda: len(bridge.intake.ticks) == 1)
        assert (bridge.source.status().messages, bridge.source.status().filtered) == (2, 1)


async def test_a_mute_publisher_is_an_alarm_and_its_connection_is_made_anew(endpoint: str, pub: Pub) -> None:
    async with running(endpoint, silence_s=30, reopen_s=5) as bridge:
        await pub.subscribed()
        pub.socket.send_multipart([b"T", golden_protobuf()])
        await eventually(lambda: bridge.source.status().state is FeedState.FLOWING)
        bridge.clock.advance(31)
        await eventually(lambda: bridge.source.status().is_alarm)
        await eventually(lambda: bridge.metrics.feed_alarm.values[""] == 1.0)
        await eventually(lambda: bridge.source.status().connections.get("reopened") == 1)
        await eventually(lambda: bridge.source.status().connected == 1)
        assert bridge.source.status().state is FeedState.SILENT

        def flows_again() -> bool:
            pub.socket.send_multipart([b"T", golden_protobuf()])
            return bridge.source.status().state is FeedState.FLOWING

        await eventually(flows_again)


async def test_an_absent_publisher_is_told_after_a_while(endpoint: str) -> None:
    async with running(endpoint, absent_s=10) as bridge:
        await eventually(lambda: bool(bridge.intake.advances))
        bridge.clock.advance(11)
        await eventually(lambda: bridge.source.status().state is FeedState.ABSENT)
        assert bridge.source.status().is_alarm


async def test_line_time_moves_on_while_nothing_comes(endpoint: str) -> None:
    async with running(endpoint) as bridge:
        await eventually(lambda: bool(bridge.intake.advances))
        bridge.clock.advance(1)
        await eventually(lambda: bridge.intake.clock.now_ns() == NOW_NS + 1_000_000_000)


async def test_a_flood_leaves_others_their_turn(endpoint: str, pub: Pub) -> None:
    async with running(endpoint, turn_messages=16) as bridge:
        await pub.subscribed()
        for _ in range(500):
            pub.socket.send_multipart([b"T", golden_protobuf()])
        await eventually(lambda: len(bridge.intake.ticks) > 0)
        turns = 0
        while len(bridge.intake.ticks) < 500:
            await asyncio.sleep(0)
            turns += 1
        assert turns > 3


@pytest.mark.parametrize("endpoint", ["tcp://no port", "tcp://127.0.0.1:99999999"])
async def test_an_endpoint_that_is_none_is_refused_by_name(endpoint: str) -> None:
    bridge = Bridge(FakeClock(NOW_NS), endpoints=(endpoint,))
    with pytest.raises(ConfigError, match=r"market\.zeromq\.endpoints"):
        await bridge.source.run(bridge.intake)


def test_a_taken_port_is_told_with_the_remedy() -> None:
    first = FeedPublisher("tcp://127.0.0.1:*", queue=10, is_lossless=True)
    try:
        with pytest.raises(PortTakenError, match="--bind"):
            FeedPublisher(first.address, queue=10, is_lossless=True)
        with pytest.raises(ConfigError, match="--bind"):
            FeedPublisher("nonsense", queue=10, is_lossless=True)
    finally:
        first.close()


def direct(path: Path) -> list[RawTick]:
    source = ReplaySource(ReplaySettings(path=str(path)), instruments=TABLE)
    return [RawTick._make(raw) for raw in source.ticks()]


async def through_the_wire(endpoint: str, raws: list[RawTick], form: str, **plan: Any) -> Bridge:
    publisher = FeedPublisher(endpoint, queue=1000, is_lossless=True)
    feeder = Feeder(
        FeedPlan(**{"form": form, "speed": "max", "subscribers": 1, "has_marks": True, **plan}), publisher, session=1
    )
    try:
        async with running(endpoint, receive_time="message", receive_queue=1000) as bridge:
            report = await feeder.run(raws)
            assert (report.published, report.unsendable, report.dropped) == (len(raws), 0, 0)
            await eventually(lambda: len(bridge.intake.ticks) >= len(raws))
            if plan.get("has_marks", True):
                end_ns = raws[-1].ts_recv + 60 * 1_000_000_000
                await eventually(lambda: bridge.intake.clock.now_ns() == end_ns)
            return bridge
    finally:
        publisher.close()


NO_TRADING_DAY = {"json-tqsdk", "json-rtn-data"}
FULL = [form for form in FORMATS if form not in {"json-vnpy", "json-short", "words"}]


@pytest.mark.data
@pytest.mark.parametrize("form", FULL)
async def test_a_recording_through_feed_and_bridge_equals_its_direct_replay(
    endpoint: str, data_dir: Path, form: str
) -> None:
    raws = direct(data_dir / "futures_tick" / RECORDINGS[0])[:4000]
    expected = [raw._replace(trading_day=0) for raw in raws] if form in NO_TRADING_DAY else raws
    bridge = await through_the_wire(endpoint, raws, form)
    assert [RawTick._make(tick) for tick in bridge.intake.ticks] == expected
    assert bridge.source.status().missing == 0
    assert bridge.source.status().refused == {}


@pytest.mark.data
@pytest.mark.parametrize("name", RECORDINGS)
async def test_whole_recordings_with_five_levels_too_come_through_tick_for_tick(
    endpoint: str, data_dir: Path, name: str
) -> None:
    raws = direct(data_dir / "futures_tick" / name)
    bridge = await through_the_wire(endpoint, raws, "protobuf")
    # The wire counts in ms.
    expected = [raw._replace(ts_event=raw.ts_event // 1_000_000 * 1_000_000) for raw in raws]
    assert [RawTick._make(tick) for tick in bridge.intake.ticks] == expected


@pytest.mark.data
async def test_without_marks_a_quote_is_received_at_its_own_time(endpoint: str, data_dir: Path) -> None:
    raws = direct(data_dir / "futures_tick" / RECORDINGS[0])[:500]
    bridge = await through_the_wire(endpoint, raws, "csv", has_marks=False)
    assert [RawTick._make(tick) for tick in bridge.intake.ticks] == raws
