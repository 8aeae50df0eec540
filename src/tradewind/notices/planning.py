"""Decides what is sent now: one message each, a digest of many, or nothing until somebody's quiet or cap is over."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.notice import Delivery
from tradewind.kernel.backoff import LADDER_S
from tradewind.kernel.clock import NS_PER_S
from tradewind.notices.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tradewind.kernel.rng import Rng

MOST_IN_DIGEST: Final = 100


class Cap(msgspec.Struct, frozen=True):
    """At most `count` messages to one person (or group) within `seconds`; more wait, and come as one."""

    count: int
    seconds: float


class Batch(msgspec.Struct, frozen=True):
    """Deliveries that go out as one message, under one id for ever."""

    message_id: str
    deliveries: tuple[Delivery, ...]

    @property
    def ids(self) -> tuple[int, ...]:
        """Return the deliveries' ids."""
        return tuple(delivery.delivery_id for delivery in self.deliveries)


class Later(msgspec.Struct, frozen=True):
    """Deliveries that wait, and until when (ns UTC)."""

    ids: tuple[int, ...]
    due_at: int


class Plan(msgspec.Struct, frozen=True):
    """What to do with what is due."""

    batches: tuple[Batch, ...]
    later: tuple[Later, ...]


def plan(
    due: Sequence[Delivery],
    *,
    now: int,
    cap: Cap,
    sent: Mapping[str, Sequence[int]],
    awake_at: Callable[[str], int],
) -> Plan:
    """Return what goes out now; `sent` are the moments of each person's messages, `awake_at` when their quiet ends.

    What was begun before is finished first and is exactly what it was: nobody can tell whether it went out. Urgent
    kinds pass quiet and cap, and go one by one.
    """
    batches = _begun(due)
    later: list[Later] = []
    fresh: dict[str, list[Delivery]] = {}
    for one in due:
        if one.message_id:
            continue
        if KINDS[one.happening.kind].is_urgent:
            batches.append(_batch([one]))
        else:
            fresh.setdefault(one.username, []).append(one)
    for username, waiting in fresh.items():
        _plan_for(waiting, batches, later, now=now, cap=cap, sent=sent.get(username, ()), awake=awake_at(username))
    return Plan(tuple(batches), tuple(later))


def message_id(event_ids: Iterable[str], channel: str, username: str) -> str:
    """Return the id of the message that tells somebody of these events: the same events, the same id."""
    text = "\n".join((channel, username, *event_ids))
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def retry_at(attempts: int, now: int, rng: Rng) -> int:
    """Return when to try again after so many tries that counted, ns UTC: the one ladder, with jitter."""
    wait_s = LADDER_S[min(attempts, len(LADDER_S) - 1)]
    return now + round(wait_s * (0.8 + 0.4 * rng.random()) * NS_PER_S)


def _begun(due: Sequence[Delivery]) -> list[Batch]:
    begun: dict[str, list[Delivery]] = {}
    for one in due:
        if one.message_id:
            begun.setdefault(one.message_id, []).append(one)
    return [Batch(name, tuple(deliveries)) for name, deliveries in begun.items()]


def _plan_for(
    waiting: list[Delivery],
    batches: list[Batch],
    later: list[Later],
    *,
    now: int,
    cap: Cap,
    sent: Sequence[int],
    awake: int,
) -> None:
    ids = tuple(one.delivery_id for one in waiting)
    allowance = cap.count - len(sent)
    if awake > now:
        later.append(Later(ids, awake))
    elif allowance <= 0:
        # The oldest that still counts frees a place when it is as old as the interval.
        frees = sent[len(sent) - cap.count] + round(cap.seconds * NS_PER_S)
        later.append(Later(ids, max(frees, now + NS_PER_S)))
    elif len(waiting) <= allowance:
        batches += [_batch([one]) for one in waiting]
    else:
        batches.append(_batch(waiting[:MOST_IN_DIGEST]))


def _batch(deliveries: list[Delivery]) -> Batch:
    first = deliveries[0]
    events = [one.happening.event_id for one in deliveries]
    return Batch(message_id(events, first.channel, first.username), tuple(deliveries))
