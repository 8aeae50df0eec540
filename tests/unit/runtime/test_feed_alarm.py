"""A live feed's alarm: where it is told, in which words, and when there is none."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from tradewind.api.ports import ServiceView, SourceInfo
from tradewind.kernel.clock import NS_PER_S, FakeClock
from tradewind.kernel.metrics import Metrics
from tradewind.market.calendar import ExchangeCalendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.ctpwire.refusals import QuarantinedFrame, RefusalReason
from tradewind.market.feed_watch import FeedState, FeedStatus, shown_frame
from tradewind.market.sources.settings import ZeromqSettings
from tradewind.market.sources.zeromq import ZeromqSource
from tradewind.runtime.here import feed_status
from tradewind.runtime.lifecycle.health import Health
from tradewind.runtime.status import SystemStatus, alarm_of

CHINA = timezone(timedelta(hours=8))
TABLE = InstrumentTable()


def at(clock: str) -> int:
    return round(datetime.fromisoformat(f"2025-12-01 {clock}").replace(tzinfo=CHINA).timestamp()) * NS_PER_S


class MuteFeed:
    """A feed that flowed until some moment, with the process that tells of it; `look` lets time pass and asks."""

    def __init__(self, until: str) -> None:
        self.clock = FakeClock(at(until))
        self.source = ZeromqSource(
            ZeromqSettings(),
            instruments=TABLE,
            find_symbol=TABLE.find_symbol,
            calendar=ExchangeCalendar(),
            is_round_the_clock=False,
            usual_hours=("night_0230",),
            metrics=Metrics(),
            clock=self.clock,
        )
        self.status = SystemStatus(
            metrics=Metrics(),
            clock=self.clock,
            source=SourceInfo("zeromq", "tcp://localhost:9999"),
            feed=lambda: feed_status(self.source),
            rows=("market",),
        )
        self._watch = self.source._watch
        self._watch.note_connected("tcp://localhost:9999", at(until))
        self._watch.expect("night_0230")
        self._watch.last_message_ns = at(until)

    def look(self, clock: str) -> ServiceView:
        self.clock.advance((at(clock) - self.clock.now_ns()) / NS_PER_S)
        self._watch.check(self.clock.now_ns())
        (row,) = self.status.services()
        return row


def test_a_mute_feeder_in_a_break_is_no_alarm_anywhere() -> None:
    feed = MuteFeed("11:30:00")
    for clock in ("11:45:00", "12:30:00", "13:29:59", "13:30:29"):
        assert feed.look(clock).last_error is None
        assert feed.status.feed_alarm() is None
        assert feed.status.system().feed_alarm is None


def test_after_the_break_the_same_silence_is_an_alarm_and_its_end_takes_it_back() -> None:
    feed = MuteFeed("11:30:00")
    row = feed.look("13:30:31")
    assert row.is_healthy
    assert row.last_error == "feed silent in trading hours: no message for 7231 s; look at the publisher"
    alarm = feed.status.feed_alarm()
    assert alarm is not None
    assert (alarm.state, alarm.since_ns, alarm.message) == ("silent", at("13:30:31"), row.last_error)
    assert feed.status.system().feed_alarm == alarm
    feed._watch.last_message_ns = at("13:30:40")
    assert feed.look("13:30:41").last_error is None


def test_a_feeder_that_is_not_there_is_told_with_what_to_do() -> None:
    feed = MuteFeed("10:00:00")
    feed._watch.note_lost("tcp://localhost:9999", at("10:00:00"))
    assert str(feed.look("10:00:11").last_error).startswith("feed absent in trading hours: no publisher answers; start")


def test_a_front_that_is_not_there_is_told_in_the_feed_s_own_words() -> None:
    feed = MuteFeed("10:00:00")
    told = msgspec.structs.replace(
        feed.source.status(), state=FeedState.ABSENT, detail="connecting to tcp://a:1, no answer"
    )
    expected = (
        "feed absent in trading hours: connecting to tcp://a:1, no answer; look at market.ctp.fronts and at the way"
    )
    assert alarm_of(told).message.startswith(expected)


def test_the_status_line_of_the_market_says_it() -> None:
    feed = MuteFeed("10:00:00")
    told = Health(services=[feed.look("10:01:00")])
    assert told.trouble == "market: feed silent in trading hours: no message for 60 s; look at the publisher"


def test_an_alarm_stands_beside_a_recording_that_stopped() -> None:
    feed = MuteFeed("10:00:00")
    feed.look("10:01:00")
    feed.status._recording_failure = lambda: "disk full"
    (row,) = feed.status.services()
    assert str(row.last_error).startswith("recording: disk full; feed silent")


def test_the_feed_tells_silence_gaps_and_what_is_kept() -> None:
    feed = MuteFeed("10:00:00")
    feed.clock.advance(12.5)
    told = feed.source.status()
    assert (told.silence_s, told.silence_limit_s, told.gaps, told.missing, told.quarantined) == (12.5, 30.0, 0, 0, 0)
    assert feed.source.quarantined() == []


def test_a_feed_that_never_spoke_has_no_silence_to_measure() -> None:
    feed = MuteFeed("10:00:00")
    feed._watch.last_message_ns = None
    told = feed.source.status()
    assert told.silence_s is None
    assert "no message for 30 s" in alarm_of(msgspec.structs.replace(told, state=FeedState.SILENT)).message


def refused(**changes: Any) -> QuarantinedFrame:
    fields: dict[str, Any] = {
        "number": 7, "received_ns": 1, "reason": RefusalReason.MALFORMED, "detail": "field 3", "topic": "MARKET_DATA",
        "size": 3, "head_hex": "616263", **changes,
    }  # fmt: skip
    return QuarantinedFrame(**fields)


@pytest.mark.parametrize(
    ("head", "text"),
    [
        (b"au2602,1", "au2602,1"),
        (b"\x1b[2J<b>\x00\x7f\xff", ".[2J<b>..."),
        ("合约".encode("gbk"), "...."),
        (b"\r\nGET / HTTP", "..GET / HTTP"),
    ],
)
def test_the_first_bytes_are_shown_as_plain_text_and_in_full_as_hex(head: bytes, text: str) -> None:
    shown = shown_frame(refused(head_hex=head.hex()))
    assert (shown.head_text, bytes.fromhex(shown.head_hex)) == (text, head)


def test_of_a_long_message_the_beginning_is_shown_and_its_whole_size_told() -> None:
    shown = shown_frame(refused(head_hex="41" * 512, size=70_000, detail="a\x1b[31m\nb"))
    assert (len(shown.head_text), shown.size, shown.detail) == (96, 70_000, "a.[31m.b")


def test_a_status_travels_between_processes_as_it_is() -> None:
    told = MuteFeed("10:00:00").source.status()
    assert msgspec.json.decode(msgspec.json.encode(told), type=FeedStatus) == told
