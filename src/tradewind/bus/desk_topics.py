"""Every topic of the order line, in flow order: from an instruction to the money.

They travel on an `OrderedBus`: each event reaches every room before the next, in the order it was published, and the
journal hears it first. What the journal keeps is `JOURNALLED`; the rest follows from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.bus.topics import Topic
from tradewind.domain.account import Account, Booking, CashMove, Position, Settlement
from tradewind.domain.act import Act
from tradewind.domain.day_result import DayResult
from tradewind.domain.instruction import Instruction, Trigger
from tradewind.domain.order import ApprovedOrder, CancelRequest, Fill, Order, OrderRequest, RefusedOrder
from tradewind.domain.plan import TradingPlan
from tradewind.domain.statement_review import StatementReview
from tradewind.domain.statistics import AccountFigures, OrderStatistic, PositionFigures, PositionGroup, TradeStatistic
from tradewind.domain.trading_state import LimitWarning, TradingState

if TYPE_CHECKING:
    from collections.abc import Mapping

INSTRUCTIONS: Final = Topic(
    "instructions",
    Instruction,
    "instructions",
    "stream",
    "tradewind:instructions",
    "the parents of orders, each change a version",
)
PLANS: Final = Topic(
    "plans", TradingPlan, "instructions", "stream", "tradewind:plans", "trading plans: started, stopped, changed"
)
TRIGGERS: Final = Topic(
    "triggers", Trigger, "instructions", "stream", "tradewind:triggers", "what a strategy's policy did, and the outcome"
)
ORDER_REQUESTS: Final = Topic(
    "order_requests", OrderRequest, "instructions", "stream", "tradewind:order_requests", "orders that want to pass"
)
CANCEL_REQUESTS: Final = Topic(
    "cancel_requests", CancelRequest, "instructions", "stream", "tradewind:cancel_requests", "orders to take back"
)
APPROVED_ORDERS: Final = Topic(
    "approved_orders", ApprovedOrder, "pretrade", "stream", "tradewind:approved_orders", "orders that passed the gate"
)
REFUSED_ORDERS: Final = Topic(
    "refused_orders", RefusedOrder, "pretrade", "stream", "tradewind:refused_orders", "orders that did not, and why"
)
TRADING_STATES: Final = Topic(
    "trading_states",
    TradingState,
    "pretrade",
    "stream",
    "tradewind:trading_states",
    "active, reducing, halted, by scope",
)
LIMIT_WARNINGS: Final = Topic(
    "limit_warnings",
    LimitWarning,
    "pretrade",
    "stream",
    "tradewind:limit_warnings",
    "limits and counters that near their end",
)
ORDERS: Final = Topic("orders", Order, "execution", "stream", "tradewind:orders", "every change of every order")
FILLS: Final = Topic("fills", Fill, "execution", "stream", "tradewind:fills", "what was done")
CASH_MOVES: Final = Topic("cash_moves", CashMove, "portfolio", "stream", "tradewind:cash_moves", "money in and out")
SETTLEMENTS: Final = Topic(
    "settlements", Settlement, "portfolio", "stream", "tradewind:settlements", "ends of trading days"
)
STATEMENT_REVIEWS: Final = Topic(
    "statement_reviews",
    StatementReview,
    "portfolio",
    "stream",
    "tradewind:statement_reviews",
    "brokers' statements compared with the books, and who confirmed them",
)
ACTS: Final = Topic("acts", Act, "audit", "stream", "tradewind:acts", "what people and programs did that is no order")
BOOKINGS: Final = Topic(
    "bookings", Booking, "portfolio", "stream", "tradewind:bookings", "what each fill cost and earned"
)
DAY_RESULTS: Final = Topic(
    "day_results",
    DayResult,
    "portfolio",
    "stream",
    "tradewind:day_results",
    "what an ended day brought each account and book, contract by contract",
)
POSITIONS: Final = Topic(
    "positions", Position, "portfolio", "stream", "tradewind:positions", "lots held, with both ways of counting"
)
ACCOUNTS: Final = Topic("accounts", Account, "portfolio", "stream", "tradewind:accounts", "funds")
TRADE_STATISTICS: Final = Topic(
    "trade_statistics",
    TradeStatistic,
    "statistics",
    "stream",
    "tradewind:trade_statistics",
    "the day's fills by account, product, strategy, contract and side",
)
ORDER_STATISTICS: Final = Topic(
    "order_statistics",
    OrderStatistic,
    "statistics",
    "stream",
    "tradewind:order_statistics",
    "working orders by account, product, strategy, contract and side",
)
POSITION_FIGURES: Final = Topic(
    "position_figures",
    PositionFigures,
    "statistics",
    "stream",
    "tradewind:position_figures",
    "positions with delta and market value",
)
ACCOUNT_FIGURES: Final = Topic(
    "account_figures",
    AccountFigures,
    "statistics",
    "stream",
    "tradewind:account_figures",
    "funds with risk degree and leverage",
)
POSITION_GROUPS: Final = Topic(
    "position_groups",
    PositionGroup,
    "statistics",
    "stream",
    "tradewind:position_groups",
    "positions by product, strategy, exchange, sector and trader",
)

SUMMED_UP: Final = (TRADE_STATISTICS, ORDER_STATISTICS, POSITION_FIGURES, ACCOUNT_FIGURES, POSITION_GROUPS)
"""What the statistics room makes of the rest."""
JOURNALLED: Final = (
    PLANS, INSTRUCTIONS, TRIGGERS, ORDER_REQUESTS, CANCEL_REQUESTS, APPROVED_ORDERS, REFUSED_ORDERS, TRADING_STATES,
    LIMIT_WARNINGS, ORDERS, FILLS, CASH_MOVES, SETTLEMENTS, STATEMENT_REVIEWS, ACTS,
)  # fmt: skip
"""What is of record. Positions and accounts follow from fills, cash moves and settlements."""

TOLD: Final = (
    INSTRUCTIONS, PLANS, TRIGGERS, TRADING_STATES, LIMIT_WARNINGS, ORDERS, FILLS, POSITIONS, ACCOUNTS, *SUMMED_UP,
)  # fmt: skip
"""What people see live: where the order line is a process of its own, copies of these go to Redis."""

DESK_TOPICS: Final[Mapping[str, Topic[Any]]] = {
    topic.name: topic for topic in (*JOURNALLED, BOOKINGS, DAY_RESULTS, POSITIONS, ACCOUNTS, *SUMMED_UP)
}
