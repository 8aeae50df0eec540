"""The local bus keeps the promises of the port, and those only it can make."""

from __future__ import annotations

from tradewind.bus.local import SAMPLE_EVERY, LocalBus
from tradewind.bus.ports import Bus
from tradewind.bus.topics import CLEAN_TICKS, QUOTE_SNAPSHOTS
from tradewind.domain.tick import Tick

from builders import make_tick
from contract.bus.bus_contract import BusContract, Failure


class TestLocalBus(BusContract):
    def make_bus(self, failures: list[Failure]) -> Bus:
        return LocalBus(on_failure=lambda topic, group, _event, error: failures.append((topic, group, error)))


def test_publishing_returns_after_the_last_handler() -> None:
    bus = LocalBus()
    got: list[Tick] = []
    bus.subscribe(CLEAN_TICKS, got.append, group="reader")
    bus.publisher(CLEAN_TICKS)(make_tick())
    assert len(got) == 1


def test_what_a_handler_publishes_is_served_before_the_next_handler() -> None:
    bus = LocalBus()
    order: list[str] = []
    relay = bus.publisher(QUOTE_SNAPSHOTS)
    bus.subscribe(QUOTE_SNAPSHOTS, lambda _: order.append("inner"), group="inner")
    bus.subscribe(CLEAN_TICKS, relay, group="first")
    bus.subscribe(CLEAN_TICKS, lambda _: order.append("second"), group="second")
    bus.publisher(CLEAN_TICKS)(make_tick())
    assert order == ["inner", "second"]


def test_a_handler_that_cancels_itself_does_not_make_the_next_one_miss_the_event() -> None:
    bus = LocalBus()
    got: list[int] = []
    first = bus.subscribe(CLEAN_TICKS, lambda _: first.cancel(), group="first")
    bus.subscribe(CLEAN_TICKS, lambda tick: got.append(tick.seq), group="second")
    publish = bus.publisher(CLEAN_TICKS)
    publish(make_tick(seq=1))
    publish(make_tick(seq=2))
    assert got == [1, 2]


def test_each_hop_is_sampled_without_the_time_of_what_it_set_off() -> None:
    hops: list[tuple[str, str, int]] = []
    bus = LocalBus(on_hop=lambda topic, group, ns: hops.append((topic, group, ns)))
    relay = bus.publisher(QUOTE_SNAPSHOTS)

    def slow(_: Tick) -> None:
        sum(range(20_000))

    bus.subscribe(QUOTE_SNAPSHOTS, slow, group="slow")
    bus.subscribe(CLEAN_TICKS, relay, group="relay")
    publish = bus.publisher(CLEAN_TICKS)
    for _ in range(SAMPLE_EVERY):
        publish(make_tick())
    assert [(topic, group) for topic, group, _ in hops] == [("quote_snapshots", "slow"), ("clean_ticks", "relay")]
    assert hops[1][2] < hops[0][2]
