"""Behind a gateway of ours: who really called, under which name, from which page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from identity_builders import Household, make_request
from tradewind.domain.access import Access, Admitted, Refused
from tradewind.domain.rights import ADMINISTRATOR, SEED_CLIENT
from tradewind.identity.entry import Entry

ENTRY = Entry(host="127.0.0.1", port=8888)
BEHIND: dict[str, Any] = {"api_address": ("127.0.0.1", 8000)}


def seed_request(house: Household, headers: dict[str, str], peer: str = "127.0.0.1") -> Admitted | Refused:
    named, caller = house.gate.caller({"host": "127.0.0.1:8888", **headers}, peer)
    return house.gate.decide(make_request(access=Access.SEED, headers=named, peer=caller))


def test_a_program_on_this_machine_comes_in_through_the_gateway(tmp_path: Path) -> None:
    house = Household(tmp_path, entry=ENTRY, **BEHIND)

    assert seed_request(house, {"x-real-ip": "127.0.0.1"}) == Admitted(SEED_CLIENT)
    socket = house.gate.admit("/ws/opportunities", {"Host": "127.0.0.1:8888", "X-Real-IP": "::1"}, "127.0.0.1")
    assert socket == Admitted(SEED_CLIENT)


@pytest.mark.parametrize("caller", ["10.0.0.5", "", "unknown", "127.0.0.1, 10.0.0.5"])
def test_a_caller_from_elsewhere_does_not(tmp_path: Path, caller: str) -> None:
    assert isinstance(seed_request(Household(tmp_path, entry=ENTRY, **BEHIND), {"x-real-ip": caller}), Refused)


def test_nor_who_came_through_a_proxy_before_the_gateway(tmp_path: Path) -> None:
    headers = {"x-real-ip": "127.0.0.1", "x-forwarded-for": "10.0.0.5"}

    assert isinstance(seed_request(Household(tmp_path, entry=ENTRY, **BEHIND), headers), Refused)


def test_only_the_gateway_is_believed(tmp_path: Path) -> None:
    house = Household(tmp_path, entry=ENTRY, **BEHIND)

    assert isinstance(seed_request(house, {"x-real-ip": "127.0.0.1"}, peer="10.0.0.9"), Refused)


def test_without_a_gateway_nobody_is_believed(tmp_path: Path) -> None:
    assert isinstance(seed_request(Household(tmp_path), {"x-real-ip": "127.0.0.1"}), Refused)


def test_wrong_tokens_lock_out_the_caller_and_not_the_gateway(tmp_path: Path) -> None:
    house = Household(tmp_path, entry=ENTRY, lockout_after=1, **BEHIND)

    def with_token(token: str, caller: str) -> Admitted | Refused:
        return seed_request(house, {"x-real-ip": caller, "authorization": f"Bearer {token}"})

    for _ in range(3):
        with_token("wrong", "10.0.0.5")
    locked = with_token(house.token, "10.0.0.5")

    assert isinstance(locked, Refused)
    assert locked.status == 429
    assert with_token(house.token, "10.0.0.6") == Admitted(ADMINISTRATOR)


def test_the_gateways_page_is_ours_and_has_its_scheme(tmp_path: Path) -> None:
    plain = Household(tmp_path, entry=ENTRY, **BEHIND)
    tls = Household(tmp_path, entry=Entry(host="127.0.0.1", port=443, is_tls=True), **BEHIND)

    def ask(house: Household, host: str, origin: str) -> Admitted | Refused:
        return house.gate.decide(make_request(access=Access.PUBLIC, headers={"host": host, "origin": origin}))

    assert isinstance(ask(plain, "127.0.0.1:8888", "http://127.0.0.1:8888"), Admitted)
    assert isinstance(ask(plain, "127.0.0.1:8888", "https://127.0.0.1:8888"), Refused)
    assert isinstance(ask(tls, "localhost", "https://localhost"), Admitted)
    assert isinstance(ask(tls, "localhost", "http://localhost"), Refused)


def test_a_gateway_in_a_network_of_ours_is_believed_and_one_outside_is_not() -> None:
    entry = Entry(host="127.0.0.1", port=8888, peers=("10.42.0.0/16", "::1"))
    said = {"x-real-ip": "203.0.113.9"}
    assert entry.caller(said, "10.42.7.1") == ({}, "203.0.113.9")
    assert entry.caller(said, "::1") == ({}, "203.0.113.9")
    assert entry.caller(said, "10.43.0.1") == (said, "10.43.0.1")
    assert entry.caller(said, "not an address") == (said, "not an address")
