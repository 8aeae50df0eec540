"""People of a directory server, asked of a real OpenLDAP under TLS: who comes in, who does not, and when it is away."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api_builders import serving
from certificates import Authority
from real_slapd import BASE, GROUPS, PASSWORD, PEOPLE, READER, READER_PASSWORD, RealSlapd, group, person
from tradewind.domain.rights import Permission
from tradewind.domain.user import GroupGrant
from tradewind.errors import ConfigError, TransientError
from tradewind.identity.ldap import LdapJudge, LdapWatch
from tradewind.identity.ldap.judge import _is_locked
from tradewind.identity.ldap.messages import Entry
from tradewind.identity.settings import LdapSettings

WANG = f"uid=wang,{PEOPLE}"
_PEOPLE = (
    person("wang", memberOf=f"cn=traders,{GROUPS}"),
    person("li", title="locked"),
    person("o.brien", cn="O'Brien (trader) *"),
    # Two entries of one name, in two places of the tree.
    person("twin"),
    person("twin", rdn="cn=another twin", cn="another twin"),
    group("traders", "wang", "li"),
    group("chiefs", "li"),
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"), "desk-ca")


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[RealSlapd]:
    server = RealSlapd(tmp_path_factory.mktemp("slapd"), authority, *_PEOPLE)
    server.start()
    yield server
    server.kill()


def _settings(slapd: RealSlapd, **changes: Any) -> LdapSettings:
    fields: dict[str, Any] = {
        "url": slapd.tls_url,
        "ca_file": str(slapd.ca_file),
        "bind_dn": READER,
        "password": READER_PASSWORD,
        "base": PEOPLE,
        "groups_base": GROUPS,
        "locked": ("title",),
    }
    return LdapSettings(**{**fields, **changes})


@pytest.fixture(params=["ldaps", "starttls"])
def judge(request: pytest.FixtureRequest, slapd: RealSlapd) -> LdapJudge:
    return LdapJudge(_settings(slapd, url=slapd.tls_url if request.param == "ldaps" else slapd.url))


async def test_who_knows_the_password_is_told_with_names_mail_and_groups(judge: LdapJudge) -> None:
    found = await judge.judge("wang", PASSWORD)

    assert found is not None
    assert (found.dn, found.username, found.english_name) == (WANG, "wang", "wang in English")
    assert (found.chinese_name, found.email) == ("王伟", "wang@desk.example")
    assert found.groups == (f"cn=traders,{GROUPS}",)
    assert not found.is_locked


@pytest.mark.parametrize("password", ["", "wrong", f"{PASSWORD} ", "*", "\x00"])
async def test_a_wrong_password_is_nobodys_and_an_empty_one_is_not_even_asked(judge: LdapJudge, password: str) -> None:
    assert await judge.judge("wang", password) is None


@pytest.mark.parametrize(
    "username",
    ["*", "wan*", "wang)(uid=*", "*)(objectClass=*", "wang,ou=people", f"uid=wang,{PEOPLE}", "wang\x00", "wang\\2a", "",
     "(|(uid=wang))", " wang", "w" * 5_000, "\udc80"],
)  # fmt: skip
async def test_a_name_is_one_value_and_nothing_can_be_put_into_the_search_by_it(
    judge: LdapJudge, username: str
) -> None:
    assert await judge.judge(username, PASSWORD) is None


async def test_letters_of_a_name_compare_without_case_and_the_servers_own_spelling_counts(judge: LdapJudge) -> None:
    found = await judge.judge("WANG", PASSWORD)

    assert found is not None
    assert found.username == "wang"


async def test_a_name_that_two_entries_have_is_nobodys(judge: LdapJudge) -> None:
    assert await judge.judge("twin", PASSWORD) is None


async def test_signs_that_mean_something_in_filters_are_plain_in_names(judge: LdapJudge) -> None:
    found = await judge.judge("o.brien", PASSWORD)

    assert found is not None
    assert found.english_name == "O'Brien (trader) *"


async def test_groups_may_be_named_by_the_person_instead(slapd: RealSlapd) -> None:
    judge = LdapJudge(_settings(slapd, groups_base=""))
    wang, brien = await judge.look_up("wang"), await judge.look_up("o.brien")

    assert wang is not None
    assert brien is not None
    assert wang.groups == (f"cn=traders,{GROUPS}",)
    assert brien.groups == ()


@pytest.mark.parametrize("url", ["ldaps", "starttls"])
async def test_a_server_whose_authority_is_not_ours_is_told_nothing(slapd: RealSlapd, tmp_path: Path, url: str) -> None:
    stranger = Authority(tmp_path, "another-ca").certificate
    place = slapd.tls_url if url == "ldaps" else slapd.url
    with pytest.raises(TransientError, match="certificate verify failed"):
        await LdapJudge(_settings(slapd, url=place, ca_file=str(stranger))).judge("wang", PASSWORD)


async def test_a_server_of_another_name_is_told_nothing(slapd: RealSlapd) -> None:
    place = slapd.tls_url.replace("localhost", "127.0.0.1")
    with pytest.raises(TransientError, match="certificate"):
        await LdapJudge(_settings(slapd, url=place)).judge("wang", PASSWORD)


async def test_a_server_that_does_not_begin_tls_hears_no_password(slapd: RealSlapd) -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def refuse() -> None:
            peer, _ = listening.accept()
            with peer:
                heard.append(peer.recv(4_096))
                # An extended answer with code 2 (protocol error): "no TLS here".
                peer.sendall(bytes.fromhex("300c02010178070a010204000400"))
                heard.append(peer.recv(4_096))

        answering = threading.Thread(target=refuse, daemon=True)
        answering.start()
        place = f"ldap://localhost:{listening.getsockname()[1]}"
        with pytest.raises(TransientError, match="does not begin TLS"):
            await LdapJudge(_settings(slapd, url=place)).judge("wang", PASSWORD)
        answering.join(5)

    assert PASSWORD.encode() not in b"".join(heard)
    assert READER_PASSWORD.encode() not in b"".join(heard)


async def test_a_wrong_service_account_says_so_and_lets_nobody_in(slapd: RealSlapd) -> None:
    with pytest.raises(TransientError, match="bind_dn"):
        await LdapJudge(_settings(slapd, password="wrong")).judge("wang", PASSWORD)  # noqa: S106 - of nobody


async def test_a_base_that_is_none_says_so(slapd: RealSlapd) -> None:
    with pytest.raises(TransientError, match="refused to search"):
        await LdapJudge(_settings(slapd, base=f"ou=nowhere,{BASE}")).judge("wang", PASSWORD)


def test_a_server_without_a_base_is_no_setting() -> None:
    with pytest.raises(ConfigError, match=r"access\.ldap\.base"):
        LdapJudge(LdapSettings(url="ldaps://localhost"))


@pytest.mark.parametrize("url", ["http://x", "ldap:", "ldap://a b", "localhost"])
def test_an_address_is_ldap_or_ldaps(url: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"url": url}, LdapSettings)


@pytest.mark.parametrize(
    ("value", "is_locked"), [("512", False), ("514", True), ("66050", True), ("", False), ("many", False)]
)
def test_active_directorys_word_for_disabled_is_read_by_its_bit(value: str, is_locked: bool) -> None:  # noqa: FBT001 - a table
    assert _is_locked("useraccountcontrol", Entry("", {"useraccountcontrol": [value]})) is is_locked


async def test_what_breaks_off_or_is_no_ldap_is_an_error_of_ours_within_the_time(slapd: RealSlapd) -> None:
    for told in (b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x30\x84\xff\xff\xff\xff", b"\x30\x80" + b"\x00" * 20):
        with socket.create_server(("127.0.0.1", 0)) as listening:

            def answer(told: bytes = told, listening: socket.socket = listening) -> None:
                peer, _ = listening.accept()
                with peer:
                    peer.recv(4_096)
                    peer.sendall(told)

            answering = threading.Thread(target=answer, daemon=True)
            answering.start()
            place = f"ldap://localhost:{listening.getsockname()[1]}"
            with pytest.raises(TransientError):
                await LdapJudge(_settings(slapd, url=place)).judge("wang", PASSWORD)
            answering.join(5)


async def _sign_in(client: Any, username: str = "wang", password: str = PASSWORD) -> Any:
    answer = await client.post("/api/v1/session", json={"username": username, "password": password})
    client.cookies.clear()
    return answer


async def test_somebody_is_a_user_from_the_first_sign_in_on_with_what_their_groups_give(
    slapd: RealSlapd, tmp_path: Path
) -> None:
    async with serving(tmp_path, ldap=LdapJudge(_settings(slapd))) as (world, client):
        grant = GroupGrant(grant_id=1, group_name="traders", role="trader", product_code="*", account_id="*")
        world.store.change(lambda book: book.put(grant))
        answers = [await _sign_in(client), await _sign_in(client), await _sign_in(client, "li")]
        groups = await client.get("/api/v1/admin/groups/li", headers=world.bearer)

    (user,) = world.store.people().users
    assert [answer.status_code for answer in answers] == [200, 200, 401], "li is locked there"
    assert (user.username, user.chinese_name, user.source) == ("wang", "王伟", "ldap")
    principal = world.directory.principal("wang")
    assert principal is not None
    assert principal.may(Permission.TRADE, "F1", "A1")
    assert groups.json() == [f"cn=chiefs,{GROUPS}", f"cn=traders,{GROUPS}"]
    assert [act.action for act in world.store.acts].count("user_added") == 1


async def test_a_local_user_is_judged_here_whatever_the_server_says_of_the_name(
    slapd: RealSlapd, tmp_path: Path
) -> None:
    async with serving(tmp_path, ldap=LdapJudge(_settings(slapd))) as (world, client):
        await world.add_user("wang", password="another-password-of-ours-1")  # noqa: S106 - of nobody
        there = await _sign_in(client)
        here = await _sign_in(client, password="another-password-of-ours-1")  # noqa: S106 - of nobody

    assert [there.status_code, here.status_code] == [401, 200]


@pytest.mark.parametrize("how", ["killed", "hung"])
async def test_a_dead_server_lets_nobody_new_in_says_so_in_time_and_throws_nobody_out(
    authority: Authority, tmp_path: Path, how: str
) -> None:
    server = RealSlapd(tmp_path / "slapd", authority, *_PEOPLE)
    server.start()
    try:
        judge = LdapJudge(_settings(server))
        async with serving(tmp_path, ldap=judge) as (world, client):
            await world.add_user("local")
            signed_in = await client.post("/api/v1/session", json={"username": "wang", "password": PASSWORD})
            page = {"cookie": signed_in.headers["set-cookie"].partition(";")[0]}
            client.cookies.clear()
            (server.kill if how == "killed" else server.freeze)()
            async with asyncio.timeout(4.5):
                refused = await _sign_in(client)
            mine = await client.get("/api/v1/me", headers=page)
            watch = LdapWatch(judge=judge, store=world.store, directory=world.directory, clock=world.clock, check_s=60)
            await watch.look()
            still = await client.get("/api/v1/me", headers=page)
            local = await _sign_in(client, "local")
            server.thaw()
            if how == "killed":
                server.start()
            again = await _sign_in(client)
    finally:
        server.kill()

    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "sign_in_unavailable")
    assert "directory server" in refused.json()["error"]["message"]
    assert [one.status_code for one in (mine, still, local, again)] == [200, 200, 200, 200]


async def test_who_is_gone_there_loses_sessions_here_at_the_next_look(authority: Authority, tmp_path: Path) -> None:
    server = RealSlapd(tmp_path / "slapd", authority, *_PEOPLE)
    server.start()
    try:
        judge = LdapJudge(_settings(server))
        async with serving(tmp_path, ldap=judge) as (world, client):
            signed_in = await client.post("/api/v1/session", json={"username": "wang", "password": PASSWORD})
            page = {"cookie": signed_in.headers["set-cookie"].partition(";")[0]}
            client.cookies.clear()
            watch = LdapWatch(judge=judge, store=world.store, directory=world.directory, clock=world.clock, check_s=60)
            await watch.look()
            before = await client.get("/api/v1/me", headers=page)
            server.remove(WANG)
            await watch.look()
            await world.identity.refresh()
            after = await client.get("/api/v1/me", headers=page)
    finally:
        server.kill()

    assert [before.status_code, after.status_code] == [200, 401]
    assert world.store.acts[-1].action == "user_shut_out"
