"""System 004's user and rights over REST (C-004-4, C-004-7): the people of a real store, signed in for real."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio

from api_builders import ApiWorld, serving
from tradewind.domain.rights import Grant, Permission
from tradewind.domain.user import GroupGrant, Product, Role

PATH = "/hsapi/wsapp/api/user/"


@pytest_asyncio.fixture
async def door(tmp_path: Path) -> AsyncIterator[tuple[ApiWorld, httpx.AsyncClient]]:
    async with serving(tmp_path) as (world, client):
        world.store.change(lambda book: book.put(Product(code="F2", name="二号基金")))
        role = Role(name="watcher", description="looks on", permissions=frozenset({Permission.VIEW}))
        world.store.change(lambda book: book.put(role))
        group = GroupGrant(grant_id=1, group_name="desk", role="viewer", product_code="F1", account_id="*")
        world.store.change(lambda book: book.put(group))
        await world.add_user(
            english_name="Wang Wei",
            chinese_name="王伟",
            email="w@fund.cn",
            grants=(Grant("trader", "F1", "*"), Grant("watcher", "F1", "A1")),
            groups=("cn=desk,dc=fund",),
        )
        yield world, client


async def test_a_user_is_told_their_names_roles_and_products(door: tuple[ApiWorld, httpx.AsyncClient]) -> None:
    world, client = door
    signed_in = await world.sign_in(client)
    for path in (PATH, PATH.rstrip("/")):
        told = (await client.get(path, headers=signed_in)).json()
        assert (told["id"], told["username"]) == (1, "wang")
        assert (told["english_name"], told["chinese_name"], told["email"]) == ("Wang Wei", "王伟", "w@fund.cn")
        rows = [
            (row["user_id"], row["role"], row["product_code"], row["account_id"]) for row in told["user_role_products"]
        ]
        assert rows == [(1, "trader", "F1", "*"), (1, "viewer", "F1", "*"), (1, "watcher", "F1", "A1")]
        assert len({row["id"] for row in told["user_role_products"]}) == 3
        assert [(role["name"], role["description"]) for role in told["roles"]] == [
            ("trader", "trader"),
            ("viewer", "viewer"),
            ("watcher", "looks on"),
        ]
        assert told["roles"][2]["permissions"] == ["view"]
        assert told["products"] == [{"code": "F1", "name": "一号基金"}], "the other fund is none of theirs"
        assert {each["permission"] for each in told["permissions"]} == {
            "market",
            "view",
            "trade",
            "halt",
            "chat",
            "settle",
        }


async def test_nothing_secret_is_told_of_anybody(door: tuple[ApiWorld, httpx.AsyncClient]) -> None:
    world, client = door
    text = (await client.get(PATH, headers=await world.sign_in(client))).text
    assert "password" not in text
    assert "totp" not in text
    assert "argon2" not in text


async def test_who_holds_the_access_token_is_the_administrator_of_everything(
    door: tuple[ApiWorld, httpx.AsyncClient],
) -> None:
    world, client = door
    told = (await client.get(PATH, headers=world.bearer)).json()
    assert (told["id"], told["username"]) == (0, "administrator")
    (row,) = told["user_role_products"]
    assert (row["role"], row["product_code"], row["account_id"]) == ("administrator", "*", "*")
    assert {product["code"] for product in told["products"]} == {"F1", "F2"}


async def test_a_stranger_is_told_nothing_in_the_form_older_clients_read(
    door: tuple[ApiWorld, httpx.AsyncClient],
) -> None:
    _, client = door
    answer = await client.get(PATH)
    assert answer.status_code == 401
    assert answer.json()["detail"] == answer.json()["error"]["message"]
    elsewhere = await client.get("/api/v1/me")
    assert "detail" not in elsewhere.json()
