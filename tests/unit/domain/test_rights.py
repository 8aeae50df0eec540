"""Who may do what with whose: grants become reaches, and a reach covers or does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.domain.rights import (
    ADMINISTRATOR,
    BUILT_IN_ROLES,
    EVERY,
    EVERYTHING,
    NOTHING,
    WHOLE,
    Grant,
    Permission,
    Principal,
    Reach,
    reaches_of,
)

CODES = st.sampled_from(["fund_a", "fund_b", "fund_c"])
ACCOUNTS = st.sampled_from(["a1", "a2", "a3"])
GRANTS = st.builds(
    Grant,
    role=st.sampled_from(sorted(BUILT_IN_ROLES)),
    product_code=CODES | st.just(EVERY),
    account_id=ACCOUNTS | st.just(EVERY),
)
OWNERS = st.dictionaries(ACCOUNTS, CODES, max_size=3)


def someone(*grants: Grant, owners: dict[str, str] | None = None) -> Principal:
    return Principal("li", reaches_of(grants, BUILT_IN_ROLES, sole_owners=owners or {}))


def test_who_has_no_grant_may_do_nothing() -> None:
    nobody = someone()
    assert not any(nobody.may(permission, "fund_a", "a1") for permission in Permission)
    assert not any(nobody.may_somewhere(permission) for permission in Permission)


def test_a_role_for_one_fund_says_nothing_of_another() -> None:
    trader = someone(Grant("trader", "fund_a"))
    assert trader.may(Permission.TRADE, "fund_a", "a1")
    assert not trader.may(Permission.TRADE, "fund_b", "a1")
    assert not trader.may(Permission.APPROVE, "fund_a", "a1")


def test_the_funds_of_a_shared_account_are_seen_by_nobody_who_has_one_of_its_products_only() -> None:
    trader = someone(Grant("trader", "fund_a"), owners={"a1": "fund_a"})
    assert trader.may(Permission.VIEW, "", "a1")
    assert not trader.may(Permission.VIEW, "", "a2")


def test_a_role_that_is_none_gives_nothing() -> None:
    assert someone(Grant("emperor")).reaches == {}


@pytest.mark.parametrize("permission", sorted(WHOLE))
def test_what_belongs_to_no_product_needs_a_grant_for_all(permission: Permission) -> None:
    assert not someone(Grant("administrator", "fund_a")).may_somewhere(permission)
    assert someone(Grant("administrator")).may_somewhere(permission)


def test_the_access_token_may_do_everything_and_nothing_covers_nothing() -> None:
    assert all(ADMINISTRATOR.may(permission, "any", "any") for permission in Permission)
    assert EVERYTHING.is_whole
    assert EVERYTHING
    assert not NOTHING
    assert not NOTHING.covers("", "")


@given(grants=st.lists(GRANTS, max_size=4), owners=OWNERS, code=CODES | st.just(""), account=ACCOUNTS)
def test_a_reach_covers_exactly_what_some_grant_gives(
    grants: list[Grant], owners: dict[str, str], code: str, account: str
) -> None:
    person = someone(*grants, owners=owners)
    product = code or owners.get(account, "")
    for permission in Permission:
        given_by_a_grant = any(
            permission in BUILT_IN_ROLES[grant.role]
            and grant.product_code in {EVERY, product}
            and grant.account_id in {EVERY, account}
            for grant in grants
        )
        assert person.may(permission, code, account) == given_by_a_grant


@given(pairs=st.frozensets(st.tuples(CODES | st.just(EVERY), ACCOUNTS | st.just(EVERY))))
def test_whoever_reaches_all_covers_every_row(pairs: frozenset[tuple[str, str]]) -> None:
    reach = Reach(pairs)
    assert not reach.is_whole or (reach.covers("", "a9") and reach.covers("fund_z", "a9"))
