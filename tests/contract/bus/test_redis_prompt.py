"""Questions that wait for nobody, over a real Redis: many at a time, each answered to whoever asked it, none lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Self

import pytest

from real_redis import RealRedis
from tradewind import errors
from tradewind.bus.redis.address import RedisAddress, parse_address
from tradewind.bus.redis.control import Control
from tradewind.bus.redis.link import open_link
from tradewind.bus.redis.prompt import Mailbox, PromptAnswerer
from tradewind.bus.redis.requests import Answerer, Asker, asked_key
from tradewind.errors import TradewindError, TransientError

from waiting import eventually

Answers = dict[str, Callable[[Any], Awaitable[object]]]


class Place:
    """Where Redis is, as a process' links say it."""

    def __init__(self, server: RealRedis, member: str) -> None:
        self.address: RedisAddress = parse_address(server.url)
        self.member = member


class Desk:
    """One process that asks, and any number that answer."""

    def __init__(self, server: RealRedis) -> None:
        self._server = server
        self._stack = contextlib.AsyncExitStack()
        self.mailbox = Mailbox(Place(server, "api"), timeout_s=2.0)
        self.control = Control(timeout_s=2.0)

    async def __aenter__(self) -> Self:
        await self._connect(self.control)
        await self._run(self.mailbox.run())
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._stack.aclose()

    async def serve(self, answers: Answers, *, may: Callable[[], bool] = lambda: True) -> None:
        control = Control(timeout_s=2.0)
        await self._connect(control)
        answerer = Answerer(control.call, service="trading", answers=answers)
        prompt = PromptAnswerer(answerer, "trading", Place(self._server, "desk"), timeout_s=2.0, urgent=("stop",))
        prompt.speak_while(may)
        await self._run(prompt.run())

    def asker(self, *, wait_s: float = 5.0, patience_s: float = 0.0) -> Asker:
        return Asker(self.control.call, service="trading", wait_s=wait_s, mailbox=self.mailbox, patience_s=patience_s)

    async def _connect(self, control: Control) -> None:
        address = parse_address(self._server.url)
        link = await open_link(address, name="test", timeout_s=2.0, drain=control.drain, on_lost=control.detach)
        control.attach(link)
        self._stack.callback(link.close)

    async def _run(self, work: Any) -> None:
        task = asyncio.create_task(work)

        async def end() -> None:
            task.cancel()
            await asyncio.wait([task])

        self._stack.push_async_callback(end)
        await asyncio.sleep(0)


@pytest.fixture
async def desk(empty_redis: RealRedis) -> AsyncIterator[Desk]:
    async with Desk(empty_redis) as made:
        await eventually(lambda: made.mailbox.is_open)
        yield made


async def echo(body: object) -> object:
    return body


async def test_many_questions_at_a_time_come_back_to_whoever_asked_and_a_slow_one_keeps_nobody_waiting(
    desk: Desk,
) -> None:
    slow = asyncio.Event()

    async def wait(_body: object) -> object:
        await slow.wait()
        return "slow"

    await desk.serve({"echo": echo, "wait": wait})
    waiting = asyncio.create_task(desk.asker().ask("wait", None))
    assert await asyncio.gather(*(desk.asker().ask("echo", number) for number in range(100))) == list(range(100))
    assert not waiting.done()
    slow.set()
    assert await waiting == "slow"


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, TradewindError) and kind is not errors.AnswerRefusedError
    ],
)
async def test_every_refusal_is_raised_here_as_it_was_raised_there(desk: Desk, kind: type[TradewindError]) -> None:
    async def refuse(_body: object) -> object:
        message = "no, because"
        raise kind(message)

    await desk.serve({"refuse": refuse})
    with pytest.raises(kind, match="no, because") as refusal:
        await desk.asker().ask("refuse", None)
    assert type(refusal.value) is kind


async def test_what_breaks_over_there_breaks_one_answer_and_the_next_question_is_answered(desk: Desk) -> None:
    async def fail(_body: object) -> object:
        return dict[str, object]()["nothing"]

    await desk.serve({"fail": fail, "echo": echo})
    with pytest.raises(RuntimeError, match="trading failed at this: KeyError"):
        await desk.asker().ask("fail", None)
    assert await desk.asker().ask("echo", 1) == 1


async def test_a_question_that_somebody_may_not_answer_is_left_for_who_may(desk: Desk) -> None:
    is_standby = False

    async def wrong(_body: object) -> object:
        return "from the standby"

    await desk.serve({"echo": wrong}, may=lambda: not is_standby)
    assert await desk.asker().ask("echo", 1) == "from the standby"
    is_standby = True
    asking = asyncio.create_task(desk.asker().ask("echo", 2))
    await desk.serve({"echo": echo})
    assert await asking == 2


async def test_who_asks_in_vain_is_told_that_nothing_was_done_and_nothing_is_left(
    desk: Desk, empty_redis: RealRedis
) -> None:
    with pytest.raises(TransientError, match=r"trading did not answer within 0.1 s; is it running\? Nothing was done"):
        await desk.asker(wait_s=0.1, patience_s=5.0).ask("echo", 1)
    with empty_redis.client as client:
        assert client.llen(asked_key("trading")) == 0


async def test_what_was_begun_gets_more_time_and_then_it_is_said_that_it_was_begun(desk: Desk) -> None:
    begun, done = asyncio.Event(), asyncio.Event()

    async def work(_body: object) -> object:
        begun.set()
        await done.wait()
        return "done"

    await desk.serve({"work": work})
    working = asyncio.create_task(desk.asker(wait_s=0.05, patience_s=10.0).ask("work", None))
    with pytest.raises(
        TransientError, match=r"trading has begun and not ended within 0.1 s; look before you repeat it"
    ):
        await desk.asker(wait_s=0.05, patience_s=0.05).ask("work", None)
    done.set()
    assert await working == "done"


async def test_beyond_its_fill_a_desk_says_ask_again_and_hears_what_is_urgent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradewind.bus.redis.prompt._AT_ONCE", 1)
    begun, go = asyncio.Event(), asyncio.Event()

    async def wait(_body: object) -> object:
        begun.set()
        await go.wait()
        return "waited"

    await desk.serve({"wait": wait, "echo": echo, "stop": echo})
    waiting = asyncio.create_task(desk.asker().ask("wait", None))
    await begun.wait()
    with pytest.raises(TransientError, match="1 questions at once; ask again"):
        await desk.asker().ask("echo", 1)
    assert await desk.asker().ask("stop", "now") == "now"
    go.set()
    assert await waiting == "waited"


async def test_without_a_connection_for_answers_nothing_is_asked(empty_redis: RealRedis) -> None:
    mailbox = Mailbox(Place(empty_redis, "api"), timeout_s=1.0)

    async def call(*_arguments: object) -> Any:
        return [b"1", b"0"]

    with pytest.raises(TransientError, match="Redis is away"):
        await Asker(call, service="trading", wait_s=1.0, mailbox=mailbox).ask("echo", 1)
