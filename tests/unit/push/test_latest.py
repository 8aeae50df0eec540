"""Conflation: the newest value per key, at most once an interval."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from push_builders import FakeClient, FakeTimers, make_hub, make_opportunity
from store_builders import make_position
from tradewind.bus.desk_topics import POSITION_GROUPS, POSITIONS
from tradewind.bus.local import LocalBus
from tradewind.bus.topics import CLEAN_TICKS, OPPORTUNITIES
from tradewind.domain.opportunity import OpportunityState
from tradewind.domain.rights import ADMINISTRATOR, Permission, Principal, Reach
from tradewind.domain.statistics import Grouping, PositionGroup
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
        self.position = bus.publisher(POSITIONS)
        self.group = bus.publisher(POSITION_GROUPS)
        self._seqs: dict[str, int] = {}

    def join(self, text: str, who: Principal = ADMINISTRATOR) -> tuple[FakeClient, Subscription]:
        wish = read_command(text, PushSettings())
        assert isinstance(wish, Subscribe)
        client = FakeClient()
        subscription, _, _ = self.hub.subscribe(client, wish, who)
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


def make_group(**changes: Any) -> PositionGroup:
    nothing = dict.fromkeys(
        ("delta_lots", "delta_value", "market_value", "gross_value", "position_pnl", "floating_pnl", "margin"),
        Decimal(0),
    )
    group = PositionGroup(
        grouping=Grouping.PRODUCT, name="P1", account_id="A1", product_code="P1", positions=1, long_quantity=1,
        short_quantity=0, net_quantity=1, gross_quantity=1, unpriced=0, version=1, ts_event=1, **nothing,
    )  # fmt: skip
    return msgspec.structs.replace(group, **changes)


def lots(client: FakeClient) -> list[tuple[int, str]]:
    """Return lots and worth of each position as they were told, after the snapshot."""
    told = [row for message in client.messages()[1:] for row in message["data"]]
    return [(row["today"], row["position_pnl"]) for row in told]


def test_a_fill_does_not_wait_for_the_interval_that_a_price_has_begun() -> None:
    stage = Stage()
    client, _ = stage.join('{"op":"subscribe","topic":"positions","interval_ms":200}')
    stage.position(make_position(today=1, version=1, ts_event=1, position_pnl=Decimal(10)))
    stage.timers.turn()
    stage.position(make_position(today=1, version=1, ts_event=2, position_pnl=Decimal(20)))
    stage.timers.turn()
    assert lots(client) == [(1, "10")]
    stage.position(make_position(today=2, version=2, ts_event=3, position_pnl=Decimal(20)))
    stage.timers.turn()
    assert lots(client) == [(1, "10"), (2, "20")]


def test_what_happens_very_often_waits_for_the_interval_again() -> None:
    stage = Stage()
    client, _ = stage.join('{"op":"subscribe","topic":"positions","interval_ms":200}')
    for fill in range(1, 30):
        stage.position(make_position(today=fill, version=fill, ts_event=fill))
        stage.timers.turn()
    assert [today for today, _ in lots(client)] == [1, 2, 3, 4, 5]
    stage.timers.advance(0.2)
    assert [today for today, _ in lots(client)][5:] == [29]
    stage.position(make_position(today=30, version=30, ts_event=30))
    stage.timers.turn()
    assert [today for today, _ in lots(client)][6:] == [30]


def test_at_the_shortest_interval_nothing_goes_out_before_its_time() -> None:
    stage = Stage()
    client, _ = stage.join('{"op":"subscribe","topic":"positions","interval_ms":20}')
    for fill in range(1, 4):
        stage.position(make_position(today=fill, version=fill, ts_event=fill))
        stage.timers.turn()
    assert [today for today, _ in lots(client)] == [1]


def test_a_group_hurries_for_its_lots_and_not_for_its_worth() -> None:
    stage = Stage()
    client, _ = stage.join('{"op":"subscribe","topic":"position_groups","interval_ms":500}')
    for version, (long, pnl) in enumerate(((1, 5), (1, 6), (2, 7)), 1):
        stage.group(make_group(long_quantity=long, position_pnl=Decimal(pnl), version=version))
        stage.timers.turn()
    told = [row["position_pnl"] for message in client.messages()[1:] for row in message["data"]]
    assert told == ["5", "7"]


def test_who_sees_a_part_of_a_topic_does_not_wait_either() -> None:
    stage = Stage()
    reach = Reach(frozenset({("*", "A1")}))
    client, _ = stage.join(
        '{"op":"subscribe","topic":"positions","interval_ms":200}', Principal("lin", {Permission.VIEW: reach})
    )
    for fill in (1, 2):
        stage.position(make_position(today=fill, version=fill, ts_event=fill))
        stage.position(make_position(account_id="A2", today=7, version=fill, ts_event=fill))
        stage.timers.turn()
    assert [today for today, _ in lots(client)] == [1, 2]


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
