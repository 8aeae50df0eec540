"""Each event in order, without a hole and without a repeat, whatever the socket and the connection do."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from push_builders import EPOCH, FakeClient, FakeTimers, FakeWire, make_hub, make_opportunity, make_signal
from tradewind.bus.local import LocalBus
from tradewind.bus.topics import CLEAN_TICKS, OPPORTUNITIES, SIGNALS
from tradewind.domain.opportunity import OpportunityState
from tradewind.domain.rights import ADMINISTRATOR
from tradewind.kernel.metrics import Metrics
from tradewind.push.audience import Subscription
from tradewind.push.commands import Subscribe, read_command
from tradewind.push.settings import PushSettings

from builders import make_tick


class Reader:
    """A client of one topic in mode `every` that keeps what the protocol tells it to keep."""

    def __init__(self, stage: Stage, topic: str = "signals", instruments: list[str] | None = None) -> None:
        self._stage = stage
        self._topic = topic
        self._instruments = instruments
        self._client = FakeClient()
        self._subscription: Subscription | None = None
        self.offset: int | None = None
        self.base = 0
        self.events: list[dict[str, Any]] = []
        self.resets = 0
        self.recovered: list[bool] = []

    def connect(self, *, high: int = 0) -> None:
        """Subscribe on a new connection, resuming where the last one ended."""
        command: dict[str, Any] = {"op": "subscribe", "topic": self._topic, "mode": "every"}
        if self._instruments is not None:
            command["instruments"] = self._instruments
        if self.offset is not None:
            command["resume"] = {"epoch": EPOCH, "offset": self.offset}
        wish = read_command(json.dumps(command), PushSettings())
        assert isinstance(wish, Subscribe)
        client = self._client = FakeClient(FakeWire(high=high))
        subscription, offset, is_recovered = self._stage.hub.subscribe(client, wish, ADMINISTRATOR)
        self._subscription = subscription
        self.recovered.append(is_recovered)
        if not is_recovered:
            self.base, self.events = offset, []
        client.wire.on_full = self._park
        client.wire.on_drained = self._catch_up
        subscription.audience.catch_up(subscription)

    def disconnect(self) -> None:
        """Go away without reading what still waits."""
        if self._subscription is not None:
            self.read()
            self._subscription.audience.leave(self._subscription)
            self._subscription = None

    def stick(self) -> None:
        self._client.wire.stick()

    def drain(self) -> None:
        if self._subscription is not None:
            self._client.wire.drain()

    def read(self) -> None:
        """Take in what has arrived."""
        for message in self._client.messages():
            kind, data = message["type"], message.get("data", [])
            if kind == "snapshot":
                self.base, self.events = message["offset"], []
            elif kind == "delta":
                assert data, "an empty delta says nothing"
                self.events += data
            else:
                assert kind == "reset"
                self.resets += 1
            self.offset = message["offset"]
        self._client.wire.taken.clear()

    def _park(self) -> None:
        subscription = self._subscription
        self._client.is_paused = True
        if subscription is not None:
            subscription.audience.park(subscription)

    def _catch_up(self) -> None:
        subscription = self._subscription
        self._client.is_paused = False
        if subscription is not None:
            subscription.audience.catch_up(subscription)


class Stage:
    """A hub on a bus, a publisher of numbered signals, and the list of all of them."""

    def __init__(self, **changes: Any) -> None:
        self.timers = FakeTimers()
        self.metrics = Metrics()
        self.hub = make_hub(self.timers, self.metrics, **changes)
        bus = LocalBus()
        self.hub.attach(bus)
        self.publish_tick = bus.publisher(CLEAN_TICKS)
        self.publish_opportunity = bus.publisher(OPPORTUNITIES)
        self._publish = bus.publisher(SIGNALS)
        self.published: list[str] = []

    def signal(self, instrument_id: str = "IF2101.CFFEX") -> None:
        name = f"s{len(self.published) + 1}"
        self.published.append(name)
        self._publish(make_signal(signal_id=name, instrument_id=instrument_id))


def names(reader: Reader) -> list[str]:
    return [event["signal_id"] for event in reader.events]


def test_a_newcomer_gets_the_last_events_as_its_snapshot() -> None:
    stage = Stage(snapshot_events=2)
    for _ in range(3):
        stage.signal()
    reader = Reader(stage)
    reader.connect()
    (snapshot,) = reader._client.messages()
    assert [event["signal_id"] for event in snapshot["data"]] == ["s2", "s3"]
    assert (snapshot["offset"], snapshot["epoch"]) == (3, EPOCH)


def test_a_burst_goes_out_in_one_frame_with_the_offset_of_its_last_event() -> None:
    stage = Stage()
    reader = Reader(stage)
    reader.connect()
    for _ in range(5):
        stage.signal()
    stage.timers.turn()
    (_, delta) = reader._client.messages()
    assert ([event["signal_id"] for event in delta["data"]], delta["offset"]) == (["s1", "s2", "s3", "s4", "s5"], 5)


def test_an_event_published_but_not_yet_sent_is_not_told_twice_to_a_newcomer() -> None:
    stage = Stage()
    first, second = Reader(stage), Reader(stage)
    first.connect()
    stage.signal()
    second.connect()
    stage.signal()
    stage.timers.turn()
    first.read()
    second.read()
    assert names(first) == ["s1", "s2"]
    assert (second.base, names(second)) == (1, ["s2"])


def test_a_client_that_resumes_gets_just_what_it_missed() -> None:
    stage = Stage()
    reader = Reader(stage)
    reader.connect()
    stage.signal()
    stage.timers.turn()
    reader.disconnect()
    stage.signal()
    stage.signal()
    reader.connect()
    stage.signal()
    stage.timers.turn()
    reader.read()
    assert reader.recovered == [False, True]
    assert names(reader) == ["s1", "s2", "s3", "s4"]


def test_a_client_that_was_away_too_long_gets_a_snapshot_and_is_told_so() -> None:
    stage = Stage(kept_events=16)
    reader = Reader(stage)
    reader.connect()
    stage.signal()
    stage.timers.turn()
    reader.disconnect()
    for _ in range(20):
        stage.signal()
    reader.connect()
    assert reader.recovered == [False, False]
    reader.read()
    assert reader.base == 21


def test_a_slow_client_catches_up_from_the_log_without_a_hole() -> None:
    stage = Stage()
    slow, other = Reader(stage), Reader(stage)
    slow.connect()
    other.connect()
    slow.stick()
    for _ in range(50):
        stage.signal()
        stage.timers.turn()
    other.read()
    assert names(other) == stage.published
    slow.drain()
    slow.read()
    assert names(slow) == stage.published
    assert slow.resets == 0


def test_a_client_slower_than_the_log_is_reset_and_given_a_snapshot() -> None:
    stage = Stage(kept_events=16)
    slow = Reader(stage)
    slow.connect()
    slow.stick()
    for _ in range(50):
        stage.signal()
        stage.timers.turn()
    slow.drain()
    slow.read()
    assert (slow.resets, slow.base, names(slow)) == (1, 50, [])
    stage.signal()
    stage.timers.turn()
    slow.read()
    assert names(slow) == ["s51"]
    assert stage.metrics.push_dropped.counts["reset"] == 49


def test_a_burst_larger_than_the_log_resets_everybody_openly() -> None:
    stage = Stage(kept_events=16)
    reader = Reader(stage)
    reader.connect()
    for _ in range(40):
        stage.signal()
    stage.timers.turn()
    reader.read()
    assert (reader.resets, reader.base) == (1, 40)


def test_offsets_of_other_instruments_are_passed_over() -> None:
    stage = Stage()
    reader = Reader(stage, instruments=["au2512.SHFE"])
    reader.connect()
    for instrument_id in ("IF2101.CFFEX", "au2512.SHFE", "IF2101.CFFEX"):
        stage.signal(instrument_id)
        stage.timers.turn()
    reader.read()
    assert (names(reader), reader.offset) == (["s2"], 2)


def test_quotes_may_be_had_one_by_one_and_resumed() -> None:
    stage = Stage()
    reader = Reader(stage, topic="quotes")
    reader.connect()
    for seq in (1, 2, 3):
        stage.publish_tick(make_tick(seq=seq))
    stage.timers.turn()
    reader.disconnect()
    stage.publish_tick(make_tick(seq=4))
    reader.connect()
    reader.read()
    assert [event["seq"] for event in reader.events] == [1, 2, 3, 4]


def test_the_opportunity_snapshot_holds_the_open_ones() -> None:
    stage = Stage()
    stage.publish_opportunity(make_opportunity(opportunity_id="a"))
    stage.publish_opportunity(make_opportunity(opportunity_id="b"))
    stage.publish_opportunity(make_opportunity(opportunity_id="a", version=2, state=OpportunityState.CLOSED))
    reader = Reader(stage, topic="opportunities")
    reader.connect()
    (snapshot,) = reader._client.messages()
    assert [event["opportunity_id"] for event in snapshot["data"]] == ["b"]


def test_a_snapshot_leaves_out_the_oldest_where_they_do_not_fit_in_a_frame() -> None:
    stage = Stage(queued_bytes=65_536)
    for number in range(200):
        stage.publish_opportunity(make_opportunity(opportunity_id=f"o{number}"))
    reader = Reader(stage, topic="opportunities")
    reader.connect()
    (snapshot,) = reader._client.messages()
    assert snapshot["data"][-1]["opportunity_id"] == "o199"
    assert len(snapshot["data"]) < 200
    assert len(json.dumps(snapshot)) < 40_000


def test_what_waits_for_a_stuck_client_stays_bounded() -> None:
    stage = Stage(queued_bytes=65_536)
    slow = Reader(stage)
    slow.connect(high=16_384)
    slow.stick()
    for _ in range(2_000):
        stage.signal()
        stage.timers.turn()
    assert slow._client.wire.peak < 65_536
    slow.drain()
    slow.read()
    assert names(slow) == stage.published


class Play:
    """Three clients of one stage, and the steps that may befall them in any order."""

    def __init__(self, kept: int, instruments: list[str] | None) -> None:
        self.stage = Stage(kept_events=kept)
        self.readers = [Reader(self.stage, instruments=instruments) for _ in range(3)]
        self.wanted: list[tuple[int, str]] = []
        self._instruments = instruments
        self._connected = [False, False, False]

    def publish(self, count: int) -> None:
        for _ in range(5 * count):
            instrument_id = ("au2512.SHFE", "IF2101.CFFEX")[len(self.stage.published) % 2]
            self.stage.signal(instrument_id)
            if self._instruments is None or instrument_id in self._instruments:
                self.wanted.append((len(self.stage.published), self.stage.published[-1]))

    def turn(self, _index: int) -> None:
        self.stage.timers.turn()

    def stick(self, index: int) -> None:
        self.readers[index].stick()

    def drain(self, index: int) -> None:
        self.readers[index].drain()

    def drop(self, index: int) -> None:
        self.readers[index].disconnect()
        self._connected[index] = False

    def connect(self, index: int) -> None:
        if not self._connected[index]:
            self.readers[index].connect()
            self._connected[index] = True

    def end(self) -> None:
        for index, reader in enumerate(self.readers):
            self.connect(index)
            reader.drain()
        self.stage.timers.turn()
        for reader in self.readers:
            reader.read()


STEPS = st.lists(
    st.tuples(st.sampled_from(["publish", "turn", "stick", "drain", "drop", "connect"]), st.integers(0, 2)),
    max_size=80,
)


@given(STEPS, st.sampled_from([16, 64]), st.sampled_from([None, ["au2512.SHFE"]]))
@settings(max_examples=150, deadline=None)
def test_however_publishing_sending_and_losing_the_connection_interleave_a_client_ends_with_the_servers_events(
    steps: list[tuple[str, int]], kept: int, instruments: list[str] | None
) -> None:
    play = Play(kept, instruments)
    for step, index in steps:
        getattr(play, step)(index)
    play.end()
    for reader in play.readers:
        assert names(reader) == [name for offset, name in play.wanted if offset > reader.base]
