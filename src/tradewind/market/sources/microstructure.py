"""One contract of the simulated market: a book, trades and totals that hang together as an exchange's would.

Pure: the same generator, contract and moments give the same ticks on every machine. Only additions, products,
comparisons and square roots of floats, and the generator's `random` and `getrandbits`; no logarithm, no exponential.

The middle of the book wanders on the tick grid: a common factor and an own part, volatility that clusters, order
flow that reverts to nothing, now and then a trend or a burst, rarely a run towards a price limit, and a weak pull
back to the reference price so that a market left alone for a week is still where one would look for it. Trades
happen at the bid or the ask of the same snapshot, so turnover over volume always lies inside the book.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Final, Protocol

from tradewind.domain.tick import RawTick
from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from tradewind.domain.hours import TradingDayHours
    from tradewind.domain.instrument import Instrument
    from tradewind.domain.tick import DepthLevel
    from tradewind.market.sources.settings import LiquidContract, SimulatorSettings

_NOMINAL_S: Final = 0.5
"""Seconds between snapshots on the real exchanges; what every probability below is per."""
_DAY_S: Final = 6 * 3600.0
"""Trading seconds that a contract's daily volatility is spread over."""
_COMMON_SHARE: Final = 0.35
_OWN_SHARE: Final = sqrt(1.0 - _COMMON_SHARE**2)
_UNIT_NORMAL: Final = 2.0
"""Three uniforms less 1.5 have a standard deviation of 0.5: times this it is 1, and never beyond 3."""
# Volatility clusters: tomorrow's variance from a floor, today's variance and today's shock.
_VARIANCE_FLOOR, _VARIANCE_KEPT, _VARIANCE_SHOCK = 0.03, 0.90, 0.07
_CALMEST, _WILDEST = 0.25, 12.0
_PULL_PER_S: Final = 0.0004
"""Back to the reference price: half of a distance is gone in half an hour."""
_FLOW_KEPT: Final = 0.92
_FLOW_IMPACT: Final = 0.25
_TREND_EVERY_S, _BURST_EVERY_S, _RUN_EVERY_S = 100.0, 300.0, 86_400.0
_TREND_SLOTS: Final = 24
_TREND_STRENGTH: Final = 1.1
_RUN_SLOTS: Final = 480
_RUN_STRENGTH: Final = 3.0
_WIDER_CHANCE: Final = 0.03
_WIDEST: Final = 5
_SIZE_KEPT: Final = 0.8
_BOOK_LOTS_FACTOR: Final = 4.0
_OPEN_LOTS_FACTOR: Final = 20_000
_DEEP_EXCHANGES: Final = frozenset({"SHFE", "INE"})
_DEEPER_LEVELS: Final = range(1, 5)


class Chance(Protocol):
    """What is used of a generator from `kernel.rng`: draws that are the same on every machine."""

    def random(self) -> float:
        """Return a number in [0, 1)."""
        ...

    def getrandbits(self, k: int, /) -> int:
        """Return `k` random bits."""
        ...


class CommonFactor:
    """What moves all contracts at once; drawn once per round of snapshots."""

    def __init__(self, rng: Chance) -> None:
        self._random = rng.random
        self.value = 0.0

    def move(self) -> None:
        """Draw the next common move, of unit standard deviation."""
        draw = self._random
        self.value = (draw() + draw() + draw() - 1.5) * _UNIT_NORMAL


class SimulatedMarket:
    """One contract; ask it for a snapshot at rising moments within trading hours."""

    def __init__(
        self,
        contract: LiquidContract,
        instrument: Instrument,
        *,
        rng: Chance,
        factor: CommonFactor,
        settings: SimulatorSettings,
    ) -> None:
        self.instrument = instrument
        self._contract = contract
        self._factor = factor
        self._random = rng.random
        self._bits = rng.getrandbits
        self._limit_share = settings.limit_percent / 100.0
        slot_s = _NOMINAL_S / settings.rate
        reference = contract.reference_price / instrument.price_tick
        self._sigma = (
            reference * contract.daily_volatility_percent / 100.0 * settings.volatility * sqrt(slot_s / _DAY_S)
        )
        self._pull = min(_PULL_PER_S * slot_s, 1.0)
        begin = slot_s * settings.liveliness
        self._trend_chance = begin / _TREND_EVERY_S
        self._burst_chance = begin / _BURST_EVERY_S
        self._run_chance = begin / _RUN_EVERY_S
        self._tick_chance = contract.ticks_per_s * _NOMINAL_S
        self._lots = contract.lots_per_tick
        self._book_lots = max(contract.lots_per_tick * _BOOK_LOTS_FACTOR, 1.0)
        self._is_deep = instrument.exchange in _DEEP_EXCHANGES
        self._anchor = self._middle = reference
        self._variance = 1.0
        self._flow = 0.0
        self._size = 1.0
        self._drift, self._drift_slots = 0.0, 0
        self._prices: dict[int, float] = {}
        self._held = int(contract.lots_per_tick * _OPEN_LOTS_FACTOR)
        self._last = int(reference)
        self._volume = self._units = 0
        self._settlement = int(reference)
        self._day: TradingDayHours | None = None

    def open_day(self, hours: TradingDayHours) -> None:
        """Begin a trading day: totals at nothing, limits around the settlement of the day before."""
        if self._volume:
            self._settlement = round(self._units / self._volume)
        self._day = hours
        self._prices.clear()
        tick = self.instrument.price_tick
        self._up = int(self._settlement * (1.0 + self._limit_share))
        self._down = max(int(self._settlement * (1.0 - self._limit_share)), 1)
        self._pre_close, self._pre_held = self._last, self._held
        self._volume = self._units = 0
        self._open = self._high = self._low = 0
        self._middle = min(max(self._middle, float(self._down)), float(self._up))
        self._lot_value = tick * self.instrument.contract_multiplier
        self._open_ns, self._span_ns = hours.open_ns, max(hours.close_ns - hours.open_ns, 1)

    def has_snapshot(self, ts: int) -> bool:
        """Decide whether anything happened up to `ts` that the exchange would send; more often when it is busy."""
        return self._random() < self._tick_chance * (0.55 + 0.45 * self._activity(ts))

    def step(self, ts_event: int, ts_recv: int) -> RawTick:
        """Move the market on by one snapshot and return it."""
        day = self._day
        if day is None:
            message = "open_day comes before the first snapshot"
            raise ValueError(message)
        self._move()
        bid, ask = self._quote()
        self._trade(bid, ask, self._activity(ts_event))
        price, random_bits = self._price, self._bits(32)
        has_bid, has_ask = bid >= self._down, ask <= self._up
        lean = 0.7 * self._flow
        return RawTick(
            self.instrument.instrument_id,
            ts_event,
            ts_recv,
            day.trading_day,
            price(self._last),
            self._volume,
            self._units * self._lot_value,
            float(self._held),
            price(bid) if has_bid else None,
            self._lots_shown(random_bits, 1.0 + lean) if has_bid else 0,
            price(ask) if has_ask else None,
            self._lots_shown(random_bits >> 8, 1.0 - lean) if has_ask else 0,
            price(self._open) if self._open else None,
            price(self._high) if self._open else None,
            price(self._low) if self._open else None,
            price(self._settlement),
            price(self._pre_close),
            float(self._pre_held),
            price(self._up),
            price(self._down),
            None,
            self._depth(bid, ask) if self._is_deep else None,
        )

    def _activity(self, ts: int) -> float:
        """Return how busy this moment of the day is: 1 on average, most at the open and the close."""
        x = 2.0 * (ts - self._open_ns) / self._span_ns - 1.0
        return 0.6 + 1.2 * x * x

    def _move(self) -> None:
        draw = self._random
        own = (draw() + draw() + draw() - 1.5) * _UNIT_NORMAL
        shock = _COMMON_SHARE * self._factor.value + _OWN_SHARE * own
        variance = self._variance
        deviation = sqrt(variance)
        self._maybe_begin(draw())
        drift = 0.0
        if self._drift_slots:
            self._drift_slots -= 1
            drift = self._drift
        self._flow = _FLOW_KEPT * self._flow + (1.0 - _FLOW_KEPT) * (2.0 * draw() - 1.0 + drift) * _UNIT_NORMAL
        self._flow = min(max(self._flow, -1.0), 1.0)
        step = self._sigma * (shock * deviation + drift + _FLOW_IMPACT * self._flow)
        middle = self._middle + step + self._pull * (self._anchor - self._middle)
        self._middle = min(max(middle, float(self._down)), self._up + 0.5)
        self._variance = min(
            max(_VARIANCE_FLOOR + (_VARIANCE_KEPT + _VARIANCE_SHOCK * shock * shock) * variance, _CALMEST), _WILDEST
        )

    def _maybe_begin(self, chance: float) -> None:
        """Begin a run, a burst or a trend, if it is time for one."""
        if chance >= self._trend_chance + self._burst_chance + self._run_chance:
            return
        # Rather back towards the reference than away from it, or trends would add up to anywhere.
        distance = (self._middle - self._anchor) / (self._anchor * self._limit_share)
        sign = 1.0 if self._random() > 0.5 + 0.5 * distance else -1.0
        if chance < self._run_chance:
            self._drift, self._drift_slots = sign * _RUN_STRENGTH, _RUN_SLOTS
            self._variance = _WILDEST / 2
        elif chance < self._run_chance + self._burst_chance:
            self._variance = _WILDEST
        elif not self._drift_slots:
            self._drift = sign * _TREND_STRENGTH * (0.5 + self._random())
            self._drift_slots = int(_TREND_SLOTS * (0.5 + 2.0 * self._random()))

    def _quote(self) -> tuple[int, int]:
        """Return best bid and ask as whole ticks; a side beyond its limit is a side nobody quotes."""
        spread = self._contract.spread_ticks
        if self._random() < _WIDER_CHANCE * self._variance:
            spread = min(spread + 1 + self._bits(1), _WIDEST + spread)
        bid = int(self._middle) - (spread - 1) // 2
        bid = min(max(bid, self._down - 1), self._up)
        if bid < self._down:
            return bid, self._down
        ask = bid + spread
        if bid < self._up < ask:
            ask = self._up
        return bid, ask

    def _trade(self, bid: int, ask: int, activity: float) -> None:
        draw = self._random
        self._size = _SIZE_KEPT * self._size + (1.0 - _SIZE_KEPT) * 3.0 * draw() * draw() * (4.0 / 3.0)
        lots = int(self._lots * activity * self._size * (0.5 + 0.5 * self._variance) * 2.0 * draw() + draw())
        if not lots:
            return
        buying = 0.5 + 0.4 * self._flow
        is_buy = draw() < buying
        bought = min(int(lots * buying + draw()), lots)
        if ask > self._up:
            bought, is_buy = 0, False
        elif bid < self._down:
            bought, is_buy = lots, True
        elif lots == 1:
            bought = int(is_buy)
        else:
            bought = min(max(bought, int(is_buy)), lots - (not is_buy))
        self._volume += lots
        self._units += bought * ask + (lots - bought) * bid
        self._last = ask if is_buy else bid
        lowest, highest = (ask if bought == lots else bid), (ask if bought else bid)
        if self._open:
            self._low, self._high = min(self._low, lowest), max(self._high, highest)
        else:
            self._open, self._low, self._high = self._last, lowest, highest
        self._held = max(self._held + int((draw() - 0.5) * lots), lots)

    def _price(self, ticks: int) -> float:
        prices = self._prices
        known = prices.get(ticks)
        if known is None:
            instrument = self.instrument
            known = prices[ticks] = round(ticks * instrument.price_tick, instrument.price_digits)
        return known

    def _lots_shown(self, bits: int, lean: float) -> int:
        return int(self._book_lots * lean * (0.25 + (bits & 127) / 64.0)) + 1

    def _depth(self, bid: int, ask: int) -> tuple[DepthLevel, ...]:
        bits = self._bits(64)
        shown, price, down, up = self._lots_shown, self._price, self._down, self._up
        levels = []
        for level in _DEEPER_LEVELS:
            below, above = bid - level, ask + level
            has_bid, has_ask = below >= down, above <= up
            levels.append(
                (
                    price(below) if has_bid else None,
                    shown(bits, 1.5) if has_bid else 0,
                    price(above) if has_ask else None,
                    shown(bits >> 7, 1.5) if has_ask else 0,
                )
            )
            bits >>= 14
        return tuple(levels)


def nominal_slot_ns(rate: float) -> int:
    """Return the ns between two rounds of snapshots at this rate."""
    return round(_NOMINAL_S / rate * 1000) * (NS_PER_S // 1000)
