"""Cuts what an algorithm asks for into orders: which lots each takes, and none larger than may be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.instructions.offsets import Leg, by_size, is_today_dearer, split

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tradewind.domain.instruction import Instruction, InstructionLine
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.order import OrderRequest
    from tradewind.domain.rates import RateLookup
    from tradewind.instructions.holdings import Holdings
    from tradewind.instructions.settings import InstructionSettings


class Cutter:
    """Knows the contracts' rules, the policy of closing and what is held."""

    def __init__(
        self, *, settings: InstructionSettings, instruments: InstrumentLookup, rates: RateLookup, holdings: Holdings
    ) -> None:
        self._settings = settings
        self._instruments = instruments
        self._rates = rates
        self._holdings = holdings

    def legs(
        self,
        told: Instruction,
        line: InstructionLine,
        quantity: int,
        *,
        trading_day: int,
        undecided: Iterable[OrderRequest],
    ) -> tuple[tuple[Leg, ...], int]:
        """Return the orders a quantity becomes, and the lots that could not be closed.

        `undecided` are orders asked for that the ledger has not heard of: what they would take is taken.
        """
        instrument = self._instruments.require(line.instrument_id)
        rates = self._rates.find(line.instrument_id, trading_day)
        product = f"{instrument.product_id}.{instrument.exchange}"
        done = split(
            line.intent,
            quantity,
            closable=self._holdings.closable(told.account_id, line.instrument_id, line.side, undecided),
            is_date_kept=instrument.is_date_kept,
            policy=self._settings.offset_policies.get(product, self._settings.offset_policy),
            is_today_dearer=rates is not None and is_today_dearer(rates),
        )
        largest = [rates.max_limit_quantity] if rates is not None else []
        if line.send is not None and line.send.max_order_quantity:
            largest.append(line.send.max_order_quantity)
        return (by_size(done.legs, min(largest)) if largest else done.legs), done.missing
