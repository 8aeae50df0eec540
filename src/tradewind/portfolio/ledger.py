"""The ledger: the holdings and the money of one account, or of one of its virtual books; both are counted alike.

All of it follows from fills, orders, cash moves and settlements; only the marks come from ticks. Every yuan of the
balance is either yesterday's, paid in or out, or stands with the contract that made or cost it.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from tradewind.domain.account import Account, Booking, Direction, Position
from tradewind.domain.charges import DaySplit, margin_of_value
from tradewind.domain.margins import MarginSums, SideMargin, side_margin
from tradewind.domain.order import Offset
from tradewind.portfolio.day_results import parts_of
from tradewind.portfolio.frozen import Frozen
from tradewind.portfolio.lots import Holding, Lot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.domain.day_result import DayPart
    from tradewind.domain.order import Fill
    from tradewind.portfolio.marks import Marks
    from tradewind.portfolio.settings import AccountSettings
    from tradewind.portfolio.terms import Terms

ZERO: Final = Decimal(0)
Key = tuple[str, Direction]
Changes = dict["Ledger", dict[Key, Holding]]
"""Ledgers that changed since somebody looked, each with the positions that did."""


class ContractDay(msgspec.Struct):
    """What one contract brought and cost in one ledger since the last settlement."""

    close_pnl: Decimal = ZERO
    close_pnl_by_trade: Decimal = ZERO
    commission: Decimal = ZERO
    bought: int = 0
    sold: int = 0


class SettledDay(msgspec.Struct, frozen=True):
    """A trading day of a ledger as it ended; `balance` is the next day's `pre_balance`."""

    trading_day: int
    pre_balance: Decimal
    deposit: Decimal
    withdraw: Decimal
    close_pnl: Decimal
    position_pnl: Decimal
    commission: Decimal
    balance: Decimal
    ts_event: int


class Booked(NamedTuple):
    """What a ledger had booked of the day by one of its versions."""

    version: int
    commission: Decimal
    close_pnl: Decimal
    close_pnl_by_trade: Decimal
    opened: int
    """Σ time of opening × lots of all that was ever closed."""

    def since(self, before: Booked, fill: Fill, *, contract_multiplier: int, trader: str) -> Booking:
        """Return what a fill did that came between the two."""
        return Booking(
            fill,
            self.commission - before.commission,
            self.close_pnl - before.close_pnl,
            self.close_pnl_by_trade - before.close_pnl_by_trade,
            contract_multiplier,
            trader,
            0 if fill.offset is Offset.OPEN else (self.opened - before.opened) // fill.quantity,
        )


class Ledger:
    """Holdings and money of one book; "" is the account itself."""

    def __init__(self, settings: AccountSettings, book: str, *, days_kept: int, changes: Changes) -> None:
        self.account_id = settings.id
        self.currency = settings.currency
        self.settings = settings
        self.book = book
        self.trading_day = 0
        self.pre_balance = ZERO
        self.deposit = ZERO
        self.withdraw = ZERO
        self.close_pnl = ZERO
        self.close_pnl_by_trade = ZERO
        self.commission = ZERO
        self.paid_in = ZERO
        """Deposits less withdrawals since the beginning; with the two below, the way of counting by trade."""
        self.closed_by_trade = ZERO
        self.charged = ZERO
        self.opened = 0
        self.version = 0
        self.ts_event = 0
        self.holdings: dict[Key, Holding] = {}
        self.contracts: dict[str, ContractDay] = {}
        self.days: deque[SettledDay] = deque(maxlen=days_kept)
        self.ended_parts: tuple[DayPart, ...] = ()
        """The contracts of the newest settled day; nothing after a restart."""
        self.frozen = Frozen()
        self._changes = changes
        self._margins: MarginSums | None = None
        self._sides: dict[Key, SideMargin] = {}
        self._margins_due: dict[Key, None] = {}

    def booked(self) -> Booked:
        """Return what has been booked of the day so far."""
        return Booked(self.version, self.commission, self.close_pnl, self.close_pnl_by_trade, self.opened)

    def touch(self, ts_event: int, *keys: Key) -> None:
        """Make a new version of the account and of these positions, and note both as changed."""
        self.version += 1
        self.ts_event = max(self.ts_event, ts_event)
        changed = self._changes.setdefault(self, {})
        for key in keys:
            holding = self.holdings.get(key)
            if holding is not None:
                holding.version = self.version
                changed[key] = holding

    def open(self, terms: Terms, direction: Direction, lot: Lot, *, price: Decimal | None) -> Holding:
        """Take in a lot; return the position it belongs to."""
        key = (terms.instrument_id, direction)
        holding = self.holdings.get(key)
        if holding is None:
            holding = self.holdings[key] = Holding(terms, direction, price=price)
        holding.add(lot)
        self._margins_due[key] = None
        day = self.contract_day(terms.instrument_id)
        if direction is Direction.LONG:
            day.bought += lot.quantity
        else:
            day.sold += lot.quantity
        return holding

    def close(self, holding: Holding, split: DaySplit, price: Decimal) -> None:
        """Let lots go at `price`, and book what they brought."""
        pnl = holding.take(split, price)
        self._margins_due[holding.instrument_id, holding.direction] = None
        self.close_pnl += pnl.by_day
        self.close_pnl_by_trade += pnl.by_trade
        self.closed_by_trade += pnl.by_trade
        self.opened += pnl.opened
        day = self.contract_day(holding.instrument_id)
        day.close_pnl += pnl.by_day
        day.close_pnl_by_trade += pnl.by_trade
        if holding.direction is Direction.LONG:
            day.sold += split.today + split.yesterday
        else:
            day.bought += split.today + split.yesterday

    def hand_over(self, key: Key, fill: str, owner: Ledger) -> Lot | None:
        """Give what is left of the lot that a fill opened today to its owner, as if it had never been here."""
        holding = self.holdings.get(key)
        lot = None if holding is None else holding.release(fill)
        if holding is None or lot is None:
            return None
        self._margins_due[key] = None
        day = self.contract_day(holding.instrument_id)
        if holding.direction is Direction.LONG:
            day.bought -= lot.quantity
        else:
            day.sold -= lot.quantity
        owner.open(holding.terms, holding.direction, lot, price=holding.price)
        return lot

    def charge(self, instrument_id: str, amount: Decimal) -> None:
        """Book commission or a fee."""
        if amount:
            self.commission += amount
            self.charged += amount
            self.contract_day(instrument_id).commission += amount

    def pay(self, amount: Decimal) -> None:
        """Book money in (positive) or out (negative)."""
        self.paid_in += amount
        if amount >= 0:
            self.deposit += amount
        else:
            self.withdraw -= amount

    def contract_day(self, instrument_id: str) -> ContractDay:
        """Return what the contract did today."""
        day = self.contracts.get(instrument_id)
        if day is None:
            day = self.contracts[instrument_id] = ContractDay()
        return day

    def settle(self, prices: Mapping[str, Decimal], *, expired: frozenset[str], next_day: int, ts_event: int) -> None:
        """End the day: mark every lot to its settlement price, let expired ones go at it, begin the next day.

        Source: accounting rules of CTP brokers, daily settlement; the balance is the same before and after.
        """
        marked = [(key, holding, prices.get(holding.instrument_id)) for key, holding in self.holdings.items()]
        for _, holding, price in marked:
            if holding.quantity:
                holding.mark(holding.standing if price is None else price)
            else:
                # Ticks leave 0.00 where the record alone leaves 0: the same money, but not the same bytes.
                holding.position_pnl = ZERO
        self.days.append(self._settled_day(ts_event))
        self.ended_parts = parts_of(self)
        self.pre_balance = self.days[-1].balance
        for key, holding, _ in marked:
            if holding.quantity and holding.instrument_id in expired and holding.price is not None:
                self.close(holding, holding.split, holding.price)
            if not holding.quantity:
                del self.holdings[key]
            elif holding.price is not None:
                holding.settle(holding.price)
        self.deposit = self.withdraw = self.close_pnl = self.close_pnl_by_trade = self.commission = ZERO
        self.contracts.clear()
        self.trading_day = next_day
        self.forget_margin()

    def position_pnl(self) -> Decimal:
        """Return the profit of all positions by the day's count."""
        return sum((holding.position_pnl for holding in self.holdings.values()), ZERO)

    def balance(self) -> Decimal:
        """Return what the account is worth now."""
        return self._cash() + self.position_pnl()

    def residual(self) -> Decimal:
        """Return the balance by the day's count less that by trade; anything but 0 is a fault."""
        floating = sum((holding.floating_pnl for holding in self.holdings.values()), ZERO)
        return self.balance() - (self.paid_in + self.closed_by_trade + floating - self.charged)

    def margin(self, marks: Marks) -> Decimal:
        """Return the margin of all positions, the larger side only where the rates say so."""
        sums = self._margins
        if sums is None or self.settings.margin_price != "open":
            # Prices move every position's margin, or all of them begin anew.
            self._sides = {key: self._side(holding, marks) for key, holding in self.holdings.items()}
            sums = self._margins = MarginSums(self._sides.values())
        else:
            for key in self._margins_due:
                before = self._sides.pop(key, None)
                if before is not None:
                    sums.add(before._replace(amount=-before.amount))
                if key in self.holdings:
                    self._sides[key] = self._side(self.holdings[key], marks)
                    sums.add(self._sides[key])
        self._margins_due.clear()
        return sums.total()

    def forget_margin(self) -> None:
        """Count all margin anew the next time: rates or settlement prices changed."""
        self._margins = None
        for holding in self.holdings.values():
            holding.is_margin_due = True

    def _side(self, holding: Holding, marks: Marks) -> SideMargin:
        return side_margin(holding.terms.rates, holding.direction, self.margin_of(holding, marks))

    def margin_of(self, holding: Holding, marks: Marks) -> Decimal:
        """Return one position's margin: older lots at the settlement price, today's as the broker counts them."""
        kind = self.settings.margin_price
        if holding.is_margin_due or kind != "open":
            terms = holding.terms
            price = marks.for_margin(terms, kind)
            today = holding.new_open if price is None else price * holding.today
            holding.margin = margin_of_value(
                terms.rates.margin,
                holding.direction,
                value=today + (holding.settled or ZERO) * holding.yesterday,
                quantity=holding.quantity,
                contract_multiplier=terms.multiplier,
            )
            holding.is_margin_due = False
        return holding.margin

    def frozen_lots(self, holding: Holding) -> DaySplit:
        """Return the lots that live closing orders have spoken for."""
        terms = holding.terms
        return self.frozen.lots_of(
            (holding.instrument_id, holding.direction),
            holding.split,
            is_date_kept=terms.is_date_kept,
            priority=terms.rates.close_priority,
        )

    def account(self, marks: Marks, ts_event: int) -> Account:
        """Return the funds as they stand now."""
        pnl = self.position_pnl()
        floating = sum((holding.floating_pnl for holding in self.holdings.values()), ZERO)
        margin = self.margin(marks)
        balance = self._cash() + pnl
        held = margin + self.frozen.margin + self.frozen.commission
        return Account(
            account_id=self.account_id,
            book=self.book,
            currency=self.currency,
            trading_day=self.trading_day,
            pre_balance=self.pre_balance,
            deposit=self.deposit,
            withdraw=self.withdraw,
            close_pnl=self.close_pnl,
            close_pnl_by_trade=self.close_pnl_by_trade,
            position_pnl=pnl,
            floating_pnl=floating,
            premium=ZERO,
            commission=self.commission,
            margin=margin,
            frozen_margin=self.frozen.margin,
            frozen_commission=self.frozen.commission,
            frozen_cash=ZERO,
            balance=balance,
            available=balance - pnl + self._pnl_that_counts(pnl) - held,
            version=self.version,
            ts_event=ts_event,
        )

    def position(self, holding: Holding, marks: Marks, ts_event: int) -> Position:
        """Return one position as it stands now."""
        sign = holding.direction.sign
        frozen = self.frozen_lots(holding)
        return Position(
            account_id=self.account_id,
            book=self.book,
            instrument_id=holding.instrument_id,
            direction=holding.direction,
            today=holding.today,
            yesterday=holding.yesterday,
            frozen_today=frozen.today,
            frozen_yesterday=frozen.yesterday,
            open_cost=holding.open_value * sign,
            position_cost=holding.base_value * sign,
            margin=self.margin_of(holding, marks),
            last_price=holding.price,
            position_pnl=holding.position_pnl,
            floating_pnl=holding.floating_pnl,
            contract_multiplier=holding.terms.multiplier,
            opened_at=holding.opened_at,
            version=holding.version,
            ts_event=ts_event,
        )

    def _cash(self) -> Decimal:
        """Return the balance without the profit of what is held."""
        return self.pre_balance + self.deposit - self.withdraw + self.close_pnl - self.commission

    def _pnl_that_counts(self, pnl: Decimal) -> Decimal:
        """Return the summed position profit that the broker counts as available, less close gains he does not.

        Source: CTP Algorithm 1 to 4 and AvailIncludeCloseProfit of CThostFtdcBrokerTradingParamsField.
        """
        kind = self.settings.pnl_in_available
        is_counted = kind == "all" or (kind == "loss" and pnl < 0) or (kind == "gain" and pnl > 0)
        counted = pnl if is_counted else ZERO
        return counted if self.settings.is_close_gain_available else counted - max(self.close_pnl, ZERO)

    def _settled_day(self, ts_event: int) -> SettledDay:
        pnl = self.position_pnl()
        return SettledDay(
            trading_day=self.trading_day,
            pre_balance=self.pre_balance,
            deposit=self.deposit,
            withdraw=self.withdraw,
            close_pnl=self.close_pnl,
            position_pnl=pnl,
            commission=self.commission,
            balance=self._cash() + pnl,
            ts_event=ts_event,
        )
