"""Who gets which quotes, what a slow client gets instead of all of them, and what waits for it meanwhile."""

from __future__ import annotations

from quotes_fakes import AU, IF, FakeSocket, RoomsWorld
from tradewind.domain.tick import TickFlag
from tradewind.quotes.packets import event_packet_of

from builders import make_tick


def test_each_quote_reaches_the_members_of_its_room_and_nobody_else() -> None:
    world = RoomsWorld()
    (li, li_wire), (wang, wang_wire) = world.socket_client(), world.socket_client()
    world.rooms.subscribe(li, (IF,))
    world.rooms.subscribe(wang, (AU,))
    world.tick(1)
    world.tick(2)
    world.tick(1, AU)
    world.timers.turn()
    assert li_wire.seqs() == [1, 2]
    assert wang_wire.seqs() == [1]
    assert world.metrics.quotes_frames.total() == 3


def test_every_quote_of_a_turn_is_sent_not_only_the_newest() -> None:
    world = RoomsWorld()
    client, wire = world.socket_client()
    world.rooms.subscribe(client, None)
    for seq in range(1, 51):
        world.tick(seq)
    assert wire.seqs() == []
    world.timers.turn()
    assert wire.seqs() == list(range(1, 51))


def test_members_of_a_room_get_the_very_same_frame() -> None:
    world = RoomsWorld()
    wires = []
    for _ in range(3):
        client, wire = world.socket_client()
        world.rooms.subscribe(client, (IF,))
        wires.append(wire)
    world.tick(1)
    world.timers.turn()
    assert wires[0].frames[0] is wires[1].frames[0] is wires[2].frames[0]


def test_a_turn_that_grows_too_long_is_sent_before_it_ends() -> None:
    world = RoomsWorld(turn_quotes=10)
    client, wire = world.socket_client()
    world.rooms.subscribe(client, (IF,))
    for seq in range(1, 16):
        world.tick(seq)
    assert wire.seqs() == list(range(1, 11))


def test_a_newcomer_gets_the_newest_quote_at_once_and_only_once() -> None:
    world = RoomsWorld()
    client, wire = world.socket_client()
    world.tick(1)
    world.tick(2)
    world.rooms.subscribe(client, (IF,))
    world.timers.turn()
    assert wire.seqs() == [2]


def test_whoever_wants_everything_gets_each_quote_once_also_of_symbols_named_before() -> None:
    world = RoomsWorld()
    client, wire = world.socket_client()
    world.tick(1)
    world.rooms.subscribe(client, (IF,))
    world.tick(1, AU)
    world.rooms.subscribe(client, None)
    world.tick(2)
    world.timers.turn()
    assert [(event[1]["instrument"], event[1]["seq"]) for event in wire.events()] == [(IF, 1), (AU, 1), (IF, 2)]
    assert world.rooms.room_count == 0


def test_after_leaving_nothing_comes_and_the_empty_room_is_gone() -> None:
    world = RoomsWorld()
    client, wire = world.socket_client()
    world.rooms.subscribe(client, (IF, AU))
    assert world.rooms.unsubscribe(client, (IF, "rb2601.SHFE")) == (IF,)
    world.tick(1)
    world.tick(1, AU)
    world.timers.turn()
    assert [event[1]["instrument"] for event in wire.events()] == [AU]
    assert world.rooms.room_count == 1


def test_a_client_that_goes_leaves_nothing_behind() -> None:
    world = RoomsWorld()
    client, _ = world.socket_client()
    world.rooms.subscribe(client, (IF,))
    assert world.metrics.quotes_clients.values == {"connected": 1, "subscribed": 1}
    world.rooms.leave(client)
    world.rooms.leave(client)
    assert (world.rooms.room_count, world.rooms.subscribers) == (0, 0)
    assert world.metrics.quotes_clients.values == {"connected": 0, "subscribed": 0}


def test_a_full_socket_gets_the_newest_of_each_symbol_when_it_takes_data_again() -> None:
    world = RoomsWorld()
    client, wire = world.socket_client()
    world.rooms.subscribe(client, (IF, AU))
    wire.room = 1
    for seq in range(1, 1_001):
        world.tick(seq)
        world.tick(seq, AU)
        world.timers.turn()
    assert len(wire.frames) == 1
    assert len(client.missed) == 2
    wire.drain(room=100)
    assert [event[1]["seq"] for event in wire.events()] == [1, 1_000, 1_000]
    world.tick(1_001)
    world.timers.turn()
    assert wire.seqs()[-1] == 1_001


def test_a_test_quote_waits_beside_the_quotes_that_came_after_it() -> None:
    world = RoomsWorld()
    client, wire = world.socket_client()
    world.rooms.subscribe(client, (IF,))
    wire.room = 1
    for seq in range(1, 10):
        world.tick(seq, flags=TickFlag.TEST if seq == 5 else 0)
        world.timers.turn()
    wire.drain(room=100)
    assert [(event[1]["seq"], event[1]["is_test"]) for event in wire.events()] == [(1, False), (5, True), (9, False)]


def test_word_to_all_comes_behind_the_quotes_before_it() -> None:
    world = RoomsWorld()
    client, wire = world.socket_client()
    world.rooms.subscribe(client, (IF,))
    world.tick(1)
    world.rooms.tell_all(event_packet_of("test_message", {}))
    assert [event[0] for event in wire.events()] == ["market_data", "test_message"]


def test_catching_up_stops_where_the_socket_is_full_again_and_loses_nothing() -> None:
    world = RoomsWorld()
    client, wire = world.socket_client()
    world.rooms.subscribe(client, (IF, AU))
    wire.room = 1
    world.tick(1)
    world.tick(2)
    world.tick(1, AU)
    world.timers.turn()
    wire.drain(room=1)
    wire.drain(room=5)
    assert [(event[1]["instrument"], event[1]["seq"]) for event in wire.events()] == [(IF, 1), (IF, 2), (AU, 1)]


def test_a_slow_client_costs_the_others_nothing() -> None:
    world = RoomsWorld()
    (slow, slow_wire), (fast, fast_wire) = world.socket_client(), world.socket_client()
    world.rooms.subscribe(slow, (IF,))
    world.rooms.subscribe(fast, (IF,))
    slow_wire.room = 1
    for seq in range(1, 101):
        world.tick(seq)
        world.timers.turn()
    assert fast_wire.seqs() == list(range(1, 101))
    world.rooms.leave(slow)
    assert world.metrics.quotes_dropped.counts == {"conflated": 98}


def test_what_waits_for_a_slow_client_is_dropped_with_the_room() -> None:
    world = RoomsWorld()
    client, wire = world.socket_client()
    world.rooms.subscribe(client, (IF, AU))
    wire.room = 1
    for seq in (1, 2):
        world.tick(seq)
        world.tick(seq, AU)
    world.timers.turn()
    world.rooms.unsubscribe(client, (IF,))
    assert list(client.missed) == [(AU, False)]


def test_a_polling_client_fetches_the_newest_of_each_symbol_in_one_place_of_its_queue() -> None:
    world = RoomsWorld()
    client, post = world.polling_client()
    world.rooms.subscribe(client, (IF, AU))
    for seq in range(1, 1_001):
        world.tick(seq)
        world.tick(seq, AU)
        world.timers.turn()
    assert len(post.packets) == 1
    assert [(event, data["seq"]) for event, data in post.fetch()] == [("market_data", 1_000), ("market_data", 1_000)]
    world.tick(1_001)
    world.timers.turn()
    assert [data["seq"] for _, data in post.fetch()] == [1_001]


def test_a_polling_client_that_upgrades_gets_what_it_missed_over_the_socket_and_not_twice() -> None:
    world = RoomsWorld()
    client, post = world.polling_client()
    world.rooms.subscribe(client, (IF,))
    world.tick(1)
    world.timers.turn()
    wire = FakeSocket()
    client.use_wire(wire)
    world.tick(2)
    world.timers.turn()
    assert wire.seqs() == [1, 2]
    assert post.fetch() == []


def test_a_quote_seen_before_is_not_sent_again_and_a_gap_is_counted() -> None:
    world = RoomsWorld()
    client, wire = world.socket_client()
    world.rooms.subscribe(client, (IF,))
    for seq in (1, 2, 2, 1, 5):
        world.tick(seq)
    world.timers.turn()
    assert wire.seqs() == [1, 2, 5]
    assert world.metrics.gaps.counts == {"quotes": 2}
    assert world.rooms.received == 3


def test_a_quote_outside_trading_hours_is_shown_and_is_no_part_of_the_sequence() -> None:
    world = RoomsWorld()
    client, wire = world.socket_client()
    world.rooms.subscribe(client, (IF,))
    tick = world.tick(1)
    world.rooms.on_snapshot(make_tick(seq=1, ts_recv=tick.ts_recv + 1, last_price=5231.0))
    world.rooms.on_snapshot(make_tick(seq=1, ts_recv=tick.ts_recv - 1, last_price=1.0))
    world.tick(2, ts_recv=tick.ts_recv + 2)
    world.timers.turn()
    assert [event[1]["last_price"] for event in wire.events()] == [5230.0, 5231.0, 5230.0]
    assert world.metrics.gaps.total() == 0


def test_instruments_beyond_the_limit_are_counted_not_kept() -> None:
    world = RoomsWorld(max_instruments=1)
    world.tick(1)
    world.tick(1, AU)
    world.tick(2, AU)
    world.rooms.on_snapshot(make_tick(instrument_id=AU))
    assert len(world.rooms.book) == 1
    assert world.rooms.book.refused == 3


def test_sending_again_sends_the_newest_of_what_the_client_wants() -> None:
    world = RoomsWorld()
    client, wire = world.socket_client()
    world.rooms.subscribe(client, (IF, "rb2601.SHFE"))
    world.tick(1)
    world.tick(1, AU)
    assert world.rooms.resend(client) == 1
    assert wire.seqs() == [1, 1]


def test_a_socket_that_takes_nothing_for_too_long_is_stalled_and_one_that_takes_a_little_is_not() -> None:
    world = RoomsWorld()
    client, wire = world.socket_client()
    world.rooms.subscribe(client, (IF,))
    assert not client.is_stalled(0.0, 30.0)
    wire.room = 1
    world.tick(1)
    world.timers.turn()
    wire.waiting = 1_000
    assert not client.is_stalled(10.0, 30.0)
    wire.waiting = 900
    assert not client.is_stalled(29.0, 30.0)
    assert not client.is_stalled(59.0, 30.0)
    assert client.is_stalled(59.1, 30.0)


def test_the_test_quote_prefers_a_contract_somebody_watches() -> None:
    world = RoomsWorld()
    client, _ = world.socket_client()
    assert world.rooms.liveliest() is None
    tick = world.tick(1)
    world.tick(1, AU, ts_recv=tick.ts_recv + 5)
    assert world.rooms.liveliest() == AU
    world.rooms.subscribe(client, (IF,))
    assert world.rooms.liveliest() == IF
