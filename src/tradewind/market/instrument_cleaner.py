"""Cleaning of one instrument: the hot path of the room.

`clean` is a short cut for the ordinary tick: in order, in session, nothing new but prices seen before. Whatever it
cannot vouch for goes to `clean_carefully`, which knows every rule. Both give the same answer for a tick that passes
the short cut (a property test holds them to it), so rules are read and changed in the careful half only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from tradewind.domain.tick import DepthLevel, RawTick, Tick, TickFlag
from tradewind.market.doubt import Doubt
from tradewind.market.fields import (
    HUGE,
    DayFields,
    amount,
    clean_book,
    clean_day_fields,
    clean_depth,
    depth_by_memo,
    flags_of,
    limit_state_of,
)
from tradewind.market.outcome import Rejection, RejectionError, refused
from tradewind.market.prices import PriceGrid
from tradewind.market.quality import QualityCounts, Scorecard
from tradewind.market.reasons import RejectReason, RepairReason
from tradewind.market.turnover import Turnover
from tradewind.market.wire_form import as_raw_tick
from tradewind.native import compiled

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.hours import Section, TradingCalendar, TradingDayHours
    from tradewind.domain.instrument import Instrument
    from tradewind.market.rules import CleaningRules

_INFINITY: Final = float("inf")
_EARLIEST_NS: Final = 631_152_000_000_000_000
"""1990-01-01: before the first exchange here."""
_LATEST_NS: Final = 4_102_444_800_000_000_000
"""2100-01-01."""
_EARLIEST_DAY: Final = 19_900_101
_SAID: Final = slice(4, None)
"""The fields of a raw tick that say something of the market: everything after its contract, times and day."""
_SHUT: Final = -1
"""As the longest silence the short cut allows: shorter than any, so every tick takes the careful path."""


class InstrumentCleaner:
    """The state of one instrument's feed. `seq` is gapless from 1, so it is also the count of accepted ticks."""

    __slots__ = (
        "_calendar", "_day", "_day_raw", "_depth", "_depth_raw", "_fast_gap_ns", "_hours_id",
        "_instrument_id", "_interest", "_is_arrival_ordered", "_is_bookless", "_jump", "_jump_high",
        "_jump_low", "_lag_high", "_lag_low", "_last", "_last_ts", "_max_volume", "_memo", "_previous",
        "_raw_down", "_raw_high", "_raw_low", "_raw_open", "_raw_pre_close", "_raw_pre_interest",
        "_raw_pre_settlement", "_raw_settlement", "_raw_up", "_regress", "_rules", "_scale", "_trading_day",
        "_turnover", "_turnover_rule", "_until", "_volume", "grid", "quality", "resumed_at", "seq",
    )  # fmt: skip

    def __init__(self, instrument: Instrument, calendar: TradingCalendar, rules: CleaningRules) -> None:
        self._instrument_id = instrument.instrument_id
        self._hours_id = instrument.hours_id
        self._calendar = calendar
        self._rules = rules
        self._max_volume = rules.max_volume
        self._is_arrival_ordered = instrument.exchange in rules.arrival_ordered
        self._turnover_rule = Turnover(instrument)
        self.quality = QualityCounts(times_usual=rules.gap_factor, gap_min_ns=rules.gap_min_ns, sample=rules.gap_sample)
        self.grid = PriceGrid(instrument, max_price=rules.max_price, memo_size=rules.price_memo_size)
        self._memo = self.grid.memo
        self.seq = 0
        self.resumed_at = 0
        """The number at which this life of the process began."""
        # The tick before this one.
        self._previous: Any = None
        self._trading_day = 0
        self._last_ts = 0
        self._last = 0.0
        self._volume: int | None = None
        self._turnover = 0.0
        self._interest = 0.0
        # What the short cut may take for granted until the careful path says otherwise.
        self._until = -1
        self._fast_gap_ns = _SHUT
        self._lag_low = 0
        self._lag_high = 0
        self._jump_low = -_INFINITY
        self._jump_high = _INFINITY
        self._scale = 0.0
        self._is_bookless = False
        self._day_raw: tuple[float | None, ...] | None = None
        self._day: DayFields = (None,) * 9
        self._raw_open: float | None = None
        self._raw_high: float | None = None
        self._raw_low: float | None = None
        self._raw_pre_settlement: float | None = None
        self._raw_pre_close: float | None = None
        self._raw_pre_interest: float | None = None
        self._raw_up: float | None = None
        self._raw_down: float | None = None
        self._raw_settlement: float | None = None
        self._depth_raw: object = None
        self._depth: tuple[DepthLevel, ...] | None = None
        # Surprises that wait for confirmation.
        self._jump = Doubt(rules.jump_confirmations)
        self._regress = Doubt(rules.jump_confirmations)

    def resume(self, tick: Tick) -> None:
        """Go on after `tick`, the last one that an earlier life of this process accepted."""
        self.seq = self.resumed_at = tick.seq
        self._trading_day = tick.trading_day
        self._last_ts = tick.ts_event
        self._last = tick.last_price
        self._volume = tick.volume
        self._turnover = tick.turnover
        self._interest = tick.open_interest
        # What was said then, as far as the clean tick tells: enough to know a repetition.
        fields = structs.astuple(tick)
        self._previous = (fields[0], *fields[2:23])

    def clean(self, raw: Any) -> Tick | Rejection:  # noqa: ANN401 - a source may hand in anything
        """Return the clean tick, or why there is none. Never raises, whatever `raw` is."""
        # One straight line of comparisons on purpose: it runs for every tick of the market.
        try:
            (
                _, ts, ts_recv, _, raw_last, volume, raw_turnover, raw_interest, raw_bid, bid_volume, raw_ask,
                ask_volume, raw_open, raw_high, raw_low, raw_pre_settlement, raw_pre_close, raw_pre_interest, raw_up,
                raw_down, raw_settlement, raw_depth,
            ) = raw  # fmt: skip
            memo = self._memo
            last, bid, ask = memo[raw_last], memo[raw_bid], memo[raw_ask]
            turnover = raw_turnover * self._scale
            interest = self._interest if raw_interest is None else raw_interest + 0.0
            if bid is None is ask and self._is_bookless:
                bid_volume = ask_volume = 0
            elif bid > ask:  # type: ignore[operator]
                return self.clean_carefully(raw)
            depth = self._depth if raw_depth is self._depth_raw else depth_by_memo(memo, raw_depth, self._max_volume)
            volume_delta, turnover_delta = volume - self._volume, turnover - self._turnover
            # An absent price compares as a TypeError, a NaN as False: both leave the short cut.
            if not (
                0 <= ts - self._last_ts <= self._fast_gap_ns and ts <= self._until
                and 0 <= volume_delta < self._max_volume and (volume_delta or ts > self._last_ts)
                and (ts == ts_recv or self._lag_low <= ts_recv - ts <= self._lag_high)
                and raw_high == self._raw_high and raw_low == self._raw_low and raw_open == self._raw_open
                and raw_up == self._raw_up and raw_down == self._raw_down and raw_settlement is self._raw_settlement
                and raw_pre_settlement == self._raw_pre_settlement and raw_pre_close == self._raw_pre_close
                and raw_pre_interest == self._raw_pre_interest
                and self._jump_low <= last <= self._jump_high  # type: ignore[operator]
                and 0.0 <= turnover_delta < HUGE and 0.0 <= interest < HUGE
                and volume.__class__ is bid_volume.__class__ is ask_volume.__class__ is int
                and ts.__class__ is ts_recv.__class__ is int
                and 0 <= bid_volume <= bid_volume + ask_volume < self._max_volume
            ):  # fmt: skip
                return self.clean_carefully(raw)
        except (LookupError, TypeError, ValueError, ArithmeticError):
            return self.clean_carefully(raw)
        self._last_ts = ts
        self._last = last  # type: ignore[assignment]
        self._volume = volume
        self._turnover = turnover
        self._interest = interest
        self._previous = raw
        self.seq = seq = self.seq + 1
        opened, high, low, pre_settlement, pre_close, pre_interest, limit_up, limit_down, settlement = self._day
        return Tick(
            self._instrument_id, seq, ts, ts_recv, self._trading_day, last, volume, turnover, interest,  # type: ignore[arg-type]
            bid, bid_volume, ask, ask_volume, opened, high, low, pre_settlement, pre_close, pre_interest,
            limit_up, limit_down, settlement, depth, volume_delta, turnover_delta, 0,
        )  # fmt: skip

    def short_cut(self) -> Callable[[Any], Tick | Rejection]:
        """Return what to call for every tick: `clean`, or its compiled counterpart on the same state."""
        if compiled is None:
            return self.clean
        return compiled.TickShortCut(self, self.grid, self._memo, Tick, max_volume=self._max_volume, huge=HUGE)

    def clean_carefully(self, raw: object) -> Tick | Rejection:
        """Return the same as `clean`, by every rule in turn, and set what the short cut may take for granted."""
        try:
            return self._accept(raw)
        except RejectionError as error:
            rejection = error.rejection
        self.quality.reject(rejection.reason)
        if rejection.snapshot is not None:
            self.quality.snapshots += 1
        return rejection

    def repeat(self, now_ns: int, flag: TickFlag) -> Tick | None:
        """Return the newest quote once more with the next number and this flag; `None` before the first.

        Nothing else here moves, so the real tick that follows is judged as if it had not been repeated.
        """
        if not self.seq:
            return None
        raw, repairs = RawTick(*self._previous), list[RepairReason]()
        book = clean_book(self.grid, raw, self._max_volume, repairs)
        depth = clean_depth(self.grid, raw, self._max_volume, repairs)
        self.seq += 1
        return Tick(
            self._instrument_id, self.seq, raw.ts_event, max(now_ns, raw.ts_recv), self._trading_day, self._last,
            self._volume or 0, self._turnover, self._interest, *book, *self._day, depth, 0, 0.0, int(flag),
        )  # fmt: skip

    def scorecard(self) -> Scorecard:
        """Return the quality of this instrument's data so far."""
        return self.quality.scorecard(
            instrument_id=self._instrument_id,
            accepted=self.seq - self.resumed_at,
            max_lag_ns=self._lag_high,
            last_seen_ns=self._last_ts,
            trading_day=self._trading_day,
            off_tick=self.grid.off_tick,
        )

    def _accept(self, candidate: object) -> Tick:
        raw = as_raw_tick(candidate)
        if raw is None:
            raise refused(RejectReason.MALFORMED)
        self._judge_time(raw)
        hours = self._calendar.day_at(self._hours_id, raw.ts_event)
        section = self._calendar.section_at(self._hours_id, raw.ts_event)
        is_auction = section is None and hours.auction_ns <= raw.ts_event < hours.open_ns
        if section is None and not is_auction:
            raise RejectionError(Rejection(RejectReason.OFF_SESSION, self._snapshot(raw, hours)))
        self._judge_order(raw, hours)
        repairs: list[RepairReason] = []
        self._take_day_fields(raw, repairs)
        last = self._judge_last(raw)
        self._judge_jump(raw.ts_event, last, is_same_day=hours.trading_day == self._trading_day)
        volume, volume_delta = self._judge_volume(raw, hours)
        is_baseline = hours.trading_day != self._trading_day or volume_delta is None
        money = self._turnover_rule.step(
            raw.turnover,
            before=self._turnover,
            volume=volume,
            volume_delta=volume_delta or 0,
            last=last,
            is_baseline=is_baseline,
        )
        if money.is_repaired:
            repairs.append(RepairReason.TURNOVER)
        interest = self._open_interest(raw, repairs)
        book = clean_book(self.grid, raw, self._max_volume, repairs)
        depth = clean_depth(self.grid, raw, self._max_volume, repairs)
        state = limit_state_of(self._day, last, book)
        flags = flags_of(is_baseline=is_baseline, is_auction=is_auction, state=state, is_repaired=bool(repairs))
        self.quality.repair(repairs)
        self.quality.lock(state)
        is_volume_known = raw.volume is not None or (self._volume is not None and volume_delta is not None)
        self._volume = volume if is_volume_known else None
        self._turnover, self._interest = money.total, interest
        self._commit(raw, hours, section, last)
        self._depth_raw, self._depth = raw.depth, depth
        return Tick(
            self._instrument_id, self.seq, raw.ts_event, raw.ts_recv, hours.trading_day, last, volume, money.total,
            interest, *book, *self._day, depth, volume_delta or 0, money.delta, flags,
        )  # fmt: skip

    def _judge_time(self, raw: RawTick) -> None:
        lag_ns = raw.ts_recv - raw.ts_event
        if not _EARLIEST_NS <= raw.ts_event < _LATEST_NS or -lag_ns > self._rules.max_ahead_ns:
            raise refused(RejectReason.ABSURD_TIME)

    def _judge_order(self, raw: RawTick, hours: TradingDayHours) -> None:
        """Reject what is late, older than the tick before it, or that tick again."""
        ts = raw.ts_event
        if ts < self._last_ts:
            raise refused(RejectReason.BACKWARDS)
        if ts == self._last_ts:
            self._judge_same_instant(raw)
        if raw.ts_recv - ts > self._rules.max_lag_ns:
            raise RejectionError(Rejection(RejectReason.STALE, self._snapshot(raw, hours)))

    def _judge_same_instant(self, raw: RawTick) -> None:
        """Tell a tick sent twice from a second one of the same instant: the day's volume only grows."""
        volume = self._volume if raw.volume is None else raw.volume
        if self._volume is not None and volume is not None and volume < self._volume:
            raise refused(RejectReason.BACKWARDS)
        is_same = raw[_SAID] == tuple(self._previous[_SAID]) if self._is_arrival_ordered else volume == self._volume
        if is_same:
            raise refused(RejectReason.DUPLICATE)

    def _take_day_fields(self, raw: RawTick, repairs: list[RepairReason]) -> None:
        given = raw[12:21]
        if given != self._day_raw:
            self._day = clean_day_fields(self.grid, raw, repairs)
            self._day_raw = given
            (
                self._raw_open, self._raw_high, self._raw_low, self._raw_pre_settlement, self._raw_pre_close,
                self._raw_pre_interest, self._raw_up, self._raw_down, self._raw_settlement,
            ) = given  # fmt: skip
            self._depth_raw, self._depth = None, None

    def _judge_last(self, raw: RawTick) -> float:
        if raw.last_price is None:
            raise refused(RejectReason.MISSING_LAST_PRICE)
        last = self.grid.good(raw.last_price)
        if last is None:
            raise refused(self.grid.judge(raw.last_price) or RejectReason.ABSURD_PRICE)
        return last

    def _judge_jump(self, ts: int, last: float, *, is_same_day: bool) -> None:
        """Without limits, let a jump within the day wait until ticks in a row confirm it.

        Keeps the short cut's band up to date.
        """
        if self.grid.has_limits:
            self._jump_low, self._jump_high = -_INFINITY, _INFINITY
            return
        reach = self._rules.max_jump
        if is_same_day and abs(last - self._last) > self._last * reach:
            agrees = abs(last - self._jump.value) <= self._jump.value * reach
            self._fast_gap_ns = _SHUT
            if not self._jump.is_confirmed(ts, last, agrees=agrees):
                raise refused(RejectReason.SPIKE)
        if not self._jump_low <= last <= self._jump_high or self._jump_high == _INFINITY:
            # Two prices inside this band are never a jump apart.
            self._jump_low = last * (1.0 - reach / 2)
            self._jump_high = self._jump_low * (1.0 + reach)

    def _judge_volume(self, raw: RawTick, hours: TradingDayHours) -> tuple[int, int | None]:
        """Return the day's volume and its increment, `None` where there is nothing to subtract from."""
        before, volume = self._volume, raw.volume
        is_new_day = hours.trading_day != self._trading_day
        if volume is None:
            return (0, None) if is_new_day else (before or 0, 0)
        if not 0 <= volume < self._max_volume:
            raise refused(RejectReason.ABSURD_VOLUME)
        if before is None or is_new_day:
            return volume, None
        if volume >= before:
            return volume, volume - before
        self._fast_gap_ns = _SHUT
        if not self._regress.is_confirmed(raw.ts_event, volume, agrees=volume >= self._regress.value):
            raise refused(RejectReason.VOLUME_BACKWARDS)
        # Several ticks agree: it was the tick before them whose volume was wrong.
        return volume, None

    def _open_interest(self, raw: RawTick, repairs: list[RepairReason]) -> float:
        interest = amount(raw.open_interest)
        if interest is not None:
            return interest
        if raw.open_interest is not None:
            repairs.append(RepairReason.OPEN_INTEREST)
        return self._interest

    def _commit(self, raw: RawTick, hours: TradingDayHours, section: Section | None, last: float) -> None:
        """Make this the tick before the next one, and say how far the short cut may go from here."""
        ts, lag_ns = raw.ts_event, raw.ts_recv - raw.ts_event
        if section is not None:
            self.quality.interval(section.open_ns, self._last_ts, ts)
        self._until = section.close_ns if section is not None else ts
        self._lag_high, self._lag_low = max(self._lag_high, lag_ns), min(self._lag_low, lag_ns)
        self._scale = self._turnover_rule.scale or 0.0
        # With limits, a missing side may be a locked market and is looked at.
        self._is_bookless = not self.grid.has_limits
        is_ordinary = self.quality.limit_state is None and self._turnover_rule.is_ordinary and raw.volume is not None
        self._fast_gap_ns = self.quality.gap_limit_ns if is_ordinary else _SHUT
        self._trading_day = hours.trading_day
        self._last_ts = ts
        self._last = last
        self._previous = raw
        self._jump.settle()
        self._regress.settle()
        self.seq += 1

    def _snapshot(self, raw: RawTick, hours: TradingDayHours) -> Tick | None:
        """Return what a screen may show of a tick that is not for the line, if it shows a price at all."""
        repairs: list[RepairReason] = []
        self._take_day_fields(raw, repairs)
        last = self.grid.good(raw.last_price)
        if last is None or raw.ts_event < self._last_ts:
            return None
        volume = raw.volume if raw.volume is not None and 0 <= raw.volume < self._max_volume else 0
        turnover = (amount(raw.turnover) or 0.0) * (self._turnover_rule.scale or 1.0)
        flags = TickFlag.OFF_SESSION
        if raw.settlement_price is not None:
            flags |= TickFlag.SETTLEMENT
        book = clean_book(self.grid, raw, self._max_volume, repairs)
        return Tick(
            self._instrument_id, self.seq, raw.ts_event, raw.ts_recv, self._day_shown(raw, hours), last, volume,
            turnover, amount(raw.open_interest) or 0.0, *book, *self._day,
            clean_depth(self.grid, raw, self._max_volume, repairs), 0, 0.0, int(flags),
        )  # fmt: skip

    def _day_shown(self, raw: RawTick, hours: TradingDayHours) -> int:
        """Return the trading day that an off-session quote belongs to: after the close still the day that closed.

        The field itself is asked last and never while the day is open: CZCE gives the wrong one at night.
        """
        if raw.ts_event >= hours.auction_ns:
            return hours.trading_day
        return self._trading_day or (raw.trading_day if raw.trading_day >= _EARLIEST_DAY else hours.trading_day)
