"""The rows of what days and trades brought; profits and fees of a trade only once the ledger has told them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.stores.sql.puts import Put
from tradewind.stores.sql.result_tables import DAY_PARTS, DAY_RESULTS, TRADE_RESULTS

if TYPE_CHECKING:
    from tradewind.domain.account import Booking
    from tradewind.domain.day_result import DayPart, DayResult

_FUNDS = (
    "currency", "pre_balance", "deposit", "withdraw", "close_pnl", "position_pnl", "commission", "balance", "margin",
)  # fmt: skip
_PART = ("close_pnl", "position_pnl", "commission", "bought", "sold", "contract_multiplier", "price")
_FILL = (
    "account_id", "product_code", "strategy", "instruction_id", "instrument_id", "trading_day", "quantity", "price",
    "ts_event",
)  # fmt: skip


def day_rows(result: DayResult) -> list[Put]:
    """Return the rows of an ended day: its funds, and each contract's part."""
    key = (("account_id", result.account_id), ("book", result.book), ("trading_day", result.trading_day))
    values = {name: getattr(result, name) for name in _FUNDS} | {"settled_at": result.ts_event}
    return [Put(DAY_RESULTS.name, key, values), *(_part_row(key, part) for part in result.parts)]


def trade_row(booking: Booking, name: str) -> Put:
    """Return the row of a booked fill, which goes by `name`."""
    fill = booking.fill
    values = {each: getattr(fill, each) for each in _FILL} | {
        "trader": booking.trader,
        "side": fill.side.value,
        "position_offset": fill.offset.value,
        "contract_multiplier": booking.contract_multiplier,
        "commission": booking.commission,
        "close_pnl": booking.close_pnl,
        "close_pnl_by_trade": booking.close_pnl_by_trade,
        "opened_at": booking.opened_at,
    }
    return Put(TRADE_RESULTS.name, (("trade_id", name),), values)


def _part_row(key: tuple[tuple[str, object], ...], part: DayPart) -> Put:
    values = {name: getattr(part, name) for name in _PART} | {"long_lots": part.long, "short_lots": part.short}
    return Put(DAY_PARTS.name, (*key, ("instrument_id", part.instrument_id)), values)
