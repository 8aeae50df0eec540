"""Answers of rooms that live in processes of their own: asked over Redis, and given there.

The askers have the shape that the edges know (`api.ports`); what they ask for is answered at the other end by what
answers in one process (`runtime.here`). Who is away is a `TransientError`, which REST answers with 503.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from tradewind.api.line_ports import ParamValue, StrategyVerb
from tradewind.api.ports import QuoteTests
from tradewind.quotes import SentTest
from tradewind.runtime.here import feed_of, no_such, replay_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from tradewind.api.line_ports import StrategyQueries
    from tradewind.api.ports import QualityQueries
    from tradewind.bus.redis.requests import Asker
    from tradewind.market.ports import Source
    from tradewind.runtime.here import FeedDesk

    Answers = Mapping[str, Callable[[Any], Awaitable[object]]]

SYSTEM: Final = "system"
_SCORECARDS: Final = "scorecards"
_STRATEGIES: Final = "strategies"
_STRATEGY_ACT: Final = "strategy_act"
_SEND_TEST: Final = "send_test_quote"
_REPLAY: Final = "replay"
_FEED: Final = "feed"
_LONGEST_ID: Final = 64
"""Characters; no contract has a longer name, so what is longer needs not be asked for."""
_QUARANTINE: Final = "feed_quarantine"


class QuoteTestForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The contract whose newest quote is to be sent once more."""

    instrument_id: Annotated[str, Meta(min_length=1, max_length=_LONGEST_ID)]


class ReplayForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One turn of the replay's knobs; the knobs themselves say what is allowed."""

    verb: Literal["status", "pause", "resume", "step", "speed", "seek"]
    n: int = 1
    speed: float | Literal["max"] = 1.0
    percent: float | None = None
    ts: int | None = None


class StrategyAct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody wants done to one strategy."""

    name: Annotated[str, Meta(max_length=100)]
    verb: StrategyVerb
    params: dict[str, ParamValue]
    by: str


class QuarantineForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many of the newest refused messages are wanted."""

    limit: Annotated[int, Meta(ge=1, le=500)]


class RemoteScorecards:
    """`api.ports.QualityQueries`: the market's process has them."""

    def __init__(self, market: Asker) -> None:
        self._market = market

    async def scorecards(self) -> Sequence[object]:
        """Return a scorecard per instrument."""
        return list(await self._market.ask(_SCORECARDS, {}))


class RemoteStrategies:
    """`api.ports.StrategyQueries`: the strategies' process has them."""

    def __init__(self, strategies: Asker) -> None:
        self._room = strategies

    async def strategies(self) -> Sequence[object]:
        """Return a report per strategy."""
        return list(await self._room.ask(_STRATEGIES, {}))

    async def act(self, name: str, verb: StrategyVerb, params: Mapping[str, ParamValue], *, by: str) -> object:
        """Have it done there."""
        return await self._room.ask(_STRATEGY_ACT, StrategyAct(name, verb, dict(params), by))


class RemoteTests:
    """`quotes.ports.QuoteTester`: the market's process sends them; they come back on the stream of ticks."""

    def __init__(self, market: Asker) -> None:
        self._market = market

    async def send(self, instrument_id: str) -> SentTest | None:
        """Send the newest quote of a contract once more, marked as a test."""
        if not 0 < len(instrument_id) <= _LONGEST_ID:
            return None
        told = await self._market.ask(_SEND_TEST, QuoteTestForm(instrument_id))
        return None if told is None else msgspec.convert(told, SentTest)


class RemoteReplay:
    """`api.ports.ReplayCommands`: the replay runs in the market's process."""

    def __init__(self, market: Asker) -> None:
        self._market = market

    async def pause(self) -> object:
        """Stand still before the next tick."""
        return await self._turn(ReplayForm("pause"))

    async def resume(self) -> object:
        """Go on from where it stands."""
        return await self._turn(ReplayForm("resume"))

    async def step(self, n: int = 1) -> object:
        """Play the next `n` ticks and stand still after them."""
        return await self._turn(ReplayForm("step", n=n))

    async def set_speed(self, speed: float | Literal["max"]) -> object:
        """Play at this factor from now on."""
        return await self._turn(ReplayForm("speed", speed=speed))

    async def seek(self, *, percent: float | None, ts: int | None) -> object:
        """Go on from another place."""
        return await self._turn(ReplayForm("seek", percent=percent, ts=ts))

    async def status(self) -> object:
        """Return where the replay is."""
        return await self._turn(ReplayForm("status"))

    async def _turn(self, form: ReplayForm) -> object:
        return await self._market.ask(_REPLAY, form)


class RemoteFeed:
    """`api.ports.FeedQueries`: the market's process hears the feed."""

    def __init__(self, market: Asker) -> None:
        self._market = market

    async def status(self) -> object:
        """Return how the feed is."""
        return await self._market.ask(_FEED, {})

    async def quarantined(self, limit: int) -> Sequence[object]:
        """Return the newest messages that could not be read, newest first."""
        return list(await self._market.ask(_QUARANTINE, QuarantineForm(limit)))


class MarketAnswers:
    """What the market's process answers; a `kind` of source that cannot do what was asked for says which can."""

    def __init__(self, kind: str, source: Source, *, quality: QualityQueries, tests: QuoteTests) -> None:
        self._kind = kind
        self._replay = replay_of(source)
        self._feed = feed_of(source)
        self._quality = quality
        self._tests = tests

    def table(self) -> Answers:
        """Return the answers by question."""
        return {
            _SCORECARDS: self._scorecards,
            _SEND_TEST: self._send_test,
            _REPLAY: self._turn,
            _FEED: self._status,
            _QUARANTINE: self._quarantined,
        }

    async def _scorecards(self, _body: object) -> object:
        return await self._quality.scorecards()

    async def _send_test(self, body: object) -> object:
        return await self._tests.send(msgspec.convert(body, QuoteTestForm).instrument_id)

    async def _turn(self, body: object) -> object:
        form, replay = msgspec.convert(body, ReplayForm), self._replay
        if replay is None:
            raise no_such(self._kind, "replay", "replay")
        match form.verb:
            case "step":
                return await replay.step(form.n)
            case "speed":
                return await replay.set_speed(form.speed)
            case "seek":
                return await replay.seek(percent=form.percent, ts=form.ts)
            case "pause":
                return await replay.pause()
            case "resume":
                return await replay.resume()
            case "status":
                return await replay.status()

    async def _status(self, _body: object) -> object:
        return await self._live_feed().status()

    async def _quarantined(self, body: object) -> object:
        return await self._live_feed().quarantined(msgspec.convert(body, QuarantineForm).limit)

    def _live_feed(self) -> FeedDesk:
        if self._feed is None:
            raise no_such(self._kind, "live feed", "zeromq, sql_monitor, infoway or ctp")
        return self._feed


def strategy_answers(queries: StrategyQueries) -> Answers:
    """Return what the strategies' process answers."""

    async def strategies(_body: object) -> object:
        return await queries.strategies()

    async def act(body: object) -> object:
        wanted = msgspec.convert(body, StrategyAct)
        return await queries.act(wanted.name, wanted.verb, wanted.params, by=wanted.by)

    return {_STRATEGIES: strategies, _STRATEGY_ACT: act}


def system_answers(system: Callable[[], object]) -> Answers:
    """Return what every process answers: how it is."""

    async def tell(_body: object) -> object:
        return system()

    return {SYSTEM: tell}
