"""On what terms a contract is held: its facts and its rates of the day, or a reason why it cannot be booked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.rates import Rates

if TYPE_CHECKING:
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.rates import RateLookup


class Terms(msgspec.Struct, frozen=True):
    """What the ledger must know of a contract to count it."""

    instrument_id: str
    multiplier: int
    price_tick: float
    price_digits: int
    is_date_kept: bool
    expire_date: int | None
    rates: Rates


class TermsTable:
    """Terms by contract, made anew when the rates in force change; bounded by the contracts that were ever booked."""

    def __init__(self, instruments: InstrumentLookup, rates: RateLookup) -> None:
        self._instruments = instruments
        self._rates = rates
        self._made: dict[str, Terms] = {}

    def find(self, instrument_id: str, trading_day: int) -> Terms | None:
        """Return the terms, `None` where the contract, its margin or its commission is unknown."""
        rates = self._rates.find(instrument_id, trading_day)
        made = self._made.get(instrument_id)
        if made is not None and made.rates is rates:
            return made
        instrument = self._instruments.find(instrument_id)
        if instrument is None or rates is None:
            return None
        made = self._made[instrument_id] = Terms(
            instrument_id=instrument_id,
            multiplier=instrument.contract_multiplier,
            price_tick=instrument.price_tick,
            price_digits=instrument.price_digits,
            is_date_kept=instrument.is_date_kept,
            expire_date=instrument.expire_date,
            rates=rates,
        )
        return made

    def why_not(self, instrument_id: str) -> str:
        """Say in a word what is unknown: the contract or its rates."""
        return "unknown_contract" if self._instruments.find(instrument_id) is None else "unknown_rates"
