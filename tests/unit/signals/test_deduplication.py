"""What makes a new version and what changes nothing."""

from __future__ import annotations

from signals_builders import make_signal
from signals_harness import Line
from tradewind.domain.opportunity import OpportunityState


def test_a_redelivered_signal_changes_nothing() -> None:
    line = Line()
    line.signal(signal_id="x")
    line.at(60)
    assert line.signal(signal_id="x") == []
    assert line.aggregator.intake.refused == {"redelivered": 1}
    line.at(120)
    assert line.last.state is OpportunityState.TRACKING


def test_an_identical_signal_makes_no_version() -> None:
    line = Line()
    line.signal()
    line.at(5)
    assert line.signal() == []


def test_an_identical_signal_refreshes_the_expiry_at_a_limited_rate() -> None:
    line = Line(refresh_every_s=30.0)
    (first,) = line.signal()
    versions = []
    for second in range(1, 95):
        line.at(second)
        versions += line.signal()
    assert [each.version for each in versions] == [2, 3, 4]
    assert [each.expires_at - first.expires_at for each in versions] == [s * 10**9 for s in (30, 60, 90)]


def test_a_signal_replaces_its_strategy_s_contribution() -> None:
    line = Line()
    line.signal(confidence=0.5)
    (second,) = line.signal(confidence=0.7)
    (contribution,) = second.contributions
    assert contribution.confidence == 0.7
    assert second.confidence > line.events[0].confidence


def test_a_change_below_the_step_makes_no_version_but_small_ones_add_up() -> None:
    line = Line(confidence_step=0.05)
    line.signal(confidence=0.60)
    assert line.signal(confidence=0.63) == []
    assert len(line.signal(confidence=0.66)) == 1


def test_a_new_strategy_is_always_a_new_version() -> None:
    line = Line(confidence_step=1.0, confirm_strategies=5)
    line.signal("rapid_rise")
    assert len(line.signal("momentum")) == 1


def test_the_memory_of_signal_ids_is_bounded() -> None:
    line = Line(remembered_signals=2)
    for name in ("a", "b", "c"):
        line.signal(signal_id=name)
    line.aggregator.on_signal(make_signal(signal_id="c"))
    assert line.aggregator.intake.refused == {"redelivered": 1}
    line.aggregator.on_signal(make_signal(signal_id="a"))
    assert line.aggregator.intake.refused == {"redelivered": 1}


def test_beyond_the_limit_the_oldest_contribution_leaves() -> None:
    line = Line(max_contributions=2)
    for second, name in enumerate(("a", "b", "c")):
        line.at(second)
        line.signal(name)
    assert [each.strategy for each in line.last.contributions] == ["b", "c"]


def test_a_contribution_older_than_its_life_leaves_with_the_next_signal() -> None:
    line = Line(contribution_ttl_s=60.0)
    line.signal("a")
    line.at(61)
    line.signal("b")
    assert [each.strategy for each in line.last.contributions] == ["b"]
    assert line.last.state is OpportunityState.NEW


def test_nonsense_is_refused_by_reason_and_disturbs_nothing() -> None:
    line = Line()
    line.aggregator.on_signal(make_signal(signal_id=""))
    line.signal(strategy="")
    line.signal(confidence=float("nan"))
    line.signal(confidence=1.5)
    line.signal(strength=float("inf"))
    line.signal(side="hold")
    assert line.aggregator.intake.refused == {"unstamped": 2, "confidence": 2, "strength": 1, "side": 1}
    assert line.events == []
    assert len(line.signal()) == 1
