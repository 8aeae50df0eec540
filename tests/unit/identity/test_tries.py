"""Wrong passwords are counted for all processes together, and remembered over a restart."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from identity_builders import START_NS
from tradewind.identity.settings import AccessSettings
from tradewind.identity.tries import Tries
from tradewind.kernel.clock import NS_PER_S, FakeClock
from tradewind.stores.memory_people import MemoryIdentityStore
from tradewind.stores.people import WrongTries
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.people import SqlIdentityStore

WANG = ("address 10.0.0.7", "account wang")


def test_two_processes_count_together_and_a_third_that_starts_later_knows(tmp_path: Path) -> None:
    clock, settings = FakeClock(START_NS), AccessSettings(lockout_after=3)
    stores = [SqlIdentityStore(StoreSettings(), tmp_path) for _ in range(3)]
    waits = []
    for store in (stores[0], stores[1], stores[0], stores[1], stores[2]):
        store.open()
        waits.append(store.change(Tries(settings, clock).begun(WANG)))
    for store in stores:
        store.close()

    assert waits == [0, 0, 0, 1, 1]


def test_the_wait_doubles_and_is_never_for_good() -> None:
    clock, store = FakeClock(START_NS), MemoryIdentityStore()
    tries, waits = Tries(AccessSettings(lockout_after=1, lockout_max_s=4), clock), []
    for _ in range(5):
        assert store.change(tries.begun(WANG)) == 0
        waits.append(store.change(tries.begun(WANG)))
        clock.advance(waits[-1])

    assert waits == [1, 2, 4, 4, 4]


def test_the_right_password_wipes_the_slate_and_what_nobody_could_judge_is_taken_back() -> None:
    store, tries = MemoryIdentityStore(), Tries(AccessSettings(lockout_after=2), FakeClock(START_NS))
    store.change(tries.begun(WANG))
    store.change(tries.begun(WANG))
    store.change(tries.forgiven(WANG))
    assert store.change(tries.begun(WANG)) == 0
    store.change(tries.right(WANG))
    assert store.change(tries.begun(WANG)) == 0
    assert {one.tries for one in store.change(lambda book: book.all(WrongTries))} == {1}


def test_whoever_was_wrong_days_ago_begins_anew() -> None:
    clock, store = FakeClock(START_NS), MemoryIdentityStore()
    tries = Tries(AccessSettings(lockout_after=1, lockout_max_s=300), clock)
    store.change(tries.begun(WANG))
    clock.advance(2 * 86_400)
    store.change(tries.begun(WANG))
    assert {one.free_at for one in store.change(lambda book: book.all(WrongTries))} == {clock.now_ns() + NS_PER_S}


def test_one_name_never_waits_for_another() -> None:
    store, tries = MemoryIdentityStore(), Tries(AccessSettings(lockout_after=1), FakeClock(START_NS))
    store.change(tries.begun(WANG))
    assert store.change(tries.begun(("address 10.0.0.8", "account li"))) == 0
    assert store.change(tries.begun(("address 10.0.0.8", "account wang"))) == 1


@given(st.lists(st.integers(0, 40), max_size=80))
def test_however_many_names_are_tried_no_more_are_kept_than_the_settings_say(names: list[int]) -> None:
    clock, store = FakeClock(START_NS), MemoryIdentityStore()
    tries = Tries(AccessSettings(lockout_addresses=10), clock)
    for name in names:
        clock.advance(1)
        store.change(tries.begun((f"account {name}",)))
    assert len(store.change(lambda book: book.all(WrongTries))) <= 20
