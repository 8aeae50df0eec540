"""What people and programs may say to the trading desk: questions about now, and commands. One message, one answer.

The desk is where the order line lives; whoever is elsewhere sends these. A command carries who gives it and by which
door, and a `request_id` that makes it happen once. History is asked of the store, not of the desk.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tradewind.domain.account import Direction
from tradewind.domain.book_messages import BOOK_NEEDS, BookCommand, BookQuestion
from tradewind.domain.instruction import Execution, Intent
from tradewind.domain.message import AccountId, Ask, Directive, InstrumentId, Lots, Name, Text
from tradewind.domain.order import Side
from tradewind.domain.plan import PlanParams
from tradewind.domain.prices import require_amount
from tradewind.domain.rights import Permission
from tradewind.domain.statement_review import STATEMENT_NEEDS, AskStatements, StatementCommand
from tradewind.domain.statistics import StatisticsKind
from tradewind.domain.trading_state import Scope, TradingMode

if TYPE_CHECKING:
    from collections.abc import Mapping

Filter = Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=500)]


class AskAccounts(Ask, frozen=True, kw_only=True, tag="accounts"):
    """Funds of every account, with its books."""


class AskPositions(Ask, frozen=True, kw_only=True, tag="positions"):
    """Positions that have lots, of accounts and of books."""


class AskLots(Ask, frozen=True, kw_only=True, tag="lots"):
    """Each lot of a position with what it cost and earns: every yuan explained."""

    account_id: AccountId
    instrument_id: InstrumentId
    direction: Direction
    book: str = ""


class AskEquity(Ask, frozen=True, kw_only=True, tag="equity"):
    """Equity through today; of past days by the end of each."""

    account_id: AccountId
    book: str = ""


class AskDayResults(Ask, frozen=True, kw_only=True, tag="day_results"):
    """What the day has brought an account and its books so far, contract by contract; or one book alone."""

    account_id: AccountId
    book: str = ""


class AskOrders(Ask, frozen=True, kw_only=True, tag="orders"):
    """Orders that are live, or that ended lately."""

    is_live: bool = False


class AskQueue(Ask, frozen=True, kw_only=True, tag="queue"):
    """What waits for its turn to be sent, and the state of the broker."""


class AskInstructions(Ask, frozen=True, kw_only=True, tag="instructions"):
    """Instructions that are live, or that ended lately."""


class AskPlans(Ask, frozen=True, kw_only=True, tag="plans"):
    """Trading plans with their parameters."""


class AskTriggers(Ask, frozen=True, kw_only=True, tag="triggers"):
    """What plans did lately."""


class AskLimits(Ask, frozen=True, kw_only=True, tag="limits"):
    """Limits of the gate with how much of each is used, and the regulatory counters."""


class AskTradingStates(Ask, frozen=True, kw_only=True, tag="trading_states"):
    """Which scopes are reducing or halted, by whom and why."""


class WishedLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One contract of a wish. `intent` open, close, or auto: close what stands against it first."""

    instrument_id: InstrumentId
    side: Side
    quantity: Lots
    intent: Intent = Intent.AUTO
    execution: Execution = Execution()


class AskWhatIf(Ask, frozen=True, kw_only=True, tag="what_if"):
    """Would these pass, and what would margin, funds and limits be: the gate's own code, nothing sent."""

    account_id: AccountId
    lines: Annotated[tuple[WishedLine, ...], Meta(min_length=1, max_length=1000)]
    product_code: Annotated[str, Meta(max_length=32)] = ""
    strategy: Annotated[str, Meta(max_length=64)] = ""


class AskClose(Ask, frozen=True, kw_only=True, tag="close"):
    """What closing a position would mean; the answer's `confirmation` lets exactly this be done."""

    account_id: AccountId
    instrument_id: InstrumentId
    direction: Direction
    quantity: Lots | None = None
    """`None`: all that can be closed."""
    book: str = ""


class AskStatistics(Ask, frozen=True, kw_only=True, tag="statistics"):
    """The tables of the statistics room, as far as the asker may see them; an empty filter lets everything through."""

    kinds: Annotated[tuple[StatisticsKind, ...], Meta(min_length=1, max_length=5)]
    products: Filter = ()
    accounts: Filter = ()
    strategies: Filter = ()
    instruments: Filter = ()


class Submit(Directive, frozen=True, kw_only=True, tag="submit"):
    """Begin an instruction."""

    account_id: AccountId
    lines: Annotated[tuple[WishedLine, ...], Meta(min_length=1, max_length=1000)]
    product_code: Annotated[str, Meta(max_length=32)] = ""
    strategy: Annotated[str, Meta(max_length=64)] = ""
    reason: Text = ""


class CancelInstruction(Directive, frozen=True, kw_only=True, tag="cancel_instruction"):
    """Take an instruction back."""

    instruction_id: Annotated[str, Meta(min_length=1, max_length=200)]
    reason: Text = ""


class CancelOrder(Directive, frozen=True, kw_only=True, tag="cancel_order"):
    """Take one order back for good."""

    client_order_id: Annotated[str, Meta(min_length=1, max_length=220)]
    reason: Text = ""


class Close(Directive, frozen=True, kw_only=True, tag="close"):
    """Close a position; `confirmation` is what `AskClose` answered, for exactly these words."""

    account_id: AccountId
    instrument_id: InstrumentId
    direction: Direction
    confirmation: Annotated[str, Meta(min_length=1, max_length=64)]
    quantity: Lots | None = None
    book: str = ""
    execution: Execution = Execution(patience_s=5)


class DefinePlan(Directive, frozen=True, kw_only=True, tag="define_plan"):
    """Make a plan, or set what its next start uses."""

    name: Name
    params: PlanParams


class StartPlan(Directive, frozen=True, kw_only=True, tag="start_plan"):
    """Start a plan."""

    name: Name


class StopPlan(Directive, frozen=True, kw_only=True, tag="stop_plan"):
    """Stop a plan; its positions stay."""

    name: Name


class SwapPlan(Directive, frozen=True, kw_only=True, tag="swap_plan"):
    """Give a running plan its changed parameters without a stop."""

    name: Name


class SetMode(Directive, frozen=True, kw_only=True, tag="set_mode"):
    """Halt, reduce or release a scope. HALTED of the platform is the emergency stop.

    Release (`active`) needs the typed phrase that the desk asks for.
    """

    mode: TradingMode
    scope: Scope = Scope.PLATFORM
    key: Annotated[str, Meta(max_length=64)] = ""
    reason: Text = ""
    phrase: Annotated[str, Meta(max_length=200)] = ""


class MoveCash(Directive, frozen=True, kw_only=True, tag="move_cash"):
    """Pay in (positive) or take out (negative)."""

    account_id: AccountId
    amount: Decimal
    reason: Text = ""
    book: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be money."""
        require_amount(self.amount, "amount")


class TendAccount(Directive, frozen=True, kw_only=True, tag="tend_account"):
    """See to an account's link to its broker: compare holdings now, or log in again after a refusal was mended."""

    account_id: AccountId
    wish: Literal["compare", "log_in"]


Question = (
    AskAccounts | AskPositions | AskLots | AskEquity | AskDayResults | AskOrders | AskQueue | AskInstructions | AskPlans
    | AskTriggers | AskLimits | AskTradingStates | AskWhatIf | AskClose | AskStatistics | AskStatements | BookQuestion
)  # fmt: skip
Command = (
    Submit | CancelInstruction | CancelOrder | Close | DefinePlan | StartPlan | StopPlan | SwapPlan | SetMode | MoveCash
    | TendAccount | StatementCommand | BookCommand
)  # fmt: skip

_P = Permission
NEEDS: Final[Mapping[type[Ask | Directive], Permission]] = {
    **dict.fromkeys((AskAccounts, AskPositions, AskLots, AskEquity, AskOrders, AskQueue, AskInstructions), _P.VIEW),
    **dict.fromkeys((AskPlans, AskTriggers, AskLimits, AskTradingStates, AskClose, AskDayResults), _P.VIEW),
    **dict.fromkeys((AskWhatIf, AskStatistics), _P.VIEW),
    **dict.fromkeys((Submit, CancelInstruction, CancelOrder, Close, TendAccount), _P.TRADE),
    **dict.fromkeys((DefinePlan, StartPlan, StopPlan, SwapPlan), _P.PLAN),
    SetMode: _P.HALT,
    MoveCash: _P.CASH,
    **BOOK_NEEDS,
    **STATEMENT_NEEDS,
}
"""The permission each message asks for; what it covers of the asker's goes along (`domain.rights.Reach`)."""


def needs(message: Question | Command) -> Permission:
    """Return the permission this very message asks for: letting trading go on is not stopping it."""
    if isinstance(message, SetMode) and message.mode is TradingMode.ACTIVE:
        return Permission.RELEASE
    return NEEDS[type(message)]
