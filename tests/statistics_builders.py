"""Builders of the statistics room's tests: its core on known contracts, positions, funds and fills to tell it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from portfolio_builders import DAY_1, GOLD, GOLD_LATER, INDEX, MEAL, make_contract
from tradewind.domain.account import Account, Direction, Position
from tradewind.domain.instrument import Instrument
from tradewind.domain.order import Fill, Offset, Side
from tradewind.domain.statistics import OrderStatistic, TradeStatistic
from tradewind.market.calendar import build_calendar
from tradewind.statistics import Summary
from tradewind.statistics.deltas import Deltas
from tradewind.statistics.expiry import TimeLeft

from fakes import FakeInstruments

RATE = 0.02
DAYS_PER_YEAR = 243
_ZERO = Decimal(0)
_POSITION = Position(
    account_id="a1",
    book="p1/s1",
    instrument_id=GOLD,
    direction=Direction.LONG,
    today=2,
    yesterday=0,
    frozen_today=0,
    frozen_yesterday=0,
    open_cost=Decimal(1_200_000),
    position_cost=Decimal(1_200_000),
    margin=Decimal(120_000),
    last_price=Decimal(610),
    position_pnl=Decimal(20_000),
    floating_pnl=Decimal(20_000),
    contract_multiplier=1000,
    opened_at=1,
    version=1,
    ts_event=1,
)
_FUNDS = Account(
    account_id="a1",
    book="",
    currency="CNY",
    trading_day=DAY_1,
    pre_balance=Decimal(1_000_000),
    deposit=_ZERO,
    withdraw=_ZERO,
    close_pnl=_ZERO,
    close_pnl_by_trade=_ZERO,
    position_pnl=Decimal(20_000),
    floating_pnl=Decimal(20_000),
    premium=_ZERO,
    commission=_ZERO,
    margin=Decimal(120_000),
    frozen_margin=_ZERO,
    frozen_commission=_ZERO,
    frozen_cash=_ZERO,
    balance=Decimal(1_020_000),
    available=Decimal(900_000),
    version=1,
    ts_event=1,
)
_FILL = Fill(
    fill_id="1",
    order_id="x1",
    client_order_id="o1",
    instruction_id="i1",
    account_id="a1",
    product_code="p1",
    strategy="s1",
    instrument_id=GOLD,
    side=Side.BUY,
    offset=Offset.OPEN,
    quantity=2,
    price=Decimal(600),
    trading_day=DAY_1,
    ts_event=1,
    ts_recv=1,
)


def make_summary(*more: Instrument, sectors: dict[str, str] | None = None) -> Summary:
    """Return an empty core that knows four futures, and these."""
    known = FakeInstruments(
        make_contract(INDEX, 300, is_date_kept=False, price_tick=0.2, price_digits=1),
        make_contract(GOLD, 1000, is_date_kept=True, name="沪金2604"),
        make_contract(GOLD_LATER, 1000, is_date_kept=True),
        make_contract(MEAL, 10, is_date_kept=False, price_tick=1.0, price_digits=0),
        *more,
    )
    calendar = build_calendar("exchange", closing_tolerance_s=3)
    deltas = Deltas(TimeLeft(calendar, days_per_year=DAYS_PER_YEAR), interest_rate=RATE)
    return Summary(instruments=known, deltas=deltas, sectors=sectors or {})


def make_position(**changes: Any) -> Position:
    """Return 2 lots of gold bought today at 600, now 610, with these fields changed."""
    return msgspec.structs.replace(_POSITION, **changes)


def make_funds(**changes: Any) -> Account:
    """Return the funds of the account that holds them."""
    return msgspec.structs.replace(_FUNDS, **changes)


def make_fill(**changes: Any) -> Fill:
    """Return the fill that bought them; a whole price will do."""
    if "price" in changes:
        changes["price"] = Decimal(changes["price"])
    return msgspec.structs.replace(_FILL, **changes)


def make_rows(product_code: str, account_id: str) -> dict[str, Any]:
    """Return a row of one product and account for each topic of the room, by topic."""
    summary, book = make_summary(), f"{product_code}/hand"
    summary.place(make_position(account_id=account_id, book=book), 0)
    summary.fund(make_funds(account_id=account_id, book=book))
    whose = (account_id, product_code, "hand", GOLD)
    group = next(iter(summary.groups.cells))
    return {
        "position_figures": next(iter(summary.positions.values())),
        "account_figures": summary.accounts[account_id, book],
        "trade_statistics": TradeStatistic(
            *whose, Side.BUY, DAY_1, 1, 2, Decimal(1_200_000), Decimal(600), _ZERO, version=1, ts_event=1
        ),
        "order_statistics": OrderStatistic(*whose, Side.SELL, 1, 2, 0, 2, _ZERO, version=1, ts_event=1),
        "position_groups": summary.groups.row(group, version=1, ts_event=1),
    }
