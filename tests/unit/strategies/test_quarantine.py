"""A strategy that misbehaves is skipped; the others and the line go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from strategies_builders import Plain, make_answer, make_snapshot, strategy_room
from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.signal import Signal
from tradewind.errors import InputError, StateConflictError
from tradewind.kernel.clock import NS_PER_S
from tradewind.strategies import StrategyState

from builders import MORNING_NS


class Raising(Plain):
    """Raises on every snapshot."""

    def on_features(self, snapshot: FeatureSnapshot) -> None:
        self.seen.append(snapshot)
        message = f"no good at {snapshot.seq}"
        raise ValueError(message)


class Good(Plain):
    """Answers now and then, seldom enough to be no flood."""

    def on_features(self, snapshot: FeatureSnapshot) -> Signal | None:
        self.seen.append(snapshot)
        return make_answer() if snapshot.seq % 100 == 1 else None


class Flooding(Plain):
    """Answers every snapshot."""

    def on_features(self, snapshot: FeatureSnapshot) -> Signal:
        return make_answer(instrument_id=snapshot.instrument_id)


def answering(answer: object) -> type[Plain]:
    """Return a strategy that always answers this."""

    class Answering(Plain):
        def on_features(self, snapshot: FeatureSnapshot) -> object:  # noqa: ARG002 - the port's signature
            return answer

    return Answering


def test_a_raising_strategy_harms_nobody_else() -> None:
    room = strategy_room()
    room.run("first", Good)
    room.run("raising", Raising)
    room.run("last", Good)
    room.feed_snapshots(10)
    assert len(room.instance("first").seen) == len(room.instance("last").seen) == 10
    assert {signal.strategy for signal in room.signals} == {"first", "last"}


def test_too_many_exceptions_quarantine_with_evidence() -> None:
    room = strategy_room(max_errors=5)
    room.run("raising", Raising)
    room.feed_snapshots(10)
    health = room.health("raising")
    assert health.state is StrategyState.QUARANTINED
    assert len(room.instance("raising").seen) == health.errors == 5
    assert health.evidence is not None
    assert "5 errors" in health.evidence
    assert "no good at 5" in health.evidence
    assert "test_quarantine.py" in health.evidence
    assert room.metrics.quarantines.counts == {"raising": 1}
    assert room.metrics.strategy_errors.counts == {"raising": 5}


def test_exceptions_far_apart_are_forgiven() -> None:
    room = strategy_room(max_errors=3, error_window_s=10.0)
    room.run("raising", Raising)
    room.feed_snapshots(20, step_s=6.0)
    assert room.health("raising").state is StrategyState.ACTIVE
    assert room.health("raising").errors == 20


def test_after_quarantine_it_has_half_its_budget_and_then_stops_for_good() -> None:
    room = strategy_room(max_errors=4, quarantine_s=60.0)
    room.run("raising", Raising)
    room.feed_snapshots(4)
    released_at = room.health("raising").quarantined_until
    assert released_at == MORNING_NS + 62 * NS_PER_S
    room.clock.advance_to(released_at)
    assert room.health("raising").state is StrategyState.PROBATION
    room.feed_snapshots(10, first_seq=200)
    assert len(room.instance("raising").seen) == 4 + 2
    health = room.health("raising")
    assert (health.state, health.quarantines, health.quarantined_until) == (StrategyState.STOPPED, 2, None)
    room.clock.advance_to(MORNING_NS + 10_000 * NS_PER_S)
    assert room.health("raising").state is StrategyState.STOPPED


def test_one_that_behaves_on_probation_is_trusted_again() -> None:
    class Once(Plain):
        def on_features(self, snapshot: FeatureSnapshot) -> None:
            if snapshot.seq <= 2:
                raise ValueError

    room = strategy_room(max_errors=2, quarantine_s=60.0)
    room.run("once", Once)
    room.feed_snapshots(2)
    room.feed_snapshots(1, first_seq=130)
    assert room.health("once").state is StrategyState.PROBATION
    room.feed_snapshots(1, first_seq=260)
    assert room.health("once").state is StrategyState.ACTIVE


def test_a_reload_lifts_a_quarantine() -> None:
    room = strategy_room(max_errors=1)
    room.run("raising", Raising)
    room.feed_snapshots(1)
    room.run("raising", Good)
    assert room.health("raising").state is StrategyState.ACTIVE
    room.clock.advance_to(MORNING_NS + 10_000 * NS_PER_S)
    assert room.health("raising").state is StrategyState.ACTIVE


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("buy", "answered str 'buy'"),
        (1.0, "answered float 1.0"),
        (True, "answered bool"),
        ([make_answer(), "sell"], "answered str 'sell'"),
        (make_answer(confidence=float("nan")), "confidence must be a number from 0 to 1, was float nan"),
        (make_answer(confidence=1.01), "confidence"),
        (make_answer(confidence=-0.1), "confidence"),
        (make_answer(confidence=float("inf")), "confidence"),
        (make_answer(confidence="0.5"), "confidence"),
        (make_answer(confidence=True), "confidence"),
        (make_answer(strength=100.1), "strength must be a number from 0 to 100"),
        (make_answer(strength=None), "strength"),
        (make_answer(side="hold"), "side must be buy or sell, was str 'hold'"),
        (make_answer(side=["buy"]), "side"),
        (make_answer(instrument_id="au2512.SHFE"), "about str 'au2512.SHFE' to an event of IF2101.CFFEX"),
        (make_answer(instrument_id=None), "about NoneType"),
        (make_answer(signal_type=""), "signal_type must not be empty"),
        (make_answer(signal_type="x" * 201), "at most 200 characters"),
        (make_answer(reasons=["a"]), "reasons must be a tuple"),
        (make_answer(reasons=(1,)), "texts"),
        (make_answer(reasons=("a",) * 17), "at most 16"),
        (make_answer(window=5), "texts"),
        ([make_answer()] * 9, "answered 9 signals"),
    ],
)
def test_nonsense_is_refused_counted_and_named(answer: object, complaint: str) -> None:
    room = strategy_room()
    room.run("odd", answering(answer))
    room.feed(make_snapshot())
    health = room.health("odd")
    assert room.signals == []
    assert (health.refused, health.errors) == (1, 1)
    assert health.last_error is not None
    assert complaint in health.last_error


def test_nonsense_again_and_again_quarantines() -> None:
    room = strategy_room(max_errors=3)
    room.run("odd", answering("buy"))
    room.feed_snapshots(10)
    assert (room.health("odd").state, room.health("odd").refused) == (StrategyState.QUARANTINED, 3)
    assert room.metrics.signals_refused.counts == {"no_signal": 3}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (make_answer(confidence=7), "confidence"),
        (make_answer(strength=-1), "strength"),
        (make_answer(side="hold"), "side"),
        (make_answer(instrument_id="au2512.SHFE"), "instrument"),
        (make_answer(reasons="because"), "reasons"),
        (make_answer(signal_type=""), "signal_type"),
        (make_answer(window=5), "texts"),
        ([make_answer()] * 9, "too_many"),
    ],
)
def test_a_refused_answer_is_counted_by_its_reason(answer: object, reason: str) -> None:
    room = strategy_room()
    room.run("odd", answering(answer))
    room.feed(make_snapshot())
    assert room.metrics.signals_refused.counts == {reason: 1}


def test_an_empty_list_is_no_answer() -> None:
    room = strategy_room()
    room.run("none", answering([]))
    room.feed(make_snapshot())
    assert (room.signals, room.health("none").errors) == ([], 0)


def test_a_whole_number_is_a_fine_confidence() -> None:
    room = strategy_room()
    room.run("sure", answering(make_answer(confidence=1, strength=0)))
    room.feed(make_snapshot())
    assert [(type(signal.confidence), type(signal.strength)) for signal in room.signals] == [(float, float)]


def test_a_flood_is_cut_off_at_the_allowed_rate() -> None:
    room = strategy_room(max_signals_per_minute=20)
    room.run("flooding", Flooding)
    room.run("good", Good)
    room.feed_snapshots(100)
    assert len([signal for signal in room.signals if signal.strategy == "flooding"]) == 20
    health = room.health("flooding")
    assert (health.state, health.signals, health.refused) == (StrategyState.QUARANTINED, 20, 1)
    assert health.evidence == "more than 20 signals a minute on IF2101.CFFEX"
    assert len(room.instance("good").seen) == 100


def test_the_allowed_rate_is_no_flood() -> None:
    room = strategy_room(max_signals_per_minute=20)
    room.run("flooding", Flooding)
    room.feed_snapshots(100, step_s=3.0)
    assert room.health("flooding").state is StrategyState.ACTIVE
    assert len(room.signals) == 100


def test_the_rate_is_counted_per_instrument() -> None:
    room = strategy_room(max_signals_per_minute=2)
    room.run("flooding", Flooding)
    for number in range(10):
        room.feed(make_snapshot(instrument_id=f"x{number}.SHFE"))
    assert room.health("flooding").state is StrategyState.ACTIVE


@pytest.mark.parametrize("kind", [SystemExit, ValueError, RecursionError, StopIteration, AssertionError])
def test_nothing_a_strategy_raises_ends_the_line(kind: type[BaseException]) -> None:
    class Leaving(Plain):
        def on_features(self, snapshot: FeatureSnapshot) -> None:  # noqa: ARG002 - the port's signature
            raise kind

    room = strategy_room()
    room.run("leaving", Leaving)
    room.run("good", Good)
    room.feed(make_snapshot())
    assert len(room.signals) == 1


def test_a_ctrl_c_is_nobodys_to_keep() -> None:
    class Interrupted(Plain):
        def on_features(self, snapshot: FeatureSnapshot) -> None:  # noqa: ARG002 - the port's signature
            raise KeyboardInterrupt

    room = strategy_room()
    room.run("interrupted", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        room.feed(make_snapshot())


@pytest.mark.parametrize("late", [False, True])
def test_a_constructor_that_fails_quarantines_at_once(*, late: bool) -> None:
    class Unborn:
        Params = Plain.Params

        def __init__(self, params: object) -> None:  # noqa: ARG002 - the port's signature
            message = "not today"
            raise OSError(message)

        def on_features(self, snapshot: FeatureSnapshot) -> None: ...

    room = strategy_room()
    room.run("good", Good)
    if late:
        room.feed(make_snapshot(seq=1))
    room.run("unborn", Unborn)
    room.feed(make_snapshot(seq=101))
    evidence = room.health("unborn").evidence
    assert evidence is not None
    assert "its constructor failed: OSError: not today" in evidence
    assert len(room.signals) == 1 + late


def test_a_slow_strategy_is_found_by_its_typical_call(monkeypatch: pytest.MonkeyPatch) -> None:
    room = with_call_times(monkeypatch, lambda _call: 900)
    room.feed_snapshots(400)
    health = room.health("good")
    assert health.state is StrategyState.QUARANTINED
    assert health.evidence == "a call takes 900 µs, allowed are 500 µs"
    assert health.own_time_us == 900


def test_a_call_held_up_by_the_machine_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    room = with_call_times(monkeypatch, lambda call: 50_000 if call % 3 == 0 else 10)
    room.feed_snapshots(400)
    assert room.health("good").state is StrategyState.ACTIVE
    assert room.health("good").own_time_us == 10


def test_a_slow_call_is_followed_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    room = with_call_times(monkeypatch, lambda _call: 900)
    room.feed_snapshots(64 + 16)
    assert room.health("good").state is StrategyState.QUARANTINED


def with_call_times(monkeypatch: pytest.MonkeyPatch, time_us: Callable[[int], int]) -> Any:
    """Return a room in which the n-th sampled call seems to take `time_us(n)`."""
    state = {"now": 0, "reads": 0}

    def perf_ns() -> int:
        state["reads"] += 1
        if state["reads"] % 2 == 0:
            state["now"] += time_us(state["reads"] // 2) * 1000
        return state["now"]

    monkeypatch.setattr("tradewind.strategies.runner.perf_ns", perf_ns)
    room = strategy_room(cpu_budget_us=500.0, cpu_samples=16, sample_every=64, max_signals_per_minute=1000)
    room.run("good", Good)
    return room


def test_a_strategy_stopped_by_hand_is_called_no_more_until_it_is_started() -> None:
    room = strategy_room()
    room.run("good", Good)
    room.feed_snapshots(3)
    room.service.act("good", "stop", {}, by="li")
    room.feed_snapshots(3)
    assert len(room.instance("good").seen) == 3
    assert room.service.act("good", "start", {}, by="li").health.state is StrategyState.PROBATION


def test_a_quarantined_strategy_is_released_by_hand_before_its_time() -> None:
    room = strategy_room()
    room.run("raising", Raising)
    room.feed_snapshots(40)
    assert room.health("raising").state is StrategyState.QUARANTINED
    assert room.service.act("raising", "start", {}, by="li").health.state is StrategyState.PROBATION


def test_what_runs_cannot_be_started_and_what_there_is_not_cannot_be_stopped() -> None:
    room = strategy_room()
    room.run("good", Good)
    with pytest.raises(StateConflictError, match="runs already"):
        room.service.act("good", "start", {}, by="li")
    with pytest.raises(InputError, match="no strategy 'bad'"):
        room.service.act("bad", "stop", {}, by="li")


def test_parameters_that_do_not_fit_change_nothing() -> None:
    room = strategy_room()
    room.run("good", Good)
    with pytest.raises(InputError, match="has no parameter 'colour'"):
        room.service.act("good", "params", {"colour": "red"}, by="li")
    assert room.health("good").version == 1
