"""The dated facts that ship with the package (market/data/*.json): products, contracts, hours, holidays.

They are data and not code because they change every year; each file names its source and its date.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, TypeVar

import msgspec

from tradewind.domain.instrument import Exchange
from tradewind.market.sources.settings import LiquidContract

if TYPE_CHECKING:
    from collections.abc import Mapping

F = TypeVar("F")


class Product(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all contracts of one product share. `is_verified` is false where no query of the exchange backs it."""

    exchange: Exchange
    product_id: str
    name: str
    contract_multiplier: int
    price_tick: float
    hours_id: str
    is_date_kept: bool
    is_verified: bool = True
    currency: str = "CNY"
    board_lot: int | None = 1


class ProductFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`products.json`."""

    source: str
    as_of: int
    products: tuple[Product, ...]


class ContractFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`instruments.json`: `EXCHANGE.product` to delivery month to last trading day."""

    source: str
    as_of: int
    contracts: dict[str, dict[str, int]]


class LiquidFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`liquid.json`: what the simulator trades."""

    source: str
    as_of: int
    contracts: tuple[LiquidContract, ...]


class HoursRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sessions of one hours id, up to and including trading day `until` (`None`: still so).

    Times are `HH:MM` in the region's time. `night` lies on the evening of the previous trading day and may pass
    24:00; the times of `day` count from the trading day's own midnight and may be negative (the evening before).
    """

    hours_id: str
    region: str
    day: tuple[tuple[str, str], ...]
    night: tuple[str, str] | None = None
    auction_minutes: int = 0
    until: int | None = None


class HoursFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`sessions.json`; for one hours id the dated rules stand in order, the present one last."""

    source: str
    as_of: int
    regions: dict[str, str]
    hours: tuple[HoursRule, ...]


class NightSuspension(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Trading days, both included, that had no night session although the day before was a trading day."""

    from_day: int
    to_day: int
    reason: str


class HolidayFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`holidays.json`: closed weekdays by region, and the span of days that the Chinese list is known to be right for.

    `early_closes` are days that end early, by hours id and the wall time at which they do.
    """

    source: str
    as_of: int
    verified_from: int
    verified_until: int
    closed: dict[str, tuple[int, ...]]
    night_suspensions: tuple[NightSuspension, ...]
    early_closes: dict[str, dict[str, tuple[int, ...]]] = {}


def _load(name: str, form: type[F]) -> F:
    return msgspec.json.decode(files("tradewind.market").joinpath("data", name).read_bytes(), type=form)


@cache
def product_table() -> Mapping[tuple[str, str], Product]:
    """Return every known product by (exchange, product id)."""
    return {(item.exchange, item.product_id): item for item in _load("products.json", ProductFile).products}


@cache
def listed_contracts() -> Mapping[str, Mapping[str, int]]:
    """Return the listed contracts: `EXCHANGE.product` to delivery month to last trading day."""
    return _load("instruments.json", ContractFile).contracts


@cache
def liquid_contracts() -> tuple[LiquidContract, ...]:
    """Return the contracts that the simulator trades."""
    return _load("liquid.json", LiquidFile).contracts


@cache
def trading_hours() -> HoursFile:
    """Return the trading hours of every hours id."""
    return _load("sessions.json", HoursFile)


@cache
def holidays() -> HolidayFile:
    """Return the days on which the exchanges stay closed."""
    return _load("holidays.json", HolidayFile)
