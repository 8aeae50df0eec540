"""Who is told: nobody who may not see it, and of those who may, those whom its kind is for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices_builders import FakePeople, make_desk, make_happening, make_user
from tradewind.domain.notice import NoticeKind
from tradewind.domain.rights import BUILT_IN_ROLES, Permission
from tradewind.notices.audience import crowd_of, recipients
from tradewind.notices.kinds import KINDS, Audience
from tradewind.notices.reading import EVERYWHERE, WHOLE, Draft, Place


def names(kind: NoticeKind, place: Place, people: FakePeople | None = None, **more: object) -> set[str]:
    draft = Draft(make_happening(kind=kind), place, **more)  # type: ignore[arg-type]
    return {user.username for user in recipients(draft, crowd_of(people or make_desk()))}


P1_A1 = Place("P1", "A1")


def test_what_waits_for_approval_is_for_approvers_of_that_product_but_not_its_maker() -> None:
    assert names(NoticeKind.INSTRUCTION_SUBMITTED, P1_A1, makers=("meng",)) == {"fang"}
    assert names(NoticeKind.INSTRUCTION_SUBMITTED, P1_A1, makers=("lin",)) == {"fang", "meng"}


def test_what_was_approved_is_for_its_maker_and_the_traders_of_that_account() -> None:
    assert names(NoticeKind.INSTRUCTION_APPROVED, P1_A1, makers=("meng",)) == {"meng", "tian"}
    assert names(NoticeKind.INSTRUCTION_APPROVED, Place("P1", "A2"), makers=("meng",)) == {"meng"}


def test_what_was_rejected_is_for_its_maker_alone() -> None:
    assert names(NoticeKind.INSTRUCTION_REJECTED, P1_A1, makers=("meng",)) == {"meng"}


def test_a_maker_who_may_see_it_no_more_is_not_told() -> None:
    assert names(NoticeKind.INSTRUCTION_REJECTED, Place("P2", "A1"), makers=("meng",)) == set()


def test_a_halt_of_everything_is_for_all_who_see_anything() -> None:
    assert names(NoticeKind.TRADING_HALTED, EVERYWHERE) == {"meng", "tian", "fang", "vera"}


def test_a_halted_account_is_for_whoever_has_anything_there() -> None:
    assert names(NoticeKind.TRADING_HALTED, Place(None, "A1", is_exact=False)) == {"meng", "tian", "fang", "vera"}
    assert names(NoticeKind.TRADING_HALTED, Place(None, "A2", is_exact=False)) == {"meng", "fang", "vera"}
    assert names(NoticeKind.TRADING_HALTED, Place("P2", None, is_exact=False)) == {"fang", "vera"}


def test_figures_of_a_whole_account_or_of_the_platform_are_for_those_who_may_see_the_whole() -> None:
    assert names(NoticeKind.LIMIT_WARNING, Place("", "A1")) == {"fang"}
    assert names(NoticeKind.LIMIT_WARNING, WHOLE) == {"fang"}
    assert names(NoticeKind.LIMIT_WARNING, Place("P1", None)) == {"meng", "fang"}


def test_alarms_of_no_product_are_for_those_who_trade() -> None:
    assert names(NoticeKind.FEED_ALARM, EVERYWHERE) == {"tian"}


def test_a_mention_is_for_those_it_names() -> None:
    assert names(NoticeKind.CHAT_MENTION, EVERYWHERE, named=("vera", "gone", "nobody")) == {"vera"}


def test_each_kind_has_a_row_in_the_table() -> None:
    assert set(KINDS) == set(NoticeKind)


places = st.builds(Place, st.sampled_from(["P1", "P2"]), st.sampled_from(["A1", "A2"]), is_exact=st.just(value=True))
grants = st.builds(
    "/".join,
    st.tuples(
        st.sampled_from(sorted(BUILT_IN_ROLES)), st.sampled_from(["*", "P1", "P2"]), st.sampled_from(["*", "A1"])
    ),
)


@pytest.mark.parametrize("kind", [kind for kind in NoticeKind if KINDS[kind].audience is not Audience.NAMED])
@given(place=places, given=st.lists(grants, max_size=2), is_maker=st.booleans())
def test_nobody_is_told_of_a_row_that_they_may_not_see(
    kind: NoticeKind,
    place: Place,
    given: list[str],
    is_maker: bool,  # noqa: FBT001 - hypothesis names it
) -> None:
    people = FakePeople(make_user("x", *given))
    told = names(kind, place, people, makers=("x",) if is_maker else ())
    may_see = people.who("x").may(Permission.VIEW, place.product_code or "", place.account_id or "")
    if KINDS[kind].audience is not Audience.TRADERS_ANYWHERE:
        assert may_see or not told
