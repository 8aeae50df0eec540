"""Signing in by name: nobody learns who there is, nobody is locked out by a stranger, nothing secret is told."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from api_builders import PASSWORD, serving
from identity_builders import OWN_ORIGIN, Household
from tradewind.domain.access import Admitted, Refused
from tradewind.errors import TransientError
from tradewind.identity.hashing import Hashing
from tradewind.identity.passwords import problem
from tradewind.identity.ports import SignedIn
from tradewind.identity.settings import PasswordSettings
from tradewind.stores.people import Session


async def _try(client: httpx.AsyncClient, username: str, password: str, **headers: str) -> httpx.Response:
    answer = await client.post("/api/v1/session", json={"username": username, "password": password}, headers=headers)
    client.cookies.clear()
    return answer


async def test_a_wrong_name_and_a_wrong_password_are_answered_alike(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        await world.add_user()
        answers = [await _try(client, name, "wrong-password-1") for name in ("wang", "nobody", "administrator")]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1


async def test_for_nobody_the_same_work_is_done_as_for_somebody() -> None:
    """Processor time of the hash decides what a stranger can measure: there is one hash either way."""
    hashing = Hashing(PasswordSettings())
    stored = await hashing.hash(PASSWORD)
    await hashing.verify("", "warm")
    took: dict[str, list[float]] = {"known": [], "nobody": []}
    for _ in range(9):
        for who, kept in (("known", stored), ("nobody", "")):
            begun = time.perf_counter()  # noqa: TID251 - what a stranger would measure
            assert not await hashing.verify(kept, "wrong-password-1")
            took[who].append(time.perf_counter() - begun)  # noqa: TID251 - as above
    hashing.close()

    known, nobody = (sorted(took[who])[4] for who in ("known", "nobody"))
    assert min(known, nobody) * 3 > max(known, nobody), took


async def test_a_flood_of_sign_ins_waits_in_line_and_the_rest_is_sent_away() -> None:
    hashing = Hashing(PasswordSettings(at_once=1, waiting=2))
    tries = await asyncio.gather(*(hashing.verify("", "x") for _ in range(10)), return_exceptions=True)
    hashing.close()

    assert sum(isinstance(one, TransientError) for one in tries) == 7
    assert tries.count(False) == 3


async def test_wrong_passwords_make_address_and_account_wait_longer_and_longer(tmp_path: Path) -> None:
    async with serving(tmp_path, access={"lockout_after": 3}) as (world, client):
        await world.add_user()
        codes = [(await _try(client, "wang", "wrong-password-1")).status_code for _ in range(4)]
        right = await _try(client, "wang", PASSWORD)
        other = await _try(client, "li", PASSWORD)
        world.clock.advance(1)
        later = await _try(client, "wang", PASSWORD)

    assert codes == [401, 401, 401, 429]
    assert (right.status_code, right.headers["retry-after"]) == (429, "1")
    assert other.status_code == 429, "the address waits, whoever it tries"
    assert later.status_code == 200


async def test_a_stranger_cannot_lock_out_a_browser_that_its_user_signed_in_from(tmp_path: Path) -> None:
    async with serving(tmp_path, access={"lockout_after": 2}) as (world, client):
        await world.add_user()
        page = await world.sign_in(client)
        for _ in range(5):
            await _try(client, "wang", "wrong-password-1")
        stranger = await _try(client, "wang", PASSWORD)
        device = "; ".join(one for one in page["cookie"].split("; ") if "-device" in one)
        known = await _try(client, "wang", PASSWORD, cookie=device)
        lis = await _try(client, "li", PASSWORD, cookie=device)
        session = await client.get("/api/v1/me", headers=page)

    assert stranger.status_code == 429
    assert known.status_code == 200
    assert lis.status_code == 429, "a browser is known for its user alone"
    assert session.status_code == 200


async def test_many_tries_at_once_count_before_they_are_judged(tmp_path: Path) -> None:
    async with serving(tmp_path, access={"lockout_after": 3, "lockout_max_s": 300}) as (world, client):
        await world.add_user()
        tries = await asyncio.gather(*(_try(client, "wang", f"wrong-password-{n}") for n in range(12)))

    assert [answer.status_code for answer in tries].count(401) == 3


async def test_a_new_session_takes_the_place_of_the_browsers_old_one(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        await world.add_user()
        first = await world.sign_in(client)
        answer = await _try(client, "wang", PASSWORD, cookie=first["cookie"])
        old = await client.get("/api/v1/me", headers=first)

    assert answer.status_code == 200
    assert old.status_code == 401


async def test_a_foreign_page_cannot_sign_a_browser_in(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        await world.add_user()
        answer = await _try(client, "wang", PASSWORD, origin="https://evil.example")

    assert answer.json()["error"]["code"] == "origin_not_allowed"
    assert "set-cookie" not in answer.headers


async def test_what_a_users_page_changes_needs_the_csrf_token(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        await world.add_user()
        page = await world.sign_in(client)
        answer = await client.post("/api/v1/tickets", headers={"cookie": page["cookie"]})

    assert answer.json()["error"]["code"] == "csrf"


async def test_no_secret_is_in_any_log_answer_act_or_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with serving(tmp_path) as (world, client):
        await world.add_user()
        page = await world.sign_in(client)
        wrong = await _try(client, "wang", "my-wrong-secret-77")
        made = await client.post(
            "/api/v1/me/keys", json={"name": "x", "permissions": ["view"]},
            headers={**page, "idempotency-key": "one"},
        )  # fmt: skip
        again = await client.post(
            "/api/v1/me/keys", json={"name": "x", "permissions": ["view"]},
            headers={**page, "idempotency-key": "one"},
        )  # fmt: skip
        ticket = (await client.post("/api/v1/tickets", headers=page)).json()["ticket"]
        told = [wrong.text, again.text]
        told += [(await client.get(path, headers=world.bearer)).text for path in (
            "/api/v1/admin/users", "/api/v1/admin/keys", "/api/v1/sessions", "/api/v1/me")]  # fmt: skip
        kept = repr([world.store._shelves, world.store.acts])
    cookie = page["cookie"].partition(";")[0].partition("=")[2]
    device = page["cookie"].rpartition("=")[2]
    secrets = [PASSWORD, "my-wrong-secret-77", made.json()["secret"], ticket, cookie, device, page["x-csrf-token"]]
    printed = "".join(capsys.readouterr())

    for secret in secrets:
        assert all(secret not in text for text in (*told, kept, printed)), secret
    assert again.status_code == 409


def test_signing_in_and_out_at_another_port_of_the_host_leaves_a_browser_signed_in_here(tmp_path: Path) -> None:
    usual = Household(tmp_path / "usual", public_port=8_888)
    other = Household(tmp_path / "other", api_address=("127.0.0.1", 8_899), public_port=8_899)
    jar: dict[str, str] = {}

    def cookies() -> dict[str, str]:
        return {"cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}

    def keep(set_cookie: str) -> None:
        name, _, value = set_cookie.partition(";")[0].partition("=")
        jar[name] = value

    for house in (usual, other):
        signed = house.gate.sign_in(house.token, headers=cookies(), peer="127.0.0.1")
        assert isinstance(signed, SignedIn)
        keep(signed.set_cookie)
    sockets = [
        house.gate.admit("/ws", {**cookies(), "Host": "127.0.0.1:8100", "Origin": origin}, "127.0.0.1")
        for house, origin in ((usual, OWN_ORIGIN), (other, "http://127.0.0.1:8899"))
    ]
    keep(other.gate.clearing_cookie())

    assert [isinstance(socket, Admitted) for socket in sockets] == [True, True]
    assert usual.gate.session_of(cookies()) is not None
    assert other.gate.session_of(cookies()) is None


def test_a_browser_that_was_signed_in_at_the_usual_port_before_ports_were_told_apart_still_is(tmp_path: Path) -> None:
    house = Household(tmp_path, public_port=8_888)

    assert house.gate.session_of({"cookie": house.sign_in()}) is not None


def test_a_ticket_opens_one_socket_on_whichever_instance_it_comes_to(tmp_path: Path) -> None:
    house = Household(tmp_path)
    user = house.add_user()
    house.sign_in_user(user)
    house.sessions.flush_now()
    (session,) = house.store.sign_ins().sessions
    ticket, _ = house.tickets.make(session.secret_sha256)
    there = Household(tmp_path / "there")
    there.store = there.tickets._store = there.sessions._store = house.store
    there.sessions.take(house.store.sign_ins())
    there.directory.take(house.store.people())
    headers = {"Host": "127.0.0.1:8100", "Sec-WebSocket-Protocol": f"tradewind, ticket.{ticket}", "Origin": OWN_ORIGIN}

    answers = [one.gate.admit("/ws", headers, "127.0.0.1") for one in (there, house, there)]

    assert isinstance(answers[0], Admitted)
    assert (answers[0].identity, answers[0].session_id) == ("wang", session.session_id)
    assert [isinstance(answer, Refused) for answer in answers[1:]] == [True, True]


@pytest.mark.parametrize("how", ["late", "signed_out", "disabled", "foreign_page", "over_http"])
def test_a_ticket_is_worth_nothing(tmp_path: Path, how: str) -> None:
    house = Household(tmp_path)
    user = house.add_user()
    house.sign_in_user(user)
    house.sessions.flush_now()
    (session,) = house.store.sign_ins().sessions
    ticket, _ = house.tickets.make(session.secret_sha256)
    headers = {"Host": "127.0.0.1:8100", "Sec-WebSocket-Protocol": f"tradewind, ticket.{ticket}"}
    path = "/ws"
    if how == "late":
        house.clock.advance(31)
    elif how == "signed_out":
        house.sessions.end(session.session_id)
        house.sessions.flush_now()
    elif how == "disabled":
        house.store.change(lambda book: book.remove(Session, session.secret_sha256))
        house.sessions.take(house.store.sign_ins())
    elif how == "foreign_page":
        headers["Origin"] = "https://evil.example"
    else:
        path = f"/ws?ticket={ticket}&token=x"

    assert isinstance(house.gate.admit(path, headers, "127.0.0.1"), Refused)


@pytest.mark.parametrize(
    "password",
    ["password1234", "Password123!!", "qwertyuiop12", "aaaaaaaaaaaa", "abcabcabcabc", "123456789012", "administrator1"],
)
def test_the_commonest_passwords_are_refused(password: str) -> None:
    assert problem(password, username="wang", min_length=12)


@pytest.mark.parametrize("password", ["长城长城-horse-9-晴天", "trade winds blow at dawn", "x7#Kp2vQ!mZ4"])
def test_a_good_password_is_taken(password: str) -> None:
    assert problem(password, username="wang", min_length=12) is None
