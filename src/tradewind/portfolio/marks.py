"""What the market says about contracts: the last price, the day's average, and the price a day is settled at.

Prices come with ticks and are not of record: after a restart the next tick brings them back. Bounded by the contracts
that the market room lets through.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Final

from tradewind.domain.prices import exact_price

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.domain.tick import Tick
    from tradewind.portfolio.settings import MarginPrice
    from tradewind.portfolio.terms import Terms

_MEMO: Final = 8192


class Marks:
    """The newest tick of each contract and the last one of the day before it."""

    def __init__(self) -> None:
        self.latest: dict[str, Tick] = {}
        self._ended: dict[str, Tick] = {}
        self._official: dict[str, tuple[int, float]] = {}
        self._stated: dict[str, tuple[int, Decimal]] = {}
        self._memo: dict[tuple[float, int], Decimal] = {}

    def note(self, tick: Tick) -> None:
        """Take in a tick."""
        before = self.latest.get(tick.instrument_id)
        if before is not None and before.trading_day != tick.trading_day:
            self._ended[tick.instrument_id] = before
        self.latest[tick.instrument_id] = tick

    def note_settlement(self, tick: Tick) -> None:
        """Take in the exchange's settlement price, from a quote after the close."""
        if tick.settlement_price is not None:
            self._official[tick.instrument_id] = (tick.trading_day, tick.settlement_price)

    def note_statement(self, trading_day: int, prices: Mapping[str, Decimal]) -> None:
        """Take in the settlement prices of a day from a broker's statement, by symbol: nothing is more official."""
        for symbol, price in prices.items():
            self._stated[symbol] = (trading_day, price)

    def exact(self, price: float, digits: int) -> Decimal:
        """Return a price as a decimal; seen ones are remembered, up to 8 192, then all are forgotten."""
        key = (price, digits)
        try:
            return self._memo[key]
        except KeyError:
            if len(self._memo) >= _MEMO:
                self._memo.clear()
            exact = self._memo[key] = exact_price(price, digits)
            return exact

    def last(self, terms: Terms) -> Decimal | None:
        """Return the last price, `None` before the first tick."""
        tick = self.latest.get(terms.instrument_id)
        return None if tick is None else self.exact(tick.last_price, terms.price_digits)

    def for_margin(self, terms: Terms, kind: MarginPrice) -> Decimal | None:
        """Return the price today's lots are counted at for margin; `None`: each at its own opening price."""
        tick = self.latest.get(terms.instrument_id)
        if kind == "open" or tick is None:
            return None
        if kind == "last":
            return self.exact(tick.last_price, terms.price_digits)
        if kind == "average":
            return self._average(tick, terms)
        before = tick.pre_settlement_price
        return None if before is None else self.exact(before, terms.price_digits)

    def settlement(self, terms: Terms, trading_day: int, kind: str) -> Decimal | None:
        """Return the price that day is settled at, `None` where the market said nothing to go by.

        A broker's statement of the day goes before all else; `kind` says what counts without one. Official: the
        exchange's own figure of the day, or what the next day's ticks call their pre-settlement price. Statement:
        nothing else does.
        """
        stated_day, stated = self._stated.get(terms.instrument_id.rpartition(".")[0], (0, None))
        if stated is not None and stated_day == trading_day:
            return stated
        if kind == "statement":
            return None
        latest = self.latest.get(terms.instrument_id)
        if kind == "official":
            official = self._official_price(terms.instrument_id, trading_day, latest)
            if official is not None:
                return self.exact(official, terms.price_digits)
        ended = self._ended.get(terms.instrument_id)
        tick = next((each for each in (latest, ended) if each is not None and each.trading_day == trading_day), None)
        if tick is None:
            return None
        return self.exact(tick.last_price, terms.price_digits) if kind == "last" else self._average(tick, terms)

    def _official_price(self, instrument_id: str, trading_day: int, latest: Tick | None) -> float | None:
        day, price = self._official.get(instrument_id, (0, 0.0))
        if day == trading_day:
            return price
        if latest is None:
            return None
        if latest.trading_day == trading_day:
            return latest.settlement_price
        return latest.pre_settlement_price if latest.trading_day > trading_day else None

    def _average(self, tick: Tick, terms: Terms) -> Decimal:
        """Return turnover ÷ volume ÷ multiplier on the tick; the last price where that lies outside the day's range.

        A turnover that is missing or counted otherwise gives an average nobody traded at.
        """
        last = self.exact(tick.last_price, terms.price_digits)
        if tick.volume <= 0 or tick.turnover <= 0:
            return last
        step = exact_price(terms.price_tick, terms.price_digits)
        average = Decimal(repr(tick.turnover)) / (tick.volume * terms.multiplier)
        average = (average / step).quantize(Decimal(1), rounding=ROUND_HALF_EVEN) * step
        low, high = tick.low_price, tick.high_price
        is_possible = low is None or high is None or low <= float(average) <= high
        return average if is_possible else last
