"""The service: what is over ends in time also when nobody asks, and what other processes change is known soon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from identity_builders import Household, make_request
from tradewind.domain.access import Admitted, Refused
from tradewind.domain.rights import Permission
from tradewind.domain.user import User
from tradewind.identity.service import IdentityService
from tradewind.stores.people import Session

from waiting import eventually


@asynccontextmanager
async def _running(service: IdentityService) -> AsyncIterator[None]:
    running = asyncio.create_task(service.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait([running])


async def _swept(service: IdentityService) -> None:
    """Run the service for its first sweep and stop it."""
    async with _running(service):
        await asyncio.sleep(0)


async def test_the_first_sweep_ends_what_is_over(tmp_path: Path) -> None:
    house = Household(tmp_path, session_idle_s=60)
    house.sign_in()
    house.clock.advance(61)

    await _swept(house.service())

    assert len(house.ended) == 1


async def test_sessions_with_an_open_page_are_kept(tmp_path: Path) -> None:
    house = Household(tmp_path, session_idle_s=60)
    house.sign_in()
    (session,) = house.sessions.live()
    house.clock.advance(59)

    await _swept(house.service(open_pages=lambda: [session.session_id]))
    house.clock.advance(59)

    assert house.sessions.live() != []


async def test_stopping_writes_the_times_of_last_use(tmp_path: Path) -> None:
    house = Household(tmp_path, session_idle_s=60)
    secret = house.sign_in().partition("=")[2]
    house.sessions.flush_now()
    house.clock.advance(30)
    house.sessions.find(secret)

    await _swept(house.service())
    house.clock.advance(45)

    assert house.other_sessions().find(secret) is not None


async def test_what_the_old_token_opened_ends_with_it_and_nothing_else_does(tmp_path: Path) -> None:
    house = Household(tmp_path)
    old = house.tokens.handle()
    house.tokens.renew()
    told: list[str] = []
    connected = {old, house.tokens.handle(), "0123456789abcdef" * 2}

    await _swept(house.service(open_pages=lambda: connected, close_connections=told.append))

    assert told == [old]


async def test_what_another_process_changes_counts_here_soon(tmp_path: Path) -> None:
    house = Household(tmp_path)
    user = house.add_user()
    cookie = house.sign_in_user(user)
    closed: list[str] = []
    async with _running(house.service(close_connections=closed.append)):
        await eventually(lambda: house.store.find(Session, house.sessions.live()[0].secret_sha256) is not None)
        viewer = msgspec.structs.replace(user, grants=(), version=2)
        house.store.change(lambda book: book.put(viewer))
        await eventually(lambda: closed != [])
        answer = house.gate.decide(make_request(headers={"cookie": cookie}))

    assert isinstance(answer, Admitted)
    assert not answer.principal.may_somewhere(Permission.TRADE)
    assert closed == [house.sessions.live()[0].session_id]


async def test_whoever_gives_live_connections_their_new_rights_is_told_whose_they_are(tmp_path: Path) -> None:
    house = Household(tmp_path)
    user = house.add_user()
    house.sign_in_user(user)
    closed: list[str] = []
    told: list[str] = []
    async with _running(house.service(close_connections=closed.append, on_rights_changed=told.append)):
        house.store.change(lambda book: book.put(msgspec.structs.replace(user, grants=(), version=2)))
        await eventually(lambda: told != [])

    assert (told, closed) == (["wang"], [])


async def test_who_is_disabled_elsewhere_is_out_here_with_sockets_and_sessions(tmp_path: Path) -> None:
    house = Household(tmp_path)
    user = house.add_user()
    cookie = house.sign_in_user(user)
    (session,) = house.sessions.live()
    async with _running(house.service(close_connections=house.ended.append)):
        house.store.change(lambda book: book.put(msgspec.structs.replace(user, is_disabled=True, version=2)))
        await eventually(lambda: house.directory.principal("wang") is None)
        answer = house.gate.decide(make_request(headers={"cookie": cookie}))

    assert isinstance(answer, Refused)
    assert session.session_id in house.ended
    assert house.sessions.live() == []


async def test_with_the_store_away_who_is_in_stays_in_and_a_token_still_opens_a_session(tmp_path: Path) -> None:
    house = Household(tmp_path)
    user = house.add_user()
    cookie = house.sign_in_user(user)
    service = house.service()
    async with _running(service):
        await eventually(lambda: service.failure is None)
        house.store.is_away = True
        await eventually(lambda: service.failure is not None)
        breaking_glass = house.sign_in()
        answers = [house.gate.decide(make_request(headers={"cookie": one})) for one in (cookie, breaking_glass)]
        house.store.is_away = False
        await eventually(lambda: service.failure is None)

    assert all(isinstance(answer, Admitted) for answer in answers)
    assert house.other_sessions().find(breaking_glass.partition("=")[2]) is not None


async def test_changes_are_told_once_to_who_is_concerned(tmp_path: Path) -> None:
    house = Household(tmp_path)
    house.add_user("wang")
    house.add_user("li")
    told: list[str] = []
    house.directory.on_rights_changed = told.append
    people = house.store.people()
    fewer = [msgspec.structs.replace(user, grants=()) if user.username == "li" else user for user in people.users]
    for _ in range(2):
        house.directory.take(msgspec.structs.replace(people, users=tuple(fewer)))

    assert told == ["li"]
    assert isinstance(house.directory.user("LI"), User)
