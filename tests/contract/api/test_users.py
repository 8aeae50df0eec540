"""Users, rights and one's own affairs over REST: what counts at once, what is refused, what is on the record."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import httpx
import pytest

from api_builders import PASSWORD, ApiWorld, serving
from tradewind.domain.rights import Grant, Permission
from tradewind.identity import totp
from tradewind.identity.hashing import Hashing
from tradewind.identity.settings import PasswordSettings
from tradewind.stores.people import Credentials

_KEYS = itertools.count()
NEW_PASSWORD = "另一个-battery-staple-7"  # noqa: S105 - of nobody


def _key() -> dict[str, str]:
    return {"idempotency-key": f"k{next(_KEYS)}"}


async def _add(world: ApiWorld, client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    form = {"username": "wang", "chinese_name": "王伟", "password": PASSWORD, "grants": [{"role": "trader"}], **changes}
    return await client.post("/api/v1/admin/users", json=form, headers={**world.bearer, **_key()})


async def test_a_new_user_signs_in_changes_the_given_password_and_only_then_may_do_things(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        assert (await _add(world, client)).status_code == 201
        page = await world.sign_in(client)
        before = (await client.get("/api/v1/me", headers=page)).json()
        form = {"password": PASSWORD, "new_password": NEW_PASSWORD}
        assert (await client.post("/api/v1/me/password", json=form, headers=page)).status_code == 204
        after = (await client.get("/api/v1/me", headers=page)).json()
        again = await world.sign_in(client, password=NEW_PASSWORD)

    assert (before["must_change_password"], before["permissions"]) == (True, [])
    assert (after["must_change_password"], after["chinese_name"]) == (False, "王伟")
    assert {"permission": "trade", "is_whole": True, "pairs": [["*", "*"]]} in after["permissions"]
    assert again != page
    assert {"user_added", "signed_in", "password_changed"} <= {act.action for act in world.store.acts}


async def test_the_same_key_makes_one_user_and_answers_the_same(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        key = _key()
        form = {"username": "wang", "password": PASSWORD}
        answers = [
            await client.post("/api/v1/admin/users", json=form, headers={**world.bearer, **key}) for _ in range(2)
        ]
        without = await client.post("/api/v1/admin/users", json=form, headers=world.bearer)

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert without.status_code == 422
    assert len(world.store.people().users) == 1


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"username": "Wang"}, 409, "taken"),
        ({"username": "administrator"}, 422, "platform's own"),
        ({"username": "a b"}, 422, "letters"),
        ({"username": "li", "password": "short"}, 422, "at least 12"),
        ({"username": "lilili", "password": "lilili-lilili-9"}, 422, "username"),
        ({"username": "li", "password": "Password12345!"}, 422, "first that anybody tries"),
        ({"username": "li", "grants": [{"role": "king"}]}, 422, "there is no role 'king'"),
        ({"username": "li", "grants": [{"role": "trader", "product_code": "F9"}]}, 422, "no product 'F9'"),
        ({"username": "li", "source": "ldap"}, 422, "password"),
        ({"username": "li", "is_admin": True}, 422, "is_admin"),
    ],
)
async def test_a_user_that_cannot_be_is_refused_with_a_reason(
    tmp_path: Path, changes: dict[str, Any], status: int, words: str
) -> None:
    async with serving(tmp_path) as (world, client):
        await _add(world, client)
        answer = await _add(world, client, **changes)

    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert PASSWORD not in answer.text


async def test_changes_count_from_the_next_request_on_and_need_the_version_that_was_seen(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        await world.add_user()
        page = await world.sign_in(client)
        fewer = {"version": 1, "grants": [{"role": "viewer", "product_code": "F1"}]}
        answers = [await client.put("/api/v1/admin/users/WANG", json=fewer, headers=world.bearer) for _ in range(2)]
        me = (await client.get("/api/v1/me", headers=page)).json()

    assert [answer.status_code for answer in answers] == [200, 409]
    assert {one["permission"] for one in me["permissions"]} == {"market", "view", "chat"}


async def test_who_is_disabled_is_out_at_once_with_keys_and_all(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        await world.add_user()
        page = await world.sign_in(client)
        key = await _made_key(client, page)
        shut = {"version": 1, "is_disabled": True}
        assert (await client.put("/api/v1/admin/users/wang", json=shut, headers=world.bearer)).status_code == 200
        answers = [await client.get("/api/v1/me", headers=one) for one in (page, _bearer(key))]
        sign_in = await client.post("/api/v1/session", json={"username": "wang", "password": PASSWORD})

    assert [answer.status_code for answer in answers] == [401, 401]
    assert (sign_in.status_code, sign_in.json()["error"]["code"]) == (401, "wrong_password")


async def test_roles_of_ones_own_may_change_and_those_built_in_may_not(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        form = {"description": "只看", "permissions": ["view"]}
        made = await client.put("/api/v1/admin/roles/intern", json=form, headers=world.bearer)
        again = await client.put("/api/v1/admin/roles/intern", json=form, headers=world.bearer)
        built_in = await client.put("/api/v1/admin/roles/trader", json=form, headers=world.bearer)
        await _add(world, client, grants=[{"role": "intern"}])
        held = await client.delete("/api/v1/admin/roles/intern?version=1", headers=world.bearer)
        names = [one["name"] for one in (await client.get("/api/v1/admin/roles", headers=world.bearer)).json()]

    assert [one.status_code for one in (made, again, built_in, held)] == [200, 409, 422, 409]
    assert "wang" in held.text
    assert names[0] == "administrator"
    assert names[-1] == "intern"


async def test_an_account_belongs_to_one_product_alone(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        form = {"name": "一号", "sole_accounts": ["A1"]}
        answers = [
            await client.put(f"/api/v1/admin/products/{code}", json=form, headers=world.bearer) for code in ("F1", "F2")
        ]
        await _add(world, client, grants=[{"role": "trader", "product_code": "F1"}])
        seen = (await client.get("/api/v1/admin/users/wang/preview", headers=world.bearer)).json()

    assert [answer.status_code for answer in answers] == [200, 409]
    trade = next(one for one in seen["permissions"] if one["permission"] == "trade")
    assert trade["pairs"] == [["", "A1"], ["F1", "*"]]
    assert seen["must_change_password"] is True


async def test_a_mapping_is_tried_before_it_counts(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        await world.add_user("li", source="ldap", grants=(), groups=("cn=traders,dc=desk",))
        mapping = {"group": "Traders", "role": "trader", "product_code": "F1"}
        tried = await client.post(
            "/api/v1/admin/group-grants/preview", json={"group_grants": [mapping]}, headers=world.bearer
        )
        untouched = world.directory.principal("li")
        made = await client.post("/api/v1/admin/group-grants", json=mapping, headers={**world.bearer, **_key()})
        given = world.directory.principal("li")
        gone = await client.delete("/api/v1/admin/group-grants/1?version=1", headers=world.bearer)

    assert [one["username"] for one in tried.json()] == ["li"]
    assert tried.json()[0]["after"]["trade"] == [["F1", "*"]]
    assert untouched is not None
    assert not untouched.may(Permission.TRADE, "F1", "A1")
    assert given is not None
    assert given.may(Permission.TRADE, "F1", "A1")
    assert (made.status_code, gone.status_code) == (201, 204)
    after = world.directory.principal("li")
    assert after is not None
    assert not after.may_somewhere(Permission.TRADE)


def _bearer(key: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {key['secret']}"}


async def _made_key(client: httpx.AsyncClient, page: dict[str, str], **changes: Any) -> dict[str, Any]:
    form = {"name": "定时任务", "permissions": ["view"], "products": ["F1"], "days": 30, **changes}
    answer = await client.post("/api/v1/me/keys", json=form, headers={**page, **_key()})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_key_may_do_its_part_of_what_its_owner_may_and_nothing_personal(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        await world.add_user(grants=(Grant("trader", "*", "*"),))
        page = await world.sign_in(client)
        key = await _made_key(client, page)
        me = (await client.get("/api/v1/me", headers=_bearer(key))).json()
        personal = [
            await client.post("/api/v1/me/keys", json={"name": "x", "permissions": ["view"]},
                              headers={**_bearer(key), **_key()}),
            await client.post("/api/v1/me/totp", headers=_bearer(key)),
        ]  # fmt: skip
        listed = (await client.get("/api/v1/me/keys", headers=page)).json()

    assert me["permissions"] == [{"permission": "view", "is_whole": False, "pairs": [["F1", "*"]]}]
    assert [answer.status_code for answer in personal] == [403, 403]
    assert [(one["name"], one["used_from"]) for one in listed] == [("定时任务", "127.0.0.1")]
    assert key["secret"] not in str(listed)


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"permissions": ["administer"]}, 403), ({"permissions": []}, 422), ({"days": 1_000}, 422), ({"days": "9"}, 422)],
)
async def test_a_key_beyond_its_owner_is_refused(tmp_path: Path, changes: dict[str, Any], status: int) -> None:
    async with serving(tmp_path) as (world, client):
        await world.add_user()
        page = await world.sign_in(client)
        form = {"name": "x", "permissions": ["view"], **changes}
        answer = await client.post("/api/v1/me/keys", json=form, headers={**page, **_key()})

    assert answer.status_code == status, answer.text


async def test_a_key_ends_when_it_is_revoked_or_its_day_has_come(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        await world.add_user()
        page = await world.sign_in(client)
        revoked, expired = await _made_key(client, page), await _made_key(client, page, days=1)
        name = revoked["key"]["key_id"]
        others = await client.delete("/api/v1/me/keys/nobodys", headers=page)
        assert (await client.delete(f"/api/v1/me/keys/{name}", headers=page)).status_code == 204
        first = await client.get("/api/v1/me", headers=_bearer(revoked))
        world.clock.advance(86_400)
        second = await client.get("/api/v1/me", headers=_bearer(expired))

    assert others.status_code == 422
    assert [answer.json()["error"]["code"] for answer in (first, second)] == ["wrong_key", "wrong_key"]


async def _enrolled(world: ApiWorld, client: httpx.AsyncClient, page: dict[str, str]) -> tuple[bytes, list[str]]:
    begun = (await client.post("/api/v1/me/totp", headers=page)).json()
    known = world.store.find(Credentials, 1)
    assert known is not None
    assert begun["secret"] not in known.totp_secret
    secret = world.office._on.vault.open(known.totp_secret, about="totp 1")
    assert totp.text_of(secret) == begun["secret"]
    code = totp.code_at(secret, totp.step_at(world.clock.now_ns()))
    answer = await client.post("/api/v1/me/totp/confirm", json={"code": code}, headers=page)
    assert answer.status_code == 200, answer.text
    return secret, answer.json()


async def test_a_second_factor_is_asked_for_and_no_code_works_twice(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        await world.add_user()
        secret, recovery = await _enrolled(world, client, await world.sign_in(client))
        client.cookies.clear()
        world.clock.advance(30)
        code = totp.code_at(secret, totp.step_at(world.clock.now_ns()))
        codes = []
        for given in ("", "000000", code, code, recovery[0].lower(), recovery[0]):
            proof = {"username": "wang", "password": PASSWORD, "code": given}
            answer = await client.post("/api/v1/session", json=proof)
            client.cookies.clear()
            codes.append(answer.status_code if answer.status_code == 200 else answer.json()["error"]["code"])

    assert codes == ["code_needed", "wrong_code", 200, "wrong_code", 200, "wrong_code"]


async def test_a_second_factor_goes_with_the_password_and_with_an_administrator(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        await world.add_user()
        page = await world.sign_in(client)
        await _enrolled(world, client, page)
        wrong = await client.post("/api/v1/me/totp/remove", json={"password": "not mine at all"}, headers=page)
        right = await client.post("/api/v1/me/totp/remove", json={"password": PASSWORD}, headers=page)
        await _enrolled(world, client, page)
        lost = await client.post(
            "/api/v1/admin/users/wang/password", json={"remove_totp": True}, headers={**world.bearer, **_key()}
        )

        assert [wrong.status_code, right.status_code, lost.status_code] == [403, 204, 200]
        assert lost.json()["has_totp"] is False
        await world.sign_in(client)


async def test_a_browser_left_open_is_not_good_for_guessing_the_password(tmp_path: Path) -> None:
    async with serving(tmp_path, access={"lockout_after": 2}) as (world, client):
        await world.add_user()
        page = await world.sign_in(client)
        form = {"password": "not mine at all", "new_password": NEW_PASSWORD}
        codes = [(await client.post("/api/v1/me/password", json=form, headers=page)).text for _ in range(3)]
        right = {**form, "password": PASSWORD}
        waiting = await client.post("/api/v1/me/password", json=right, headers=page)
        world.clock.advance(1)
        later = await client.post("/api/v1/me/password", json=right, headers=page)

    assert ["too many" in told for told in codes] == [False, False, True]
    assert [waiting.status_code, later.status_code] == [403, 204]


async def test_a_password_is_hashed_anew_when_its_settings_changed(tmp_path: Path) -> None:
    async with serving(tmp_path, access={"passwords": PasswordSettings(passes=3)}) as (world, client):
        old = await Hashing(PasswordSettings()).hash(PASSWORD)
        user = await world.add_user()
        world.store.change(lambda book: book.put(Credentials(user_id=user.user_id, password_hash=old)))
        await world.sign_in(client)
        known = world.store.find(Credentials, user.user_id)
        await world.sign_in(client)

    assert known is not None
    assert "t=3" in known.password_hash


async def test_a_user_sees_and_ends_their_own_sessions_and_no_others(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        await world.add_user()
        await world.add_user("li")
        mine, other, hers = [await world.sign_in(client, name) for name in ("wang", "wang", "li")]
        listed = (await client.get("/api/v1/sessions", headers=mine)).json()
        everybody = (await client.get("/api/v1/sessions", headers=world.bearer)).json()
        stranger = next(one["session_id"] for one in everybody if one["identity"] == "li")
        elsewhere = next(one["session_id"] for one in listed if not one["is_current"])
        codes = [
            (await client.delete(f"/api/v1/sessions/{name}", headers=mine)).status_code
            for name in (stranger, elsewhere)
        ]
        states = [(await client.get("/api/v1/me", headers=one)).status_code for one in (mine, other, hers)]

    assert {one["identity"] for one in listed} == {"wang"}
    assert codes == [404, 204]
    assert states == [200, 401, 200]


async def test_the_tokens_holder_has_no_password_and_no_keys(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        page = await world.browser(client)
        answers = [
            await client.post("/api/v1/me/totp", headers=page),
            await client.post("/api/v1/me/keys", json={"name": "x", "permissions": ["view"]},
                              headers={**page, **_key()}),
        ]  # fmt: skip
        me = (await client.get("/api/v1/me", headers=page)).json()

    assert [answer.status_code for answer in answers] == [422, 422]
    assert (me["user_id"], me["username"]) == (0, "administrator")


async def test_with_the_store_away_users_hear_503_and_the_token_works(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        await world.add_user()
        page = await world.sign_in(client)
        world.store.is_away = True
        await world.identity.refresh()
        sign_in = await client.post("/api/v1/session", json={"username": "wang", "password": PASSWORD})
        changed = await _add(world, client, username="li")
        token = await world.browser(client)
        states = [(await client.get("/api/v1/me", headers=one)).status_code for one in (page, token)]

    assert (sign_in.status_code, sign_in.json()["error"]["code"]) == (503, "sign_in_unavailable")
    assert changed.status_code == 503
    assert states == [200, 200]


async def test_whoever_has_the_access_token_learns_whether_anybody_else_could_approve(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        alone = (await client.get("/api/v1/session", headers=world.bearer)).json()["is_alone"]
        await world.add_user("li")
        with_a_trader = (await client.get("/api/v1/session", headers=world.bearer)).json()["is_alone"]
        await world.add_user("zhao", grants=(Grant("risk_officer", "*", "*"),))
        with_an_approver = (await client.get("/api/v1/session", headers=world.bearer)).json()["is_alone"]
        page = await world.sign_in(client, "li")
        of_a_user = (await client.get("/api/v1/session", headers=page)).json()["is_alone"]

    assert [alone, with_a_trader, with_an_approver, of_a_user] == [True, True, False, False]
