"""Who may have which values of a topic. Clients that see the same form one class, so that a class costs one framing.

The class of those who see everything is `None`; it is served from the topic's own feed and costs nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import msgspec

from tradewind.domain.plan import TradingPlan
from tradewind.domain.rights import EVERY, Permission, Principal, lacks
from tradewind.domain.whose import as_seen, may_see

PlanOf = Callable[[str], TradingPlan | None]


class Viewers(msgspec.Struct, frozen=True):
    """`permission` is what a subscription asks for, `None`: to be somebody (`Principal.is_somebody`).

    `which` says in words which values they get. `class_of` tells the class of somebody who has it;
    `sees(class, value, plan_of)` judges a value for a class.
    `shows(class, value)` leaves out of a value what the class may not know of it.
    `hangs_on_plans` is true where a plan that changes hands changes who sees what is already there.
    """

    permission: Permission | None
    which: str
    class_of: Callable[[Principal], Hashable]
    sees: Callable[[Any, Any, PlanOf], bool]
    hangs_on_plans: bool = False
    shows: Callable[[Any, Any], Any] = lambda _class, value: value

    def admits(self, principal: Principal) -> bool:
        """Say whether somebody may subscribe at all."""
        return principal.is_somebody if self.permission is None else principal.may_somewhere(self.permission)

    @property
    def refusal(self) -> str:
        """Say why somebody is not admitted."""
        return "it is not for you" if self.permission is None else lacks(self.permission)


def whoever_may(permission: Permission) -> Viewers:
    """Everything, to whoever has the permission for anything."""
    return Viewers(permission, "all", lambda _principal: None, lambda _class, _value, _plan_of: False)


def covered_by(permission: Permission, *, hangs_on_plans: bool = False) -> Viewers:
    """Each value to those whose reach covers its product and account (`domain.whose`)."""

    def class_of(principal: Principal) -> Hashable:
        reach = principal.reach(permission)
        return None if reach.is_whole else reach

    return Viewers(permission, "those whose product and account it covers", class_of, may_see, hangs_on_plans, as_seen)


def by_product(permission: Permission) -> Viewers:
    """Each value to those who have the permission for anything of its `product_code`; `EVERY` is to all of them."""

    def class_of(principal: Principal) -> Hashable:
        products = frozenset(product for product, _ in principal.reach(permission).pairs)
        return None if EVERY in products else products

    def sees(products: frozenset[str], value: Any, _plan_of: PlanOf) -> bool:  # noqa: ANN401 - any event of a product
        return value.product_code in products or value.product_code == EVERY

    return Viewers(permission, "those of a product it covers any account of", class_of, sees)


def oneself() -> Viewers:
    """Each value to the user whose `username` it bears, and to nobody else whatever they may."""

    def sees(username: str, value: Any, _plan_of: PlanOf) -> bool:  # noqa: ANN401 - any event to a user
        return bool(value.username == username)

    return Viewers(None, "one's own", lambda principal: principal.username, sees)
