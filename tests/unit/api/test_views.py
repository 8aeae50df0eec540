"""What REST shows of the line: newest, bounded, each event once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from api_builders import make_alert, make_bar, make_features, make_opportunity, make_signal
from tradewind.api.settings import ApiSettings
from tradewind.api.views import ApiViews
from tradewind.bus.topics import BARS, CLEAN_TICKS, FEATURES, OPPORTUNITIES, QUOTE_SNAPSHOTS, RISK_ALERTS, SIGNALS
from tradewind.domain.opportunity import OpportunityState
from tradewind.domain.tick import TickFlag
from tradewind.kernel.metrics import Metrics

from builders import make_tick
from fakes import RaisingBus


class Desk:
    """Views on a bus where a failing handler fails the test."""

    def __init__(self, **settings: Any) -> None:
        self.bus = RaisingBus()
        self.metrics = Metrics()
        self.views = ApiViews(bus=self.bus, settings=ApiSettings(**settings), metrics=self.metrics)
        self.views.attach()

    def prices(self) -> list[float]:
        return [quote["last_price"] for quote in msgspec.json.decode(self.views.quotes_json())]


def test_the_newest_tick_of_each_instrument_is_shown() -> None:
    desk = Desk()
    publish = desk.bus.publisher(CLEAN_TICKS)
    publish(make_tick(last_price=1.0))
    publish(make_tick(instrument_id="au2512.SHFE", last_price=2.0))
    publish(make_tick(seq=2, last_price=3.0))

    assert desk.prices() == [3.0, 2.0]
    assert desk.prices() == [3.0, 2.0]


@pytest.mark.parametrize("seq", [1, 2])
def test_a_tick_seen_before_changes_nothing(seq: int) -> None:
    desk = Desk()
    publish = desk.bus.publisher(CLEAN_TICKS)
    publish(make_tick(seq=1, last_price=1.0))
    publish(make_tick(seq=2, last_price=2.0))

    publish(make_tick(seq=seq, last_price=9.0))

    assert desk.prices() == [2.0]
    assert desk.metrics.gaps.total() == 0


def test_a_gap_is_counted_and_the_newer_tick_shown() -> None:
    desk = Desk()
    publish = desk.bus.publisher(CLEAN_TICKS)
    publish(make_tick(seq=7))
    publish(make_tick(seq=10, last_price=2.0))

    assert desk.prices() == [2.0]
    assert desk.metrics.gaps.counts == {"api": 2}


def test_a_quote_outside_trading_hours_is_shown_until_something_newer_comes() -> None:
    desk = Desk()
    tick = make_tick(seq=1, last_price=1.0)
    desk.bus.publisher(CLEAN_TICKS)(tick)
    desk.bus.publisher(QUOTE_SNAPSHOTS)(make_tick(seq=1, ts_recv=tick.ts_recv + 1, last_price=2.0))
    assert desk.prices() == [2.0]

    desk.bus.publisher(QUOTE_SNAPSHOTS)(make_tick(seq=1, ts_recv=tick.ts_recv - 1, last_price=3.0))
    assert desk.prices() == [2.0]
    desk.bus.publisher(CLEAN_TICKS)(make_tick(seq=2, last_price=4.0))
    assert desk.prices() == [4.0]


def test_a_quote_outside_trading_hours_outlives_the_older_ticks_heard_after_it() -> None:
    desk = Desk()
    desk.bus.publisher(CLEAN_TICKS)(make_tick(seq=1, last_price=1.0))
    desk.bus.publisher(QUOTE_SNAPSHOTS)(make_tick(seq=3, last_price=3.5))
    for seq in (2, 3):
        desk.bus.publisher(CLEAN_TICKS)(make_tick(seq=seq, last_price=float(seq)))
        assert desk.prices() == [3.5]

    desk.bus.publisher(CLEAN_TICKS)(make_tick(seq=4, last_price=4.0))
    assert desk.prices() == [4.0]


def test_instruments_beyond_the_limit_are_counted_and_not_kept() -> None:
    desk = Desk(max_instruments=1)
    publish = desk.bus.publisher(CLEAN_TICKS)
    publish(make_tick(last_price=1.0))
    publish(make_tick(instrument_id="au2512.SHFE"))
    desk.bus.publisher(FEATURES)(make_features(instrument_id="au2512.SHFE"))
    desk.bus.publisher(BARS)(make_bar())
    desk.bus.publisher(BARS)(make_bar(instrument_id="au2512.SHFE"))
    desk.views.quotes_json()
    desk.bus.publisher(QUOTE_SNAPSHOTS)(make_tick(instrument_id="ag2512.SHFE"))

    assert desk.prices() == [1.0]
    assert desk.views.features() == []
    assert desk.views.bars_of("au2512.SHFE", 10) == []
    assert desk.views.instruments_refused == 2


def test_one_quote_is_found_before_and_after_the_list_was_asked_for() -> None:
    desk = Desk()
    tick = make_tick()
    desk.bus.publisher(CLEAN_TICKS)(tick)

    assert desk.views.quote(tick.instrument_id) is tick
    desk.views.quotes_json()
    assert desk.views.quote(tick.instrument_id) is tick
    assert desk.views.quote("xx") is None


def test_features_are_the_newest_of_each_instrument() -> None:
    desk = Desk()
    desk.bus.publisher(CLEAN_TICKS)(make_tick())
    publish = desk.bus.publisher(FEATURES)
    publish(make_features(rsi=40.0))
    publish(make_features(rsi=41.0))

    assert [snapshot.rsi for snapshot in desk.views.features()] == [41.0]


def test_bars_come_oldest_first_and_only_the_newest_of_them() -> None:
    desk = Desk(recent_bars=3)
    for minute in range(5):
        desk.bus.publisher(BARS)(make_bar(ts_open=minute, close=float(minute)))

    assert [bar.close for bar in desk.views.bars_of("IF2101.CFFEX", 10)] == [2.0, 3.0, 4.0]
    assert [bar.close for bar in desk.views.bars_of("IF2101.CFFEX", 2)] == [3.0, 4.0]


def test_a_bar_delivered_twice_is_kept_once() -> None:
    desk = Desk()
    for _ in range(2):
        desk.bus.publisher(BARS)(make_bar())

    assert len(desk.views.bars_of("IF2101.CFFEX", 10)) == 1


def test_signals_and_alerts_are_bounded_and_kept_once_each() -> None:
    desk = Desk(recent_signals=2, recent_alerts=2)
    for number in (1, 2, 3, 3):
        desk.bus.publisher(SIGNALS)(make_signal(signal_id=str(number)))
        desk.bus.publisher(RISK_ALERTS)(make_alert(alert_id=str(number)))

    assert [signal.signal_id for signal in desk.views.signals()] == ["3", "2"]
    assert [alert.alert_id for alert in desk.views.alerts()] == ["3", "2"]


def test_open_opportunities_come_before_closed_ones() -> None:
    desk = Desk()
    publish = desk.bus.publisher(OPPORTUNITIES)
    publish(make_opportunity(opportunity_id="a"))
    publish(make_opportunity(opportunity_id="b"))
    publish(make_opportunity(opportunity_id="c"))
    publish(make_opportunity(opportunity_id="c", version=2, state=OpportunityState.CLOSED))
    publish(make_opportunity(opportunity_id="a", version=2))

    assert [shown.opportunity_id for shown in desk.views.opportunities()] == ["a", "b", "c"]
    assert [shown["id"] for shown in msgspec.json.decode(desk.views.seed_opportunities_json())] == ["a", "b", "c"]


def test_an_older_version_never_comes_back() -> None:
    desk = Desk()
    publish = desk.bus.publisher(OPPORTUNITIES)
    publish(make_opportunity(version=3, state=OpportunityState.CLOSED))
    publish(make_opportunity(version=2))

    shown = desk.views.opportunity("opp-1")
    assert shown is not None
    assert shown.state is OpportunityState.CLOSED


def test_opportunities_are_bounded_open_and_closed() -> None:
    desk = Desk(open_opportunities=2, closed_opportunities=1)
    publish = desk.bus.publisher(OPPORTUNITIES)
    for name in "abc":
        publish(make_opportunity(opportunity_id=name))
    for name in "xy":
        publish(make_opportunity(opportunity_id=name, state=OpportunityState.CLOSED))

    assert [shown.opportunity_id for shown in desk.views.opportunities()] == ["c", "b", "y"]


def test_the_polled_list_is_the_same_bytes_until_something_changes() -> None:
    desk = Desk()
    publish = desk.bus.publisher(OPPORTUNITIES)
    publish(make_opportunity())
    first = desk.views.opportunities_json()

    assert desk.views.opportunities_json() is first
    publish(make_opportunity(version=2, confidence=0.9))
    assert b'"confidence":0.9' in desk.views.opportunities_json()


def test_the_polled_list_is_cut_at_the_default_limit() -> None:
    desk = Desk(default_limit=2)
    for name in "abc":
        desk.bus.publisher(OPPORTUNITIES)(make_opportunity(opportunity_id=name))

    assert len(msgspec.json.decode(desk.views.opportunities_json())) == 2


def test_after_detaching_nothing_changes_any_more() -> None:
    desk = Desk()
    desk.views.detach()
    desk.bus.publisher(CLEAN_TICKS)(make_tick())

    assert desk.prices() == []


def test_a_contract_that_ended_is_shown_no_more_and_its_late_features_neither() -> None:
    desk = Desk()
    tick, features = desk.bus.publisher(CLEAN_TICKS), desk.bus.publisher(FEATURES)
    tick(make_tick(seq=1))
    tick(make_tick(instrument_id="au2512.SHFE", last_price=2.0))
    features(make_features())
    assert len(desk.prices()) == 2
    tick(make_tick(seq=2, flags=int(TickFlag.LAST)))
    assert desk.views.quote("IF2101.CFFEX") is None
    assert desk.views.instrument_ids() == ["au2512.SHFE"]
    features(make_features())
    assert (desk.views.features(), desk.views.features_of("IF2101.CFFEX")) == ([], None)
    assert desk.prices() == [2.0]
    tick(make_tick(seq=3, last_price=3.0))
    assert desk.prices() == [2.0, 3.0]
    assert len(desk.views.features()) == 1
