"""How far somebody reaches at the desk: refuses what goes beyond it, and tells nobody what lies there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.desk import needs
from tradewind.domain.rights import EVERY, beyond
from tradewind.domain.whose import covers_all, owners_of_plan, owners_of_scope
from tradewind.errors import InputError, NotAllowedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tradewind.domain.desk import Command, Question
    from tradewind.domain.plan import TradingPlan
    from tradewind.domain.rights import Reach
    from tradewind.domain.trading_state import Scope
    from tradewind.domain.whose import Owner
    from tradewind.pretrade.what_if import WhatIf
    from tradewind.runtime.desk.rooms import DeskRooms


class Bounds:
    """Holds what people name against what they reach."""

    def __init__(self, rooms: DeskRooms) -> None:
        self._rooms = rooms

    def plan_of(self, name: str) -> TradingPlan | None:
        """Return the plan of that name, `None` where there is none."""
        return next((plan for plan in self._rooms.instructions.desk.plans() if plan.name == name), None)

    def require(self, reach: Reach, message: Question | Command, owners: Iterable[Owner]) -> None:
        """Go on only if the reach covers each of these, or is whole.

        Raises: NotAllowedError: it does not, or there are none: what does not exist is beyond everybody's reach alike.
        """
        if not covers_all(reach, owners):
            raise NotAllowedError(beyond(needs(message)))

    def require_book(
        self, reach: Reach, message: Question | Command, product_code: str, account_id: str, strategy: str
    ) -> None:
        """Go on only if the reach covers that product and account, and the plan in whose name it would be done.

        Raises: NotAllowedError: it does not.
        """
        self.require(reach, message, ((product_code, account_id), *owners_of_plan(self.plan_of(strategy))))

    def has(self, reach: Reach, scope: Scope, key: str) -> bool:
        """Say whether all of a scope is covered."""
        return covers_all(reach, owners_of_scope(scope, key, self.plan_of))

    def own_part(self, judged: WhatIf, reach: Reach) -> WhatIf:
        """Leave out funds and limits over more than the asker reaches; the decision itself stays whole."""
        return msgspec.structs.replace(
            judged,
            accounts=tuple(account for account in judged.accounts if reach.covers("", account.account_id)),
            headroom=tuple(room for room in judged.headroom if self.has(reach, room.scope, room.key)),
        )

    def require_account(self, account_id: str, reach: Reach) -> None:
        """Go on only if there is that account.

        Raises: InputError: there is none; it names those that the asker reaches.
        """
        queries = self._rooms.portfolio.queries
        if queries.account(account_id) is None:
            mine = {account for _, account in reach.pairs}
            names = [account.account_id for account in queries.accounts()]
            known = ", ".join(name for name in names if reach.is_whole or name in mine or reach.covers(EVERY, name))
            message = f"there is no account {account_id[:50]!r}; there are: {known or 'none yet'}"
            raise InputError(message)
