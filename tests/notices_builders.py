"""Builders for the notices room: people with grants, happenings, and couriers that do as they are told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from tradewind.bus.local import LocalBus
from tradewind.bus.people_topics import CHAT, NOTICES
from tradewind.domain.chat import ChatMessage
from tradewind.domain.notice import Happening, NoticeKind
from tradewind.domain.rights import BUILT_IN_ROLES, Grant, Principal, reaches_of
from tradewind.domain.user import User
from tradewind.kernel.clock import FakeClock
from tradewind.kernel.metrics import Metrics
from tradewind.notices.means import Means
from tradewind.notices.ports import Courier, Parcel, Result, Sent, Trouble
from tradewind.notices.service import NoticeService
from tradewind.notices.settings import NoticeSettings
from tradewind.notices.telling import Group
from tradewind.notices.threads import Threads
from tradewind.stores.memory import MemoryJournal
from tradewind.stores.memory_notices import MemoryChat, MemoryNotices
from tradewind.stores.notices import NoticeStore, Telling, Way

from fakes import FakeCalendar

T0 = 1_767_325_500_000_000_000
"""2026-01-02 11:45 in Shanghai."""
HOUR = 3_600_000_000_000


def make_user(username: str, *grants: str, **changes: Any) -> User:
    """Return a user; a grant is written `role`, `role/product` or `role/product/account`."""
    made = User(
        user_id=len(username),
        username=username,
        email=f"{username}@desk.example",
        grants=tuple(Grant(*grant.split("/")) for grant in grants),
    )
    return msgspec.structs.replace(made, **changes)


class FakePeople:
    """`notices.ports.People` of just these."""

    def __init__(self, *users: User, products: Sequence[str] = ("P1", "P2")) -> None:
        self.everybody = {user.username: user for user in users}
        self._products = products

    def users(self) -> Sequence[User]:
        return list(self.everybody.values())

    def principal(self, username: str) -> Principal | None:
        user = self.everybody.get(username)
        if user is None:
            return None
        reaches = reaches_of(user.grants, BUILT_IN_ROLES, sole_owners={})
        return Principal(username, reaches, user_id=user.user_id, name=user.name)

    def who(self, username: str) -> Principal:
        found = self.principal(username)
        assert found is not None
        return found

    def products(self) -> Sequence[str]:
        return self._products


def make_desk(**changes: User) -> FakePeople:
    """Return a manager and a trader of product P1, a risk officer of all, a viewer of P2, and one shut out."""
    users = {
        "meng": make_user("meng", "fund_manager/P1", chinese_name="孟经理"),
        "tian": make_user("tian", "trader/P1/A1", chinese_name="田交易"),
        "fang": make_user("fang", "risk_officer", chinese_name="方风控", language="en"),
        "vera": make_user("vera", "viewer/P2"),
        "gone": make_user("gone", "administrator", is_disabled=True),
    }
    return FakePeople(*{**users, **changes}.values())


def make_happening(**changes: Any) -> Happening:
    happening = Happening(
        event_id="desk:1",
        kind=NoticeKind.INSTRUCTION_SUBMITTED,
        product_code="P1",
        account_id="A1",
        subject="i-1",
        actor="meng",
        params={"lines": "2", "reason": "换月"},
        ts_event=T0,
    )
    return msgspec.structs.replace(happening, **changes)


def make_telling(*usernames: str, ways: Sequence[Way] = (), is_urgent: bool = False, **changes: Any) -> Telling:
    return Telling(make_happening(**changes), is_urgent, usernames, tuple(ways))


def make_parcel(**changes: Any) -> Parcel:
    happenings = changes.pop("happenings", (make_happening(),))
    parcel = Parcel("0123456789abcdef", "fang@desk.example", "方风控", "zh", happenings, T0)
    return msgspec.structs.replace(parcel, **changes)


class FakeCourier:
    """Answers what it is told, and remembers what it was given."""

    def __init__(self, name: str = "email", *answers: Sent, then: Result = Result.SENT) -> None:
        self.name = name
        self.parcels: list[Parcel] = []
        self.answers = list(answers)
        self.then = Sent(then, "" if then is Result.SENT else f"it said {then}")

    async def send(self, parcel: Parcel) -> Sent:
        self.parcels.append(parcel)
        return self.answers.pop(0) if self.answers else self.then

    async def rest(self) -> None:
        """Nothing is kept open."""


class Room:
    """The room on fakes: a journal in memory, a store, couriers; `notices` and `said` are what its topics carried."""

    def __init__(
        self,
        people: FakePeople | None = None,
        *,
        store: NoticeStore | None = None,
        email: Courier | None = None,
        groups: Sequence[tuple[Courier, Group, Any]] = (),
        trouble: Callable[[], Trouble | None] = lambda: None,
        **settings: Any,
    ) -> None:
        self.people = people or make_desk()
        self.clock = FakeClock(T0)
        self.metrics = Metrics()
        self.bus = LocalBus()
        self.journal = MemoryJournal(self.clock)
        self.store = store or MemoryNotices()
        self.threads = Threads()
        self.notices: list[Any] = []
        self.said: list[ChatMessage] = []
        self.bus.subscribe(NOTICES, self.notices.append, group="test")
        self.bus.subscribe(CHAT, self.said.append, group="test")
        self.settings = msgspec.convert({"poll_ms": 10, **settings}, NoticeSettings)
        means = Means(self.settings, self.store, self.people, self.clock, self.metrics, self.threads)
        self.service = NoticeService(
            means,
            chain="desk",
            bus=self.bus,
            entries=self.journal,
            chat=MemoryChat(),
            calendar=FakeCalendar(20260102, (T0 - HOUR, T0 + HOUR)),
            ready=_at_once,
            email=email,
            groups=groups,
            trouble=trouble,
            backoff_scale=0.01,
        )
        self.office = self.service.office
        self.office.closed = None

    async def follow(self) -> None:
        """Tell everything that is durable."""
        while await self.service._follower.turn():
            pass

    async def dispatch(self) -> None:
        """Send what is due now by every channel."""
        for dispatcher in self.service._dispatchers:
            while await dispatcher.turn():
                pass


async def _at_once() -> None:
    """The journal is there."""
