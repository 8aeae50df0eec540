"""Wishes become adjustments: what is held now, what is to be held, in lots and in money, and what was rounded."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tradewind.domain.book import Adjustment
from tradewind.domain.prices import exact_price
from tradewind.errors import InputError, StateConflictError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tradewind.domain.book_messages import Basis, Wish
    from tradewind.domain.instruction import Instruction
    from tradewind.domain.instrument import Instrument, InstrumentLookup
    from tradewind.instructions.holdings import Holdings
    from tradewind.instructions.market_view import Market

    DeltaOf = Callable[[Instrument, int, Decimal], Decimal]
    """Money that moves with the market: of a contract, so many lots (negative: short), at a price."""

_SHOWN = Decimal("0.01")


def futures_delta(instrument: Instrument, quantity: int, price: Decimal) -> Decimal:
    """Return the delta of a future in money: price × multiplier × lots, signed."""
    return price * instrument.contract_multiplier * quantity


class Owner(NamedTuple):
    """Whose positions an instruction changes."""

    account_id: str
    product_code: str
    strategy: str


class Targets:
    """Knows the contracts, what is held, what it costs and how money is counted."""

    def __init__(
        self,
        *,
        instruments: InstrumentLookup,
        holdings: Holdings,
        market: Callable[[str], Market | None],
        delta_of: DeltaOf = futures_delta,
    ) -> None:
        self._instruments = instruments
        self._holdings = holdings
        self._market = market
        self._delta_of = delta_of

    def adjustments(self, owner: Owner, wishes: Iterable[Wish], basis: Basis) -> tuple[Adjustment, ...]:
        """Return one adjustment a wish, with a snapshot of what is held now.

        Raises:
            InputError: a contract twice, a weight without price or equity, or nothing to change at all.
            UnknownInstrumentError: no table knows a contract.
            StateConflictError: a wish says what is held, and something else is.
        """
        found: dict[str, Adjustment] = {}
        for wish in wishes:
            if wish.instrument_id in found:
                message = f"{wish.instrument_id} stands twice; one line a contract"
                raise InputError(message)
            found[wish.instrument_id] = self.adjustment(owner, wish, basis)
        if not any(adjustment.quantity for adjustment in found.values()):
            message = f"nothing is to be changed: each of the {len(found)} contracts is held as wished already"
            raise InputError(message)
        return tuple(found.values())

    def adjustment(self, owner: Owner, wish: Wish, basis: Basis) -> Adjustment:
        """Return what one wish comes to. Raises: StateConflictError: not held as its writer saw. As `adjustments`."""
        instrument = self._instruments.require(wish.instrument_id)
        price = self.price(wish.instrument_id)
        long, short = self._holdings.held(*owner, wish.instrument_id)
        if wish.held not in {None, long - short}:
            message = f"{wish.instrument_id}: {long - short} lots are held now, you saw {wish.held}; look again"
            raise StateConflictError(message)
        target, said, weighed = self._target(owner, wish, basis, instrument=instrument, price=price, held=long - short)
        found = Adjustment(
            instrument_id=wish.instrument_id,
            current_long=long,
            current_short=short,
            adjusted_position=target,
            contract_multiplier=instrument.contract_multiplier,
            price_tick=exact_price(instrument.price_tick, instrument.price_digits),
            wish=said,
            weighed=weighed,
            limit_price=wish.limit_price,
        )
        return self.valued(found)

    def price(self, instrument_id: str) -> Decimal | None:
        """Return the last price of a contract, `None` before its first quote."""
        market = self._market(instrument_id)
        return None if market is None else market.last

    def valued(self, adjustment: Adjustment) -> Adjustment:
        """Return an adjustment with its money at the price of now; without a quote as it was."""
        instrument, price = self._instruments.require(adjustment.instrument_id), self.price(adjustment.instrument_id)
        if price is None:
            return adjustment
        return msgspec.structs.replace(
            adjustment,
            reference_price=price,
            current_delta_value=self._delta_of(instrument, adjustment.current_position, price),
            adjusted_delta_value=self._delta_of(instrument, adjustment.adjusted_position, price),
        )

    def _target(
        self, owner: Owner, wish: Wish, basis: Basis, *, instrument: Instrument, price: Decimal | None, held: int
    ) -> tuple[int, str, str]:
        """Return the lots to hold, how that was meant, and what of it only who sees all of the account may know."""
        if wish.target is not None:
            return wish.target, f"target {wish.target}", ""
        if wish.delta is not None:
            return held + wish.delta, f"delta {wish.delta:+d}", ""
        weight = wish.weight or Decimal(0)
        equity = self._equity(owner, basis, wish.instrument_id)
        lot = None if price is None else self._delta_of(instrument, 1, price)
        if not lot:
            message = f"{wish.instrument_id} has no quote yet, so nobody can say how many lots weight {weight} is"
            raise InputError(message)
        exact = weight * equity / lot
        lots = int(exact.to_integral_value(rounding=ROUND_DOWN))
        shown = exact.quantize(_SHOWN)
        said = f"weight {weight} of {basis} equity {equity.quantize(_SHOWN)}: {shown} lots, rounded to {lots}"
        # With the weight, or with parts of a lot, anybody could count back to what the account is worth.
        return (lots, said, "") if basis == "product" else (lots, f"weight of account equity: {lots} lots", said)

    def _equity(self, owner: Owner, basis: Basis, instrument_id: str) -> Decimal:
        if basis == "product" and not owner.product_code:
            message = f"a weight of the product's equity needs a product_code ({instrument_id})"
            raise InputError(message)
        names = owner if basis == "product" else Owner(owner.account_id, "", "")
        equity = self._holdings.equity(*names)
        if equity is None or equity <= 0:
            message = f"the {basis} has no equity known ({equity}), so a weight of it means nothing ({instrument_id})"
            raise InputError(message)
        return equity


def totals(adjustments: Iterable[Adjustment]) -> dict[str, Any]:
    """Return the sums of delta in money, as an instruction has them; contracts without a price count nothing."""
    lines = tuple(adjustments)
    return {
        "total_current_delta_value": sum((line.current_delta_value for line in lines), Decimal(0)),
        "total_adjusted_delta_value": sum((line.adjusted_delta_value for line in lines), Decimal(0)),
    }


def changed_money(told: Instruction) -> Decimal | None:
    """Return Σ |change| in money, by which some instructions need no approval; `None` where a price is unknown."""
    if any(line.reference_price is None for line in told.adjustments):
        return None
    return sum(
        (abs(line.adjusted_delta_value - line.current_delta_value) for line in told.adjustments),
        Decimal(0),
    )
