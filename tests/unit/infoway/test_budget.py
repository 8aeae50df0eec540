"""How often a key may ask."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.errors import ConfigError
from tradewind.infoway.addresses import LIVE_SCHEMES, REST_SCHEMES, checked
from tradewind.infoway.budget import LocalBudget, mark_of
from tradewind.infoway.live import FrameGate
from tradewind.infoway.settings import InfowaySettings, Plan
from tradewind.kernel.clock import NS_PER_S, FakeClock

MIDNIGHT_NS = 1_700_006_400 * NS_PER_S
"""2023-11-15 00:00 UTC."""


class Elapsed:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@given(st.lists(st.floats(0.0, 0.4), min_size=1, max_size=120), st.integers(1, 5), st.integers(1, 20))
async def test_no_second_and_no_minute_ever_holds_more_requests_than_the_plan(
    steps: list[float], per_second: int, per_minute: int
) -> None:
    elapsed, taken = Elapsed(), deque[float]()
    budget = LocalBudget(FakeClock(MIDNIGHT_NS), elapsed)
    plan = Plan(per_second, per_minute, 10**6, 1, 10)
    for step in steps:
        elapsed.now_s += step
        wait_s = await budget.take("k", plan)
        if wait_s > 0.0:
            elapsed.now_s += wait_s + 1e-6
            assert await budget.take("k", plan) == 0.0
        taken.append(elapsed.now_s)
    for at, moment in enumerate(taken):
        within = [later - moment for later in list(taken)[at:]]
        assert sum(gap < 1.0 for gap in within) <= per_second
        assert sum(gap < 60.0 for gap in within) <= per_minute


async def test_a_used_up_day_ends_at_midnight_utc() -> None:
    clock, elapsed = FakeClock(MIDNIGHT_NS + 3_600 * NS_PER_S), Elapsed()
    budget = LocalBudget(clock, elapsed)
    plan = Plan(10, 100, 2, 1, 10)
    assert [await budget.take("k", plan) for _ in range(3)] == [0.0, 0.0, 82_800.0]
    assert await budget.take("another key", plan) == 0.0
    clock.advance(82_801)
    assert await budget.take("k", plan) == 0.0
    await budget.close_day("k")
    assert await budget.take("k", plan) > 86_000


def test_the_mark_of_a_key_gives_nothing_of_it_away() -> None:
    assert "secret" not in mark_of("secret-key")
    assert mark_of("a") != mark_of("b")
    assert "secret" not in repr(InfowaySettings(api_key="secret-key"))


def test_a_live_connection_keeps_room_for_its_heartbeats() -> None:
    elapsed = Elapsed()
    gate = FrameGate(elapsed)
    assert all(gate.wait_s() == 0.0 for _ in range(56))
    assert gate.wait_s() > 59.0
    assert all(gate.wait_s(is_heartbeat=True) == 0.0 for _ in range(4))
    assert gate.wait_s(is_heartbeat=True) > 59.0
    elapsed.now_s = 60.1
    assert gate.wait_s() == 0.0


def test_the_plan_says_how_much_unless_the_settings_do() -> None:
    assert InfowaySettings(plan="basic").limits() == Plan(5, 300, 30_000, 2, 100)
    assert InfowaySettings(plan="basic", per_second=1).limits().per_second == 1


@pytest.mark.parametrize(
    "address",
    [
        "https://data.infoway.io",
        "https://data.infoway.io/",
        "http://127.0.0.1:8000",
        "http://[::1]:1",
        "http://localhost",
    ],
)
def test_encrypted_addresses_and_this_machine_are_spoken_to(address: str) -> None:
    assert checked(address, "infoway.base_url", REST_SCHEMES) == address.rstrip("/")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://data.infoway.io", "unencrypted only to this machine"),
        ("http://127.0.0.1.evil.example", "unencrypted only to this machine"),
        ("http://10.0.0.5", "unencrypted only to this machine"),
        ("https://user:pw@data.infoway.io", "neither a name, a password"),
        ("https://data.infoway.io?apikey=x", "neither a name, a password"),
        ("https://data.infoway.io/#x", "neither a name, a password"),
        ("ftp://data.infoway.io", "must be an address"),
        ("https://", "must be an address"),
        ("https://a:99999", "must be an address"),
        ("", "must be an address"),
        ("https://a b", "must be an address"),
    ],
)
def test_other_addresses_are_refused_without_repeating_what_may_be_secret(address: str, why: str) -> None:
    with pytest.raises(ConfigError, match=r"infoway\.base_url") as caught:
        checked(address, "infoway.base_url", REST_SCHEMES)
    assert why in str(caught.value)
    assert "pw" not in str(caught.value)


def test_live_addresses_follow_the_same_rule() -> None:
    assert checked("ws://127.0.0.1:9/ws", "infoway.live_url", LIVE_SCHEMES) == "ws://127.0.0.1:9/ws"
    with pytest.raises(ConfigError, match="wss://"):
        checked("ws://data.infoway.io/ws", "infoway.live_url", LIVE_SCHEMES)
