"""Funds and what is held: accounts with their books, positions, lots, equity, limits, cash, and the emergency stop."""

from __future__ import annotations

from decimal import Decimal

from tradewind.client.answers.funds import EquityView, LotView
from tradewind.client.answers.judged import HaltAnswer, LimitsView
from tradewind.client.calls import Call, act, ask
from tradewind.client.modes import Area, M, route
from tradewind.domain.account import Account, Direction, Position
from tradewind.domain.trading_state import Scope, TradingMode, TradingState


class Funds(Area[M]):
    """Money is exact: `Decimal`. A `book` is `product/strategy`, empty for the account itself."""

    @route
    def accounts(self) -> Call[list[Account]]:
        """List the funds of every account and of its books."""
        return ask("/api/v1/accounts", list[Account])

    @route
    def positions(self) -> Call[list[Position]]:
        """List the positions that have lots, of accounts and of their books."""
        return ask("/api/v1/positions", list[Position])

    @route
    def lots(
        self, account_id: str, instrument_id: str, direction: Direction | str, *, book: str = ""
    ) -> Call[list[LotView]]:
        """List the lots of one position: when each was opened, at what price, and what it has earned since."""
        return ask(
            "/api/v1/lots", list[LotView], account=account_id, instrument=instrument_id, direction=direction, book=book
        )

    @route
    def equity(self, account_id: str, *, book: str = "") -> Call[EquityView]:
        """Return an account's equity: today's course, and the end of each past day."""
        return ask("/api/v1/equity", EquityView, account=account_id, book=book)

    @route
    def limits(self) -> Call[LimitsView]:
        """List the limits of the risk gate with how much of each is used, and the regulatory counters."""
        return ask("/api/v1/limits", LimitsView)

    @route
    def move_cash(
        self, account_id: str, amount: Decimal, *, reason: str = "", book: str = "", key: str = ""
    ) -> Call[Account | None]:
        """Record money paid in (positive) or taken out (negative)."""
        body = {"account_id": account_id, "amount": amount, "reason": reason, "book": book}
        return act("/api/v1/cash", Account | None, body, key=key)


class Halting(Area[M]):
    """Stopping is never kept waiting: an act of this area may be repeated, a halt twice is a halt."""

    @route
    def states(self) -> Call[list[TradingState]]:
        """List the scopes that are reducing or halted, by whom and why."""
        return ask("/api/v1/trading-states", list[TradingState])

    @route
    def emergency_stop(self, reason: str, *, key: str = "") -> Call[HaltAnswer]:
        """Stop all plans, cancel all live orders, refuse new ones until somebody releases it."""
        return act("/api/v1/emergency-stop", HaltAnswer, {"confirm": "STOP", "reason": reason}, key=key)

    @route
    def set_mode(
        self,
        mode: TradingMode | str,
        *,
        scope: Scope | str = Scope.PLATFORM,
        name: str = "",
        reason: str = "",
        phrase: str = "",
        key: str = "",
    ) -> Call[HaltAnswer]:
        """Halt, reduce or (`active`) release one scope; a release needs the typed phrase that a refusal names."""
        body = {"mode": mode, "scope": scope, "key": name, "reason": reason, "phrase": phrase}
        return act("/api/v1/trading-states", HaltAnswer, body, key=key)
