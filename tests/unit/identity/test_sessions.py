"""Browser sessions: they end in time, survive a restart, and their secret is nowhere but in the cookie."""

from __future__ import annotations

from pathlib import Path

from identity_builders import Household
from tradewind.identity.sessions import Sessions
from tradewind.identity.tokens import digest_of


def _open(house: Household) -> str:
    return house.sessions.open("administrator", peer="127.0.0.1", user_agent="test")


def test_an_open_session_is_found_by_its_secret(tmp_path: Path) -> None:
    house = Household(tmp_path)
    session = house.sessions.find(_open(house))

    assert session is not None
    assert (session.identity, session.peer) == ("administrator", "127.0.0.1")


def test_the_file_and_the_handle_do_not_open_a_session(tmp_path: Path) -> None:
    house = Household(tmp_path)
    secret = _open(house)
    (session,) = house.sessions.live()

    assert secret not in (tmp_path / "sessions.json").read_text()
    assert (tmp_path / "sessions.json").stat().st_mode & 0o777 == 0o600
    assert house.sessions.find(session.session_id) is None
    assert house.sessions.find(session.secret_sha256) is None


def test_a_restart_signs_nobody_out(tmp_path: Path) -> None:
    house = Household(tmp_path)
    secret = _open(house)

    assert house.restarted_sessions().find(secret) is not None


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

    assert house.sessions.end(session.session_id)
    assert not house.sessions.end(session.session_id)
    assert house.sessions.find(secret) is None
    assert house.restarted_sessions().live() == []


def test_the_newest_session_is_listed_first(tmp_path: Path) -> None:
    house = Household(tmp_path)
    _open(house)
    house.clock.advance(5)
    newest = _open(house)

    assert house.sessions.live()[0].secret_sha256 == digest_of(newest)


def test_a_damaged_file_costs_a_sign_in_and_not_the_start(tmp_path: Path) -> None:
    (tmp_path / "sessions.json").write_text('[{"secret": 1}]')

    assert Household(tmp_path).sessions.live() == []


def test_sessions_live_on_in_memory_when_the_folder_cannot_be_written(tmp_path: Path) -> None:
    house = Household(tmp_path)
    (tmp_path / "sessions.json").mkdir()

    assert house.sessions.find(_open(house)) is not None


def test_times_of_use_are_written_at_most_once_a_minute(tmp_path: Path) -> None:
    house = Household(tmp_path)
    secret = _open(house)
    path = tmp_path / "sessions.json"
    written = path.stat().st_mtime_ns

    house.clock.advance(30)
    house.sessions.find(secret)
    assert path.stat().st_mtime_ns == written
    house.clock.advance(40)
    house.sessions.find(secret)

    assert path.stat().st_mtime_ns != written


def test_a_long_user_agent_is_cut(tmp_path: Path) -> None:
    house = Household(tmp_path)
    house.sessions.open("administrator", peer="127.0.0.1", user_agent="x" * 10_000)

    assert len(house.sessions.live()[0].user_agent) == 200


def test_who_follows_sees_what_the_owner_opens_and_ends(tmp_path: Path) -> None:
    house = Household(tmp_path)
    ended: list[str] = []
    follower = Sessions(
        tmp_path / "sessions.json",
        settings=house.settings,
        clock=house.clock,
        tokens=house.tokens,
        on_ended=ended.append,
        is_owner=False,
    )
    secret = _open(house)
    found = follower.find(secret)
    assert found is not None
    house.sessions.end(found.session_id)
    follower.sweep()
    assert follower.find(secret) is None
    assert ended == [found.session_id]
