"""Browser sessions: they end in time, are known to every process, and their secret is nowhere but in the cookie."""

from __future__ import annotations

from pathlib import Path

import pytest

from identity_builders import Household
from tradewind.errors import StoreAwayError
from tradewind.identity.tokens import digest_of
from tradewind.kernel.clock import NS_PER_S
from tradewind.stores.people import SignIns


def _open(house: Household) -> str:
    return house.sessions.open("administrator", peer="127.0.0.1", user_agent="test")


def test_an_open_session_is_found_by_its_secret(tmp_path: Path) -> None:
    house = Household(tmp_path)
    session = house.sessions.find(_open(house))

    assert session is not None
    assert (session.identity, session.peer) == ("administrator", "127.0.0.1")


def test_what_the_store_knows_and_the_handle_do_not_open_a_session(tmp_path: Path) -> None:
    house = Household(tmp_path)
    secret = _open(house)
    (session,) = house.sessions.live()
    house.sessions.flush_now()

    assert secret not in repr(house.store.sign_ins()) + repr(house.store.acts)
    assert house.sessions.find(session.session_id) is None
    assert house.sessions.find(session.secret_sha256) is None


def test_a_restart_signs_nobody_out(tmp_path: Path) -> None:
    house = Household(tmp_path)
    secret = _open(house)
    house.sessions.flush_now()

    assert house.other_sessions().find(secret) is not None


def test_unused_for_too_long_it_ends(tmp_path: Path) -> None:
    house = Household(tmp_path, session_idle_s=60)
    secret = _open(house)

    house.clock.advance(60)
    assert house.sessions.find(secret) is not None
    house.clock.advance(61)
    assert house.sessions.find(secret) is None
    assert house.ended == [digest_of(secret)[:32]]


def test_however_much_it_is_used_it_ends_after_the_absolute_time(tmp_path: Path) -> None:
    house = Household(tmp_path, session_idle_s=60, session_absolute_s=120)
    secret = _open(house)

    for _ in range(4):
        house.clock.advance(30)
        assert house.sessions.find(secret) is not None
    house.clock.advance(1)

    assert house.sessions.find(secret) is None


def test_a_new_access_token_ends_every_session(tmp_path: Path) -> None:
    house = Household(tmp_path)
    secret = _open(house)

    house.tokens.renew()
    house.sessions.sweep()

    assert house.sessions.find(secret) is None
    assert len(house.ended) == 1


def test_an_open_page_counts_as_use(tmp_path: Path) -> None:
    house = Household(tmp_path, session_idle_s=60)
    secret = _open(house)
    (session,) = house.sessions.live()

    for _ in range(3):
        house.clock.advance(50)
        house.sessions.sweep([session.session_id])

    assert house.sessions.find(secret) is not None


def test_the_one_unused_for_longest_ends_when_there_are_too_many(tmp_path: Path) -> None:
    house = Household(tmp_path, max_sessions=2)
    first, second = _open(house), _open(house)
    house.clock.advance(5)
    house.sessions.find(first)

    third = _open(house)

    assert house.sessions.find(second) is None
    assert house.sessions.find(first) is not None
    assert house.sessions.find(third) is not None


def test_a_session_is_ended_by_its_handle_once(tmp_path: Path) -> None:
    house = Household(tmp_path)
    secret = _open(house)
    (session,) = house.sessions.live()
    house.sessions.flush_now()

    assert house.sessions.end(session.session_id)
    assert not house.sessions.end(session.session_id)
    assert house.sessions.find(secret) is None
    house.sessions.flush_now()
    assert house.other_sessions().live() == []
    assert [act.action for act in house.store.acts] == ["signed_in", "signed_out"]


def test_the_newest_session_is_listed_first(tmp_path: Path) -> None:
    house = Household(tmp_path)
    _open(house)
    house.clock.advance(5)
    newest = _open(house)

    assert house.sessions.live()[0].secret_sha256 == digest_of(newest)


def test_with_the_store_away_sessions_live_on_here_and_are_written_later(tmp_path: Path) -> None:
    house = Household(tmp_path)
    secret = _open(house)
    house.store.is_away = True
    with pytest.raises(StoreAwayError):
        house.sessions.flush_now()

    assert house.sessions.find(secret) is not None
    house.store.is_away = False
    house.sessions.flush_now()
    assert house.other_sessions().find(secret) is not None


def test_a_session_that_another_process_opened_a_moment_ago_is_found_at_once(tmp_path: Path) -> None:
    house = Household(tmp_path)
    other = house.other_sessions()
    secret = _open(house)
    house.sessions.flush_now()

    assert other.find(secret) is None, "it is not looked for unless the store is known to answer"
    other.heard()
    assert other.find(secret) is not None


def test_unknown_cookies_are_looked_for_so_often_and_no_more(tmp_path: Path) -> None:
    house = Household(tmp_path)
    house.sessions.heard()
    secret = _open(house)
    house.sessions.flush_now()
    other = house.other_sessions()
    other.take(SignIns(version=0))
    other.heard()

    assert [other.find(f"guess {number}") for number in range(30)] == [None] * 30
    assert other.find(secret) is None
    house.clock.advance(1)
    assert other.find(secret) is not None


def test_what_was_looked_up_is_not_ended_by_a_copy_begun_before_it_was_there(tmp_path: Path) -> None:
    house = Household(tmp_path)
    other = house.other_sessions()
    other.heard()
    older = house.store.sign_ins()
    secret = _open(house)
    house.sessions.flush_now()
    found = other.find(secret)
    other.take(older)

    assert other.find(secret) == found
    assert house.ended == []


def test_what_was_ended_here_is_not_brought_back_by_an_older_copy(tmp_path: Path) -> None:
    house = Household(tmp_path)
    secret = _open(house)
    house.sessions.flush_now()
    older = house.store.sign_ins()
    house.sessions.end(house.sessions.live()[0].session_id)
    house.sessions.take(older)
    house.sessions.heard()

    assert house.sessions.find(secret) is None


def test_use_in_another_process_keeps_a_session_alive_here(tmp_path: Path) -> None:
    house = Household(tmp_path, session_idle_s=60)
    secret = _open(house)
    house.sessions.flush_now()
    other = house.other_sessions()
    house.clock.advance(50)
    other.find(secret)
    other.flush_now()
    house.sessions.take(house.store.sign_ins())
    house.clock.advance(50)

    assert house.sessions.find(secret) is not None


def test_a_long_user_agent_is_cut(tmp_path: Path) -> None:
    house = Household(tmp_path)
    house.sessions.open("administrator", peer="127.0.0.1", user_agent="x" * 10_000)

    assert len(house.sessions.live()[0].user_agent) == 200


async def test_use_after_a_pause_is_told_at_once_and_steady_use_now_and_then(tmp_path: Path) -> None:
    house = Household(tmp_path, session_idle_s=60)
    secret = _open(house)
    await house.sessions.flush()

    async def stored_after(seconds: float) -> float:
        house.clock.advance(seconds)
        house.sessions.find(secret)
        await house.sessions.flush()
        (session,) = house.store.sign_ins().sessions
        return (house.clock.now_ns() - session.used_at) / NS_PER_S

    assert [await stored_after(seconds) for seconds in (16, 2, 2, 58)] == [0, 2, 4, 0]


def test_who_follows_hears_what_another_process_ends(tmp_path: Path) -> None:
    house = Household(tmp_path)
    secret = _open(house)
    house.sessions.flush_now()
    other = house.other_sessions()
    told: list[str] = []
    other.on_ended = told.append
    (session,) = house.sessions.live()
    house.sessions.end(session.session_id)
    house.sessions.flush_now()
    other.take(house.store.sign_ins())

    assert other.find(secret) is None
    assert told == [session.session_id]
