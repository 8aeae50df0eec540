"""What people and their keys may do, made once and asked at each decision."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.domain.rights import BUILT_IN_ROLES, EVERY, Grant, Permission
from tradewind.domain.user import GroupGrant, Product, Role, User, first_value, username_problem
from tradewind.identity.directory import Directory
from tradewind.stores.people import ApiKey, People

WANG = User(user_id=1, username="Wang", grants=(Grant("trader", "F1", "A1"),))
KEY = ApiKey(
    key_id="k", secret_sha256="", user_id=1, name="x", permissions=frozenset({Permission.VIEW}), products=(),
    created_at=0, expires_at=9,
)  # fmt: skip


def _directory(*users: User, **people: object) -> Directory:
    directory = Directory()
    directory.take(People(version=1, users=users, **people))  # type: ignore[arg-type]  # its own fields
    return directory


def test_somebody_is_found_in_whatever_case_and_may_do_what_was_granted() -> None:
    principal = _directory(WANG).principal("wANG")

    assert principal is not None
    assert principal.username == "Wang"
    assert principal.may(Permission.TRADE, "F1", "A1")
    assert not principal.may(Permission.TRADE, "F1", "A2")
    assert not principal.may(Permission.INSTRUCT, "F1", "A1")


def test_who_is_unknown_disabled_or_shut_out_is_nobody() -> None:
    disabled = msgspec.structs.replace(WANG, is_disabled=True)
    shut_out = msgspec.structs.replace(WANG, is_shut_out=True)

    assert _directory().principal("wang") is None
    assert _directory(disabled).principal("wang") is None
    assert _directory(shut_out).principal("wang") is None


def test_who_must_change_their_password_may_do_nothing_else() -> None:
    principal = _directory(WANG, must_change=frozenset({1})).principal("wang")

    assert principal is not None
    assert not principal.reaches


def test_an_own_role_cannot_take_the_place_of_a_built_in_one() -> None:
    role = Role(name="viewer", description="", permissions=frozenset(Permission))
    principal = _directory(msgspec.structs.replace(WANG, grants=(Grant("viewer"),)), roles=(role,)).principal("wang")

    assert principal is not None
    assert set(principal.reaches) == BUILT_IN_ROLES["viewer"]


def test_a_group_gives_its_grant_to_who_is_in_it() -> None:
    grant = GroupGrant(grant_id=1, group_name="Traders", role="trader", product_code="F2", account_id=EVERY)
    member = msgspec.structs.replace(WANG, grants=(), groups=("cn=traders,ou=groups,dc=desk",))
    other = msgspec.structs.replace(WANG, user_id=2, username="li", grants=(), groups=("cn=traders2,dc=desk",))
    directory = _directory(member, other, group_grants=(grant,))
    wang, li = directory.principal("wang"), directory.principal("li")

    assert wang is not None
    assert li is not None
    assert wang.may(Permission.TRADE, "F2", "A9")
    assert not li.reaches


def test_an_account_that_a_product_has_to_itself_is_its_traders_as_a_whole() -> None:
    product = Product(code="F1", name="", sole_accounts=("A1",))
    principal = _directory(WANG, products=(product,)).principal("wang")

    assert principal is not None
    assert principal.may(Permission.VIEW, "", "A1")
    assert not principal.may(Permission.VIEW, "", "A2")


@given(
    grants=st.lists(
        st.builds(Grant, st.sampled_from(sorted(BUILT_IN_ROLES)), st.sampled_from(["F1", "F2", EVERY]),
                  st.sampled_from(["A1", EVERY])), max_size=4,
    ),
    permissions=st.frozensets(st.sampled_from(list(Permission)), min_size=1),
    products=st.lists(st.sampled_from(["F1", "F2"]), unique=True),
)  # fmt: skip
def test_a_key_never_permits_what_its_owner_may_not_or_what_it_was_not_made_for(
    grants: list[Grant], permissions: frozenset[Permission], products: list[str]
) -> None:
    owner = msgspec.structs.replace(WANG, grants=tuple(grants))
    key = msgspec.structs.replace(KEY, permissions=permissions, products=tuple(products))
    directory = _directory(owner)
    whole, part = directory.principal("wang"), directory.principal_of_key(key)
    assert whole is not None
    assert part is not None
    for permission in Permission:
        for product in ("F1", "F2", "F3"):
            for account in ("A1", "A2"):
                is_meant = permission in permissions and (not products or product in products)
                expected = whole.may(permission, product, account) and is_meant
                assert part.may(permission, product, account) is expected


@pytest.mark.parametrize("name", ["", "-a", "a b", "王伟", "a" * 33, "a/b", "a\n", "ROOT", "Platform"])
def test_names_that_could_be_mistaken_are_refused(name: str) -> None:
    assert username_problem(name)


def test_the_first_value_of_a_name_may_hold_a_comma() -> None:
    assert first_value(r"cn=a\, b,dc=desk") == r"a\, b"
    assert first_value("traders") == ""
