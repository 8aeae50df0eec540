"""Low confidence and weak momentum."""

from __future__ import annotations

import pytest

from risk_harness import Watchtower
from tradewind.domain.opportunity import OpportunityState
from tradewind.domain.risk import AlertKind, Severity


def test_an_opportunity_below_the_limit_of_confidence_is_told_once() -> None:
    tower = Watchtower(AlertKind.LOW_CONFIDENCE)
    assert tower.opportunity(confidence=0.4) == []
    (alert,) = tower.opportunity(confidence=0.35)
    assert tower.opportunity(confidence=0.34) == []
    assert (alert.kind, alert.severity) == (AlertKind.LOW_CONFIDENCE, Severity.LOW)
    assert alert.params == {"actual": 0.35, "limit": 0.4, "side": "buy", "state": "NEW"}
    assert alert.opportunity_id is not None
    assert alert.cause == f"opportunity:{alert.opportunity_id}:2"


@pytest.mark.parametrize(
    ("confidence", "severity"), [(0.39, "low"), (0.3, "medium"), (0.2, "high"), (0.1, "high"), (0.0, "high")]
)
def test_the_lower_the_confidence_the_higher_the_severity_but_never_an_emergency(
    confidence: float, severity: str
) -> None:
    tower = Watchtower(AlertKind.LOW_CONFIDENCE)
    (alert,) = tower.opportunity(confidence=confidence)
    assert alert.severity == severity


def test_an_operator_may_call_a_weak_signal_critical_all_the_same() -> None:
    tower = Watchtower(AlertKind.WEAK_MOMENTUM, weak_momentum_steps=(0.25, 0.5, 0.75))
    (alert,) = tower.opportunity(strength=0.0)
    assert alert.severity is Severity.CRITICAL


def test_it_must_recover_by_the_margin_before_it_is_told_again() -> None:
    tower = Watchtower(AlertKind.LOW_CONFIDENCE, cooldown_s=0.0)
    tower.opportunity(confidence=0.35)
    tower.opportunity(confidence=0.44)
    assert tower.opportunity(confidence=0.35) == []
    tower.opportunity(confidence=0.45)
    assert len(tower.opportunity(confidence=0.35)) == 1


def test_the_cooldown_holds_back_the_next_episode() -> None:
    tower = Watchtower(AlertKind.LOW_CONFIDENCE, cooldown_s=60.0)
    tower.opportunity(confidence=0.35)
    tower.opportunity(confidence=0.9)
    tower.at(59)
    assert tower.opportunity(confidence=0.35) == []
    tower.at(60)
    assert len(tower.opportunity(confidence=0.35)) == 1


def test_confidence_that_fades_in_tracking_is_no_alert() -> None:
    tower = Watchtower(AlertKind.LOW_CONFIDENCE)
    assert tower.opportunity(confidence=0.1, state=OpportunityState.TRACKING) == []
    assert len(tower.opportunity(confidence=0.1, state=OpportunityState.ACTIVE)) == 1


def test_a_closed_opportunity_is_not_judged() -> None:
    tower = Watchtower(AlertKind.LOW_CONFIDENCE)
    assert tower.close(confidence=0.0) == []


def test_little_strength_is_weak_momentum() -> None:
    tower = Watchtower(AlertKind.WEAK_MOMENTUM)
    assert tower.opportunity(strength=40.0) == []
    (alert,) = tower.opportunity(strength=19.0)
    assert (alert.kind, alert.severity) == (AlertKind.WEAK_MOMENTUM, Severity.HIGH)
    assert (alert.params["actual"], alert.params["limit"]) == (19.0, 40.0)


def test_a_redelivered_version_changes_nothing_even_after_the_end() -> None:
    tower = Watchtower(AlertKind.LOW_CONFIDENCE, cooldown_s=0.0)
    tower.opportunity(confidence=0.35)
    tower.close()
    before = len(tower.alerts)
    for version in (1, 2):
        tower.monitor.on_opportunity(tower.version(version=version, confidence=0.1))
    assert len(tower.alerts) == before
