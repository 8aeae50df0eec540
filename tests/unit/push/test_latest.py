"""Conflation: the newest value per key, at most once an interval."""

from __future__ import annotations

from typing import Any

from push_builders import FakeClient, FakeTimers, make_hub, make_opportunity
from tradewind.bus.local import LocalBus
from tradewind.bus.topics import CLEAN_TICKS, OPPORTUNITIES
from tradewind.domain.opportunity import OpportunityState
from tradewind.domain.rights import ADMINISTRATOR
from tradewind.kernel.metrics import Metrics
from tradewind.push.audience import Subscription
from tradewind.push.commands import Subscribe, read_command
from tradewind.push.hub import Hub
from tradewind.push.settings import PushSettings

from builders import make_tick


class Stage:
    """A hub on a bus, with clients that may be stuck."""

    def __init__(self, **settings: Any) -> None:
        self.timers = FakeTimers()
        self.metrics = Metrics()
        self.hub: Hub = make_hub(self.timers, self.metrics, **settings)
        bus = LocalBus()
        self.hub.attach(bus)
        self.tick = bus.publisher(CLEAN_TICKS)
        self.opportunity = bus.publisher(OPPORTUNITIES)
        self._seqs: dict[str, int] = {}

    def join(self, text: str) -> tuple[FakeClient, Subscription]:
        wish = read_command(text, PushSettings())
        assert isinstance(wish, Subscribe)
        client = FakeClient()
        subscription, _, _ = self.hub.subscribe(client, wish, ADMINISTRATOR)
        client.wire.on_full = lambda: self._full(client, subscription)
        client.wire.on_drained = lambda: self._drained(client, subscription)
        subscription.audience.catch_up(subscription)
        return client, subscription

    def quote(self, instrument_id: str, price: float) -> None:
        seq = self._seqs[instrument_id] = self._seqs.get(instrument_id, 0) + 1
        self.tick(make_tick(instrument_id=instrument_id, seq=seq, last_price=price))

    @staticmethod
    def _full(client: FakeClient, subscription: Subscription) -> None:
        client.is_paused = True
        subscription.audience.park(subscription)

    @staticmethod
    def _drained(client: FakeClient, subscription: Subscription) -> None:
        client.is_paused = False
        subscription.audience.catch_up(subscription)


QUOTES = '{"op":"subscribe","topic":"quotes","interval_ms":50}'


def prices(message: dict[str, Any]) -> dict[str, float]:
    return {tick["instrument_id"]: tick["last_price"] for tick in message["data"]}


def test_a_newcomer_gets_the_newest_of_every_instrument() -> None:
    stage = Stage()
    stage.quote("a.SHFE", 1.0)
    stage.quote("b.SHFE", 2.0)
    stage.quote("a.SHFE", 3.0)
    client, _ = stage.join(QUOTES)
    (snapshot,) = client.messages()
    assert (snapshot["type"], snapshot["offset"]) == ("snapshot", 3)
    assert prices(snapshot) == {"a.SHFE": 3.0, "b.SHFE": 2.0}


def test_the_first_change_after_a_quiet_time_goes_out_at_once() -> None:
    stage = Stage()
    client, _ = stage.join(QUOTES)
    stage.quote("a.SHFE", 1.0)
    stage.timers.turn()
    assert prices(client.messages()[-1]) == {"a.SHFE": 1.0}


def test_changes_within_an_interval_are_sent_once_with_the_newest_value() -> None:
    stage = Stage()
    client, _ = stage.join(QUOTES)
    stage.quote("a.SHFE", 1.0)
    stage.timers.turn()
    for price in (2.0, 3.0, 4.0):
        stage.quote("a.SHFE", price)
        stage.timers.advance(0.01)
    assert len(client.messages()) == 2
    stage.timers.advance(0.05)
    assert prices(client.messages()[-1]) == {"a.SHFE": 4.0}
    assert len(client.messages()) == 3
    assert client.messages()[-1]["offset"] == 4


def test_a_client_hears_only_of_the_instruments_it_named() -> None:
    stage = Stage()
    client, _ = stage.join('{"op":"subscribe","topic":"quotes","instruments":["b.SHFE"]}')
    stage.quote("a.SHFE", 1.0)
    stage.timers.advance(1)
    stage.quote("b.SHFE", 2.0)
    stage.timers.advance(1)
    assert [prices(message) for message in client.messages()] == [{}, {"b.SHFE": 2.0}]


def test_the_same_bytes_are_made_once_for_all_clients() -> None:
    stage = Stage()
    clients = [stage.join(QUOTES)[0] for _ in range(3)]
    stage.quote("a.SHFE", 1.0)
    stage.timers.turn()
    assert len({bytes(client.wire.taken) for client in clients}) == 1
    assert stage.metrics.push_messages.counts["quotes"] == 6


def test_a_stuck_client_holds_at_most_one_value_an_instrument_and_gets_the_newest() -> None:
    stage = Stage()
    client, subscription = stage.join(QUOTES)
    client.wire.stick()
    for price in range(1, 101):
        stage.quote("a.SHFE", float(price))
        stage.timers.advance(0.1)
    assert subscription.missed is not None
    assert len(subscription.missed) == 1
    assert stage.metrics.push_dropped.counts["conflated"] == 98
    client.wire.drain()
    assert [prices(message) for message in client.messages()[1:]] == [{"a.SHFE": 1.0}, {"a.SHFE": 100.0}]


def test_a_stuck_client_does_not_hold_up_the_others() -> None:
    stage = Stage()
    stuck, _ = stage.join(QUOTES)
    other, _ = stage.join(QUOTES)
    stuck.wire.stick()
    for price in (1.0, 2.0, 3.0):
        stage.quote("a.SHFE", price)
        stage.timers.advance(0.1)
    assert [prices(message) for message in other.messages()[1:]] == [{"a.SHFE": p} for p in (1.0, 2.0, 3.0)]


def test_a_client_that_joins_while_stuck_gets_its_snapshot_when_it_reads() -> None:
    stage = Stage()
    stage.quote("a.SHFE", 1.0)
    wish = read_command(QUOTES, PushSettings())
    assert isinstance(wish, Subscribe)
    client = FakeClient()
    client.is_paused = True
    subscription, _, _ = stage.hub.subscribe(client, wish, ADMINISTRATOR)
    subscription.audience.catch_up(subscription)
    stage.quote("a.SHFE", 2.0)
    stage.timers.advance(1)
    assert client.messages() == []
    client.is_paused = False
    subscription.audience.catch_up(subscription)
    assert [prices(message) for message in client.messages()] == [{"a.SHFE": 2.0}]


def test_a_snapshot_too_large_for_one_frame_goes_on_as_deltas() -> None:
    stage = Stage(queued_bytes=65_536)
    for number in range(100):
        stage.quote(f"i{number}.SHFE", float(number))
    client, _ = stage.join(QUOTES)
    first, *rest = client.messages()
    assert first["type"] == "snapshot"
    assert {message["type"] for message in rest} == {"delta"}
    told = prices(first)
    for message in rest:
        told |= prices(message)
    assert told == {f"i{number}.SHFE": float(number) for number in range(100)}


def test_a_closed_opportunity_is_told_once_in_latest_mode() -> None:
    stage = Stage()
    client, _ = stage.join('{"op":"subscribe","topic":"opportunities","mode":"latest"}')
    stage.opportunity(make_opportunity())
    stage.opportunity(make_opportunity(version=2, state=OpportunityState.CLOSED))
    stage.timers.advance(1)
    assert [event["state"] for event in client.messages()[-1]["data"]] == ["CLOSED"]
    newcomer, _ = stage.join('{"op":"subscribe","topic":"opportunities","mode":"latest"}')
    assert newcomer.messages()[0]["data"] == []


def test_when_the_last_client_leaves_nothing_is_noted_any_more() -> None:
    stage = Stage()
    _, subscription = stage.join(QUOTES)
    assert stage.hub.feeds["quotes"].is_watched
    subscription.audience.leave(subscription)
    subscription.audience.leave(subscription)
    assert not stage.hub.feeds["quotes"].is_watched
    stage.quote("a.SHFE", 1.0)
    stage.timers.advance(1)


def test_a_flush_that_fills_several_frames_reaches_everybody_in_full() -> None:
    stage = Stage(queued_bytes=65_536)
    client, _ = stage.join(QUOTES)
    stuck, _ = stage.join(QUOTES)
    stuck.wire.stick()
    for number in range(100):
        stage.quote(f"i{number}.SHFE", float(number))
    stage.timers.advance(1)
    stuck.wire.drain()
    for reader in (client, stuck):
        told: dict[str, float] = {}
        for message in reader.messages():
            told |= prices(message)
        assert told == {f"i{number}.SHFE": float(number) for number in range(100)}
