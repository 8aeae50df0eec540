"""Shares of Hong Kong, the US and China and currencies from the provider Infoway, pushed or asked for.

A connection that breaks is made again by itself; what was missed meanwhile is missing in the ticks, and back in the
day's totals. A key that is refused ends the source before its first quote; later it leaves everything else running.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from tradewind.errors import ConfigError, InputError, TransientError
from tradewind.infoway.answers import Bar, Depth, Trade
from tradewind.infoway.codes import in_batches, is_refusal, market_of, route, spelled
from tradewind.infoway.live import InfowayLive
from tradewind.infoway.names import keep_names
from tradewind.kernel.clock import NS_PER_S, SystemClock, monotonic_s
from tradewind.kernel.log import get_log
from tradewind.market.feed_watch import FeedState, FeedStatus, FeedWatch
from tradewind.market.sources.infoway_ticks import TickMaker, code_of, instrument_id_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from typing import Any

    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.tick import RawTick
    from tradewind.infoway.codes import Market
    from tradewind.infoway.frames import Kind
    from tradewind.infoway.rest import InfowayRest
    from tradewind.infoway.settings import InfowaySettings
    from tradewind.kernel.clock import Clock
    from tradewind.kernel.metrics import Metrics
    from tradewind.market.ctpwire.refusals import QuarantinedFrame
    from tradewind.market.ports import Intake
    from tradewind.market.sources.settings import InfowayFeedSettings

_LOG = get_log("market.infoway")
_NO_BOOKS_S: Final = 600.0
"""Where no code has a book, books are asked for again after so long."""
_DAY: Final = 8
"""The provider's number for bars of a day."""


class InfowaySource:
    """Market data from the provider; a `SwitchableSource` that never ends."""

    name = "infoway"

    def __init__(
        self,
        settings: InfowayFeedSettings,
        account: InfowaySettings,
        rest: InfowayRest,
        *,
        instruments: InstrumentLookup,
        calendar: TradingCalendar,
        metrics: Metrics,
        clock: Clock | None = None,
        learn_names: Callable[[Mapping[str, str]], object] | None = None,
    ) -> None:
        """Take the codes of the settings; `learn_names` is told what shares are called, by instrument id.

        Raises: ConfigError: there are none, one cannot be had, or the plan does not hold so many live connections.
        """
        self._settings = settings
        self._account = account
        self._rest = rest
        self._calendar = calendar
        self._clock = clock or SystemClock()
        self._metrics = metrics
        self._maker = TickMaker(instruments, calendar)
        self._learn_names = learn_names
        self._changed = asyncio.Event()
        self._look = asyncio.Event()
        self._intake: Intake | None = None
        self._ticks = self._messages = 0
        self._no_books_until_s = 0.0
        self._refused: dict[str, int] = {}
        self._connections: dict[str, int] = {}
        self._watch = FeedWatch(
            calendar=calendar,
            usual_hours=(),
            silence_ns=round(settings.silence_s * NS_PER_S),
            absent_ns=round(settings.absent_s * NS_PER_S),
            now_ns=self._clock.now_ns(),
        )
        if not settings.codes:
            message = (
                'market.infoway.codes must name at least one code, for example ["TSLA.US", "USDCNY"]; it was empty'
            )
            raise ConfigError(message)
        for code in settings.codes:
            try:
                self._follow(spelled(code))
            except InputError as error:
                message = f"market.infoway.codes: {error}"
                raise ConfigError(message) from error
        self._lines()

    async def is_subscribed(self, instrument_id: str) -> bool:
        """Say whether this instrument's quotes come in."""
        code = code_of(instrument_id)
        return code is not None and self._maker.of(code) is not None

    async def subscribe(self, instrument_id: str) -> None:
        """Let this instrument's quotes in from now on.

        Raises: InputError: the provider does not have it, or the plan does not hold one more.
        """
        code = code_of(instrument_id)
        if code is None:
            message = f"{instrument_id} cannot be had from Infoway: shares of HK, US, SSE and SZSE and pairs of FX can"
            raise InputError(message)
        self._follow(code)
        try:
            self._lines()
        except ConfigError as error:
            self._maker.leave(code)
            raise InputError(str(error)) from error
        self._changed.set()

    def unsubscribe(self, instrument_id: str) -> None:
        """Let no more of its quotes in."""
        code = code_of(instrument_id)
        if code is not None:
            self._maker.leave(code)
            self._changed.set()

    async def run(self, intake: Intake) -> None:
        """Feed `intake` until cancelled.

        Raises: ConfigError: the provider refuses the key, or us, before the first quote.
        """
        self._intake = intake
        beside = [asyncio.create_task(self._tend(intake), name="infoway-timer")]
        if self._learn_names is not None:
            keeping = keep_names(self._rest, self._maker.codes, self._learn)
            beside.append(asyncio.create_task(keeping, name="infoway-names"))
        try:
            while True:
                self._changed.clear()
                await self._until_changed()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await self._rest.close()
            self._flush()

    def status(self) -> FeedStatus:
        """Return how the feed is."""
        watch = self._watch
        last_ns = watch.last_message_ns
        return FeedStatus(
            endpoints=(self._account.live_url if self._settings.by == "push" else self._account.base_url,),
            state=watch.state,
            is_alarm=watch.is_alarm,
            since_ns=watch.since_ns,
            connected=watch.connected,
            connections=dict(self._connections),
            messages=self._messages,
            ticks=self._ticks,
            filtered=0,
            variants={self._settings.by: self._messages},
            framings={},
            recoded=self._rest.counts.recoded,
            refused=dict(self._refused),
            missing=0,
            gaps=0,
            out_of_order=0,
            publisher_restarts=0,
            quarantined=0,
            last_message_ns=last_ns,
            silence_s=None if last_ns is None else round((self._clock.now_ns() - last_ns) / NS_PER_S, 3),
            silence_limit_s=self._settings.silence_s,
        )

    def quarantined(self, limit: int = 50) -> list[QuarantinedFrame]:  # noqa: ARG002 - a port's signature
        """Return nothing: rows that cannot be read are counted and not kept."""
        return []

    def _follow(self, code: str) -> None:
        market = market_of(code, self._account.markets)
        if is_refusal(market):
            raise InputError(market)
        instrument = self._maker.follow(code)
        if instrument is None:
            message = f"{code} has no place on the line: shares of HK, US, SH and SZ and pairs of currencies have"
            raise InputError(message)
        self._watch.expect(instrument.hours_id)

    def _lines(self) -> list[tuple[Market, Sequence[str]]]:
        """Return the live connections that the codes take: one market each, so many codes as the plan allows.

        Raises: ConfigError: more than the plan allows.
        """
        plan = self._account.limits()
        routed = route(self._maker.codes(), self._account.markets).by_market
        lines = [(market, batch) for market, codes in routed.items() for batch in in_batches(codes, plan.codes_each)]
        if self._settings.by == "push" and len(lines) > plan.connections:
            message = (
                f"market.infoway.codes need {len(lines)} live connections of {plan.codes_each} codes of a market; "
                f'the plan {self._account.plan} has {plan.connections}; name fewer, or set market.infoway.by = "poll"'
            )
            raise ConfigError(message)
        return lines

    async def _until_changed(self) -> None:
        """Feed from what is followed now, until that changes or the provider is done with us."""
        work: list[Coroutine[Any, Any, None]] = [self._watch_totals()]
        if self._settings.by == "push":
            work += [self._line(market, codes, at).run() for at, (market, codes) in enumerate(self._lines())]
        else:
            work.append(self._poll())
        tasks = [asyncio.create_task(one) for one in work]
        changed = asyncio.create_task(self._wait_for_change())
        try:
            await asyncio.wait([*tasks, changed], return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    await self._end(task)
        finally:
            for task in (*tasks, changed):
                task.cancel()
            await asyncio.gather(*tasks, changed, return_exceptions=True)

    async def _wait_for_change(self) -> None:
        await self._changed.wait()

    async def _end(self, task: asyncio.Task[None]) -> None:
        """Raise what ended a part before the first quote; after it, leave the rest of the platform running."""
        try:
            task.result()
        except ConfigError as error:
            if not self._ticks:
                raise
            _LOG.error("infoway_ended", reason=str(error), remedy="correct the settings of infoway and start again")
            self._watch.note_reopened(self._clock.now_ns())
            await self._changed.wait()

    def _line(self, market: Market, codes: Sequence[str], number: int) -> InfowayLive:
        kinds: tuple[Kind, ...] = ("trade", "depth") if self._settings.depth else ("trade",)
        name = f"{market}-{number}"
        hours = {found.instrument.hours_id for code in codes if (found := self._maker.of(code)) is not None}
        return InfowayLive(
            self._account,
            market,
            codes,
            kinds=kinds,
            on_row=self._take,
            on_state=lambda state: self._note(name, state),
            must_speak=lambda: any(self._is_open(one) for one in hours),
            silence_s=self._settings.silence_s,
            seed=self._clock.now_ns(),
        )

    async def _poll(self) -> None:
        """Ask for the newest trades, and books, round after round."""
        while True:
            codes = self._maker.codes()
            try:
                trades = await self._rest.trades(codes)
                books = await self._books(codes)
            except TransientError as error:
                self._note("rest", "lost")
                _LOG.warning("infoway_not_answered", reason=str(error))
            else:
                self._note("rest", "connected")
                self._count_refused(trades.refused, trades.unreadable)
                for book in books:
                    self._take(book)
                for trade in trades.rows:
                    self._take(trade)
            await asyncio.sleep(self._settings.poll_s)

    async def _books(self, codes: Sequence[str]) -> Sequence[Depth]:
        """Return the books; none where the settings want none or, asked for seldom then, the plan holds none."""
        if not self._settings.depth or monotonic_s() < self._no_books_until_s:
            return ()
        found = await self._rest.depths(codes)
        if codes and not found.rows:
            self._no_books_until_s = monotonic_s() + _NO_BOOKS_S
            reason = next(iter(found.refused.values()), "")
            _LOG.warning("infoway_books_refused", reason=reason, remedy="set market.infoway.depth = false, or the plan")
        return found.rows

    async def _watch_totals(self) -> None:
        """Lift the days' totals to the provider's own: at the start, after each connection, and now and then."""
        while True:
            self._look.clear()
            try:
                found = await self._rest.bars(self._maker.codes(), _DAY)
            except TransientError as error:
                _LOG.warning("infoway_totals_unknown", reason=str(error))
            else:
                now_ns = self._clock.now_ns()
                for bars in found.rows:
                    self._lift(bars[:1], now_ns)
            try:
                async with asyncio.timeout(self._settings.totals_s):
                    await self._look.wait()
            except TimeoutError:
                continue

    def _lift(self, bars: Sequence[Bar], now_ns: int) -> None:
        for bar in bars:
            day = self._maker.of(bar.s)
            if day is not None:
                day.lift(bar, now_ns)

    def _take(self, row: Trade | Depth | Bar) -> None:
        """Make a tick of what came and feed it."""
        self._messages += 1
        now_ns = self._clock.now_ns()
        self._watch.last_message_ns = now_ns
        day = self._maker.of(row.s)
        if day is None:
            self._count_refused({row.s: ""}, 0)
            return
        raw: RawTick | None = None
        if isinstance(row, Trade):
            raw = day.trade(row, now_ns, is_repeatable=self._settings.by == "poll")
        elif isinstance(row, Depth):
            raw = day.depth(row, now_ns)
        if raw is not None and self._intake is not None:
            self._ticks += 1
            self._intake.accept(raw)

    def _note(self, name: str, state: str) -> None:
        self._connections[state] = self._connections.get(state, 0) + 1
        now_ns = self._clock.now_ns()
        if state == "connected":
            self._watch.note_connected(name, now_ns)
            if name != "rest":
                self._look.set()
        elif state == "lost":
            self._watch.note_lost(name, now_ns)

    def _count_refused(self, refused: dict[str, str], unreadable: int) -> None:
        for reason, count in (("refused", len(refused)), ("unreadable", unreadable)):
            if count:
                self._refused[reason] = self._refused.get(reason, 0) + count

    def _learn(self, names: Mapping[str, str]) -> None:
        if self._learn_names is not None:
            self._learn_names({ours: name for code, name in names.items() if (ours := instrument_id_of(code))})

    def _is_open(self, hours_id: str) -> bool:
        now_ns = self._clock.now_ns()
        section = self._calendar.section_at(hours_id, now_ns)
        return section is not None and now_ns < section.close_ns

    async def _tend(self, intake: Intake) -> None:
        """Move line time on, tell what changed."""
        step_s = self._settings.timer_step_ms / 1_000
        while True:
            await asyncio.sleep(step_s)
            now_ns = self._clock.now_ns()
            intake.advance_to(now_ns)
            if self._watch.check(now_ns):
                say = _LOG.warning if self._watch.is_alarm else _LOG.info
                remedy = (
                    "look at infoway.live_url and infoway.base_url" if self._watch.state is FeedState.ABSENT else ""
                )
                say(f"feed_{self._watch.state.value}", source=self.name, **({"remedy": remedy} if remedy else {}))
            self._flush()

    def _flush(self) -> None:
        metrics = self._metrics
        metrics.feed_messages.raise_to(self._messages, f"infoway_{self._settings.by}")
        for reason, count in self._refused.items():
            metrics.feed_refused.raise_to(count, reason)
        for event, count in self._connections.items():
            metrics.feed_connections.raise_to(count, event)
        metrics.feed_alarm.set(float(self._watch.is_alarm))
