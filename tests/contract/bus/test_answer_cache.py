"""Slow answers in a real Redis: shared by all, never older than the last write, and never required."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from real_redis import RealRedis
from tradewind.bus.redis.address import parse_address
from tradewind.bus.redis.answer_cache import PREFIX, AnswerCache
from tradewind.bus.redis.control import Control
from tradewind.bus.redis.link import open_link
from tradewind.kernel.metrics import Metrics


class Shelf:
    """Something slow that changes: what it says now, and how often it was asked."""

    def __init__(self) -> None:
        self.told = b"one"
        self.asked = 0

    async def ask(self) -> bytes:
        self.asked += 1
        return self.told


@contextlib.asynccontextmanager
async def instance(server: RealRedis, *, kept_s: int = 60) -> AsyncIterator[tuple[AnswerCache, Control]]:
    control = Control(timeout_s=2.0)
    link = await open_link(
        parse_address(server.url), name="test", timeout_s=2.0, drain=control.drain, on_lost=control.detach
    )
    control.attach(link)
    try:
        yield AnswerCache(control.call, metrics=Metrics(), kept_s=kept_s), control
    finally:
        link.close()


async def test_an_answer_is_asked_for_once_for_all_instances(empty_redis: RealRedis) -> None:
    shelf = Shelf()
    async with instance(empty_redis) as (here, _), instance(empty_redis) as (there, _):
        assert [await each.answer("books", "q", shelf.ask) for each in (here, there, here)] == [b"one"] * 3
        assert await here.answer("books", "another", shelf.ask) == b"one"
    assert shelf.asked == 2


async def test_after_a_write_no_instance_tells_the_old_answer(empty_redis: RealRedis) -> None:
    shelf = Shelf()
    async with instance(empty_redis) as (here, _), instance(empty_redis) as (there, _):
        await here.answer("books", "q", shelf.ask)
        shelf.told = b"two"
        await there.forget("books")
        assert await here.answer("books", "q", shelf.ask) == b"two"


async def test_an_answer_that_was_being_made_while_something_was_written_is_not_remembered(
    empty_redis: RealRedis,
) -> None:
    shelf = Shelf()
    reading, written = asyncio.Event(), asyncio.Event()

    async def read_slowly() -> bytes:
        told = await shelf.ask()
        reading.set()
        await written.wait()
        return told

    async with instance(empty_redis) as (here, _), instance(empty_redis) as (there, _):
        slow = asyncio.create_task(here.answer("books", "q", read_slowly))
        await reading.wait()
        shelf.told = b"two"
        await there.forget("books")
        written.set()
        assert await slow == b"one"
        assert await here.answer("books", "q", shelf.ask) == b"two"


async def test_without_redis_everything_is_asked_anew(empty_redis: RealRedis) -> None:
    shelf = Shelf()
    async with instance(empty_redis) as (cache, control):
        await cache.answer("books", "q", shelf.ask)
        control.detach()
        assert await cache.answer("books", "q", shelf.ask) == b"one"
        assert await cache.answer("books", "q", shelf.ask) == b"one"
    assert shelf.asked == 3


async def test_a_write_while_redis_is_away_is_made_known_before_anything_is_believed(empty_redis: RealRedis) -> None:
    shelf = Shelf()
    async with instance(empty_redis) as (cache, control), instance(empty_redis) as (_, other):
        await cache.answer("books", "q", shelf.ask)
        link = control._link
        control.detach()
        shelf.told = b"two"
        await cache.forget("books")
        assert link is not None
        control.attach(link)
        assert await cache.answer("books", "q", shelf.ask) == b"two"
        assert await other.call("PING") == b"PONG"


async def test_a_lost_version_does_not_bring_old_answers_back(empty_redis: RealRedis) -> None:
    shelf = Shelf()
    async with instance(empty_redis) as (cache, _):
        await cache.answer("books", "q", shelf.ask)
        shelf.told = b"two"
        with empty_redis.client as client:
            client.delete(f"{PREFIX}:books:version")
        assert await cache.answer("books", "q", shelf.ask) == b"two"


async def test_answers_go_by_themselves(empty_redis: RealRedis) -> None:
    async with instance(empty_redis, kept_s=30) as (cache, _):
        await cache.answer("books", "q", Shelf().ask)
    with empty_redis.client as client:
        (kept_s,) = [client.ttl(key) for key in client.keys(f"{PREFIX}:books:*") if not key.endswith(b":version")]
    assert 0 < kept_s <= 30
