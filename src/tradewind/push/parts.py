"""What a class of clients sees of a topic, as a feed of its own: its own offsets without a hole, its own epoch.

A client that counts cannot tell it from a topic in which nothing else happens. The epoch names this process and this
part, so that no offset of another class, another process or of rights that were is ever gone on from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.whose import owners_of_plan
from tradewind.push.feed import Feed

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from tradewind.domain.plan import TradingPlan
    from tradewind.domain.rights import Principal
    from tradewind.domain.whose import Owner
    from tradewind.push.settings import PushSettings

PLANS: Final = "plans"
_KEPT: Final = 64
"""Parts that nobody watches now and somebody may come back to."""


class Part:
    """One feed that hears of another what its class sees."""

    __slots__ = ("feed", "take", "whole")

    def __init__(self, whole: Feed, feed: Feed, seen: Callable[[object], object | None]) -> None:
        """`seen` returns a value as the class may have it, `None` where it may not."""
        self.whole = whole
        self.feed = feed

        def take(_key: str, event: object) -> None:
            shown = seen(event)
            if shown is not None:
                feed.accept(shown)

        self.take = take
        for event in whole.values.values():
            take("", event)
        whole.watch(take)

    def end(self) -> None:
        """Hear no more."""
        self.whole.unwatch(self.take)


class Parts:
    """The parts of all topics; those that nobody watches are let go, the oldest first."""

    def __init__(self, plans: Feed, *, settings: PushSettings, epoch: str, on_moved: Callable[[], None]) -> None:
        """`on_moved` is told when a plan changed hands: from now on others see what hangs on it."""
        self._plans = plans
        self._settings = settings
        self._epoch = epoch
        self._on_moved = on_moved
        self._count = 0
        self._parts: dict[tuple[str, Hashable], Part] = {}
        self._owners: dict[str, tuple[Owner, ...]] = {}
        plans.watch(self._hear_plan)

    def feed_for(self, whole: Feed, principal: Principal) -> Feed:
        """Return what somebody who is admitted to the topic sees of it."""
        viewers = whole.topic.viewers
        name = viewers.class_of(principal)
        if name is None:
            return whole
        part = self._parts.pop((whole.name, name), None) or self._begin(whole, name)
        self._parts[(whole.name, name)] = part
        self._let_go()
        return part.feed

    def plan_of(self, name: str) -> TradingPlan | None:
        """Return the newest version of a plan."""
        return self._plans.values.get(name)

    def forget(self) -> None:
        """Let every part go: the feeds count anew."""
        for part in self._parts.values():
            part.end()
        self._parts.clear()
        self._owners.clear()

    def forget_hanging(self) -> None:
        """Let the parts go that hang on whose plan it is; the next who asks gets one that is right now."""
        for place, part in tuple(self._parts.items()):
            if part.whole.topic.viewers.hangs_on_plans:
                del self._parts[place]
                part.end()

    def _begin(self, whole: Feed, name: Hashable) -> Part:
        self._count += 1
        feed = Feed(whole.topic, settings=self._settings, epoch=f"{whole.epoch}.{self._epoch}.{self._count}")
        viewers = whole.topic.viewers

        def seen(event: object) -> object | None:
            return viewers.shows(name, event) if viewers.sees(name, event, self.plan_of) else None

        return Part(whole, feed, seen)

    def _let_go(self) -> None:
        idle = [place for place, part in self._parts.items() if not part.feed.is_heard]
        # The newest is idle too: whoever asked for it has not joined yet.
        for place in idle[: -(_KEPT + 1)]:
            self._parts.pop(place).end()

    def _hear_plan(self, name: str, plan: TradingPlan) -> None:
        owners = owners_of_plan(plan)
        if self._owners.get(name) != owners:
            self._owners[name] = owners
            if self._parts:
                self._on_moved()
