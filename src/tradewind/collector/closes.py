"""Keeps the last trade of each day: when a market has closed, once a day and code, after a restart too.

What was kept is asked of the store and noted nowhere else, so that several modules on one store and a new start know
it of each other. Shares that trade on after hours have a newest trade that is no close: theirs is the last one that
was collected, or what the bar of the last minute before the close says, whichever is later.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.collector.as_documents import decimal_text
from tradewind.collector.day_ends import HOURS, DayEnd, day_ends, market_with_calendar
from tradewind.collector.infoway import TOO_LATE
from tradewind.domain.job import MOST_BARS
from tradewind.errors import ConfigError, TradewindError
from tradewind.infoway.codes import shown, spelled
from tradewind.kernel.backoff import Backoff
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S, SystemClock
from tradewind.kernel.log import get_log
from tradewind.kernel.rng import named_rng
from tradewind.stores.documents.forms import QuoteDocument

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tradewind.collector.close_settings import CloseSettings
    from tradewind.collector.infoway import InfowayCollector
    from tradewind.domain.hours import TradingCalendar
    from tradewind.kernel.clock import Clock
    from tradewind.stores.documents.spooled import SpooledDocuments

_LOG = get_log("collector")
_MOST_WAIT_S: Final = 300.0
"""A clock that was set is noticed within that time."""
_LEAST_WAIT_S: Final = 0.01
_MS_PER_S: Final = NS_PER_S // NS_PER_MS
_HOUR_MS: Final = 3_600 * _MS_PER_S
_MINUTE_MS: Final = 60 * _MS_PER_S
_QUIET_MINUTES: Final = 30
"""A share may not have traded in the last of its minutes."""


class CloseKeeper:
    """The service that fills the collection of closes."""

    name = "closes"

    def __init__(
        self,
        settings: CloseSettings,
        collector: InfowayCollector,
        documents: SpooledDocuments,
        *,
        calendar: TradingCalendar,
        clock: Clock | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Look at nothing yet.

        Raises: ConfigError: of a code in the settings no calendar is known.
        """
        self._settings = settings
        self._collector = collector
        self._documents = documents
        self._calendar = calendar
        self._clock = clock or SystemClock()
        self._sleep = sleep
        self._named = _by_market(settings.codes)
        self._done: dict[str, int] = {}
        """The last day of each market that was seen to."""
        rng = named_rng(0, "closes")
        self._backoff = {market: Backoff(rng, jitter=0.5, scale=settings.retry_scale) for market in HOURS}

    async def run(self) -> None:
        """Keep closes as they fall due, until cancelled."""
        await self._sleep(self._settings.start_s)
        while True:
            waits = [await self._look_at(market) for market in HOURS]
            await self._sleep(min(*waits, _MOST_WAIT_S))

    async def _look_at(self, market: str) -> float:
        """See to a market's last day where nobody has; return for how long there is nothing to do, in seconds."""
        after_ns = round(self._settings.after_min * 60 * NS_PER_S)
        grace_ns = round(self._settings.grace_s * NS_PER_S)
        ended, coming = day_ends(self._calendar, market, self._clock.now_ns(), after_ns, grace_ns)
        now_ms = self._clock.now_ns() // NS_PER_MS
        is_late = now_ms - ended.due_ms > self._settings.late_h * _HOUR_MS
        if not is_late and self._done.get(market) != ended.trading_day:
            try:
                await self.keep(ended)
            except TradewindError as error:
                wait_s = self._backoff[market].next_wait_s()
                _LOG.warning("closes_not_kept", market=market, day=ended.trading_day, reason=str(error), retry_s=wait_s)
                return wait_s
            self._done[market] = ended.trading_day
            self._backoff[market].reset()
        return max(_LEAST_WAIT_S, (coming.due_ms - self._clock.now_ns() // NS_PER_MS) / _MS_PER_S)

    async def keep(self, day: DayEnd) -> int:
        """Keep the closes of a day that are not kept yet; return how many were.

        Raises: as `InfowayCollector.fetch`.
        """
        missing = [code for code in await self._codes_of(day) if not await self._is_kept(code, day)]
        if not missing:
            return 0
        found = await self._collector.fetch(missing, collection="close", span_ms=(day.since_ms, day.until_ms))
        fetched = {quote.code for quote in found.quotes}
        kept = len(fetched)
        for code in missing:
            if code not in fetched and (close := await self._other(code, day, found.refused.get(code))) is not None:
                # One by one: what is kept is not asked for again when the provider fails meanwhile.
                await self._documents.put("close", [close])
                kept += 1
        _LOG.info("closes_kept", market=day.market, day=day.trading_day, kept=kept, without_trade=len(missing) - kept)
        return kept

    async def _codes_of(self, day: DayEnd) -> Sequence[str]:
        if self._settings.codes:
            return self._named.get(day.market, ())
        traded = await self._documents.store.codes("realtime", day.since_ms, day.until_ms)
        return [code for code in traded if market_with_calendar(code) == day.market]

    async def _is_kept(self, code: str, day: DayEnd) -> bool:
        """Tell whether there is a close that was fetched after the market closed; an earlier one is none."""
        kept = await self._documents.store.latest("close", code)
        return bool(kept) and kept[0].t >= day.since_ms and kept[0].create_time >= day.due_ms

    async def _other(self, code: str, day: DayEnd, refusal: str | None) -> QuoteDocument | None:
        """Return the close of a code whose newest trade is none, as a close of now."""
        collected = await self._documents.store.latest("realtime", code, until_ms=day.until_ms)
        closes = [one for one in collected if one.t >= day.since_ms]
        if refusal == TOO_LATE and (of_bar := await self._of_bar(code, day)) is not None:
            closes.append(of_bar)
        last = max(closes, key=lambda one: one.t, default=None)
        return None if last is None else msgspec.structs.replace(last, create_time=self._now_ms())

    async def _of_bar(self, code: str, day: DayEnd) -> QuoteDocument | None:
        """Return the last trade that the bars of minutes know of before the close; size and turnover are the bar's."""
        minutes = max(0, self._now_ms() - day.close_ms) // _MINUTE_MS + _QUIET_MINUTES
        bar = await self._collector.bar_before(code, day.close_ms, count=min(minutes, MOST_BARS))
        if bar is None or bar.t * _MS_PER_S < day.since_ms:
            return None
        at_ms = min(bar.t * _MS_PER_S + _MINUTE_MS, day.close_ms) - 1
        price, size, turnover = (decimal_text(number) for number in (bar.c, bar.v, bar.vw))
        return QuoteDocument(
            s=code, t=at_ms, p=price, v=size, vw=turnover, td=0, stock_code=code, create_time=self._now_ms()
        )

    def _now_ms(self) -> int:
        return self._clock.now_ns() // NS_PER_MS


def _by_market(codes: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for code in codes:
        market = market_with_calendar(code)
        if not market:
            message = (
                f"closes.codes must be of markets with a calendar (US, HK, SH, SZ, pairs of currencies), one was "
                f"{shown(code)}"
            )
            raise ConfigError(message)
        found.setdefault(market, {})[spelled(code)] = None
    return {market: list(of_market) for market, of_market in found.items()}
