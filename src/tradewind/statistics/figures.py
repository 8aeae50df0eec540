"""From the ledger's positions and accounts to rows with delta, value and risk: pure, one row from its facts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from tradewind.domain.account import Account, Position
from tradewind.domain.statistics import AccountFigures, PositionFigures

if TYPE_CHECKING:
    from tradewind.statistics.deltas import UnitDelta

RESIDUAL: Final = "/"
"""The book of what belongs to no product and no strategy."""
_RATIO: Final = Decimal("0.000001")


class Named(NamedTuple):
    """What people call a contract, and where it belongs."""

    name: str
    exchange: str
    sector: str


class Worth(NamedTuple):
    """What the positions of a book are worth together; `unpriced` counts those of which it is not known."""

    market_value: Decimal
    gross_value: Decimal
    delta_value: Decimal
    unpriced: int


def owner_of(book: str) -> tuple[str, str]:
    """Return product and strategy of a book."""
    product, _, strategy = book.partition("/")
    return product, strategy


def position_figures(position: Position, named: Named, unit: UnitDelta | None) -> PositionFigures:
    """Return the row of a position; `unit` is the delta of one unit of it, `None` where not known."""
    product, strategy = owner_of(position.book)
    quantity = position.quantity
    signed = quantity * position.direction.sign
    units = signed * position.contract_multiplier
    price = position.last_price
    return PositionFigures(
        account_id=position.account_id,
        product_code=product,
        strategy=strategy,
        book=position.book,
        instrument_id=position.instrument_id,
        instrument_name=named.name,
        exchange=named.exchange,
        sector=named.sector,
        direction=position.direction,
        quantity=quantity,
        today=position.today,
        yesterday=position.yesterday,
        closable=position.closable,
        open_price=position.open_price,
        holding_price=position.holding_price,
        last_price=price,
        market_value=None if price is None else price * units,
        delta_lots=None if unit is None else unit.delta * signed,
        delta=None if unit is None else unit.delta * units,
        delta_value=None if unit is None else unit.delta * units * unit.price,
        position_pnl=position.position_pnl,
        floating_pnl=position.floating_pnl,
        margin=position.margin,
        version=position.version,
        ts_event=position.ts_event,
    )


def account_figures(account: Account, worth: Worth) -> AccountFigures:
    """Return the row of an account or of one of its books."""
    product, strategy = owner_of(account.book)
    is_known = not worth.unpriced
    return AccountFigures(
        account_id=account.account_id,
        product_code=product,
        strategy=strategy,
        book=account.book,
        currency=account.currency,
        trading_day=account.trading_day,
        pre_balance=account.pre_balance,
        balance=account.balance,
        available=account.available,
        margin=account.margin,
        frozen_margin=account.frozen_margin,
        frozen_commission=account.frozen_commission,
        deposit=account.deposit,
        withdraw=account.withdraw,
        commission=account.commission,
        close_pnl=account.close_pnl,
        position_pnl=account.position_pnl,
        floating_pnl=account.floating_pnl,
        market_value=worth.market_value if is_known else None,
        gross_value=worth.gross_value if is_known else None,
        delta_value=worth.delta_value if is_known else None,
        risk_degree=_ratio(account.margin, account.balance),
        leverage=_ratio(worth.gross_value, account.balance) if is_known else None,
        version=account.version,
        ts_event=account.ts_event,
    )


def _ratio(part: Decimal, whole: Decimal) -> Decimal | None:
    """Return part ÷ whole to six decimals; `None` without a whole above 0."""
    return (part / whole).quantize(_RATIO) if whole > 0 else None
