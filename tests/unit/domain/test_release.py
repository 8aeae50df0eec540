"""Who runs what: all of one release is no news, two releases reduce trading, two forms of the line halt it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tradewind.domain.release import Running, mixture_of
from tradewind.domain.trading_state import TradingMode


def running(service: str, version: str = "0.1.0", form: str = "aa") -> Running:
    return Running(service, "host-1", version, form)


def test_nobody_and_all_of_one_release_are_no_mixture() -> None:
    assert mixture_of(()) is None
    assert mixture_of((running("market"), running("trading"), running("trading"))) is None


def test_two_releases_that_speak_the_same_forms_let_positions_be_closed() -> None:
    found = mixture_of((running("market", "0.2.0"), running("trading"), running("api")))
    assert found is not None
    assert found.mode is TradingMode.REDUCING
    assert found.releases == {"0.1.0": ("api", "trading"), "0.2.0": ("market",)}
    assert found.told == "0.1.0: api, trading; 0.2.0: market"


def test_other_forms_halt_even_under_the_same_number() -> None:
    found = mixture_of((running("market", form="bb"), running("trading")))
    assert found is not None
    assert found.mode is TradingMode.HALTED
    assert found.told == "0.1.0 (aa): trading; 0.1.0 (bb): market"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("12"), st.sampled_from("xy"))))
def test_it_is_a_mixture_exactly_where_two_differ_and_names_everybody(found: list[tuple[str, str, str]]) -> None:
    mixture = mixture_of(Running(service, "m", version, form) for service, version, form in found)
    kinds = {(version, form) for _, version, form in found}
    assert (mixture is None) is (len(kinds) <= 1)
    if mixture is not None:
        assert {name for names in mixture.releases.values() for name in names} == {name for name, _, _ in found}
        assert len(mixture.releases) == len(kinds)
