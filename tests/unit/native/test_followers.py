"""The compiled followers of every event keep the same state as the Python ones, and call on the same occasions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native_builders import bits, require_compiled
from strategies_builders import make_snapshot, make_window
from tradewind.bus.local import LocalBus
from tradewind.bus.topics import CLEAN_TICKS, FEATURES
from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.tick import Tick, TickFlag
from tradewind.kernel.clock import NS_PER_MS, LineClock
from tradewind.native import compiled
from tradewind.push import feed as feed_module
from tradewind.push.feed import Ended, Feed, feature_intake, tick_intake
from tradewind.push.settings import PushSettings
from tradewind.push.topics import PUSH_TOPICS
from tradewind.risk.monitor import Monitor
from tradewind.risk.settings import RiskSettings
from tradewind.risk.watches import volatility_burst
from tradewind.signals.prices import PriceBoard

from builders import MORNING_NS, make_instrument, make_tick
from fakes import FakeCalendar, FakeInstruments

IDS = st.sampled_from(["IF2101.CFFEX", "IF2102.CFFEX"])
PRICES = st.sampled_from([5229.8, 5230.0, 5230.2, 5236.0, 5700.0, 5737.8, 4695.0])
STEPS = st.sampled_from([1, 1, 1, 1, 1, 0, 2, -3])
FOLLOWED = st.lists(st.tuples(IDS, STEPS, PRICES, st.booleans()), min_size=1, max_size=60)
Event = Tick | FeatureSnapshot
QUICKLY = settings(deadline=None, max_examples=60)


@pytest.fixture(autouse=True)
def _compiled() -> None:
    require_compiled()


def events(rows: list[tuple[str, int, float, bool]]) -> list[Event]:
    """Ticks and snapshots of two contracts, mostly in sequence, some redelivered or after a gap, a tick the last."""
    made: list[Event] = []
    seqs: dict[str, int] = {}
    for at, (instrument_id, step, price, is_tick) in enumerate(rows):
        seq = seqs[instrument_id] = max(seqs.get(instrument_id, 0) + step, 1)
        ts = MORNING_NS + at * 500 * NS_PER_MS
        fields: dict[str, Any] = {"instrument_id": instrument_id, "seq": seq, "ts_event": ts, "last_price": price}
        windows = (make_window(realized_volatility=price / 1e7), make_window(window="5m"))
        limit_up = 5737.8 if at % 7 else None
        flags = TickFlag.LAST if at % 11 == 10 else TickFlag.NONE
        tick = make_tick(ts_recv=ts, limit_up=limit_up, flags=int(flags), **fields)
        made.append(tick if is_tick else make_snapshot(windows=windows, **fields))
    return made


def slots(state: Any) -> Any:
    """Return the slots of a track, events by what they are."""
    return tuple(bits(getattr(state, name, None)) for name in type(state).__slots__)


@QUICKLY
@given(rows=FOLLOWED, floor=PRICES)
def test_prices_are_followed_alike(rows: list[tuple[str, int, float, bool]], floor: float) -> None:
    calls: list[list[Any]] = [[], []]

    def board(log: list[Any]) -> PriceBoard:
        return PriceBoard(max_instruments=1 << 10, on_breach=log.append, on_gap=lambda: log.append("gap"))

    native, plain = board(calls[0]), board(calls[1])
    follow = native.handler()
    assert follow != native.on_price
    for at, event in enumerate(events(rows)):
        if at == len(rows) // 2:
            native.set_floor(event.instrument_id, floor)
            plain.set_floor(event.instrument_id, floor)
        follow(event)
        plain.on_price(event)
    assert calls[0] == calls[1]
    assert {key: slots(track) for key, track in native._tracks.items()} == {
        key: slots(track) for key, track in plain._tracks.items()
    }


def monitor(log: list[Any]) -> Monitor:
    return Monitor(
        settings=RiskSettings(volatility_warmup_ticks=3),
        instruments=FakeInstruments(make_instrument(), make_instrument(instrument_id="IF2102.CFFEX", symbol="IF2102")),
        calendar=FakeCalendar(20210104, (MORNING_NS - 10**9, MORNING_NS + 10**13)),
        clock=LineClock(MORNING_NS),
        emit=log.append,
        on_gap=lambda: log.append("gap"),
    )


@QUICKLY
@given(rows=FOLLOWED)
def test_limits_and_volatility_are_watched_alike(rows: list[tuple[str, int, float, bool]]) -> None:
    calls: list[list[Any]] = [[], []]
    native = monitor(calls[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(volatility_burst, "compiled", None)
        plain = monitor(calls[1])
    on_tick = native.tick_handler()
    assert on_tick != native.on_tick
    for event in events(rows):
        if isinstance(event, Tick):
            on_tick(event)
            plain.on_tick(event)
        else:
            native.on_features(event)
            plain.on_features(event)
    assert calls[0] == calls[1]
    assert {key: slots(track) for key, track in native._tracks.items()} == {
        key: slots(track) for key, track in plain._tracks.items()
    }


@QUICKLY
@given(rows=FOLLOWED, is_watched=st.booleans())
def test_newest_values_are_noted_alike(rows: list[tuple[str, int, float, bool]], is_watched: bool) -> None:  # noqa: FBT001 - drawn
    outcomes = []
    for core in (compiled, None):
        gaps: list[int] = []
        marks: list[Any] = []
        made: list[tuple[Feed, Callable[[Any], None]]] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(feed_module, "compiled", core)
            quotes, features = (
                Feed(topic, settings=PushSettings(), epoch="e")
                for topic in PUSH_TOPICS
                if topic.name in {"quotes", "features"}
            )
            ended = Ended(9)
            on_tick = tick_intake(quotes, lambda: gaps.append(1), ended, also=(features,))  # noqa: B023 - called in this round
            made = [(quotes, on_tick), (features, feature_intake(features, ended))]
        if is_watched:
            quotes.watch(lambda key, event: marks.append((key, event)))  # noqa: B023 - as above
        for event in events(rows):
            made[0 if isinstance(event, Tick) else 1][1](event)
        outcomes.append((gaps, marks, [(feed.offset, feed.values) for feed, _ in made]))
    assert outcomes[0] == outcomes[1]


def test_the_bus_promises_hold_whatever_a_handler_does() -> None:
    seen: list[str] = []
    bus = LocalBus(on_failure=lambda topic, group, _event, error: seen.append(f"{topic} {group} {error}"))

    def fail(_event: object) -> None:
        message = "on purpose"
        raise ValueError(message)

    bus.subscribe(CLEAN_TICKS, fail, group="failing")
    bus.subscribe(CLEAN_TICKS, lambda tick: seen.append(tick.instrument_id), group="after")
    publish = bus.publisher(CLEAN_TICKS)
    publish(make_tick())
    assert seen == [f"{CLEAN_TICKS.name} failing on purpose", "IF2101.CFFEX"]
    with pytest.raises(TypeError):
        publish()  # type: ignore[call-arg]  # the point
    bus.publisher(FEATURES)(make_snapshot())


def test_what_is_no_failure_of_a_handler_goes_through() -> None:
    bus = LocalBus(on_failure=lambda *_: None)

    def interrupt(_event: object) -> None:
        raise KeyboardInterrupt

    bus.subscribe(CLEAN_TICKS, interrupt, group="interrupted")
    with pytest.raises(KeyboardInterrupt):
        bus.publisher(CLEAN_TICKS)(make_tick())
