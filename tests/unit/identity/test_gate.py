"""One decision for every door."""

from __future__ import annotations

from pathlib import Path

import pytest

from identity_builders import OWN_HOST, OWN_ORIGIN, Household, make_request
from tradewind.domain.access import Access, Admitted, Refused
from tradewind.domain.rights import ADMINISTRATOR, ANONYMOUS, SEED_CLIENT, Permission
from tradewind.errors import ConfigError
from tradewind.identity.cookies import csrf_of
from tradewind.identity.ports import AccessRequest, SignedIn
from tradewind.identity.tokens import AccessTokens


def _code(answer: Admitted | Refused | SignedIn) -> str:
    assert isinstance(answer, Refused), answer
    return answer.code


def test_a_stranger_is_refused_and_counted(tmp_path: Path) -> None:
    house = Household(tmp_path)

    answer = house.gate.decide(make_request())

    assert isinstance(answer, Refused)
    assert (answer.status, answer.code) == (401, "not_authenticated")
    assert house.refusals == ["not_authenticated"]


def test_a_public_door_asks_for_nothing(tmp_path: Path) -> None:
    assert Household(tmp_path).gate.decide(make_request(access=Access.PUBLIC)) == Admitted(ANONYMOUS)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_token_opens_every_door(tmp_path: Path, scheme: str) -> None:
    house = Household(tmp_path)
    request = make_request(headers={"authorization": f"{scheme} {house.token}"})

    assert house.gate.decide(request) == Admitted(ADMINISTRATOR)


@pytest.mark.parametrize("value", ["Basic abc", "Bearer", "Bearer ", "token", ""])
def test_another_authorization_is_refused(tmp_path: Path, value: str) -> None:
    answer = Household(tmp_path).gate.decide(make_request(headers={"authorization": value}))

    assert isinstance(answer, Refused)
    assert answer.status == 401


def test_a_wrong_token_is_not_made_good_by_a_seed_door(tmp_path: Path) -> None:
    house = Household(tmp_path)
    request = make_request(access=Access.SEED, headers={"authorization": "Bearer wrong"})

    assert _code(house.gate.decide(request)) == "wrong_token"


def test_a_session_cookie_is_let_in_and_named_by_its_handle(tmp_path: Path) -> None:
    house = Household(tmp_path)
    cookie = house.sign_in()
    (session,) = house.sessions.live()

    answer = house.gate.decide(make_request(headers={"cookie": cookie}))

    assert answer == Admitted(ADMINISTRATOR, session.session_id)


def test_changing_something_needs_the_csrf_token(tmp_path: Path) -> None:
    house = Household(tmp_path)
    cookie = house.sign_in()
    headers = {"cookie": cookie, "origin": OWN_ORIGIN}

    assert _code(house.gate.decide(make_request(method="POST", headers=headers))) == "csrf"
    headers["x-csrf-token"] = csrf_of(cookie.partition("=")[2])
    assert isinstance(house.gate.decide(make_request(method="POST", headers=headers)), Admitted)


def test_a_token_holder_needs_no_csrf_token(tmp_path: Path) -> None:
    house = Household(tmp_path)
    request = make_request(method="POST", headers={"authorization": f"Bearer {house.token}"})

    assert isinstance(house.gate.decide(request), Admitted)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_cookie_carried_from_another_site_is_refused_even_for_reading(tmp_path: Path, site: str) -> None:
    house = Household(tmp_path)
    request = make_request(headers={"cookie": house.sign_in(), "sec-fetch-site": site})

    assert _code(house.gate.decide(request)) == "origin_not_allowed"


def test_a_socket_with_a_cookie_must_name_its_page(tmp_path: Path) -> None:
    house = Household(tmp_path)
    cookie = house.sign_in()
    host = {"Host": "127.0.0.1:8100", "Cookie": cookie}

    assert _code(house.gate.admit("/ws", host, "127.0.0.1")) == "origin_not_allowed"
    assert isinstance(house.gate.admit("/ws", {**host, "Origin": OWN_ORIGIN}, "127.0.0.1"), Admitted)


def test_a_socket_with_a_token_needs_no_page(tmp_path: Path) -> None:
    house = Household(tmp_path)
    headers = {"Host": "127.0.0.1:8100", "Authorization": f"Bearer {house.token}"}

    assert house.gate.admit("/ws", headers, "10.0.0.9") == Admitted(ADMINISTRATOR, house.tokens.handle())


def test_the_older_socket_is_open_to_this_machine_only(tmp_path: Path) -> None:
    gate = Household(tmp_path).gate
    host = {"Host": "localhost:8100"}

    assert gate.admit("/ws/opportunities", host, "127.0.0.1") == Admitted(SEED_CLIENT)
    assert _code(gate.admit("/ws/opportunities", host, "10.0.0.9")) == "not_authenticated"
    assert _code(gate.admit("/ws", host, "127.0.0.1")) == "not_authenticated"


def test_a_peer_not_known_yet_is_this_machine_where_push_listens_on_nothing_else(tmp_path: Path) -> None:
    near = Household(tmp_path / "near").gate
    far = Household(tmp_path / "far", push_address=("0.0.0.0", 8100)).gate  # noqa: S104 - never bound here
    host = {"Host": "localhost:8100"}

    assert near.admit("/ws/opportunities", host, "") == Admitted(SEED_CLIENT)
    assert _code(far.admit("/ws/opportunities", host, "")) == "not_authenticated"


def test_seed_doors_can_be_closed(tmp_path: Path) -> None:
    gate = Household(tmp_path, seed_clients="token").gate

    assert _code(gate.decide(make_request(access=Access.SEED))) == "not_authenticated"


def test_seed_doors_only_show(tmp_path: Path) -> None:
    gate = Household(tmp_path).gate

    assert _code(gate.decide(make_request(access=Access.SEED, method="POST"))) == "not_authenticated"


def test_a_stale_cookie_does_not_close_a_seed_door(tmp_path: Path) -> None:
    gate = Household(tmp_path).gate
    request = make_request(access=Access.SEED, headers={"cookie": "__Host-tradewind=gone"})

    assert gate.decide(request) == Admitted(SEED_CLIENT)


def test_guessing_makes_wait_but_a_session_goes_on(tmp_path: Path) -> None:
    house = Household(tmp_path)
    cookie = house.sign_in()
    guess = make_request(headers={"authorization": "Bearer guess"})
    for _ in range(5):
        house.gate.decide(guess)

    refused = house.gate.decide(make_request(headers={"authorization": f"Bearer {house.token}"}))

    assert isinstance(refused, Refused)
    assert (refused.status, refused.code, refused.retry_after_s) == (429, "too_many_failures", 1)
    assert isinstance(house.gate.decide(make_request(headers={"cookie": cookie})), Admitted)
    house.clock.advance(1)
    assert isinstance(house.gate.decide(make_request(headers={"authorization": f"Bearer {house.token}"})), Admitted)


def test_signing_in_rotates_the_session(tmp_path: Path) -> None:
    house = Household(tmp_path)
    old = house.sign_in()

    answer = house.gate.sign_in(house.token, headers={"cookie": old, "user-agent": "test"}, peer="127.0.0.1")

    assert isinstance(answer, SignedIn)
    assert [session.session_id for session in house.sessions.live()] == [answer.session_id]
    assert house.gate.session_of({"cookie": old}) is None


def test_signing_in_with_a_wrong_token_opens_nothing(tmp_path: Path) -> None:
    house = Household(tmp_path)

    assert _code(house.gate.sign_in("wrong", headers={}, peer="127.0.0.1")) == "wrong_token"
    assert house.sessions.live() == []


def test_the_plain_cookie_is_refused_beyond_loopback(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"access\.cookie"):
        Household(tmp_path, cookie="plain", api_address=("0.0.0.0", 8888))  # noqa: S104 - never bound here


def test_the_plain_cookie_works_on_loopback(tmp_path: Path) -> None:
    house = Household(tmp_path, cookie="plain")
    answer = house.gate.sign_in(house.token, headers={}, peer="127.0.0.1")

    assert isinstance(answer, SignedIn)
    cookie = answer.set_cookie.partition(";")[0]
    assert cookie.startswith("tradewind_session=")
    assert isinstance(house.gate.decide(make_request(headers={"cookie": cookie, "host": OWN_HOST})), Admitted)


def test_the_watch_token_reads_and_changes_nothing(tmp_path: Path) -> None:
    watch = AccessTokens(tmp_path / "watch.json")
    house = Household(tmp_path, watch=watch)
    bearer = {"host": OWN_HOST, "authorization": f"Bearer {watch.renew()}"}
    asked = house.gate.decide(AccessRequest(Access.SESSION, "GET", "/metrics", bearer, "127.0.0.1"))
    changed = house.gate.decide(AccessRequest(Access.SESSION, "POST", "/api/v1/halt", bearer, "127.0.0.1"))
    followed = house.gate.admit("/ws", bearer, "127.0.0.1")
    assert isinstance(asked, Admitted)
    assert set(asked.principal.reaches) == {Permission.SYSTEM}
    assert (_code(changed), _code(followed)) == ("watches_only", "watches_only")
    token = bearer["authorization"].removeprefix("Bearer ")
    assert _code(house.gate.sign_in(token, headers={}, peer="127.0.0.1")) == "wrong_token"
