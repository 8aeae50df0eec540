"""What is traded: the facts of a contract that prices, sizes and sessions are computed from."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

Exchange = Literal["SHFE", "INE", "DCE", "CZCE", "CFFEX", "GFEX", "SSE", "SZSE", "HK", "US", "COMEX", "FX"]


class OptionTerms(msgspec.Struct, frozen=True, gc=False):
    """What makes a contract an option: the right to buy (call) or sell (put) `underlying_id` at `strike`."""

    underlying_id: str
    strike: float
    kind: Literal["call", "put"]


class Instrument(msgspec.Struct, frozen=True, gc=False):
    """One contract, from the exchange's tables. Unknown means refuse: there are no defaults for facts.

    `price_tick` is in quote currency per unit; `contract_multiplier` in units per lot (g for au, t for cu,
    yuan per point for IF). `hours_id` names the trading hours in `market/data/sessions.json`.
    """

    instrument_id: str
    symbol: str
    exchange: Exchange
    product_id: str
    name: str
    contract_multiplier: int
    price_tick: float
    hours_id: str
    price_digits: int
    is_date_kept: bool
    """True where the exchange keeps today's and yesterday's positions apart (PositionDateType 1)."""
    expire_date: int | None = None
    option: OptionTerms | None = None
    """`None`: no option."""
    currency: str = "CNY"
    """What prices, turnover and money are in."""
    board_lot: int | None = 1
    """Fewest shares one order takes; `None` where each share has its own and no table knows it (Hong Kong)."""


def instrument_id_of(symbol: str, exchange: str) -> str:
    """Join symbol and exchange the one way we write it: `au2512.SHFE`."""
    return f"{symbol}.{exchange}"


class InstrumentLookup(Protocol):
    """Where rooms ask for an instrument's facts. Implemented in market/contracts.py, injected by the wiring."""

    def find(self, instrument_id: str) -> Instrument | None:
        """Return the instrument, or `None` if no table knows it."""
        ...

    def require(self, instrument_id: str) -> Instrument:
        """Return the instrument.

        Raises: UnknownInstrumentError: no table knows it, or its product.
        """
        ...
