"""Finds who is told: those who may see what it is about, and of them those whom its kind is for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from tradewind.domain.rights import EVERY, Permission, Principal, Reach
from tradewind.notices.kinds import KINDS, Audience

if TYPE_CHECKING:
    from tradewind.domain.user import User
    from tradewind.notices.ports import People
    from tradewind.notices.reading import Draft, Place

Crowd: TypeAlias = "Sequence[tuple[User, Principal]]"


def crowd_of(people: People) -> Crowd:
    """Return everybody who is not shut out with what they may do, to be asked for many drafts at once."""
    return [
        (user, principal)
        for user in people.users()
        if not user.is_disabled and (principal := people.principal(user.username)) is not None
    ]


def recipients(draft: Draft, crowd: Crowd) -> list[User]:
    """Return the people who are told, each once; who may see nothing there is not."""
    return [user for user, principal in crowd if _is_for(draft, user.username, principal)]


def _is_for(draft: Draft, username: str, principal: Principal) -> bool:
    is_maker = username in draft.makers
    match KINDS[draft.happening.kind].audience:
        case Audience.NAMED:
            return username in draft.named
        case Audience.TRADERS_ANYWHERE:
            return principal.may_somewhere(Permission.TRADE)
        case _ if not _reaches(principal.reach(Permission.VIEW), draft.place):
            return False
        case Audience.MAKER:
            return is_maker
        case Audience.APPROVERS:
            return not is_maker and _reaches(principal.reach(Permission.APPROVE), draft.place)
        case Audience.MAKER_AND_TRADERS:
            return is_maker or _reaches(principal.reach(Permission.TRADE), draft.place)
        case Audience.VIEWERS:
            return True


def _reaches(reach: Reach, place: Place) -> bool:
    """Say whether a place is covered; of one that is not exact, whether anything there is."""
    product, account = place.product_code, place.account_id
    if place.is_exact:
        if product is None and account is None:
            return reach.is_whole
        return reach.covers(EVERY if product is None else product, EVERY if account is None else account)
    return any(
        (product is None or of_product in {EVERY, product}) and (account is None or of_account in {EVERY, account})
        for of_product, of_account in reach.pairs
    )
