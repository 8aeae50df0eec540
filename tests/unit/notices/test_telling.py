"""From the journal to pages and letters: once each, in step with the record, whatever happens in between."""

from __future__ import annotations

import asyncio
import contextlib
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from notices_builders import T0, FakeCourier, Room, make_desk, make_user
from store_builders import make_instruction, make_order
from tradewind.bus.desk_topics import INSTRUCTIONS, ORDERS, TRADING_STATES
from tradewind.bus.topics import RISK_ALERTS
from tradewind.domain.book import Adjustment
from tradewind.domain.instruction import InstructionStatus
from tradewind.domain.notice import Channel, DeliveryState, NoticeKind, Preferences, Quiet, Wishes
from tradewind.domain.order import OrderStatus, Origin
from tradewind.domain.risk import AlertKind, RiskAlert, Severity
from tradewind.domain.trading_state import Scope, TradingMode, TradingState
from tradewind.errors import StateConflictError, StoreAwayError
from tradewind.notices.ports import Parcel, Result, Sent, Trouble
from tradewind.notices.telling import Group
from tradewind.stores.memory_notices import MemoryNotices
from tradewind.stores.notices import Step
from tradewind.stores.ports import Entry

from waiting import eventually

S = InstructionStatus


async def begun(**changes: Any) -> Room:
    room = Room(**changes)
    await room.follow()
    return room


def instruct(room: Room, status: InstructionStatus, **changes: Any) -> None:
    line = Adjustment("au2606.SHFE", 0, 0, 3, 1_000, Decimal("0.02"))
    own = {"origin": Origin.MANAGER, "actor": "meng", "status": status, "adjustments": (line,)}
    made = make_instruction(**{**own, **changes})
    room.journal.append(INSTRUCTIONS, made)


def halt(room: Room, version: int = 1) -> None:
    state = TradingState(Scope.PLATFORM, "", TradingMode.HALTED, "fang", "manual", "测试", version, T0)
    room.journal.append(TRADING_STATES, state)


def told(room: Room) -> list[tuple[str, NoticeKind]]:
    return [(one.username, one.kind) for one in room.notices]


async def test_what_was_written_before_the_room_ever_ran_is_not_told() -> None:
    room = Room()
    instruct(room, S.SUBMITTED)
    await room.follow()
    assert room.notices == []
    instruct(room, S.APPROVED)
    await room.follow()
    assert told(room) == [("meng", NoticeKind.INSTRUCTION_APPROVED), ("tian", NoticeKind.INSTRUCTION_APPROVED)]


async def test_what_is_not_durable_is_told_to_nobody() -> None:
    room = await begun()
    room.journal._is_instant = False
    instruct(room, S.SUBMITTED)
    await room.follow()
    assert room.notices == []
    room.journal.commit()
    await room.follow()
    assert told(room) == [("fang", NoticeKind.INSTRUCTION_SUBMITTED)]


async def test_an_instruction_is_told_at_each_status_once_and_again_when_it_comes_back_to_one() -> None:
    room = await begun()
    for version, status in enumerate([S.SUBMITTED, S.SUBMITTED, S.DRAFT, S.SUBMITTED, S.WORKING, S.WORKING, S.DONE]):
        instruct(room, status, version=version)
        if version % 2:
            await room.follow()
    await room.follow()
    kinds = [kind for username, kind in told(room) if username in {"fang", "meng"}]
    assert kinds == [
        NoticeKind.INSTRUCTION_SUBMITTED,
        NoticeKind.INSTRUCTION_SUBMITTED,
        NoticeKind.INSTRUCTION_ACCEPTED,
        NoticeKind.INSTRUCTION_DONE,
    ]


async def test_an_order_whose_state_is_unknown_again_is_told_again() -> None:
    room = await begun()
    for status in (OrderStatus.UNKNOWN, OrderStatus.UNKNOWN, OrderStatus.ACCEPTED, OrderStatus.UNKNOWN):
        room.journal.append(ORDERS, make_order(status=status, request={"actor": "tian"}))
    await room.follow()
    assert told(room) == [("tian", NoticeKind.ORDER_UNKNOWN)] * 2


async def test_an_entry_that_cannot_be_read_is_counted_and_the_next_is_told() -> None:
    room = await begun()
    room.journal._entries.append(Entry(1, T0, "instructions", "", "line", "", b'{"instruction_id": 5}'))
    room.journal.durable_seq = 1
    halt(room)
    await room.follow()
    assert room.metrics.notices_unreadable.counts == {"instructions": 1}
    assert {kind for _, kind in told(room)} == {NoticeKind.TRADING_HALTED}


async def test_a_small_batch_tells_as_much_as_a_large_one() -> None:
    rooms = [await begun(batch=size) for size in (1, 3, 500)]
    for room in rooms:
        for version in range(5):
            halt(room, version)
        await room.follow()
    assert [len(room.notices) for room in rooms] == [20, 20, 20]
    assert [[one.event_id for one in room.notices] for room in rooms[1:]] == [
        [one.event_id for one in rooms[0].notices]
    ] * 2


class FailingStore(MemoryNotices):
    """Fails once, before or after it wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.fails: str = ""

    def take(self, step: Step, now: int) -> list[Any]:
        fails, self.fails = self.fails, ""
        if fails == "before":
            raise StoreAwayError
        taken = super().take(step, now)
        if fails == "after":
            raise StoreAwayError
        return taken


@pytest.mark.parametrize("fails", ["before", "after"])
async def test_a_step_that_failed_leaves_each_notice_and_letter_once(fails: str) -> None:
    store = FailingStore()
    room = await begun(store=store, email=FakeCourier())
    store.fails = fails
    halt(room)
    with pytest.raises(StoreAwayError):
        await room.follow()
    room.service._follower._position = None  # as `run` does
    await room.follow()
    assert [store.unread(name) for name in ("meng", "tian", "fang", "vera")] == [1, 1, 1, 1]
    assert len(store.due("email", T0, limit=99)) == 4


async def test_of_two_followers_of_one_journal_one_tells() -> None:
    room = await begun()
    other = Room(store=room.store)
    other.journal = room.journal
    other.service._follower._entries = room.journal
    await other.follow()
    halt(room)
    await room.follow()
    with pytest.raises(StateConflictError):
        await other.follow()
    assert (len(room.notices), other.notices) == (4, [])


async def test_each_gets_a_letter_in_their_language_under_an_id_of_its_own() -> None:
    email = FakeCourier()
    room = await begun(email=email)
    halt(room)
    await room.follow()
    await room.dispatch()
    assert [(one.address, one.language) for one in email.parcels] == [
        ("meng@desk.example", "zh"),
        ("tian@desk.example", "zh"),
        ("fang@desk.example", "en"),
        ("vera@desk.example", "zh"),
    ]
    assert len({one.message_id for one in email.parcels}) == 4
    await room.dispatch()
    assert len(email.parcels) == 4


async def test_wishes_choose_channels_and_language() -> None:
    email = FakeCourier()
    room = await begun(email=email)
    for username, wishes in {
        "fang": Wishes(channels={NoticeKind.TRADING_HALTED: frozenset({Channel.PAGE})}),
        "meng": Wishes(channels={NoticeKind.TRADING_HALTED: frozenset({Channel.EMAIL})}, language="en"),
        "tian": Wishes(channels={NoticeKind.TRADING_HALTED: frozenset()}),
        "vera": Wishes(channels={NoticeKind.ORDER_UNKNOWN: frozenset()}),
    }.items():
        room.store.keep_preferences(Preferences(username=username, wishes=wishes), T0)
    halt(room)
    await room.follow()
    await room.dispatch()
    assert [one.username for one in room.notices] == ["fang", "vera"]
    assert [(one.address, one.language) for one in email.parcels] == [
        ("meng@desk.example", "en"),
        ("vera@desk.example", "zh"),
    ]


async def test_without_a_mail_server_notices_come_on_the_page_alone() -> None:
    room = await begun()
    halt(room)
    await room.follow()
    assert len(room.notices) == 4
    assert room.store.deliveries(state=None, before=0, limit=9) == []


async def test_a_dead_mail_server_lets_letters_wait_and_then_each_goes_once() -> None:
    email = FakeCourier(then=Result.AWAY)
    room = await begun(email=email, rest_after=2)
    halt(room)
    await room.follow()
    await room.dispatch()
    (dispatcher,) = room.service._dispatchers
    assert (len(email.parcels), dispatcher.breaker.is_resting) == (2, True)
    assert [one.attempts for one in room.store.deliveries(state=DeliveryState.WAITING, before=0, limit=9)] == [0] * 4
    tried = {one.message_id for one in email.parcels}
    email.parcels.clear()
    email.then = Sent(Result.SENT)
    await eventually(lambda: dispatcher.breaker.wait_s(10**9) == 0)
    dispatcher.breaker.rests_until_s = 1e-9  # its rest is over
    await room.dispatch()
    assert len({one.message_id for one in email.parcels}) == len(email.parcels) == 4
    assert tried <= {one.message_id for one in email.parcels}


async def test_what_the_server_puts_off_is_tried_later_under_its_id_and_given_up_in_the_end() -> None:
    email = FakeCourier(then=Result.LATER)
    people = make_desk()
    people.everybody = {"fang": people.everybody["fang"]}
    room = await begun(email=email, people=people, tries=3)
    halt(room)
    await room.follow()
    for tries in (1, 2, 3):
        await room.dispatch()
        assert len(email.parcels) == tries
        await room.dispatch()
        room.clock.advance(3_600)
    await room.dispatch()
    assert len({one.message_id for one in email.parcels}) == 1
    (dead,) = room.store.deliveries(state=DeliveryState.DEAD, before=0, limit=9)
    assert (dead.attempts, dead.error) == (3, "it said later; tried 3 times")
    assert len(email.parcels) == 3


async def test_what_was_refused_for_good_is_given_up_at_once_and_the_rest_goes_out() -> None:
    email = FakeCourier("email", Sent(Result.REFUSED, "550 no such mailbox"))
    room = await begun(email=email)
    halt(room)
    await room.follow()
    await room.dispatch()
    states = [one.state for one in room.store.deliveries(state=None, before=0, limit=9)]
    assert sorted(states) == [DeliveryState.DEAD, DeliveryState.SENT, DeliveryState.SENT, DeliveryState.SENT]
    assert room.metrics.notice_tries.counts == {"email/refused": 1, "email/sent": 3}


class BrokenCourier(FakeCourier):
    async def send(self, parcel: Parcel) -> Sent:
        if parcel.address == "meng@desk.example":
            message = "canary"
            raise RuntimeError(message)
        return await super().send(parcel)


async def test_a_courier_that_fails_on_one_letter_brings_the_others() -> None:
    email = BrokenCourier()
    room = await begun(email=email)
    halt(room)
    await room.follow()
    await room.dispatch()
    assert len(email.parcels) == 3
    (left,) = room.store.deliveries(state=DeliveryState.WAITING, before=0, limit=9)
    assert (left.username, left.attempts, left.error) == ("meng", 1, "the courier failed: RuntimeError")


async def test_what_could_not_be_sent_for_days_is_given_up() -> None:
    email = FakeCourier(then=Result.AWAY)
    room = await begun(email=email, give_up_h=1, rest_after=100)
    halt(room)
    await room.follow()
    room.clock.advance(2 * 3_600)
    for dispatcher in room.service._dispatchers:
        await dispatcher.turn()
    assert room.store.counts() == {("email", DeliveryState.DEAD): 4}


async def test_who_lost_the_right_or_the_account_meanwhile_is_written_to_no_more() -> None:
    email = FakeCourier()
    room = await begun(email=email)
    instruct(room, S.APPROVED)
    await room.follow()
    room.people.everybody["tian"] = make_user("tian", "trader/P2")
    room.people.everybody["meng"] = msgspec.structs.replace(room.people.everybody["meng"], is_disabled=True)
    await room.dispatch()
    assert email.parcels == []
    assert room.store.counts() == {("email", DeliveryState.DEAD): 2}


async def test_many_letters_to_one_person_come_as_a_digest() -> None:
    email = FakeCourier()
    room = await begun(email=email, email_cap=2)
    for number in range(5):
        instruct(room, S.REJECTED, instruction_id=f"i-{number}")
    await room.follow()
    await room.dispatch()
    (digest,) = email.parcels
    assert [one.subject for one in digest.happenings] == [f"i-{number}" for number in range(5)]


async def test_quiet_people_hear_at_the_end_of_their_quiet() -> None:
    email = FakeCourier()
    room = await begun(email=email)
    wishes = Wishes(quiet=Quiet.HOURS, quiet_from=11 * 60, quiet_until=12 * 60)
    room.store.keep_preferences(Preferences(username="meng", wishes=wishes), T0)
    instruct(room, S.REJECTED)
    await room.follow()
    await room.dispatch()
    assert email.parcels == []
    halt(room)
    await room.follow()
    await room.dispatch()
    assert "meng@desk.example" in {one.address for one in email.parcels}, "urgent passes quiet"
    email.parcels.clear()
    room.clock.advance(15 * 60)
    await room.dispatch()
    assert [one.address for one in email.parcels] == ["meng@desk.example"]


async def test_groups_hear_what_they_were_set_to_hear() -> None:
    risk, everything = FakeCourier("risk"), FakeCourier("desk")
    groups = (
        (risk, Group("risk", frozenset({NoticeKind.TRADING_HALTED}), frozenset()), "en"),
        (everything, Group("desk", frozenset(), frozenset({"P1"})), "zh"),
    )
    room = await begun(groups=groups)
    halt(room)
    instruct(room, S.SUBMITTED)
    instruct(room, S.SUBMITTED, instruction_id="i-2", product_code="P2")
    await room.follow()
    await room.dispatch()
    assert [[h.kind for h in one.happenings] for one in risk.parcels] == [[NoticeKind.TRADING_HALTED]]
    assert [[h.subject for h in one.happenings] for one in everything.parcels] == [["i-1"]]
    assert (risk.parcels[0].language, everything.parcels[0].address) == ("en", "")


async def test_a_loud_alert_is_told_once_to_who_asked_for_it_and_an_alarm_of_the_feed_to_all_traders() -> None:
    now: list[Trouble] = []
    room = Room(trouble=lambda: now[0] if now else None)
    wishes = Wishes(channels={NoticeKind.RISK_ALERT: frozenset({Channel.PAGE})})
    room.store.keep_preferences(Preferences(username="tian", wishes=wishes), T0)
    running = asyncio.create_task(room.service.run())
    await eventually(lambda: RISK_ALERTS.name in room.bus._channels and bool(room.bus.groups(RISK_ALERTS)))
    publish = room.bus.publisher(RISK_ALERTS)
    for number, severity in enumerate(Severity):
        kind = (AlertKind.STALE_DATA, AlertKind.VOLATILITY_BURST)[number % 2]
        for again in range(3):
            alert = RiskAlert(
                f"a-{number}-{again}", kind, severity, "au2606.SHFE", T0 + again, {"actual": 9}, None, "t"
            )
            publish(alert)
    now.append(Trouble("feed:silent:5", "silent", "no quotes for 30 s", T0))
    await eventually(lambda: len(room.notices) == 3)
    running.cancel()
    await asyncio.wait([running])
    assert sorted((one.kind, one.event_id) for one in room.notices) == [
        (NoticeKind.FEED_ALARM, "feed:silent:5"),
        (NoticeKind.RISK_ALERT, "alert:a-2-0"),
        (NoticeKind.RISK_ALERT, "alert:a-3-0"),
    ]
    assert {one.username for one in room.notices} == {"tian"}


async def test_the_room_follows_and_sends_by_itself_until_it_is_stopped() -> None:
    email = FakeCourier()
    room = Room(email=email)
    running = asyncio.create_task(room.service.run())
    await eventually(lambda: room.service._follower._position is not None)
    halt(room)
    await eventually(lambda: len(email.parcels) == 4 and len(room.notices) == 4)
    running.cancel()
    await asyncio.wait([running])
    assert room.office.closed == "it is stopping"


class _BusyCourier(FakeCourier):
    """Is about to say goodbye when it is called off: its answer comes with the call, which it does not notice."""

    def __init__(self) -> None:
        super().__init__()
        self.parting = asyncio.Event()

    async def rest(self) -> None:
        if self.parting.is_set():
            return
        self.parting.set()
        # What `asyncio.wait_for` does on Python 3.11 when the awaited answer is there already.
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(3_600)


async def test_a_room_ends_when_it_is_told_to_though_a_courier_overhears_it() -> None:
    email = _BusyCourier()
    serving = asyncio.create_task(Room(email=email).service.run())
    await email.parting.wait()
    serving.cancel()
    done, _ = await asyncio.wait([serving], timeout=5)
    assert done == {serving}
