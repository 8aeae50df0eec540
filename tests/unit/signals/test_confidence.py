"""The formula of confidence, factor by factor."""

from __future__ import annotations

import pytest

from signals_builders import make_signal
from signals_harness import Line
from tradewind.kernel.clock import NS_PER_S
from tradewind.signals.confidence import Assessment, Voice, assess, freshness
from tradewind.signals.settings import SignalsSettings

from builders import MORNING_NS

SETTINGS = SignalsSettings(agreement_alone=0.8, freshness_half_s=60.0, disagreement_weight=0.5)


def heard(strategy: str, confidence: float, *, age_s: int = 0, strength: float = 50.0) -> dict[str, Voice]:
    signal = make_signal(strategy=strategy, confidence=confidence, strength=strength)
    return {strategy: Voice(signal, MORNING_NS - age_s * NS_PER_S)}


def assessed(
    own: dict[str, Voice], opposing: dict[str, Voice] | None = None, settings: SignalsSettings = SETTINGS
) -> Assessment:
    return assess(own, opposing or {}, now_ns=MORNING_NS, settings=settings)


def test_one_witness_alone_is_worth_its_confidence_times_the_lone_agreement() -> None:
    found = assessed(heard("a", 0.5))
    assert found.confidence == 0.4
    assert found.reasons == ("combined value=0.5 strategies=1", "agreement factor=0.8", "freshness factor=1")


def test_witnesses_combine_as_independent() -> None:
    found = assessed(heard("a", 0.5) | heard("b", 0.5))
    assert found.confidence == pytest.approx(0.75 * 0.9)
    assert found.supporters == 2


def test_weights_scale_what_a_strategy_says() -> None:
    settings = SignalsSettings(agreement_alone=1.0, strategy_weights={"a": 0.5})
    found = assessed(heard("a", 0.8), settings=settings)
    assert found.confidence == 0.4
    assert found.contributions[0].weight == 0.5


def test_a_signal_weighs_half_after_its_half_time() -> None:
    assert freshness(0, 60.0) == 1.0
    assert freshness(60 * NS_PER_S, 60.0) == 0.5
    assert freshness(180 * NS_PER_S, 60.0) == 0.25


def test_age_takes_confidence_away_and_says_so() -> None:
    found = assessed(heard("a", 0.5, age_s=60))
    assert found.confidence == 0.2
    assert "freshness factor=0.5" in found.reasons
    assert found.contributions[0].weight == 0.5


def test_the_other_side_takes_confidence_away_and_says_so() -> None:
    found = assessed(heard("a", 0.5), heard("b", 0.8))
    assert found.confidence == pytest.approx(0.4 * 0.6)
    assert found.reasons[-1] == "disagreement factor=0.6 opposing=1 turned=0"


def test_a_strategy_that_turned_no_longer_supports_its_old_side() -> None:
    own = heard("a", 0.9, age_s=10) | heard("b", 0.5)
    found = assessed(own, heard("a", 0.4))
    assert found.supporters == 1
    assert [each.weight for each in found.contributions] == [0.0, 1.0]
    assert found.reasons[-1].endswith("opposing=1 turned=1")


def test_a_strategy_that_came_back_no_longer_opposes() -> None:
    found = assessed(heard("a", 0.5), heard("a", 0.9, age_s=10))
    assert found.confidence == 0.4


def test_with_nobody_left_behind_it_confidence_and_strength_are_zero() -> None:
    found = assessed(heard("a", 0.9, age_s=10), heard("a", 0.4))
    assert (found.confidence, found.strength, found.supporters) == (0.0, 0.0, 0)


def test_strength_is_the_mean_by_weight() -> None:
    own = heard("a", 0.5, strength=90.0) | heard("b", 0.5, strength=30.0, age_s=60)
    assert assessed(own).strength == 70.0


def test_an_opposite_signal_is_told_to_the_open_side_as_a_new_version() -> None:
    line = Line()
    (buy,) = line.signal("rapid_rise")
    sell, weakened = line.signal("rsi", side="sell")
    assert (sell.side, sell.version) == ("sell", 1)
    assert (weakened.side, weakened.version) == ("buy", 2)
    assert weakened.confidence < buy.confidence
    assert any(reason.startswith("disagreement ") for reason in weakened.reasons)
