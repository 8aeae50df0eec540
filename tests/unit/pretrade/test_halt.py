"""The latch: anything makes a scope stricter, only a person by name and phrase makes it easier."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.domain.trading_state import Scope, TradingMode, TradingState
from tradewind.pretrade.halt import RESET_ASKED, Latch, ResetRefused, phrase_of

MODES = list(TradingMode)


def tighten(latch: Latch, mode: TradingMode = TradingMode.HALTED, scope: Scope = Scope.PLATFORM, key: str = "") -> None:
    state = latch.tighten(scope, key, mode, actor="wang", reason_code="DRILL", reason="", ts_event=1)
    if state is not None:
        latch.apply(state)


def halted(*, takes_two: bool = False) -> Latch:
    latch = Latch(takes_two=takes_two)
    tighten(latch)
    return latch


def reset(latch: Latch, actor: str = "li", phrase: str = "RESUME PLATFORM") -> TradingState | ResetRefused:
    found = latch.reset(Scope.PLATFORM, "", actor=actor, phrase=phrase, ts_event=2)
    if isinstance(found, TradingState):
        latch.apply(found)
    return found


def test_a_scope_is_active_until_somebody_says_otherwise() -> None:
    latch = Latch(takes_two=False)
    assert latch.is_open
    assert latch.mode(Scope.PLATFORM, "") is TradingMode.ACTIVE


def test_the_phrase_names_the_scope() -> None:
    assert phrase_of(Scope.PLATFORM, "") == "RESUME PLATFORM"
    assert phrase_of(Scope.ACCOUNT, "A1") == "RESUME ACCOUNT A1"


@pytest.mark.parametrize(
    ("actor", "phrase", "code"),
    [
        ("li", "", "PHRASE_WRONG"),
        ("li", "resume platform", "PHRASE_WRONG"),
        ("li", "RESUME PLATFORM ", "PHRASE_WRONG"),
        ("li", "RESUME ACCOUNT A1", "PHRASE_WRONG"),
        ("", "RESUME PLATFORM", "ACTOR_MISSING"),
        ("  ", "RESUME PLATFORM", "ACTOR_MISSING"),
    ],
)
def test_a_reset_without_the_exact_phrase_and_a_name_is_refused(actor: str, phrase: str, code: str) -> None:
    latch = halted()
    found = reset(latch, actor, phrase)
    assert isinstance(found, ResetRefused)
    assert found.code == code
    assert not latch.is_open


def test_a_reset_with_both_lets_trading_go_on() -> None:
    latch = halted()
    found = reset(latch)
    assert isinstance(found, TradingState)
    assert (found.mode, found.actor, found.version) == (TradingMode.ACTIVE, "li", 2)
    assert latch.is_open


def test_what_is_not_halted_is_not_reset() -> None:
    found = reset(Latch(takes_two=False))
    assert isinstance(found, ResetRefused)
    assert found.code == "NOT_HALTED"


def test_where_it_takes_two_one_person_cannot_lift_a_halt() -> None:
    latch = halted(takes_two=True)
    first = reset(latch, "li")
    assert isinstance(first, TradingState)
    assert (first.mode, first.reason_code) == (TradingMode.HALTED, RESET_ASKED)
    again = reset(latch, "li")
    assert isinstance(again, ResetRefused)
    assert again.code == "SECOND_PERSON_NEEDED"
    assert not latch.is_open


def test_where_it_takes_two_the_second_person_lifts_it() -> None:
    latch = halted(takes_two=True)
    reset(latch, "li")
    reset(latch, "zhao")
    assert latch.is_open


def test_a_new_halt_forgets_the_first_of_two() -> None:
    latch = Latch(takes_two=True)
    tighten(latch, TradingMode.REDUCING)
    reset(latch, "li")
    tighten(latch, TradingMode.HALTED)
    found = reset(latch, "zhao")
    assert isinstance(found, TradingState)
    assert found.mode is TradingMode.HALTED


def test_a_halt_said_again_takes_the_first_persons_reset_back() -> None:
    latch = halted(takes_two=True)
    reset(latch, "li")
    tighten(latch)
    second = reset(latch, "zhao")
    assert isinstance(second, TradingState)
    assert second.reason_code == RESET_ASKED
    assert not latch.is_open


def test_scopes_are_halted_apart() -> None:
    latch = Latch(takes_two=False)
    tighten(latch, scope=Scope.ACCOUNT, key="A1")
    assert [state.key for state in latch.shut([(Scope.PLATFORM, ""), (Scope.ACCOUNT, "A1")])] == ["A1"]
    assert latch.shut([(Scope.ACCOUNT, "A2")]) == ()


def test_an_older_or_equal_version_changes_nothing() -> None:
    latch = halted()
    state = latch.state(Scope.PLATFORM, "")
    assert state is not None
    assert not latch.apply(msgspec.structs.replace(state, mode=TradingMode.ACTIVE))
    assert not latch.is_open


@given(st.lists(st.sampled_from(MODES), max_size=20))
def test_without_a_reset_a_scope_only_ever_gets_stricter(modes: list[TradingMode]) -> None:
    latch = Latch(takes_two=False)
    strictest = 0
    for mode in modes:
        tighten(latch, mode)
        strictest = max(strictest, MODES.index(mode))
        assert latch.mode(Scope.PLATFORM, "") is MODES[strictest]


@given(st.sampled_from(MODES), st.sampled_from(MODES), st.integers(1, 9), st.integers(1, 9))
def test_whichever_of_two_memories_is_stricter_is_right(
    ours: TradingMode, disk: TradingMode, our_version: int, disk_version: int
) -> None:
    latch = Latch(takes_two=False)
    latch.apply(TradingState(Scope.PLATFORM, "", ours, "wang", "", "", our_version, 1))
    found = latch.merge([TradingState(Scope.PLATFORM, "", disk, "file", "", "", disk_version, 1)], ts_event=2)
    for state in found:
        assert latch.apply(state)
    assert latch.mode(Scope.PLATFORM, "") is max(ours, disk, key=MODES.index)
