"""What every journal promises, whichever keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pytest

from store_builders import T0, Line, make_act, make_fill, make_journal, make_order
from tradewind.bus.desk_topics import ACTS, DESK_TOPICS, FILLS, JOURNALLED, ORDERS
from tradewind.kernel.clock import FakeClock
from tradewind.stores.memory import MemoryJournal
from tradewind.stores.ports import Entry, Journal, Snapshot
from tradewind.stores.settings import StoreSettings


class Desk(Protocol):
    """A journal with the line that feeds it; `restart` is another life on what was kept."""

    journal: Journal
    line: Line

    def restart(self) -> None: ...

    def close(self) -> None: ...


class MemoryDesk:
    def __init__(self) -> None:
        self.line = Line()
        self._own = MemoryJournal(FakeClock(T0))
        self.journal: Journal = self._own

    def restart(self) -> None:
        old = self._own
        self._own = MemoryJournal(FakeClock(T0), entries=old.durable_entries(), snapshot=old.latest_snapshot())
        self.journal = self._own

    def close(self) -> None:
        pass


class SqlDesk:
    def __init__(self, settings: StoreSettings, folder: Path) -> None:
        self.line = Line()
        self._settings, self._folder = settings, folder
        self._begin()

    def _begin(self) -> None:
        self._own = make_journal(self._settings, self._folder, self.line)
        self._own.open()
        self.journal: Journal = self._own

    def restart(self) -> None:
        self.close()
        self._begin()

    def close(self) -> None:
        self._own.close()


@pytest.fixture(params=["memory", "sqlite", "mariadb"])
def desk(request: pytest.FixtureRequest, settings_of: Callable[[str], StoreSettings], tmp_path: Path) -> Iterator[Desk]:
    made: Desk = MemoryDesk() if request.param == "memory" else SqlDesk(settings_of(request.param), tmp_path)
    yield made
    made.close()


def settle(desk: Desk, seq: int) -> None:
    desk.line.until(lambda: desk.journal.durable_seq >= seq)


def test_entries_are_numbered_from_one_and_read_back_as_they_were(desk: Desk) -> None:
    assert desk.journal.durable_seq == 0
    assert desk.journal.append(ORDERS, make_order()) == 1
    settle(desk, desk.journal.append(ACTS, make_act()))
    order, act = desk.journal.read(0)
    assert order == Entry(1, T0, "orders", "", "line", "o-1", msgspec.json.encode(make_order()))
    assert (act.seq, act.kind, act.actor, act.source, act.subject) == (2, "acts", "lin", "api", "limit-1")
    assert msgspec.json.decode(act.payload, type=ACTS.event) == make_act()


def test_reading_begins_after_the_entry_named(desk: Desk) -> None:
    for number in range(1, 8):
        desk.journal.append(ACTS, make_act(number))
    settle(desk, 7)
    assert [entry.seq for entry in desk.journal.read(4)] == [5, 6, 7]
    assert list(desk.journal.read(7)) == []


def test_who_waits_is_called_in_order_once_what_it_waits_for_is_durable(desk: Desk) -> None:
    called: list[tuple[int, int]] = []

    def note(seq: int) -> Callable[[], None]:
        return lambda: called.append((seq, desk.journal.durable_seq))

    for number in range(1, 51):
        seq = desk.journal.append(FILLS, make_fill(fill_id=str(number)))
        desk.journal.when_durable(seq, note(seq))
    desk.line.until(lambda: len(called) == 50)
    assert [seq for seq, _ in called] == list(range(1, 51))
    assert all(durable >= seq for seq, durable in called)


def test_what_is_durable_already_calls_back_at_once(desk: Desk) -> None:
    settle(desk, desk.journal.append(ACTS, make_act()))
    called: list[int] = []
    desk.journal.when_durable(1, lambda: called.append(1))
    assert called == [1]


def test_the_next_life_goes_on_where_the_last_ended(desk: Desk) -> None:
    settle(desk, desk.journal.append(ACTS, make_act(1)))
    desk.restart()
    assert desk.journal.durable_seq == 1
    assert desk.journal.append(ACTS, make_act(2)) == 2
    settle(desk, 2)
    assert [entry.seq for entry in desk.journal.read(0)] == [1, 2]


def test_the_newest_snapshot_comes_back_in_the_next_life(desk: Desk) -> None:
    settle(desk, desk.journal.append(ACTS, make_act(1)))
    assert desk.journal.latest_snapshot() is None
    desk.journal.keep_snapshot(Snapshot(1, {"portfolio": b"old"}))
    settle(desk, desk.journal.append(ACTS, make_act(2)))
    newest = Snapshot(2, {"portfolio": bytes(range(256)) * 50_000, "pretrade": b""})
    desk.journal.keep_snapshot(newest)
    settle(desk, desk.journal.append(ACTS, make_act(3)))
    desk.restart()
    found = desk.journal.latest_snapshot()
    assert found == newest
    assert [entry.seq for entry in desk.journal.read(2)] == [3]


def test_every_topic_of_record_can_be_kept_and_decoded(desk: Desk) -> None:
    samples: dict[str, Any] = {"orders": make_order(), "fills": make_fill(), "acts": make_act()}
    for topic in JOURNALLED:
        if topic.name in samples:
            desk.journal.append(topic, samples[topic.name])
    settle(desk, 3)
    for entry in desk.journal.read(0):
        assert msgspec.json.decode(entry.payload, type=DESK_TOPICS[entry.kind].event) == samples[entry.kind]


def test_control_characters_never_reach_the_columns(desk: Desk) -> None:
    desk.journal.append(ACTS, make_act(actor="li\nn", subject="a\x00b\x1b[31m" + "c" * 300), source="api\r\n")
    settle(desk, 1)
    entry = next(desk.journal.read(0))
    if isinstance(desk, SqlDesk):
        assert entry.actor == "lin"
        assert entry.subject == ("ab[31m" + "c" * 300)[:100]
