"""One suite for the identity store, in memory, on SQLite and on MariaDB."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from tradewind.domain.act import Act
from tradewind.domain.rights import Grant, Permission
from tradewind.domain.user import GroupGrant, Product, Role, User
from tradewind.errors import StateConflictError
from tradewind.runtime.auditing import verify
from tradewind.stores.memory_people import MemoryIdentityStore
from tradewind.stores.people import (
    IDENTITY_CHAIN,
    ApiKey,
    Book,
    Credentials,
    Device,
    Done,
    IdentityStore,
    Session,
    Ticket,
)
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.people import SqlIdentityStore
from tradewind.stores.sql.store import SqlStore

WANG = User(
    user_id=1,
    username="Wang.Wei",
    english_name="Wang Wei",
    chinese_name="王伟",
    email="wang@desk.example",
    grants=(Grant("trader", "F1", "*"), Grant("viewer", "*", "*")),
    groups=("cn=traders,dc=desk",),
    created_at=1_700_000_000_000_000_000,
)
RECORDS: tuple[msgspec.Struct, ...] = (
    WANG,
    Credentials(user_id=1, password_hash="$argon2id$x",  # noqa: S106 - of nothing
 must_change=True, recovery=("a", "b")),
    Role(name="intern", description="只看", permissions=frozenset({Permission.VIEW, Permission.MARKET})),
    Product(code="F1", name="一号基金", sole_accounts=("A1",)),
    GroupGrant(grant_id=1, group_name="cn=traders,dc=desk", role="trader", product_code="F1", account_id="*"),
    Session(
        secret_sha256="a" * 64, user_id=1, identity="Wang.Wei", generation="", created_at=1, used_at=2, peer="::1",
        user_agent="测试",
    ),
    ApiKey(
        key_id="k1", secret_sha256="b" * 64, user_id=1, name="定时任务", permissions=frozenset({Permission.VIEW}),
        products=("F1",), created_at=1, expires_at=9,
    ),
    Ticket(ticket_sha256="c" * 64, opened_by="a" * 64, expires_at=5),
    Device(device_sha256="d" * 64, user_id=1, used_at=3),
    Done(request_id="e" * 64, answer="{}", ts=4),
)  # fmt: skip
KEYS: tuple[str | int, ...] = ("wang.wei", 1, "intern", "F1", 1, "a" * 64, "k1", "c" * 64, "d" * 64, "e" * 64)


@pytest.fixture(params=["memory", "sqlite", "mariadb"])
def pair(
    request: pytest.FixtureRequest, settings_of: Callable[[str], StoreSettings], tmp_path: Path
) -> Iterator[tuple[IdentityStore, IdentityStore]]:
    """The store as two processes see it."""
    if request.param == "memory":
        one: IdentityStore = MemoryIdentityStore()
        yield one, one
        return
    settings = settings_of(request.param)
    both = SqlIdentityStore(settings, tmp_path), SqlIdentityStore(settings, tmp_path)
    for store in both:
        store.open()
    yield both
    for store in both:
        store.close()


@pytest.fixture
def store(pair: tuple[IdentityStore, IdentityStore]) -> IdentityStore:
    return pair[0]


def _put(*records: msgspec.Struct) -> Callable[[Book], None]:
    def work(book: Book) -> None:
        for record in records:
            book.put(record)

    return work


def _act(number: int = 1, **changes: object) -> Act:
    act = Act(f"i{number}", "user_added", "administrator", "api", "Wang.Wei", "", '{"名":"王"}', number)
    return msgspec.structs.replace(act, **changes)


@pytest.mark.parametrize(("record", "key"), list(zip(RECORDS, KEYS, strict=True)), ids=lambda one: type(one).__name__)
def test_a_record_comes_back_as_it_was_put(
    pair: tuple[IdentityStore, IdentityStore], record: msgspec.Struct, key: str | int
) -> None:
    here, there = pair
    here.change(_put(record))

    assert there.find(type(record), key) == record
    here.change(_put(record))
    assert there.change(lambda book: book.all(type(record))) == [record]
    assert there.change(lambda book: book.remove(type(record), key))
    assert not there.change(lambda book: book.remove(type(record), key))
    assert here.find(type(record), key) is None


def test_a_username_is_found_in_whatever_case_and_keeps_its_own(store: IdentityStore) -> None:
    store.change(_put(WANG))

    assert store.find(User, "WANG.WEI".casefold()) == WANG


def test_grants_are_replaced_with_their_user(store: IdentityStore) -> None:
    store.change(_put(WANG))
    fewer = msgspec.structs.replace(WANG, grants=(Grant("viewer", "F2", "A2"),), version=2)
    store.change(_put(fewer))

    assert store.people().users == (fewer,)


def test_people_are_told_whole(store: IdentityStore) -> None:
    store.change(_put(*RECORDS))
    people = store.people()

    assert people.users == (WANG,)
    assert people.must_change == {1}
    assert [role.name for role in people.roles] == ["intern"]
    assert [product.sole_accounts for product in people.products] == [("A1",)]
    assert [one.grant for one in people.group_grants] == [Grant("trader", "F1", "*")]
    sign_ins = store.sign_ins()
    assert [one.session_id for one in sign_ins.sessions] == ["a" * 32]
    assert [one.handle for one in sign_ins.keys] == ["key:k1"]


def test_each_counter_rises_with_what_it_counts_and_no_other(pair: tuple[IdentityStore, IdentityStore]) -> None:
    here, there = pair
    here.change(_put(*RECORDS))
    first = there.counters()
    here.change(_put(WANG))
    second = there.counters()
    here.change(_put(RECORDS[5]))
    third = there.counters()
    here.change(_put(RECORDS[7], RECORDS[8]))

    assert (second.people > first.people, second.sign_ins) == (True, first.sign_ins)
    assert (third.people, third.sign_ins > second.sign_ins) == (second.people, True)
    assert there.counters() == third


def test_what_fails_leaves_nothing_behind(store: IdentityStore) -> None:
    def work(book: Book) -> None:
        book.put(WANG)
        book.note(_act())
        message = "somebody was faster"
        raise StateConflictError(message)

    before = store.counters()
    with pytest.raises(StateConflictError):
        store.change(work)

    assert store.find(User, "wang.wei") is None
    assert store.counters() == before
    store.change(lambda book: book.note(_act()))


def test_of_many_who_take_one_ticket_one_gets_it(pair: tuple[IdentityStore, IdentityStore]) -> None:
    pair[0].change(_put(RECORDS[7]))
    gate = threading.Barrier(8)

    def take(number: int) -> Ticket | None:
        gate.wait()
        return pair[number % 2].take(Ticket, "c" * 64)

    with ThreadPoolExecutor(8) as pool:
        taken = [one for one in pool.map(take, range(8)) if one is not None]

    assert taken == [RECORDS[7]]


def test_numbers_are_given_once_however_many_ask(pair: tuple[IdentityStore, IdentityStore]) -> None:
    def add(number: int) -> int:
        def work(book: Book) -> int:
            user_id = book.next_id(User)
            book.put(User(user_id=user_id, username=f"user{number}"))
            return user_id

        return pair[number % 2].change(work)

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(add, range(24))) == list(range(1, 25))


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_two_instances_that_write_at_once_do_not_fork_the_chain(
    settings_of: Callable[[str], StoreSettings], tmp_path: Path, kind: str
) -> None:
    settings = settings_of(kind)
    pair = SqlIdentityStore(settings, tmp_path), SqlIdentityStore(settings, tmp_path)
    for one in pair:
        one.open()

    def write(number: int) -> None:
        pair[number % 2].change(lambda book: book.note(_act(number)))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(1, 31)))
    for one in pair:
        one.close()
    verdict = verify(msgspec.structs.replace(settings, chain=IDENTITY_CHAIN), tmp_path)

    assert (verdict.count, verdict.newest, verdict.findings) == (30, 30, ())


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_an_act_that_somebody_changed_is_found(
    settings_of: Callable[[str], StoreSettings], tmp_path: Path, kind: str
) -> None:
    settings = settings_of(kind)
    store = SqlIdentityStore(settings, tmp_path)
    store.open()
    for number in range(1, 6):
        store.change(lambda book, number=number: book.note(_act(number)))  # type: ignore[misc]  # bound now
    store.close()
    raw = SqlStore(settings, tmp_path)
    with raw.engine.begin() as connection:
        connection.execute(text("UPDATE journal SET actor = 'nobody' WHERE chain = 'identity' AND seq = 3"))
    raw.close()

    verdict = verify(msgspec.structs.replace(settings, chain=IDENTITY_CHAIN), tmp_path)

    assert [finding.seq for finding in verdict.findings] == [3]
