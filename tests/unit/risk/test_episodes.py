"""Once per episode, worse within it, again after it and after the cooldown."""

from __future__ import annotations

from typing import Any

import pytest

from tradewind.domain.risk import AlertKind, RiskAlert, Severity
from tradewind.errors import ConfigError
from tradewind.kernel.clock import NS_PER_S
from tradewind.risk.episodes import HELD_BACK, WORST, Episodes, Finding
from tradewind.risk.settings import RiskSettings

KIND = AlertKind.NEAR_LIMIT


def found(second: float, excess: float = 0.0, **changes: Any) -> Finding:
    return Finding("a.SHFE", round(second * NS_PER_S), excess, {}, "tick:a.SHFE:1")._replace(**changes)


def opened(**settings: Any) -> tuple[Episodes, list[RiskAlert]]:
    alerts: list[RiskAlert] = []
    settings = {"near_limit_steps": (0.5, 0.8, 1.0), "cooldown_s": 10.0, **settings}
    return Episodes(RiskSettings(**settings), alerts.append), alerts


@pytest.mark.parametrize(
    ("excess", "severity"),
    [
        (-0.1, Severity.LOW),
        (0.0, Severity.LOW),
        (0.499, Severity.LOW),
        (0.5, Severity.MEDIUM),
        (0.8, Severity.HIGH),
        (0.999, Severity.HIGH),
        (1.0 - 1e-13, Severity.CRITICAL),
        (7.0, Severity.CRITICAL),
    ],
)
def test_severity_follows_the_steps(excess: float, severity: Severity) -> None:
    episodes, alerts = opened()
    episodes.report(KIND, found(1, excess))
    assert [alert.severity for alert in alerts] == [severity]


def test_an_episode_is_told_once_while_it_is_no_worse() -> None:
    episodes, alerts = opened()
    for second in range(100):
        episodes.report(KIND, found(second, 0.6))
        episodes.report(KIND, found(second, 0.1))
    assert len(alerts) == 1


def test_an_episode_is_told_again_when_it_becomes_more_severe() -> None:
    episodes, alerts = opened()
    assert [episodes.report(KIND, found(1 + excess, excess)) for excess in (0.0, 0.3, 0.6, 0.2, 1.0)] == [0, 0, 1, 1, 3]
    assert [alert.severity for alert in alerts] == ["low", "medium", "critical"]


def test_without_escalation_an_episode_is_told_strictly_once() -> None:
    episodes, alerts = opened(escalates=False)
    assert [episodes.report(KIND, found(second, 1.0)) for second in range(5)] == [WORST] * 5
    assert len(alerts) == 1


def test_a_new_episode_within_the_cooldown_waits_for_its_end() -> None:
    episodes, alerts = opened()
    episodes.report(KIND, found(0))
    episodes.clear(KIND, "a.SHFE")
    assert episodes.report(KIND, found(9.9)) == HELD_BACK
    assert not episodes.is_active(KIND, "a.SHFE")
    assert episodes.report(KIND, found(10)) == 0
    assert len(alerts) == 2


def test_the_cooldown_counts_from_the_last_alert_of_the_episode() -> None:
    episodes, alerts = opened()
    episodes.report(KIND, found(0))
    episodes.report(KIND, found(5, 1.0))
    episodes.clear(KIND, "a.SHFE")
    assert episodes.report(KIND, found(14)) == HELD_BACK
    assert episodes.report(KIND, found(15)) == 0
    assert len(alerts) == 3


def test_the_cooldown_is_per_kind_and_instrument() -> None:
    episodes, alerts = opened()
    episodes.report(KIND, found(0))
    episodes.report(AlertKind.STALE_DATA, found(0))
    episodes.report(KIND, found(0, instrument_id="b.SHFE"))
    episodes.report(KIND, found(0, subject="a.SHFE:other"))
    assert [(alert.kind, alert.instrument_id) for alert in alerts] == [
        (KIND, "a.SHFE"),
        (AlertKind.STALE_DATA, "a.SHFE"),
        (KIND, "b.SHFE"),
    ]


def test_alert_ids_follow_from_the_data_and_never_repeat() -> None:
    episodes, alerts = opened(cooldown_s=0.0)
    episodes.report(KIND, found(1, subject="x"))
    episodes.report(KIND, found(1, subject="y"))
    episodes.report(KIND, found(2, subject="z"))
    assert [alert.alert_id for alert in alerts] == [
        "near_limit:a.SHFE:1000000000",
        "near_limit:a.SHFE:1000000000:2",
        "near_limit:a.SHFE:2000000000",
    ]


def test_a_kind_that_is_not_watched_is_never_told() -> None:
    episodes, alerts = opened(watches=())
    assert episodes.report(KIND, found(0)) == WORST
    assert alerts == []


def test_steps_that_fall_are_refused_with_their_values() -> None:
    with pytest.raises(ConfigError, match=r"three severity steps of near_limit must rise, were \(0.8, 0.5, 1.0\)"):
        RiskSettings(near_limit_steps=(0.8, 0.5, 1.0))
