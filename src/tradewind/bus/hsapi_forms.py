"""What the clients of system 004 are shown (`/hsapi/…`), in that system's words: written here once, for both edges.

Decimals are JSON numbers there, exact to the last digit; what is not known is null. Source: seed 004 (C-004-1,
C-004-5, C-004-7); field by field in docs/hsapi.md.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import msgspec

from tradewind.domain.instrument import Instrument
from tradewind.domain.statistics import (
    AccountFigures,
    OrderStatistic,
    PositionFigures,
    PositionGroup,
    TradeStatistic,
)
from tradewind.domain.tick import Tick

ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_NS_PER_MS: Final = 1_000_000


class HsapiStock(msgspec.Struct, frozen=True):
    """A quote, channel `stock`."""

    c_instrument_id: str
    c_exchange_id: str
    instrument_id: str
    trading_day: int
    last_price: float
    volume: int
    turnover: float
    open_interest: float
    bid_price: float | None
    bid_volume: int
    ask_price: float | None
    ask_volume: int
    open_price: float | None
    high_price: float | None
    low_price: float | None
    pre_close_price: float | None
    pre_settlement_price: float | None
    limit_up: float | None
    limit_down: float | None
    change: float | None
    change_percent: float | None
    update_time: int


class HsapiPosition(msgspec.Struct, frozen=True):
    """A position, channel `pos` and `strategy_position`."""

    account_id: str
    product_code: str
    strategy: str
    c_instrument_id: str
    c_instrument_name: str
    c_exchange_id: str
    instrument_id: str
    sector: str
    direction: str
    current_position: int
    today_position: int
    yesterday_position: int
    closable_position: int
    open_price: Decimal | None
    holding_price: Decimal | None
    last_price: Decimal | None
    market_value: Decimal | None
    delta_lots: Decimal | None
    delta: Decimal | None
    delta_value: Decimal | None
    position_pnl: Decimal
    floating_pnl: Decimal
    margin: Decimal
    is_account_total: bool
    update_time: int


class HsapiAccount(msgspec.Struct, frozen=True):
    """Funds, channel `acc` and `strategy_account`."""

    account_id: str
    product_code: str
    strategy: str
    currency: str
    trading_day: int
    pre_balance: Decimal
    balance: Decimal
    available: Decimal
    margin: Decimal
    frozen_margin: Decimal
    frozen_commission: Decimal
    deposit: Decimal
    withdraw: Decimal
    commission: Decimal
    close_pnl: Decimal
    position_pnl: Decimal
    floating_pnl: Decimal
    market_value: Decimal | None
    gross_value: Decimal | None
    delta_value: Decimal | None
    risk_degree: Decimal | None
    leverage: Decimal | None
    is_account_total: bool
    update_time: int


class HsapiTrade(msgspec.Struct, frozen=True):
    """Fills summed up, channel and table `trade_statistic`."""

    account_id: str
    product_code: str
    strategy: str
    c_instrument_id: str
    c_exchange_id: str
    instrument_id: str
    buy_sell: str
    trading_day: int
    trade_count: int
    quantity: int
    turnover: Decimal
    avg_price: Decimal | None
    commission: Decimal
    update_time: int


class HsapiOrder(msgspec.Struct, frozen=True):
    """Working orders summed up, channel and table `order_statistic`."""

    account_id: str
    product_code: str
    strategy: str
    c_instrument_id: str
    c_exchange_id: str
    instrument_id: str
    buy_sell: str
    order_count: int
    quantity: int
    filled_quantity: int
    remaining_quantity: int
    frozen_margin: Decimal
    update_time: int


class HsapiGroup(msgspec.Struct, frozen=True):
    """Positions of a group within an account and product, channel `pos_group_statistic`."""

    group_by: str
    group_name: str
    account_id: str
    product_code: str
    position_count: int
    long_position: int
    short_position: int
    net_position: int
    gross_position: int
    delta_lots: Decimal | None
    delta_value: Decimal | None
    market_value: Decimal | None
    gross_value: Decimal | None
    position_pnl: Decimal
    floating_pnl: Decimal
    margin: Decimal
    unpriced_count: int
    update_time: int


class HsapiContract(msgspec.Struct, frozen=True):
    """A contract of the contract list (ContractList of seed 004)."""

    c_instrument_id: str
    c_instrument_name: str
    c_exchange_id: str
    c_type_name: str
    c_stype_name: str
    instrument_id: str
    contract_multiplier: int | None
    price_tick: float | None
    expire_date: int | None
    strike_price: float | None
    underlying_id: str | None


def stock(tick: Tick) -> HsapiStock:
    """Return a quote; `change` is against the last settlement, of shares against the last close."""
    symbol, _, exchange = tick.instrument_id.rpartition(".")
    before = tick.pre_settlement_price or tick.pre_close_price
    change = None if before is None else round(tick.last_price - before, 8)
    return HsapiStock(
        symbol,
        exchange,
        tick.instrument_id,
        tick.trading_day,
        tick.last_price,
        tick.volume,
        tick.turnover,
        tick.open_interest,
        tick.bid_price,
        tick.bid_volume,
        tick.ask_price,
        tick.ask_volume,
        tick.open_price,
        tick.high_price,
        tick.low_price,
        tick.pre_close_price,
        tick.pre_settlement_price,
        tick.limit_up,
        tick.limit_down,
        change,
        None if change is None or not before else round(change / before * 100, 4),
        tick.ts_event // _NS_PER_MS,
    )


def position(row: PositionFigures) -> HsapiPosition:
    """Return a position."""
    symbol, _, exchange = row.instrument_id.rpartition(".")
    return HsapiPosition(
        account_id=row.account_id,
        product_code=row.product_code,
        strategy=row.strategy,
        c_instrument_id=symbol,
        c_instrument_name=row.instrument_name,
        c_exchange_id=exchange,
        instrument_id=row.instrument_id,
        sector=row.sector,
        direction=row.direction.value,
        current_position=row.quantity,
        today_position=row.today,
        yesterday_position=row.yesterday,
        closable_position=row.closable,
        open_price=row.open_price,
        holding_price=row.holding_price,
        last_price=row.last_price,
        market_value=row.market_value,
        delta_lots=row.delta_lots,
        delta=row.delta,
        delta_value=row.delta_value,
        position_pnl=row.position_pnl,
        floating_pnl=row.floating_pnl,
        margin=row.margin,
        is_account_total=not row.book,
        update_time=row.ts_event // _NS_PER_MS,
    )


def account(row: AccountFigures) -> HsapiAccount:
    """Return funds."""
    shared = {name: getattr(row, name) for name in _ACCOUNT_FIELDS}
    return HsapiAccount(**shared, is_account_total=not row.book, update_time=row.ts_event // _NS_PER_MS)


_ACCOUNT_FIELDS: Final = tuple(
    field for field in HsapiAccount.__struct_fields__ if field not in {"is_account_total", "update_time"}
)


def trade(row: TradeStatistic) -> HsapiTrade:
    """Return a row of fills."""
    symbol, _, exchange = row.instrument_id.rpartition(".")
    return HsapiTrade(
        account_id=row.account_id,
        product_code=row.product_code,
        strategy=row.strategy,
        c_instrument_id=symbol,
        c_exchange_id=exchange,
        instrument_id=row.instrument_id,
        buy_sell=row.side.value,
        trading_day=row.trading_day,
        trade_count=row.fills,
        quantity=row.quantity,
        turnover=row.turnover,
        avg_price=row.avg_price,
        commission=row.commission,
        update_time=row.ts_event // _NS_PER_MS,
    )


def order(row: OrderStatistic) -> HsapiOrder:
    """Return a row of working orders."""
    symbol, _, exchange = row.instrument_id.rpartition(".")
    return HsapiOrder(
        account_id=row.account_id,
        product_code=row.product_code,
        strategy=row.strategy,
        c_instrument_id=symbol,
        c_exchange_id=exchange,
        instrument_id=row.instrument_id,
        buy_sell=row.side.value,
        order_count=row.orders,
        quantity=row.quantity,
        filled_quantity=row.filled_quantity,
        remaining_quantity=row.remaining_quantity,
        frozen_margin=row.frozen_margin,
        update_time=row.ts_event // _NS_PER_MS,
    )


def group(row: PositionGroup) -> HsapiGroup:
    """Return a cell of a group."""
    return HsapiGroup(
        group_by=row.grouping.value,
        group_name=row.name,
        account_id=row.account_id,
        product_code=row.product_code,
        position_count=row.positions,
        long_position=row.long_quantity,
        short_position=row.short_quantity,
        net_position=row.net_quantity,
        gross_position=row.gross_quantity,
        delta_lots=row.delta_lots,
        delta_value=row.delta_value,
        market_value=row.market_value,
        gross_value=row.gross_value,
        position_pnl=row.position_pnl,
        floating_pnl=row.floating_pnl,
        margin=row.margin,
        unpriced_count=row.unpriced,
        update_time=row.ts_event // _NS_PER_MS,
    )


def contract(instrument: Instrument) -> HsapiContract:
    """Return a contract; `c_type_name` is its kind, `c_stype_name` its product."""
    option = instrument.option
    kinds = {"US": "股票", "SSE": "股票", "SZSE": "股票"}
    kind = kinds.get(instrument.exchange, "期货") if option is None else "期权"
    return HsapiContract(
        c_instrument_id=instrument.symbol,
        c_instrument_name=instrument.name,
        c_exchange_id=instrument.exchange,
        c_type_name=kind,
        c_stype_name=instrument.product_id,
        instrument_id=instrument.instrument_id,
        contract_multiplier=instrument.contract_multiplier,
        price_tick=instrument.price_tick,
        expire_date=instrument.expire_date,
        strike_price=None if option is None else option.strike,
        underlying_id=None if option is None else option.underlying_id,
    )


CHANNELS: Final[dict[str, tuple[str, Callable[[Any], msgspec.Struct] | None]]] = {
    "stock": ("quotes", stock),
    "pos": ("position_figures", position),
    "acc": ("account_figures", account),
    "trade_statistic": ("trade_statistics", trade),
    "order_statistic": ("order_statistics", order),
    "pos_group_statistic": ("position_groups", group),
    "chat": ("chat", None),
}
"""Each channel's topic of push, and what turns its values into these forms; `None`: they are shown as they are."""
