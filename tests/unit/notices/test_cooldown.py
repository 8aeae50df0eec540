"""The same alert of the same thing is told only so often."""

from __future__ import annotations

from notices_builders import T0
from tradewind.kernel.clock import NS_PER_S
from tradewind.notices.cooldown import Cooldown


def test_what_comes_again_waits_and_what_is_another_does_not() -> None:
    cooldown = Cooldown(10.0)
    moments = [cooldown.is_over("au", T0 + second * NS_PER_S) for second in (0, 5, 9, 10, 19, 20)]
    assert moments == [True, False, False, True, False, True]
    assert cooldown.is_over("rb", T0)


def test_a_clock_that_went_back_silences_nothing() -> None:
    cooldown = Cooldown(10.0)
    assert cooldown.is_over("au", T0)
    assert cooldown.is_over("au", T0 - 1)


def test_it_remembers_only_so_many_things() -> None:
    cooldown = Cooldown(10.0)
    assert all(cooldown.is_over(number, T0) for number in range(20_000))
    assert len(cooldown._told) == 10_000
    assert cooldown.is_over(0, T0)
