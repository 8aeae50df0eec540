"""What became of the entry that was read last, as a real Redis tells it; and leases that lapsed meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from real_redis import RealRedis
from redis_harness import quick_settings
from tradewind.bus.redis.address import parse_address
from tradewind.bus.redis.continuity import end_turn, find_losses, is_same_life, learn_epoch
from tradewind.bus.redis.control import Control
from tradewind.bus.redis.cursor_reader import CursorReader
from tradewind.bus.redis.lease import Lease
from tradewind.bus.redis.link import Link, open_link
from tradewind.bus.redis.room_session import room_ownership

from waiting import eventually

KEY = "dfp:clean_ticks"


@pytest.fixture
async def control(empty_redis: RealRedis) -> AsyncIterator[Control]:
    found = Control(timeout_s=2.0)
    link = await open_link(
        parse_address(empty_redis.url), name="test", timeout_s=2.0, drain=found.drain, on_lost=found.detach
    )
    found.attach(link)
    yield found
    link.close()


async def fill(control: Control) -> None:
    for number in range(1, 6):
        await control.call("XADD", KEY, f"{number}-0", "payload", "x")


async def reasons(control: Control, cursor: bytes, *, known: str = "a", epoch: str = "a") -> list[str]:
    losses = await find_losses(control, {KEY.encode(): cursor}, reader="room", known=known, epoch=epoch)
    return [loss.reason for loss in losses]


async def test_what_was_read_last_is_there_or_was_trimmed_or_is_lost(control: Control) -> None:
    await fill(control)
    assert await reasons(control, b"5-0") == await reasons(control, b"0-0") == []
    await control.call("XTRIM", KEY, "MINID", "3-0")
    assert await reasons(control, b"2-0") == ["trimmed"]
    await control.call("XDEL", KEY, "4-0")
    assert await reasons(control, b"4-0") == ["stream_lost"]
    assert await reasons(control, b"5-0", epoch="b") == ["stream_lost"]
    assert await reasons(control, b"5-0", epoch="a.1") == []
    await control.call("DEL", KEY)
    assert await reasons(control, b"5-0") == ["stream_lost"]
    # Who has read nothing yet has lost nothing.
    assert await reasons(control, b"0-0") == await reasons(control, b"5-0", known="") == []


async def test_an_id_that_was_read_never_comes_again(control: Control) -> None:
    await fill(control)
    ahead = b"99999999999999-7"
    assert await reasons(control, ahead) == ["stream_lost"]
    assert await control.call("XADD", KEY, "*", "payload", "x") == b"99999999999999-8"


async def test_one_of_many_who_find_a_loss_ends_the_turn(control: Control) -> None:
    first = await learn_epoch(control)
    assert await learn_epoch(control) == first
    second = await end_turn(control, first)
    assert second != first
    assert is_same_life(first, second)
    # The other one found it at the same time, and learns what the turn is now.
    assert await end_turn(control, first) == second == await learn_epoch(control)
    await control.call("FLUSHALL")
    assert not is_same_life(await learn_epoch(control), second)


async def test_a_lease_that_has_lapsed_is_another_one_when_it_is_taken_again(
    control: Control, empty_redis: RealRedis
) -> None:
    settings = quick_settings(empty_redis, reclaim_idle_s=0.2)
    ownership = room_ownership("features", member="one", shards=2, settings=settings)
    lease = Lease(ownership, 1)
    assert await lease.take(control)
    lent = Lease(ownership, 0, is_lent=True)
    assert not lent.holds()
    assert await lent.take(control)
    await lease.renew(control)
    assert lease.holds()
    assert lent.holds()
    await eventually(lambda: not lease.holds())
    await lease.renew(control)
    assert not lease.holds()
    assert not lent.holds()
    assert await lease.take(control)


async def test_what_was_not_taken_is_read_again(control: Control, empty_redis: RealRedis) -> None:
    await fill(control)
    taken: list[int] = []
    answers = iter([False, None])

    def take(batch: list[tuple[bytes, list[Any]]]) -> bool | None:
        answer = next(answers, None)
        taken.append(0 if answer is False else len(batch[0][1]))
        return answer

    reader = CursorReader(
        (KEY.encode(),), batch=10, block_ms=100, wanted=lambda: (KEY.encode(),), on_batch=take,
        on_refused=lambda _reason: None,
    )  # fmt: skip
    for count in (1, 2):
        link = await _link(empty_redis, reader)
        reader.attach(link)
        await eventually(lambda count=count: len(taken) >= count)  # type: ignore[misc]
        reader.detach()
        link.close()
        await asyncio.sleep(0)  # the transport closes in the loop's next turn
    assert taken[:2] == [0, 5]
    assert reader.cursors == {KEY.encode(): b"5-0"}


async def _link(server: RealRedis, reader: CursorReader) -> Link:
    return await open_link(
        parse_address(server.url), name="test", timeout_s=2.0, drain=reader.drain, on_lost=lambda: None
    )
