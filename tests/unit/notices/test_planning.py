"""What goes out now, what waits, and what comes as one letter."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from notices_builders import T0, make_happening
from tradewind.domain.notice import Delivery, DeliveryState, NoticeKind
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.rng import named_rng
from tradewind.notices.breaker import Breaker
from tradewind.notices.planning import MOST_IN_DIGEST, Cap, Plan, message_id, plan, retry_at

CAP = Cap(3, 60.0)


def make_delivery(number: int, *, username: str = "fang", message: str = "", urgent: bool = False) -> Delivery:
    kind = NoticeKind.TRADING_HALTED if urgent else NoticeKind.INSTRUCTION_DONE
    return Delivery(
        delivery_id=number,
        channel="email",
        username=username,
        state=DeliveryState.WAITING,
        attempts=0,
        due_at=T0,
        message_id=message,
        error="",
        created_at=T0,
        ended_at=0,
        happening=make_happening(event_id=f"desk:{number}", kind=kind),
    )


def planned(*due: Delivery, sent: tuple[int, ...] = (), awake_at: Callable[[str], int] = lambda _username: T0) -> Plan:
    return plan(due, now=T0, cap=CAP, sent={"fang": sent}, awake_at=awake_at)


def sizes(found: Plan) -> list[tuple[int, ...]]:
    return [batch.ids for batch in found.batches]


def test_few_go_one_by_one_and_many_as_one() -> None:
    assert sizes(planned(*map(make_delivery, range(3)))) == [(0,), (1,), (2,)]
    assert sizes(planned(*map(make_delivery, range(5)))) == [(0, 1, 2, 3, 4)]
    assert sizes(planned(make_delivery(1), make_delivery(2), sent=(T0 - 1, T0 - 1))) == [(1, 2)]


def test_a_digest_has_an_end() -> None:
    assert len(planned(*map(make_delivery, range(150))).batches[0].ids) == MOST_IN_DIGEST


def test_at_the_cap_everything_waits_until_the_oldest_letter_counts_no_more() -> None:
    sent = tuple(T0 - age * NS_PER_S for age in (50, 20, 10))
    found = planned(make_delivery(1), sent=sent)
    assert found.batches == ()
    assert [(later.ids, later.due_at) for later in found.later] == [((1,), T0 + 10 * NS_PER_S)]


def test_each_person_has_a_cap_of_their_own() -> None:
    sent = (T0 - 1, T0 - 1, T0 - 1)
    assert sizes(planned(make_delivery(1), make_delivery(2, username="meng"), sent=sent)) == [(2,)]


def test_quiet_lets_wait_and_urgent_passes_quiet_and_cap() -> None:
    found = planned(
        make_delivery(1), make_delivery(2, urgent=True), sent=(T0, T0, T0), awake_at=lambda _username: T0 + 9
    )
    assert sizes(found) == [(2,)]
    assert [(later.ids, later.due_at) for later in found.later] == [((1,), T0 + 9)]


def test_what_was_begun_is_finished_first_and_exactly_as_it_was() -> None:
    found = planned(make_delivery(3), make_delivery(1, message="m"), make_delivery(2, message="m"), sent=(T0, T0, T0))
    assert [(batch.message_id, batch.ids) for batch in found.batches] == [("m", (1, 2))]


@given(st.lists(st.tuples(st.sampled_from(["fang", "meng"]), st.booleans()), max_size=40), st.integers(0, 5))
def test_each_delivery_is_sent_once_or_waits(wishes: list[tuple[str, bool]], sent: int) -> None:
    due = [make_delivery(n, username=username, urgent=urgent) for n, (username, urgent) in enumerate(wishes)]
    found = planned(*due, sent=(T0,) * sent)
    ids = [one for batch in found.batches for one in batch.ids] + [one for later in found.later for one in later.ids]
    assert sorted(ids) == list(range(len(due)))
    for batch in found.batches:
        assert len({one.username for one in batch.deliveries}) == 1


def test_the_same_events_to_the_same_person_have_the_same_id_and_others_another() -> None:
    assert message_id(["a", "b"], "email", "fang") == message_id(["a", "b"], "email", "fang")
    others = {
        message_id(["a", "b"], "email", "fang"),
        message_id(["a"], "email", "fang"),
        message_id(["a", "b"], "email", "meng"),
        message_id(["a", "b"], "group", "fang"),
    }
    assert len(others) == 4
    assert all(name.isalnum() and len(name) == 40 for name in others)


def test_tries_follow_the_ladder() -> None:
    rng = named_rng(0, "test")
    waits = [(retry_at(attempts, T0, rng) - T0) / NS_PER_S for attempts in range(12)]
    assert all(0.8 * step <= wait <= 1.2 * step for wait, step in zip(waits, (1, 2, 4, 8, 16, 30, 60), strict=False))
    assert 480 <= waits[-1] <= 720


def test_a_channel_rests_after_failures_in_a_row_longer_each_time_until_it_answers() -> None:
    breaker = Breaker(named_rng(0, "test"), failures=2)
    assert not breaker.failed(100.0, "away")
    assert (breaker.is_resting, breaker.wait_s(100.0)) == (False, 0)
    assert breaker.failed(100.0, "away")
    first = breaker.wait_s(100.0)
    assert 0.8 <= first <= 1.2
    assert breaker.wait_s(101.3) == 0
    assert not breaker.failed(102.0, "still away")
    assert breaker.wait_s(102.0) > first
    assert breaker.succeeded()
    assert (breaker.is_resting, breaker.reason, breaker.succeeded()) == (False, "", False)
