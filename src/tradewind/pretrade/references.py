"""What the market says at the moment of a check, in exact decimals: last price, the day's limits, the settlement price.

A tick only takes its place here; it is made exact when an order asks, and what did not change since is kept.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from tradewind.domain.prices import exact_price

if TYPE_CHECKING:
    from tradewind.domain.instrument import Instrument, InstrumentLookup
    from tradewind.domain.rates import Rates
    from tradewind.domain.tick import Tick


class Contract:
    """An instrument's facts as checks need them."""

    __slots__ = ("digits", "expire_date", "hours_id", "instrument", "is_date_kept", "multiplier", "price_tick")

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.digits = instrument.price_digits
        self.price_tick = Decimal(repr(instrument.price_tick))
        self.multiplier = instrument.contract_multiplier
        self.is_date_kept = instrument.is_date_kept
        self.hours_id = instrument.hours_id
        self.expire_date = instrument.expire_date


class Quote:
    """One contract's market in decimals; a price is `None` where no tick told it. `ts_recv` in ns UTC."""

    __slots__ = ("_limits", "_seen", "last", "limit_down", "limit_up", "pre_settlement", "tick", "ts_recv")

    def __init__(self) -> None:
        self.tick: Tick | None = None
        self.last = Decimal(0)
        self.ts_recv = 0
        self.limit_up: Decimal | None = None
        self.limit_down: Decimal | None = None
        self.pre_settlement: Decimal | None = None
        self._seen: tuple[float | None, float | None, float | None] = (None, None, None)
        self._limits: tuple[Decimal | None, Decimal | None] | None = None

    def take(self, tick: Tick, digits: int) -> None:
        """Make a newer tick exact."""
        self.tick = tick
        self.ts_recv = tick.ts_recv
        self.last = exact_price(tick.last_price, digits)
        seen = (tick.limit_up, tick.limit_down, tick.pre_settlement_price)
        if seen != self._seen:
            self._seen = seen
            self.limit_up, self.limit_down, self.pre_settlement = (
                None if price is None else exact_price(price, digits) for price in seen
            )
            self._limits = None

    def daily_limits(self, contract: Contract, rates: Rates | None) -> tuple[Decimal | None, Decimal | None]:
        """Return (down, up): the tick's, else from the last settlement price and the contract's ratio."""
        if self._limits is None:
            self._limits = (
                self.limit_down if self.limit_down is not None else self._computed(contract, rates, is_up=False),
                self.limit_up if self.limit_up is not None else self._computed(contract, rates, is_up=True),
            )
        return self._limits

    def _computed(self, contract: Contract, rates: Rates | None, *, is_up: bool) -> Decimal | None:
        if self.pre_settlement is None or rates is None or rates.limit_ratio is None:
            return None
        ratio = 1 + rates.limit_ratio if is_up else 1 - rates.limit_ratio
        steps = self.pre_settlement * ratio / contract.price_tick
        return steps.to_integral_value(ROUND_FLOOR if is_up else ROUND_CEILING) * contract.price_tick

    def average(self, multiplier: int, digits: int) -> Decimal | None:
        """Return the day's average traded price, `None` before the first trade."""
        tick = self.tick
        if tick is None or not tick.volume or not tick.turnover:
            return None
        return exact_price(tick.turnover / (tick.volume * multiplier), digits)


class References:
    """The newest tick of every contract, and the contracts' facts."""

    def __init__(self, instruments: InstrumentLookup) -> None:
        self._instruments = instruments
        self._contracts: dict[str, Contract] = {}
        self._ticks: dict[str, Tick] = {}
        self._quotes: dict[str, Quote] = {}

    def on_tick(self, tick: Tick) -> None:
        """Take a contract's newest tick."""
        self._ticks[tick.instrument_id] = tick

    def contract(self, instrument_id: str) -> Contract | None:
        """Return the facts, `None` where no table knows the contract."""
        contract = self._contracts.get(instrument_id)
        if contract is None:
            instrument = self._instruments.find(instrument_id)
            if instrument is None:
                return None
            contract = self._contracts[instrument_id] = Contract(instrument)
        return contract

    def quote(self, instrument_id: str, digits: int) -> Quote | None:
        """Return the market now, `None` before the first tick."""
        tick = self._ticks.get(instrument_id)
        if tick is None:
            return None
        quote = self._quotes.get(instrument_id)
        if quote is None:
            quote = self._quotes[instrument_id] = Quote()
        if quote.tick is not tick:
            quote.take(tick, digits)
        return quote
