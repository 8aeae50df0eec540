"""Who may do what with whose: permission = role × product × account.

A role is a set of permissions; a grant gives a person a role for one product (fund) and one account, `EVERY` for all.
What a permission of a person covers is its reach; it goes along with every question and command, so that whoever
answers filters by it and whoever carries out refuses beyond it. Who has no grant may do nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec

EVERY: Final = "*"
"""In a grant: each product, or each account, there is and will be."""


class Permission(StrEnum):
    """One thing that people may do or may not; a grant says with whose product and account.

    Those marked whole belong to no product and need a grant for every product and account.
    """

    MARKET = "market"
    """See quotes, bars, features, signals, opportunities, alerts; any grant will do."""
    VIEW = "view"
    """See positions, funds, orders, fills, instructions."""
    INSTRUCT = "instruct"
    """Write, submit, amend and withdraw instructions."""
    APPROVE = "approve"
    """Approve or reject instructions of others."""
    TRADE = "trade"
    """Accept instructions, send and cancel orders, close positions, record fills made elsewhere."""
    PLAN = "plan"
    """Make, start, stop and change trading plans and strategies."""
    CASH = "cash"
    """Record deposits and withdrawals."""
    SETTLE = "settle"
    """Compare and confirm the broker's statement of a day."""
    HALT = "halt"
    """Reduce or halt trading of what is covered; for the whole platform a whole grant is needed."""
    RELEASE = "release"
    """Let halted trading go on."""
    CHAT = "chat"
    """Read and write in the rooms of a product."""
    SYSTEM = "system"
    """See services, counters, alerts, stored data, data quality; whole."""
    OPERATE = "operate"
    """Switch the main contract, start and drive replays, send test quotes, read logs and settings; whole."""
    AUDIT = "audit"
    """Read the journal and the record of acts; whole."""
    ADMINISTER = "administer"
    """Users, roles, products, grants, sessions of others; whole."""


_P = Permission
BUILT_IN_ROLES: Final[Mapping[str, frozenset[Permission]]] = {
    "administrator": frozenset(Permission),
    "fund_manager": frozenset({_P.MARKET, _P.VIEW, _P.INSTRUCT, _P.APPROVE, _P.PLAN, _P.HALT, _P.CHAT}),
    "trader": frozenset({_P.MARKET, _P.VIEW, _P.TRADE, _P.SETTLE, _P.HALT, _P.CHAT}),
    "risk_officer": frozenset(
        {_P.MARKET, _P.VIEW, _P.APPROVE, _P.SETTLE, _P.HALT, _P.RELEASE, _P.CHAT, _P.SYSTEM, _P.AUDIT}
    ),
    "viewer": frozenset({_P.MARKET, _P.VIEW, _P.CHAT}),
    "strategy_developer": frozenset({_P.MARKET, _P.VIEW, _P.PLAN, _P.CHAT, _P.SYSTEM}),
}
"""The roles every installation has; an administrator may add others, and may not change these."""
WHOLE: Final = frozenset({_P.SYSTEM, _P.OPERATE, _P.AUDIT, _P.ADMINISTER})
"""Permissions that belong to no product."""


class Grant(msgspec.Struct, frozen=True, order=True):
    """A role for one product and one account; `EVERY` for all of them."""

    role: str
    product_code: str = EVERY
    account_id: str = EVERY


class Reach(msgspec.Struct, frozen=True):
    """Which products and accounts a permission covers, as pairs of (product, account), either of them `EVERY`.

    A row of an account as a whole has the product "". Whoever has an account to their product alone reaches that row
    too: who makes the reach writes the pair ("", account) into it.
    """

    pairs: frozenset[tuple[str, str]]

    def covers(self, product_code: str, account_id: str) -> bool:
        """Say whether a row of that product ("" for none) and account is covered."""
        pairs = self.pairs
        return (
            (EVERY, EVERY) in pairs
            or (product_code, account_id) in pairs
            or (product_code, EVERY) in pairs
            or (EVERY, account_id) in pairs
        )

    @property
    def is_whole(self) -> bool:
        """True where everything is covered, now and later."""
        return (EVERY, EVERY) in self.pairs

    def __bool__(self) -> bool:
        """Say whether anything at all is covered."""
        return bool(self.pairs)


NOTHING: Final = Reach(frozenset())
EVERYTHING: Final = Reach(frozenset({(EVERY, EVERY)}))


class Principal(msgspec.Struct, frozen=True):
    """Somebody who came in: a person, a program's key, a part of the platform; and what they may do right now.

    `username` is what the record shows. `user_id` is 0 for who is no user of ours: the access token, a seed's client.
    """

    username: str
    reaches: Mapping[Permission, Reach]
    user_id: int = 0
    name: str = ""
    """As people call them; Chinese first."""

    def reach(self, permission: Permission) -> Reach:
        """Return what this permission covers."""
        return self.reaches.get(permission, NOTHING)

    def may(self, permission: Permission, product_code: str, account_id: str) -> bool:
        """Say whether they may do this with that product and account."""
        reach = self.reaches.get(permission)
        return reach is not None and reach.covers(product_code, account_id)

    @property
    def is_somebody(self) -> bool:
        """True for who has a name of their own and any right: a seed's client only sees the market."""
        return any(reach for permission, reach in self.reaches.items() if permission is not Permission.MARKET)

    def may_somewhere(self, permission: Permission) -> bool:
        """Say whether there is anything with which they may do this; for `WHOLE` permissions: whether they may."""
        reach = self.reaches.get(permission, NOTHING)
        return reach.is_whole if permission in WHOLE else bool(reach)


def lacks(permission: Permission) -> str:
    """Say that somebody has this permission for nothing at all."""
    return f"this needs the permission {permission}, which you have for nothing"


def beyond(permission: Permission) -> str:
    """Say that somebody has this permission, and not for this; the same whether or not there is such a thing."""
    return f"your permission {permission} does not cover this, or there is no such thing"


def reaches_of(
    grants: Iterable[Grant],
    roles: Mapping[str, frozenset[Permission]],
    *,
    sole_owners: Mapping[str, str],
) -> dict[Permission, Reach]:
    """Return what somebody with these grants may do; a role that is none gives nothing.

    `sole_owners` maps an account to the one product that has it to itself.
    """
    pairs: dict[Permission, set[tuple[str, str]]] = {}
    for grant in grants:
        own = {(grant.product_code, grant.account_id)}
        own |= {
            ("", account)
            for account, product in sole_owners.items()
            if grant.product_code == product and grant.account_id in {EVERY, account}
        }
        for permission in roles.get(grant.role, frozenset()):
            pairs.setdefault(permission, set()).update(own)
    return {permission: Reach(frozenset(found)) for permission, found in pairs.items()}


def _whole(username: str, permissions: Iterable[Permission], **more: Any) -> Principal:  # noqa: ANN401 - its own fields
    return Principal(username, dict.fromkeys(permissions, EVERYTHING), **more)


ADMINISTRATOR: Final = _whole("administrator", Permission, name="管理员")
"""Whoever holds the access token of the installation."""
SEED_CLIENT: Final = _whole("seed-client", (Permission.MARKET,))
"""A program on this machine at the doors of the replaced signal system."""
WATCHER: Final = _whole("watcher", (Permission.SYSTEM,))
"""Whoever holds the watch token: what reads metrics, and may do nothing."""
ANONYMOUS: Final = _whole("anonymous", ())
PLATFORM: Final = _whole("platform", Permission)
"""A part of the platform itself: plans, the file on disk, the command line of who may read the data folder."""
