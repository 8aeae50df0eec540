"""Compares a broker's statement with our books of that day, to the cent, and says why where it can.

Trades are compared one by one, positions by both ways of counting, then the money. What follows from a difference
that is already named is explained by it; what nothing explains stays so. Amounts are theirs less ours.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from tradewind.domain.statement_review import Difference
from tradewind.portfolio.matching_positions import position_differences
from tradewind.portfolio.matching_trades import trade_differences

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tradewind.domain.ended_day import EndedDay
    from tradewind.domain.statement import Statement
    from tradewind.domain.statement_review import Cause, StatementReview

_ZERO: Final = Decimal(0)
_CENT: Final = Decimal("0.01")
_HALF_A_CENT: Final = Decimal("0.005")
_RATIO_STEP: Final = Decimal("0.0001")
_ADDED: Final = {
    "期权执行盈亏": 1,
    "行权手续费": -1,
    "交割手续费": -1,
    "权利金收入": 1,
    "权利金支出": -1,
    "质押变化金额": 1,
}
"""Amounts beside the usual ones that change a balance, with their sign."""


def reconcile(day: EndedDay, statement: Statement, before: StatementReview | None) -> tuple[Difference, ...]:
    """Return every difference between them; `before` is the review of the day before, whose balance this began with."""
    trades = trade_differences(day, statement)
    positions = position_differences(day, statement, before)
    return (*trades, *positions, *_Funds(day, statement, before, trades, positions).differences())


def cents(amount: Decimal) -> Decimal:
    """Return an amount as a statement prints it."""
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)


class _Funds:
    """The comparison of the summary, line by line."""

    def __init__(
        self,
        day: EndedDay,
        statement: Statement,
        before: StatementReview | None,
        trades: list[Difference],
        positions: list[Difference],
    ) -> None:
        self._day = day
        self._statement = statement
        self._before = before
        self._trades = trades
        self._positions = positions
        self._found: dict[str, Difference] = {}
        self._rounding = _HALF_A_CENT * (len(statement.trades) + len(statement.lots) + 2)

    def differences(self) -> list[Difference]:
        """Return them in the order of a statement."""
        funds, day = self._statement.funds, self._day
        self._compare("pre_balance", day.pre_balance, self._carried())
        self._compare("moved", day.deposit - day.withdraw, None)
        is_by_day = self._statement.counting == "by_day"
        self._compare("close_pnl", day.close_pnl if is_by_day else day.close_pnl_by_trade, ("close_pnl", "trade."))
        if is_by_day:
            self._compare("position_pnl", day.position_pnl, ("position_pnl", "position."))
        self._compare("floating_pnl", day.floating_pnl, ("floating_pnl", "position."))
        self._compare_commission()
        parts = sum((self._amount(name) for name in ("pre_balance", "moved", "close_pnl", "position_pnl")), _ZERO)
        parts += self._others() - self._amount("commission")
        if is_by_day:
            self._compare("balance", day.balance, parts)
        self._compare("equity", day.balance, parts)
        self._compare("margin", day.margin, ("margin", "position."))
        self._compare("available", day.available, parts - self._amount("margin"))
        self._compare_ratio()
        other = [
            Difference(code="funds.other", ours=_ZERO, theirs=amount, detail={"name": name})
            for name, amount in funds.other.items()
            if amount and _sign(name)
        ]
        return [*self._found.values(), *other, *self._arithmetic()]

    def _compare(self, name: str, ours: Decimal, why: Decimal | tuple[str, str] | None) -> None:
        """Compare one line; `why` is the amount that other lines explain, or whose details sum to it."""
        theirs: Decimal | None = getattr(self._statement.funds, name)
        if theirs is None or theirs == cents(ours):
            return
        amount = theirs - ours
        cause: Cause = ""
        if isinstance(why, tuple):
            part, kind = why
            known = _sum_of([*self._trades, *self._positions], kind, part)
            if known and abs(amount - known) <= self._rounding:
                cause = "sum_of_trades" if kind == "trade." else "sum_of_positions"
        elif why and abs(amount - why) <= self._rounding:
            cause = "carried" if name == "pre_balance" else "sum_of_parts"
        if not cause and abs(amount) <= self._rounding and name not in {"moved", "pre_balance"}:
            cause = "rounding"
        self._found[name] = Difference(code=f"funds.{name}", ours=cents(ours), theirs=theirs, cause=cause)

    def _compare_commission(self) -> None:
        self._compare("commission", self._day.commission, ("commission", "trade."))
        found, fees = self._found.get("commission"), self._day.message_fees
        if found is not None and not found.cause and fees:
            rest = found.amount - _sum_of(self._trades, "trade.", "commission")
            if abs(rest + fees) <= self._rounding:
                self._found["commission"] = Difference(
                    code=found.code,
                    ours=found.ours,
                    theirs=found.theirs,
                    cause="message_fees",
                    detail={"ours": str(cents(fees))},
                )

    def _compare_ratio(self) -> None:
        funds, day = self._statement.funds, self._day
        if funds.risk_degree is None or day.balance <= 0:
            return
        ours = (day.margin / day.balance).quantize(_RATIO_STEP, rounding=ROUND_HALF_UP)
        if abs(funds.risk_degree - ours) <= _RATIO_STEP:
            return
        follows = funds.margin is not None and funds.equity and (self._found.keys() & {"margin", "equity"})
        is_theirs = follows and abs((funds.margin or _ZERO) / (funds.equity or 1) - funds.risk_degree) <= _RATIO_STEP
        self._found["risk_degree"] = Difference(
            code="funds.risk_degree", ours=ours, theirs=funds.risk_degree, cause="sum_of_parts" if is_theirs else ""
        )

    def _carried(self) -> Decimal | None:
        """Return by how much their balance exceeded ours the day before."""
        if self._before is None:
            return None
        return next((each.amount for each in self._before.differences if each.code == "funds.balance"), None)

    def _amount(self, name: str) -> Decimal:
        """Return by how much they differ on a line; what a rounding would hide too."""
        theirs: Decimal | None = getattr(self._statement.funds, name)
        found = self._found.get(name)
        return _ZERO if theirs is None or found is None else found.amount

    def _others(self) -> Decimal:
        return sum((_sign(name) * amount for name, amount in self._statement.funds.other.items()), _ZERO)

    def _arithmetic(self) -> list[Difference]:
        """Say where their own lines do not add up: an amount was misread, or there is one we have no word for."""
        funds = self._statement.funds
        named = (funds.pre_balance, funds.moved, funds.close_pnl, funds.position_pnl, funds.commission)
        if self._statement.counting != "by_day" or funds.balance is None or any(each is None for each in named):
            return []
        pre, moved, close, position, commission = (each or _ZERO for each in named)
        total = pre + moved + close + position - commission + self._others()
        if total == funds.balance:
            return []
        return [Difference(code="statement.arithmetic", ours=total, theirs=funds.balance)]


def _sum_of(differences: Iterable[Difference], kind: str, part: str) -> Decimal:
    """Return how much differences of trades or positions add to one line of the summary."""
    total = _ZERO
    for each in differences:
        if each.code == f"{kind}{part}":
            total += each.amount
        elif each.code in {f"{kind}missing", f"{kind}unknown"} and part in each.detail:
            # A whole trade on one side: what it cost or brought there is the difference.
            sign = 1 if each.code == f"{kind}unknown" else -1
            total += sign * Decimal(each.detail[part])
    return total


def _sign(name: str) -> int:
    return next((sign for word, sign in _ADDED.items() if name.replace(" ", "").startswith(word)), 0)
