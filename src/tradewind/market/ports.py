"""What the market room asks of a source, and what a source may ask of the line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tradewind.domain.tick import RawTick
    from tradewind.market.ctpwire.refusals import QuarantinedFrame
    from tradewind.market.feed_watch import FeedStatus
    from tradewind.market.service import LineCounts


class Intake(Protocol):
    """The line's mouth; synchronous, returns when the tick has gone all the way."""

    def accept(self, raw: RawTick) -> None:
        """Move line time to the tick's `ts_recv`, clean the tick and publish it, or count why not."""
        ...

    def advance_to(self, now_ns: int) -> None:
        """Move line time on while no tick comes, so that timers (bars, expiry, staleness) fire."""
        ...


class CountingIntake(Intake, Protocol):
    """The line's mouth as the service that feeds it sees it."""

    def counts(self) -> LineCounts:
        """Return the totals so far, exactly."""
        ...

    def flush(self) -> None:
        """Bring the metrics up to date."""
        ...


class Source(Protocol):
    """Market data in. Parses the wire into raw ticks; judges nothing.

    `run` feeds the intake until cancelled, or returns when its data ends.
    """

    @property
    def name(self) -> str:
        """Return the source's name for counters and health."""
        ...

    async def run(self, intake: Intake) -> None:
        """Feed `intake`; never hold the event loop for more than a few milliseconds at a time."""
        ...


class SwitchableSource(Source, Protocol):
    """A source whose subscriptions change while it runs."""

    async def is_subscribed(self, instrument_id: str) -> bool:
        """Say whether this contract's quotes are let through."""
        ...

    async def subscribe(self, instrument_id: str) -> None:
        """Let this contract's quotes through from now on; nothing if it does already. Also before `run`.

        Raises: InputError: this source cannot have it; says what it can.
        """
        ...

    def unsubscribe(self, instrument_id: str) -> None:
        """Let no more of its quotes through; nothing if it did not. Never fails: it comes after what may."""
        ...


@runtime_checkable
class LiveFeed(Source, Protocol):
    """A source fed by publishers elsewhere, of which somebody wants to know whether they still speak."""

    def status(self) -> FeedStatus:
        """Return how the feed is."""
        ...

    def quarantined(self, limit: int = 50) -> list[QuarantinedFrame]:
        """Return the newest messages that could not be read, newest first."""
        ...


class OlderKeys(Protocol):
    """The older systems' keys of single contracts on Redis (`bus.redis.mirrors`)."""

    async def written(self) -> Sequence[str]:
        """Return the contracts whose keys are ours, those that an earlier life has left included.

        Raises: TransientError: nobody can say now.
        """
        ...

    def remove(self, instrument_id: str) -> None:
        """Remove a contract's key and write it no more."""
        ...

    def restore(self, instrument_id: str) -> None:
        """Write a contract's key again."""
        ...


class EndingLine(Protocol):
    """The line as far as contracts end on it (`market.service.MarketLine`)."""

    def flowing(self) -> Sequence[str]:
        """Return the contracts that have a quote and have not ended."""
        ...

    def end(self, instrument_id: str) -> None:
        """Say down the line that nobody subscribes to this contract any more."""
        ...


class RecordedSource(Source, Protocol):
    """A source whose ticks all exist already: it can also be drained without an event loop."""

    def ticks(self) -> Iterator[RawTick]:
        """Yield every tick in order, as fast as they can be read.

        Raises: ReplayFileError: the file is missing, truncated, foreign or impossible.
        """
        ...

    def play(self, intake: Intake) -> int:
        """Show `intake` just what `run` would, without an event loop; return how many ticks there were.

        Raises: ReplayFileError: as `ticks`.
        """
        ...
