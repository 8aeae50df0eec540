"""Whose something is: the (product, account) of each event, by which a reach covers it or does not.

The desk, the record and push all ask here, so that nobody sees at one door what another keeps from them. What cannot
be told to be anybody's is covered by a whole reach only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

import msgspec

from tradewind.domain.account import Account, Position
from tradewind.domain.day_result import DayResult
from tradewind.domain.instruction import Instruction, Trigger
from tradewind.domain.order import Fill, Order
from tradewind.domain.plan import TradingPlan
from tradewind.domain.rights import EVERY
from tradewind.domain.statistics import AccountFigures, OrderStatistic, PositionFigures, PositionGroup, TradeStatistic
from tradewind.domain.trading_state import LimitWarning, Scope, TradingState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tradewind.domain.rights import Reach

    Owner = tuple[str, str]
    PlanOf = Callable[[str], TradingPlan | None]

_EVERYBODYS: Final = frozenset({Scope.PLATFORM, Scope.INSTRUMENT})


def owner_of_book(book: str, account_id: str) -> Owner:
    """Return whose a book is; the account's own ("") belongs to no product."""
    return book.partition("/")[0], account_id


def covers_all(reach: Reach, owners: Iterable[Owner]) -> bool:
    """Say whether a reach covers each of these; of none it is said only where the reach is whole."""
    found = tuple(owners)
    return reach.is_whole or (bool(found) and all(reach.covers(*owner) for owner in found))


def owners_of_plan(plan: TradingPlan | None) -> tuple[Owner, ...]:
    """Return whose a plan is, by what it runs with and by what its next start will use; where there is none, no one."""
    if plan is None:
        return ()
    return tuple(dict.fromkeys((params.product_code, params.account_id) for params in (plan.params, plan.next_params)))


def owners_of_scope(scope: Scope, key: str, plan_of: PlanOf) -> tuple[Owner, ...]:
    """Return what a whole scope takes in: all of an account, of a product, of a plan; the rest takes a whole reach."""
    match scope:
        case Scope.ACCOUNT:
            return (("", key),)
        case Scope.PRODUCT:
            return ((key, EVERY),)
        case Scope.STRATEGY:
            return owners_of_plan(plan_of(key))
        case Scope.PLATFORM | Scope.INSTRUMENT:
            return ()


def is_concerned(reach: Reach, state: TradingState, plan_of: PlanOf) -> bool:
    """Say whether somebody may know that a scope is halted: whoever reaches anything in it, orders of theirs stand."""
    if reach.is_whole or state.scope in _EVERYBODYS:
        return bool(reach)
    if state.scope is Scope.STRATEGY:
        return covers_all(reach, owners_of_plan(plan_of(state.key)))
    place = 0 if state.scope is Scope.PRODUCT else 1
    return any(pair[place] in {EVERY, state.key} for pair in reach.pairs)


_Named = Fill | Instruction | TradeStatistic | OrderStatistic | PositionFigures | AccountFigures | PositionGroup


def _owner_named(event: _Named) -> Owner:
    return event.product_code, event.account_id


_OWNER: Final[Mapping[type, Callable[[Any], Owner]]] = {
    Position: lambda held: owner_of_book(held.book, held.account_id),
    DayResult: lambda result: owner_of_book(result.book, result.account_id),
    Account: lambda account: owner_of_book(account.book, account.account_id),
    Order: lambda order: (order.request.product_code, order.request.account_id),
    **dict.fromkeys(get_args(_Named), _owner_named),
}


def may_see(reach: Reach, event: object, plan_of: PlanOf) -> bool:
    """Say whether a reach covers an event of the desk; of a kind that is not known, only a whole one does."""
    if reach.is_whole:
        return True
    owner = _OWNER.get(type(event))
    if owner is not None:
        return reach.covers(*owner(event))
    match event:
        case TradingPlan():
            return covers_all(reach, owners_of_plan(event))
        case Trigger():
            return covers_all(reach, owners_of_plan(plan_of(event.strategy)))
        case TradingState():
            return is_concerned(reach, event, plan_of)
        case LimitWarning():
            return covers_all(reach, owners_of_scope(event.scope, _scope_key(event), plan_of))
        case _:
            return False


def as_seen(reach: Reach, event: Any) -> Any:  # noqa: ANN401 - an event of the desk, and the same
    """Return an event that a reach covers without what in it is told only to who sees all of its account."""
    if not isinstance(event, Instruction) or reach.covers("", event.account_id):
        return event
    if not any(line.weighed for line in event.adjustments):
        return event
    lines = tuple(msgspec.structs.replace(line, weighed="") for line in event.adjustments)
    return msgspec.structs.replace(event, adjustments=lines)


def _scope_key(warning: LimitWarning) -> str:
    """Return the key of a warning's scope: what is counted by contract has "account/contract" in its place."""
    account_id, _, contract = warning.key.rpartition("/")
    return account_id if warning.scope is Scope.ACCOUNT and "." in contract and account_id else warning.key
