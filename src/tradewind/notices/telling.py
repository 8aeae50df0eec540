"""From a draft to what the store keeps: who is told on the page, who by e-mail, and which groups hear of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.notice import Channel, NoticeKind, Preferences, Wishes
from tradewind.notices.audience import crowd_of, recipients
from tradewind.notices.kinds import KINDS, Audience
from tradewind.stores.notices import Telling, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from tradewind.domain.user import User
    from tradewind.notices.ports import People
    from tradewind.notices.reading import Draft


class Group(msgspec.Struct, frozen=True):
    """A group's channel and what it is told; nothing chosen means everything that is not for one person alone."""

    name: str
    kinds: frozenset[NoticeKind]
    products: frozenset[str]

    def hears(self, draft: Draft) -> bool:
        """Say whether the group is told."""
        one = draft.happening
        if KINDS[one.kind].audience is Audience.NAMED or (self.kinds and one.kind not in self.kinds):
            return False
        return not self.products or one.product_code in self.products


class Teller:
    """Makes tellings of drafts."""

    def __init__(self, people: People, *, groups: Sequence[Group], has_email: bool) -> None:
        self._people = people
        self._groups = tuple(groups)
        self._has_email = has_email

    def tellings(
        self, drafts: Sequence[Draft], now: int, *, preferences: Callable[[Collection[str]], Mapping[str, Preferences]]
    ) -> tuple[Telling, ...]:
        """Return whom each is told; those that nobody hears are left out."""
        if not drafts:
            return ()
        crowd = crowd_of(self._people)
        found = [(draft, recipients(draft, crowd)) for draft in drafts]
        chosen = preferences({user.username for _, users in found for user in users})
        made = [self._telling(draft, users, chosen, now) for draft, users in found]
        return tuple(telling for telling in made if telling.usernames or telling.ways)

    def _telling(self, draft: Draft, users: Sequence[User], chosen: Mapping[str, Preferences], now: int) -> Telling:
        rule = KINDS[draft.happening.kind]
        on_page, ways = [], []
        for user in users:
            wishes = chosen[user.username].wishes if user.username in chosen else Wishes()
            channels = wishes.channels.get(draft.happening.kind, rule.channels)
            if Channel.PAGE in channels:
                on_page.append(user.username)
            if Channel.EMAIL in channels and self._has_email and user.email:
                ways.append(Way(Channel.EMAIL.value, user.username, now))
        ways += [Way(group.name, "", now) for group in self._groups if group.hears(draft)]
        return Telling(draft.happening, rule.is_urgent, tuple(on_page), tuple(ways))
