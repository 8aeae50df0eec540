"""What holds for every sequence of signals, prices and time."""

from __future__ import annotations

from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from signals_builders import make_signal, make_snapshot
from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.opportunity import TRANSITIONS, Opportunity, OpportunityState
from tradewind.domain.signal import Signal
from tradewind.kernel.clock import NS_PER_S, LineClock
from tradewind.signals.aggregator import Aggregator
from tradewind.signals.settings import SignalsSettings

from builders import MORNING_NS

SETTINGS = SignalsSettings(max_open=3, tracking_after_s=60.0, expire_after_s=200.0, stop_percent=1.0)
Event = tuple[int, Signal | FeatureSnapshot | None]

_steps = st.lists(
    st.tuples(
        st.integers(0, 150),
        st.sampled_from(["signal", "signal", "price", "time"]),
        st.sampled_from(["a.SHFE", "b.SHFE"]),
        st.sampled_from(["buy", "sell"]),
        st.sampled_from(["s1", "s2", "s3"]),
        st.floats(0.0, 1.0),
        st.sampled_from([98.0, 99.5, 100.0, 100.5, 102.0]),
    ),
    max_size=40,
)


def scripted(steps: list[tuple[int, str, str, str, str, float, float]]) -> list[Event]:
    events: list[Event] = []
    now_ns = MORNING_NS
    for seq, (wait_s, what, instrument_id, side, strategy, confidence, price) in enumerate(steps, start=1):
        now_ns += wait_s * NS_PER_S
        event: Signal | FeatureSnapshot | None = None
        if what == "signal":
            event = make_signal(
                instrument_id=instrument_id,
                side=side,
                strategy=strategy,
                confidence=confidence,
                seq=seq,
                ts_event=now_ns,
                last_price=price,
            )
        elif what == "price":
            event = make_snapshot(instrument_id=instrument_id, seq=seq, ts_event=now_ns, last_price=price)
        events.append((now_ns, event))
    return events


def played(events: list[Event], *, redeliver: int = 0) -> list[Opportunity]:
    """Play events; after each, deliver again the `redeliver` events before it."""
    clock = LineClock(MORNING_NS)
    emitted: list[Opportunity] = []
    aggregator = Aggregator(settings=SETTINGS, clock=clock, emit=emitted.append)

    def deliver(event: Signal | FeatureSnapshot | None) -> None:
        if isinstance(event, Signal):
            aggregator.on_signal(event)
        elif event is not None:
            aggregator.on_price(event)

    for index, (now_ns, event) in enumerate(events):
        clock.advance_to(now_ns)
        deliver(event)
        for _, again in events[max(0, index + 1 - redeliver) : index + 1]:
            deliver(again)
    return emitted


def by_opportunity(emitted: list[Opportunity]) -> dict[str, list[Opportunity]]:
    lives: dict[str, list[Opportunity]] = {}
    for version in emitted:
        lives.setdefault(version.opportunity_id, []).append(version)
    return lives


@given(_steps)
def test_versions_rise_by_one_and_every_move_is_legal(
    steps: list[tuple[int, str, str, str, str, float, float]],
) -> None:
    for versions in by_opportunity(played(scripted(steps))).values():
        assert [each.version for each in versions] == list(range(1, len(versions) + 1))
        assert versions[0].state is OpportunityState.NEW
        for before, after in pairwise(versions):
            assert after.state is before.state or after.state in TRANSITIONS[before.state]
            assert after.updated_at >= before.updated_at
            assert after.expires_at >= before.expires_at
            assert (after.side, after.created_at) == (before.side, before.created_at)


@given(_steps)
def test_confidence_stays_between_zero_and_one(steps: list[tuple[int, str, str, str, str, float, float]]) -> None:
    for version in played(scripted(steps)):
        assert 0.0 <= version.confidence <= 1.0
        assert 0.0 <= version.strength <= 100.0
        assert version.reasons
        assert version.contributions


@given(_steps)
def test_at_most_one_is_open_per_side_and_one_active_per_instrument(
    steps: list[tuple[int, str, str, str, str, float, float]],
) -> None:
    now_open: dict[tuple[str, str], Opportunity] = {}
    for version in played(scripted(steps)):
        key = (version.instrument_id, version.side)
        known = now_open.get(key)
        assert known is None or known.opportunity_id == version.opportunity_id
        if version.state is OpportunityState.CLOSED:
            del now_open[key]
        else:
            now_open[key] = version
        assert len(now_open) <= SETTINGS.max_open
    active = [each.instrument_id for each in now_open.values() if each.state is OpportunityState.ACTIVE]
    assert len(set(active)) == len(active)


@given(_steps, st.integers(1, 40))
@settings(max_examples=50)
def test_redelivery_of_what_came_before_changes_nothing(
    steps: list[tuple[int, str, str, str, str, float, float]], redeliver: int
) -> None:
    events = scripted(steps)
    assert played(events, redeliver=redeliver) == played(events)


@given(_steps)
@settings(max_examples=30)
def test_the_same_input_gives_the_same_bytes(steps: list[tuple[int, str, str, str, str, float, float]]) -> None:
    events = scripted(steps)
    assert msgspec.json.encode(played(events)) == msgspec.json.encode(played(events))


@given(_steps)
def test_everything_ends_when_nobody_speaks_any_more(
    steps: list[tuple[int, str, str, str, str, float, float]],
) -> None:
    events = scripted(steps)
    end_ns = (events[-1][0] if events else MORNING_NS) + round(SETTINGS.expire_after_s + 1) * NS_PER_S
    for versions in by_opportunity(played([*events, (end_ns, None)])).values():
        assert versions[-1].state is OpportunityState.CLOSED
