"""Settings of the room: defaults that run embedded, every field described, limits that hold."""

from __future__ import annotations

import msgspec
import pytest

from market_builders import make_cleaner, reason_of
from tradewind.domain.tick import Tick
from tradewind.market.reasons import RejectReason
from tradewind.market.rules import NEVER, rules_from
from tradewind.market.settings import CleaningSettings, MarketSettings, RecordingSettings

from builders import make_raw_tick


@pytest.mark.parametrize(
    ("source", "calendar", "mode"),
    [
        ("simulator", "auto", "round_the_clock"),
        ("replay", "auto", "exchange"),
        ("simulator", "exchange", "exchange"),
        ("replay", "round_the_clock", "round_the_clock"),
    ],
)
def test_auto_means_round_the_clock_for_the_simulator_only(source: str, calendar: str, mode: str) -> None:
    settings = msgspec.convert({"source": source, "calendar": calendar}, MarketSettings)
    assert settings.calendar_mode() == mode


@pytest.mark.parametrize(
    "given",
    [{"source": "tape"}, {"sauce": "replay"}, {"latency_sample": 0}, {"cleaning": {"max_lag_s": -1}}, {"calendar": ""}],
)
def test_what_no_setting_allows_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, MarketSettings)


@pytest.mark.parametrize("form", [MarketSettings, CleaningSettings, RecordingSettings])
def test_every_setting_says_what_it_is_for(form: type) -> None:
    described = msgspec.json.schema(form)["$defs"][form.__name__]["properties"]
    rooms = {"cleaning", "recording", "replay", "simulator", "zeromq", "sql_monitor", "infoway", "ctp"}
    assert all("description" in described[name] for name in described if name not in rooms)


@pytest.mark.parametrize(("exchanges", "is_second_taken"), [(("CFFEX",), True), ((), False)])
def test_where_ticks_may_share_a_time_another_book_is_another_tick(
    exchanges: tuple[str, ...], *, is_second_taken: bool
) -> None:
    rules = rules_from(CleaningSettings(arrival_ordered=exchanges), is_live=False)
    cleaner = make_cleaner(arrival_ordered=rules.arrival_ordered)
    first = make_raw_tick()
    assert isinstance(cleaner.clean(first), Tick)
    assert isinstance(cleaner.clean(first._replace(bid_volume=9)), Tick) is is_second_taken
    assert reason_of(cleaner.clean(first._replace(bid_volume=9))) is RejectReason.DUPLICATE


def test_a_limit_of_zero_switches_the_check_off() -> None:
    rules = rules_from(CleaningSettings(max_lag_s=0, max_ahead_s=0), is_live=True)
    assert (rules.max_lag_ns, rules.max_ahead_ns) == (NEVER, NEVER)
