"""The rate table: what trading a contract costs and binds on a trading day, or nothing where any of it is unknown.

Three layers, the later one wins, part by part: the shipped table, the operator's file, what the broker itself told.
Where `is_told_only`, margin and commission are the broker's alone: what it did not tell stays unknown.
Within a layer a contract's own entry wins over its product's, and a later `valid_from` over an earlier one.
"""

from __future__ import annotations

import difflib
from bisect import bisect_right
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from tradewind.domain.rates import Rates
from tradewind.domain.told_rates import ToldRates
from tradewind.errors import ConfigError
from tradewind.market.rate_file import CommissionEntry, MarginEntry, RateEntry, read_rates_file, shipped_rates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tradewind.domain.instrument import Instrument, InstrumentLookup
    from tradewind.domain.rates import ClosePriority, CommissionRate
    from tradewind.market.contracts import InstrumentTable
    from tradewind.market.settings import MarketSettings

Dated = TypeVar("Dated", RateEntry, Rates, ToldRates)
Layer = dict[str, dict[str, list[RateEntry]]]
"""Entries by product or contract, then by part, in the order of their days."""
_CACHE_SIZE: Final = 4096
_PARTS: Final = (
    "margin", "commission", "max_limit_quantity", "max_market_quantity", "min_quantity", "is_larger_side_only",
    "close_priority", "limit_ratio",
)  # fmt: skip
_BROKERS: Final = frozenset({"margin", "commission"})
_NEEDED: Final = frozenset(_PARTS) - {"close_priority", "limit_ratio"}


class RateTable:
    """Rates by contract and trading day; implements `domain.rates.RateLookup`.

    Answers are remembered up to `cache_size`; when full, all are forgotten, which costs each one more look-up.
    `holds_before` lets the first known entries hold on the days before them too: for replays of old recordings, by
    the operator's own choice; otherwise those days are unknown.
    """

    def __init__(
        self,
        instruments: InstrumentLookup,
        *,
        operator: Iterable[RateEntry] = (),
        shipped: Iterable[RateEntry] | None = None,
        holds_before: bool = False,
        is_told_only: bool = False,
        cache_size: int = _CACHE_SIZE,
    ) -> None:
        """Use the shipped table unless another is given, and the operator's entries over it."""
        self._instruments = instruments
        self._holds_before = holds_before
        self._cache_size = cache_size
        self._is_told_only = is_told_only
        base = shipped_rates().rates if shipped is None else tuple(shipped)
        self._answers: Layer = {}
        self._fees: dict[str, list[ToldRates]] = {}
        self._groups: dict[str, str] = {}
        self._layers = (_by_subject(base), _by_subject(operator), self._answers)
        self._told: dict[str, list[Rates]] = {}
        self._found: dict[tuple[str, int], Rates | None] = {}

    def add(self, rates: Rates) -> None:
        """Take what the broker says about one contract, from `rates.valid_from` on; it wins over every table."""
        told = [item for item in self._told.get(rates.instrument_id, ()) if item.valid_from != rates.valid_from]
        self._told[rates.instrument_id] = sorted((*told, rates), key=_valid_from)
        self._found.clear()

    def tell(self, told: Iterable[ToldRates]) -> None:
        """Take parts of rates as the broker answered them, from each one's day on; a later answer of a day wins."""
        for each in told:
            _put(self._answers, _entry_of(each))
            if each.order_fee is not None:
                fees = [fee for fee in self._fees.get(each.subject, ()) if fee.valid_from != each.valid_from]
                self._fees[each.subject] = sorted((*fees, each), key=_valid_from)
        self._found.clear()

    def tell_groups(self, groups: Mapping[str, str]) -> None:
        """Take which products count together for the larger side: by product, the group's name."""
        self._groups.update(groups)
        self._found.clear()

    def find(self, instrument_id: str, trading_day: int) -> Rates | None:
        """Return the rates in force, or `None` where the contract or any part of them is unknown."""
        key = (instrument_id, trading_day)
        try:
            return self._found[key]
        except KeyError:
            pass
        instrument = self._instruments.find(instrument_id)
        found = None if instrument is None else self._resolve(instrument, trading_day)
        if len(self._found) >= self._cache_size:
            self._found.clear()
        self._found[key] = found
        return found

    def missing(self, instrument_id: str, trading_day: int) -> tuple[str, ...]:
        """Name the parts that are unknown, so that a refusal can say what to set; `contract` if that is unknown."""
        instrument = self._instruments.find(instrument_id)
        if instrument is None:
            return ("contract",)
        if self._told_on(instrument_id, trading_day) is not None:
            return ()
        parts, _ = self._parts(instrument, trading_day)
        return tuple(name for name in _PARTS if name in _NEEDED and name not in parts)

    def _resolve(self, instrument: Instrument, trading_day: int) -> Rates | None:
        told = self._told_on(instrument.instrument_id, trading_day)
        if told is not None:
            return told
        parts, used = self._parts(instrument, trading_day)
        if not parts.keys() >= _NEEDED:
            return None
        product = f"{instrument.exchange}.{instrument.product_id}"
        commission = self._with_fees(parts["commission"].rate(), (instrument.instrument_id, product), trading_day)
        priority = parts.get("close_priority") or default_priority(commission, is_date_kept=instrument.is_date_kept)
        return Rates(
            instrument_id=instrument.instrument_id,
            valid_from=max(entry.valid_from for entry in used),
            margin=parts["margin"].rate(),
            commission=commission,
            max_limit_quantity=parts["max_limit_quantity"],
            max_market_quantity=parts["max_market_quantity"],
            min_quantity=parts["min_quantity"],
            is_larger_side_only=parts["is_larger_side_only"],
            margin_group=self._groups.get(product, product),
            close_priority=priority,
            limit_ratio=parts.get("limit_ratio"),
            source=", ".join(dict.fromkeys(entry.source or "operator" for entry in used)),
        )

    def _with_fees(self, rate: CommissionRate, subjects: tuple[str, ...], trading_day: int) -> CommissionRate:
        """Return the commission with the fees of messages that the broker told apart from it."""
        for subject in subjects:
            fees = _in_force(self._fees.get(subject, []), trading_day, holds_before=False)
            if fees is not None and fees.order_fee is not None and fees.cancel_fee is not None:
                return msgspec.structs.replace(rate, order_fee=fees.order_fee, cancel_fee=fees.cancel_fee)
        return rate

    def _told_on(self, instrument_id: str, trading_day: int) -> Rates | None:
        return _in_force(self._told.get(instrument_id, []), trading_day, holds_before=self._holds_before)

    def _parts(self, instrument: Instrument, trading_day: int) -> tuple[dict[str, Any], list[RateEntry]]:
        """Lay the entries that hold over each other; return the parts and the entries they came from."""
        parts: dict[str, Any] = {}
        owners: dict[str, RateEntry] = {}
        product = f"{instrument.exchange}.{instrument.product_id}"
        for layer in self._layers:
            for subject in (product, instrument.instrument_id):
                for name, dated in layer.get(subject, {}).items():
                    if self._is_told_only and name in _BROKERS and layer is not self._answers:
                        continue
                    entry = _in_force(dated, trading_day, holds_before=self._holds_before)
                    if entry is not None:
                        parts[name] = getattr(entry, name)
                        owners[name] = entry
        return parts, [owners[name] for name in _PARTS if name in owners]


def build_rates(settings: MarketSettings, instruments: InstrumentTable) -> RateTable:
    """Return the shipped rates with the operator's file over them.

    Raises: ConfigError: the file cannot be read, or has an entry about a product or contract that no table knows.
    """
    entries: tuple[RateEntry, ...] = ()
    if settings.rates_file:
        file = Path(settings.rates_file)
        entries = read_rates_file(file)
        products = {f"{product.exchange}.{product.product_id}" for product in instruments.products()}
        for number, entry in enumerate(entries, start=1):
            if entry.product and entry.product not in products:
                near = difflib.get_close_matches(entry.product, products, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                message = (
                    f"rates file {file}, entry {number}: no product {entry.product}{hint}; allowed: EXCHANGE.product"
                )
                raise ConfigError(message)
            if entry.contract and instruments.find(entry.contract) is None:
                message = f"rates file {file}, entry {number}: no contract {entry.contract}; allowed: as au2604.SHFE"
                raise ConfigError(message)
    return RateTable(instruments, operator=entries, holds_before=settings.rates_hold_before)


def default_priority(commission: CommissionRate, *, is_date_kept: bool) -> ClosePriority:
    """Return which lots a plain close takes where nobody said it: today's first where that is cheaper.

    Source: the CTP developer's guide, order of closing: first in first out everywhere; where an exchange that keeps no
    dates apart charges less for closing today's lots, those go first.
    """
    if is_date_kept:
        return "fifo"
    today = (commission.close_today_by_money, commission.close_today_by_volume)
    older = (commission.close_by_money, commission.close_by_volume)
    is_cheaper = today != older and today[0] <= older[0] and today[1] <= older[1]
    return "today_first" if is_cheaper else "fifo"


def _by_subject(entries: Iterable[RateEntry]) -> Layer:
    """Sort entries by product or contract, then by part, then by day; of one day the last written wins."""
    table: Layer = {}
    for entry in sorted(entries, key=_valid_from):
        for name, value in msgspec.structs.asdict(entry).items():
            if name in _PARTS and value is not None:
                table.setdefault(entry.product or entry.contract, {}).setdefault(name, []).append(entry)
    return table


def _put(layer: Layer, entry: RateEntry) -> None:
    """Lay one more entry into a layer; the same day's of the same part gives way."""
    for name, value in msgspec.structs.asdict(entry).items():
        if name in _PARTS and value is not None:
            parts = layer.setdefault(entry.product or entry.contract, {})
            others = [each for each in parts.get(name, ()) if each.valid_from != entry.valid_from]
            parts[name] = sorted((*others, entry), key=_valid_from)


def _entry_of(told: ToldRates) -> RateEntry:
    margin, commission = told.margin, told.commission
    return RateEntry(
        valid_from=told.valid_from,
        product=told.product,
        contract=told.contract,
        source="broker",
        margin=None if margin is None else MarginEntry(**msgspec.structs.asdict(margin)),
        commission=None if commission is None else CommissionEntry(**msgspec.structs.asdict(commission)),
        max_limit_quantity=told.max_limit_quantity,
        max_market_quantity=told.max_market_quantity,
        min_quantity=told.min_quantity,
        is_larger_side_only=told.is_larger_side_only,
    )


def _in_force(dated: list[Dated], trading_day: int, *, holds_before: bool) -> Dated | None:
    index = bisect_right(dated, trading_day, key=_valid_from)
    if index == 0:
        return dated[0] if dated and holds_before else None
    return dated[index - 1]


def _valid_from(dated: RateEntry | Rates | ToldRates) -> int:
    return dated.valid_from
