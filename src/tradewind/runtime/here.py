"""Answers of rooms that live in this process, in the words of the edges that ask for them.

`runtime.elsewhere` asks for the same answers where the rooms live in processes of their own: what it asks for is
answered from here there too, so that both ways say the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.errors import StateConflictError
from tradewind.market.feed_watch import ShownFrame, shown_frame
from tradewind.market.ports import LiveFeed
from tradewind.market.sources.replay import ReplaySource
from tradewind.quotes import SentTest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Literal

    from tradewind.api.line_ports import ParamValue, StrategyVerb
    from tradewind.market.control import ReplayControl, ReplayStatus
    from tradewind.market.feed_watch import FeedStatus
    from tradewind.market.ports import Source
    from tradewind.market.service import MarketLine
    from tradewind.strategies.service import StrategyService


class Scorecards:
    """`api.ports.QualityQueries`."""

    def __init__(self, cards: Callable[[], Sequence[object]]) -> None:
        self._cards = cards

    async def scorecards(self) -> Sequence[object]:
        """Return a scorecard per instrument."""
        return self._cards()


class StrategyReports:
    """`api.ports.StrategyQueries`."""

    def __init__(self, service: StrategyService) -> None:
        self._service = service

    async def strategies(self) -> Sequence[object]:
        """Return a report per strategy."""
        return self._service.reports()

    async def act(self, name: str, verb: StrategyVerb, params: Mapping[str, ParamValue], *, by: str) -> object:
        """Do to one strategy what an operator wants."""
        return self._service.act(name, verb, params, by=by)


class LineTests:
    """`quotes.ports.QuoteTester`: straight into the line of this process."""

    def __init__(self, line: MarketLine) -> None:
        self._line = line

    async def send(self, instrument_id: str) -> SentTest | None:
        """Send the newest quote of a contract once more, marked as a test."""
        tick = self._line.send_test(instrument_id)
        return None if tick is None else SentTest(tick.instrument_id, tick.seq)


class ReplayKnobs:
    """`api.ports.ReplayCommands`."""

    def __init__(self, control: ReplayControl) -> None:
        self._control = control

    async def pause(self) -> ReplayStatus:
        """Stand still before the next tick."""
        self._control.pause()
        return self._control.status()

    async def resume(self) -> ReplayStatus:
        """Go on from where it stands."""
        self._control.resume()
        return self._control.status()

    async def step(self, n: int = 1) -> ReplayStatus:
        """Play the next `n` ticks and stand still after them."""
        self._control.step(n)
        return self._control.status()

    async def set_speed(self, speed: float | Literal["max"]) -> ReplayStatus:
        """Play at this factor from now on."""
        self._control.set_speed(speed)
        return self._control.status()

    async def seek(self, *, percent: float | None, ts: int | None) -> ReplayStatus:
        """Go on from another place."""
        self._control.seek(percent=percent, ts=ts)
        return self._control.status()

    async def status(self) -> ReplayStatus:
        """Return where the replay is."""
        return self._control.status()


class FeedDesk:
    """`api.ports.FeedQueries`."""

    def __init__(self, feed: LiveFeed) -> None:
        self._feed = feed

    async def status(self) -> FeedStatus:
        """Return how the feed is."""
        return self._feed.status()

    async def quarantined(self, limit: int) -> list[ShownFrame]:
        """Return the newest messages that could not be read, newest first."""
        return [shown_frame(frame) for frame in self._feed.quarantined(limit)]


def replay_of(source: Source) -> ReplayKnobs | None:
    """Return the remote control of a source that is a replay, `None` of any other."""
    return ReplayKnobs(source.control) if isinstance(source, ReplaySource) else None


def feed_of(source: Source) -> FeedDesk | None:
    """Return who tells of a source that is a live feed, `None` of any other."""
    return FeedDesk(source) if isinstance(source, LiveFeed) else None


def feed_status(source: Source) -> FeedStatus | None:
    """Return how a live feed is; `None` where the source is none."""
    return source.status() if isinstance(source, LiveFeed) else None


def no_such(kind: str, wanted: str, setting: str) -> StateConflictError:
    """Return the refusal where the market's source is another than what was asked for."""
    message = f"the source is a {kind}, not a {wanted}; start with market.source={setting}"
    return StateConflictError(message)
