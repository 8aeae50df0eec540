"""How much one caller may ask."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tradewind.api.limits import RateLimit
from tradewind.api.settings import ApiSettings


class Watch:
    def __init__(self) -> None:
        self.now_s = 100.0

    def read(self) -> float:
        return self.now_s


def _limit(watch: Watch, *, rate: float = 10.0, burst: int = 3, callers: int = 10) -> RateLimit:
    return RateLimit(ApiSettings(rate_per_s=rate, rate_burst=burst, rate_callers=callers), watch.read)


def test_a_burst_passes_and_the_next_one_waits() -> None:
    limit = _limit(Watch())

    assert [limit.wait_s("a") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert limit.wait_s("a") == 0.1


def test_waiting_as_long_as_told_is_enough() -> None:
    watch = Watch()
    limit = _limit(watch, burst=1)
    limit.wait_s("a")
    watch.now_s += limit.wait_s("a") + 1e-9

    assert limit.wait_s("a") == 0.0


def test_one_caller_never_pays_for_another() -> None:
    limit = _limit(Watch(), burst=1)
    limit.wait_s("a")

    assert limit.wait_s("b") == 0.0


def test_being_refused_costs_nothing() -> None:
    watch = Watch()
    limit = _limit(watch, burst=1)
    for _ in range(50):
        limit.wait_s("a")
    watch.now_s += 0.11

    assert limit.wait_s("a") == 0.0


def test_the_memory_of_callers_is_bounded() -> None:
    limit = _limit(Watch(), callers=4)
    for number in range(100):
        limit.wait_s(str(number))

    assert len(limit) == 4


@given(st.lists(st.floats(0, 2), max_size=60))
def test_no_caller_gets_more_than_burst_plus_rate(pauses: list[float]) -> None:
    watch = Watch()
    limit = _limit(watch)
    begun_s = watch.now_s
    passed = 0
    for pause_s in pauses:
        watch.now_s += pause_s
        passed += limit.wait_s("a") == 0.0

    assert passed <= 3 + 10.0 * (watch.now_s - begun_s) + 1e-6
