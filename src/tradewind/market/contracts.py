"""The instrument table: from an id such as `au2604.SHFE` to the facts of the contract, or a plain refusal.

Facts come from the product; a contract that is not listed (expired, or newer than the table) is resolved from its
product when its symbol has the form the exchange uses. Options are known where the operator's file lists them, for
their facts do not follow from their symbol; spreads are unknown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.instrument import Instrument, OptionTerms, instrument_id_of
from tradewind.errors import UnknownInstrumentError
from tradewind.market.facts import Product, liquid_contracts, listed_contracts, product_table
from tradewind.market.option_file import OptionRow
from tradewind.market.shares import SHARES_AND_PAIRS, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tradewind.domain.told_rates import ToldContract
    from tradewind.market.sources.settings import LiquidContract

_MONTH: Final = "(?:0[1-9]|1[0-2])"
_FORMS: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "SHFE": (re.compile(rf"([a-z]{{1,2}})(\d\d{_MONTH})"), "lower-case product and YYMM, as au2604"),
    "INE": (re.compile(rf"([a-z]{{1,2}})(\d\d{_MONTH})"), "lower-case product and YYMM, as sc2603"),
    "GFEX": (re.compile(rf"([a-z]{{1,2}})(\d\d{_MONTH})"), "lower-case product and YYMM, as lc2605"),
    "DCE": (re.compile(rf"([a-z]{{1,2}})(\d\d{_MONTH})"), "lower-case product and YYMM, as m2605"),
    "CZCE": (re.compile(rf"([A-Z]{{2}})(\d{_MONTH})"), "upper-case product and YMM, as SR605"),
    "CFFEX": (re.compile(rf"([A-Z]{{1,2}})(\d\d{_MONTH})"), "upper-case product and YYMM, as IF2603"),
    "COMEX": (re.compile(rf"([A-Z]{{2,3}})(20\d\d{_MONTH})"), "upper-case product and YYYYMM, as GC201312"),
    "US": (re.compile(r"([A-Z]{1,5}(?:\.[A-Z])?)()"), "one to five capital letters, as SPY or BRK.B"),
    "HK": (re.compile(r"(\d{5})()"), "five digits, as 00700"),
    "SSE": (re.compile(r"([569]\d{5})()"), "six digits that begin with 6, 5 or 9, as 600519"),
    "SZSE": (re.compile(r"([0123]\d{5})()"), "six digits that begin with 0, 3, 1 or 2, as 000001"),
    "FX": (re.compile(r"([A-Z]{6})()"), "two currencies, as USDCNY"),
}
_CACHE_SIZE: Final = 4096
_LONGEST_ID: Final = 40


class InstrumentTable:
    """Every contract we know the facts of; implements `domain.instrument.InstrumentLookup`.

    Looked-up contracts, and refusals too, are remembered up to `cache_size`; when full, all are forgotten, which
    costs each one more look-up and nothing else.
    """

    def __init__(
        self,
        *,
        products: Mapping[tuple[str, str], Product] | None = None,
        listed: Mapping[str, Mapping[str, int]] | None = None,
        options: Iterable[OptionRow] = (),
        cache_size: int = _CACHE_SIZE,
    ) -> None:
        """Use the shipped tables unless others are given."""
        self._products = product_table() if products is None else products
        self._listed = listed_contracts() if listed is None else listed
        self._cache_size = cache_size
        self._options = {row.instrument_id: row for row in options}
        self._told: dict[str, ToldContract] = {}
        self._told_options: dict[str, ToldContract] = {}
        self._found: dict[str, Instrument | None] = {}

    def tell(self, contracts: Iterable[ToldContract]) -> None:
        """Take the facts of contracts as the exchange has them today; they go before the shipped tables.

        When a contract trades only the tables know: one of a product that they lack stays unknown. An option trades
        when the future does that it is on; where the operator's file lists it, the file counts.
        """
        for each in contracts:
            if each.kind == "future":
                self._told[each.instrument_id] = each
            elif each.option is not None and each.instrument_id not in self._options:
                self._told_options[each.instrument_id] = each
        self._found.clear()

    def find(self, instrument_id: str) -> Instrument | None:
        """Return the instrument, or `None` if neither the tables nor the exchange's form of symbol know it."""
        try:
            return self._found[instrument_id]
        except KeyError:
            if len(instrument_id) > _LONGEST_ID:
                return None
        found = self._resolve(instrument_id)
        if len(self._found) >= self._cache_size:
            self._found.clear()
        self._found[instrument_id] = found
        return found

    def require(self, instrument_id: str) -> Instrument:
        """Return the instrument.

        Raises: UnknownInstrumentError: says what about the id is unknown and what is allowed.
        """
        found = self.find(instrument_id)
        if found is None:
            raise UnknownInstrumentError(self._why_unknown(instrument_id))
        return found

    def all(self) -> list[Instrument]:
        """Return every listed contract, in the order of the table, then those told besides, then the file's options."""
        listed = [
            instrument_id_of(key.split(".")[1] + month, key.split(".")[0])
            for key, months in self._listed.items()
            for month in months
        ]
        names = dict.fromkeys((*listed, *self._told, *self._options))
        return [found for name in names if (found := self.find(name)) is not None]

    def told_options(self) -> list[Instrument]:
        """Return the options that were told; there are thousands, so they are in no list that shows everything."""
        return [found for name in self._told_options if (found := self.find(name)) is not None]

    def liquid(self) -> tuple[LiquidContract, ...]:
        """Return the contracts that the simulator trades, with how they usually behave."""
        return liquid_contracts()

    def products(self) -> list[Product]:
        """Return every product, in the order of the table."""
        return list(self._products.values())

    def find_symbol(self, symbol: str) -> Instrument | None:
        """Return the one instrument of that symbol on any exchange, for feeds that leave the exchange out.

        `None` when no exchange, or more than one, has such a symbol. Shares and currencies are never guessed.
        """
        found = [
            instrument
            for exchange in _FORMS
            if exchange not in SHARES_AND_PAIRS
            and (instrument := self.find(instrument_id_of(symbol, exchange))) is not None
        ]
        return found[0] if len(found) == 1 else None

    def _resolve(self, instrument_id: str) -> Instrument | None:
        symbol, _, exchange = instrument_id.rpartition(".")
        form = _FORMS.get(exchange)
        match = form[0].fullmatch(symbol) if form is not None else None
        if match is None:
            return self._resolve_option(instrument_id)
        product_id, month = match.groups()
        if exchange in SHARES_AND_PAIRS:
            product_id = kind_of(exchange, symbol)
        product = self._products.get((exchange, product_id))
        if product is None:
            return None
        listed = Instrument(
            instrument_id=instrument_id,
            symbol=symbol,
            exchange=product.exchange,
            product_id=product.product_id,
            name=f"{product.name}{month}" if month else symbol,
            contract_multiplier=product.contract_multiplier,
            price_tick=product.price_tick,
            hours_id=product.hours_id,
            price_digits=digits_of(product.price_tick),
            is_date_kept=product.is_date_kept,
            expire_date=self._listed.get(f"{exchange}.{product_id}", {}).get(month),
            currency=symbol[-3:] if exchange == "FX" else product.currency,
            board_lot=product.board_lot,
        )
        return self._as_told(listed)

    def _as_told(self, listed: Instrument) -> Instrument:
        """Return a contract with what its exchange says of it today."""
        told = self._told.get(listed.instrument_id)
        if told is None:
            return listed
        return msgspec.structs.replace(
            listed,
            name=told.name or listed.name,
            contract_multiplier=told.contract_multiplier,
            price_tick=told.price_tick,
            price_digits=digits_of(told.price_tick),
            is_date_kept=told.is_date_kept,
            expire_date=told.expire_date or listed.expire_date,
        )

    def _resolve_option(self, instrument_id: str) -> Instrument | None:
        """Return a listed option; it trades when what it is on does, which must be known."""
        row = self._options.get(instrument_id) or _row_of(self._told_options.get(instrument_id))
        underlying = None if row is None else self.find(row.underlying_id)
        if row is None or underlying is None:
            return None
        symbol = instrument_id.rpartition(".")[0]
        return Instrument(
            instrument_id=instrument_id,
            symbol=symbol,
            exchange=underlying.exchange,
            product_id=row.product_id,
            name=row.name or symbol,
            contract_multiplier=row.contract_multiplier,
            price_tick=row.price_tick,
            hours_id=underlying.hours_id,
            price_digits=digits_of(row.price_tick),
            is_date_kept=underlying.is_date_kept,
            expire_date=row.expire_date or None,
            option=OptionTerms(row.underlying_id, row.strike, row.kind),
        )

    def _why_unknown(self, instrument_id: str) -> str:
        symbol, _, exchange = instrument_id.rpartition(".")
        form = _FORMS.get(exchange)
        if form is None:
            return f"no exchange in {instrument_id!r}; write symbol.EXCHANGE with one of {', '.join(_FORMS)}"
        match = form[0].fullmatch(symbol)
        if match is None:
            allowed = f"{form[1]} (no spreads, no options but those of market.options_file)"
            return f"{symbol!r} is no {exchange} contract; allowed: {allowed}"
        known = ", ".join(sorted(product for place, product in self._products if place == exchange))
        return f"no product {match.group(1)!r} on {exchange}; known: {known}"


def _row_of(told: ToldContract | None) -> OptionRow | None:
    """Return a told option as the operator's file would list it."""
    if told is None or told.option is None:
        return None
    return OptionRow(
        instrument_id=told.instrument_id,
        name=told.name,
        product_id=told.product_id,
        contract_multiplier=told.contract_multiplier,
        price_tick=told.price_tick,
        expire_date=told.expire_date or 0,
        underlying_id=told.option.underlying_id,
        strike=told.option.strike,
        kind=told.option.kind,
    )


def digits_of(price_tick: float) -> int:
    """Return how many decimals a price on this tick needs: 0.005 has 3, 10.0 has none."""
    text = format(price_tick, ".8f").rstrip("0")
    return len(text.partition(".")[2])
