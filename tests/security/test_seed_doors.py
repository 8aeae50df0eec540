"""The doors that are open without a token are open to programs on this machine, and to nobody who is not one."""

from __future__ import annotations

from pathlib import Path

import pytest

from api_builders import serving
from identity_builders import Household, make_request
from tradewind.domain.access import Access, Admitted, Refused
from tradewind.domain.rights import SEED_CLIENT

FORWARDED = [
    ("x-forwarded-for", "127.0.0.1"),
    ("x-forwarded-host", "127.0.0.1:8888"),
    ("x-forwarded-proto", "http"),
    ("X-Forwarded-Prefix", "/"),
    ("forwarded", "for=127.0.0.1"),
    ("via", "1.1 proxy"),
    ("x-real-ip", "127.0.0.1"),
    ("x-client-ip", "127.0.0.1"),
    ("true-client-ip", "127.0.0.1"),
]


@pytest.mark.parametrize(("name", "value"), FORWARDED)
async def test_whoever_came_through_a_proxy_is_not_this_machine(tmp_path: Path, name: str, value: str) -> None:
    async with serving(tmp_path) as (_, client):
        for path in ("/opportunities", "/health", "/gateway/health"):
            assert (await client.get(path, headers={name: value})).status_code == 401


@pytest.mark.parametrize(("name", "value"), FORWARDED)
def test_nor_is_a_socket_through_a_proxy(tmp_path: Path, name: str, value: str) -> None:
    gate = Household(tmp_path).gate

    answer = gate.admit("/ws/opportunities", {"Host": "127.0.0.1:8100", name: value}, "127.0.0.1")

    assert isinstance(answer, Refused)
    assert answer.status == 401


@pytest.mark.parametrize("peer", ["10.0.0.5", "192.168.1.2", "::ffff:10.0.0.5", "fe80::1", "", "unknown"])
def test_a_peer_from_elsewhere_needs_the_token_whatever_it_says(tmp_path: Path, peer: str) -> None:
    house = Household(tmp_path)
    request = make_request(access=Access.SEED, target="/opportunities", peer=peer, headers={"x-real-ip": "127.0.0.1"})

    assert isinstance(house.gate.decide(request), Refused)


def test_a_peer_from_elsewhere_needs_the_token_also_where_we_listen_wider(tmp_path: Path) -> None:
    house = Household(tmp_path, api_address=("0.0.0.0", 8888))  # noqa: S104 - never bound here
    away = make_request(access=Access.SEED, headers={"host": "10.0.0.1:8888"}, peer="10.0.0.5")
    lying = make_request(access=Access.SEED, headers={"host": "127.0.0.1:8888"}, peer="10.0.0.5")
    here_by_its_public_name = make_request(access=Access.SEED, headers={"host": "10.0.0.1:8888"})
    here = make_request(access=Access.SEED)

    assert isinstance(house.gate.decide(away), Refused)
    assert isinstance(house.gate.decide(lying), Refused)
    assert isinstance(house.gate.decide(here_by_its_public_name), Refused)
    assert house.gate.decide(here) == Admitted(SEED_CLIENT)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_foreign_page_that_loads_them_as_a_script_gets_nothing(tmp_path: Path, site: str) -> None:
    request = make_request(access=Access.SEED, headers={"sec-fetch-site": site})

    assert isinstance(Household(tmp_path).gate.decide(request), Refused)


async def test_an_existing_client_works_unchanged(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client):
        for headers in ({}, {"user-agent": "python-requests/2.31"}, {"accept": "application/json"}):
            assert (await client.get("/opportunities", headers=headers)).json() == []
