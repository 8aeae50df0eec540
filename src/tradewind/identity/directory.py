"""Everybody and what they may do, as this process knows it: a copy of the store's, asked at each decision.

A principal is made once for each change, so that asking costs a look into a dict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.domain.rights import BUILT_IN_ROLES, EVERY, Grant, Permission, Principal, reaches_of
from tradewind.domain.user import Role, User
from tradewind.stores.people import People

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tradewind.domain.user import GroupGrant
    from tradewind.stores.people import ApiKey


class Directory:
    """Users, roles, products and grants; tells `on_rights_changed(username)` of whose rights are others now.

    Who is disabled is told to `on_shut_out(username)` instead: nothing of theirs may go on.
    """

    def __init__(
        self,
        *,
        on_rights_changed: Callable[[str], object] | None = None,
        on_shut_out: Callable[[str], object] | None = None,
    ) -> None:
        self.on_rights_changed = on_rights_changed or (lambda _username: None)
        self.on_shut_out = on_shut_out or (lambda _username: None)
        self.people = People(version=0)
        self._users: dict[int, User] = {}
        self._by_name: dict[str, User] = {}
        self._principals: dict[int, Principal] = {}
        self._of_keys: dict[str, Principal] = {}
        self._roles: Mapping[str, frozenset[Permission]] = BUILT_IN_ROLES
        self._owners: dict[str, str] = {}

    def take(self, people: People) -> None:
        """Know this from now on, then tell who is affected."""
        before, users = self._principals, self._users
        self.people = people
        self._users = {user.user_id: user for user in people.users}
        self._by_name = {user.username.casefold(): user for user in people.users}
        self._roles = all_roles(people.roles)
        self._owners = {account: product.code for product in people.products for account in product.sole_accounts}
        self._of_keys = {}
        self._principals = {user.user_id: self._made(user) for user in people.users if user.may_come_in}
        for user_id, was in before.items():
            now = self._principals.get(user_id)
            if now is None:
                self.on_shut_out(users[user_id].username)
            elif now.reaches != was.reaches:
                self.on_rights_changed(now.username)

    def user(self, username: str) -> User | None:
        """Return who has this name, in whatever case."""
        return self._by_name.get(username.casefold())

    def principal(self, username: str) -> Principal | None:
        """Return what somebody may do right now; `None` where there is nobody of that name, or they are disabled."""
        user = self._by_name.get(username.casefold())
        return None if user is None else self._principals.get(user.user_id)

    def principal_by_id(self, user_id: int) -> Principal | None:
        """Return the same by number."""
        return self._principals.get(user_id)

    def principal_of_key(self, key: ApiKey) -> Principal | None:
        """Return what a key may do right now: its part of what its owner may."""
        found = self._of_keys.get(key.key_id)
        if found is None:
            user, owner = self._users.get(key.user_id), self._principals.get(key.user_id)
            if user is None or owner is None:
                return None
            found = self._of_keys[key.key_id] = self._limited(user, owner, key)
        return found

    def preview(self, user: User) -> Principal:
        """Return what this user would be allowed, were they in the store as given, their password their own."""
        return self._principal(user, self.grants_of(user))

    def grants_of(self, user: User, group_grants: Iterable[GroupGrant] | None = None) -> list[Grant]:
        """Return their own grants and those of their groups, by the mapping given or the one in force."""
        mapping = self.people.group_grants if group_grants is None else group_grants
        return sorted({*user.grants, *(one.grant for one in mapping if one.is_for(user.groups))})

    def reaches(self, grants: Iterable[Grant]) -> dict[Permission, list[tuple[str, str]]]:
        """Return the pairs of (product, account) that each permission of these grants covers, in order."""
        found = reaches_of(grants, self._roles, sole_owners=self._owners)
        return {permission: sorted(found[permission].pairs) for permission in Permission if permission in found}

    def _made(self, user: User) -> Principal:
        # Whoever holds a password that somebody else gave them may do nothing but change it.
        grants = () if user.user_id in self.people.must_change else self.grants_of(user)
        return self._principal(user, grants)

    def _principal(self, user: User, grants: Iterable[Grant]) -> Principal:
        reaches = reaches_of(grants, self._roles, sole_owners=self._owners)
        return Principal(user.username, reaches, user.user_id, user.name)

    def _limited(self, user: User, owner: Principal, key: ApiKey) -> Principal:
        if user.user_id in self.people.must_change:
            return owner
        grants = [one for grant in self.grants_of(user) for one in _within(grant, key.products)]
        roles = {name: permissions & key.permissions for name, permissions in self._roles.items()}
        reaches = reaches_of(grants, roles, sole_owners=self._owners)
        return Principal(user.username, reaches, user.user_id, f"{user.name} ({key.name})")


def all_roles(own: Iterable[Role]) -> dict[str, frozenset[Permission]]:
    """Return every role with what it permits; those built in cannot be changed by one of the same name."""
    return {**{role.name: role.permissions for role in own}, **BUILT_IN_ROLES}


def _within(grant: Grant, products: tuple[str, ...]) -> Iterable[Grant]:
    if not products or grant.product_code in products:
        return (grant,)
    if grant.product_code == EVERY:
        return tuple(Grant(grant.role, product, grant.account_id) for product in products)
    return ()
