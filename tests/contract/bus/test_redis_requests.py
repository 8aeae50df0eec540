"""Questions between processes over a real Redis: answered once, refused as refused there, taken back when nobody is."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from real_redis import RealRedis
from switching_builders import NotingSource, Switching
from tradewind.bus.redis.address import parse_address
from tradewind.bus.redis.control import Control
from tradewind.bus.redis.link import open_link
from tradewind.bus.redis.requests import Answerer, Asker
from tradewind.errors import InputError, StateConflictError, TransientError, UnknownInstrumentError
from tradewind.runtime.elsewhere import MarketAnswers
from tradewind.runtime.main_contract import RemoteSwitch, answers_of

from waiting import eventually


@contextlib.asynccontextmanager
async def control_of(server: RealRedis) -> AsyncIterator[Control]:
    control = Control(timeout_s=2.0)
    link = await open_link(
        parse_address(server.url), name="test", timeout_s=2.0, drain=control.drain, on_lost=control.detach
    )
    control.attach(link)
    try:
        yield control
    finally:
        link.close()


@contextlib.asynccontextmanager
async def answering(control: Control, answers: dict[str, Callable[[Any], Awaitable[object]]]) -> AsyncIterator[None]:
    running = asyncio.create_task(Answerer(control.call, service="market", answers=answers).run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait([running])


async def echo(body: object) -> object:
    return body


async def refuse(body: object) -> object:
    message = f"not {body}"
    raise UnknownInstrumentError(message)


async def test_a_question_is_answered(empty_redis: RealRedis) -> None:
    async with control_of(empty_redis) as here, control_of(empty_redis) as there, answering(there, {"echo": echo}):
        asker = Asker(here.call, service="market", wait_s=2.0)
        answers = await asyncio.gather(*(asker.ask("echo", {"n": number}) for number in range(20)))

    assert answers == [{"n": number} for number in range(20)]
    with empty_redis.client as client:
        assert client.keys("tradewind:bus:asked:*") == []


async def test_a_refusal_is_raised_as_it_was_there(empty_redis: RealRedis) -> None:
    async with control_of(empty_redis) as here, control_of(empty_redis) as there, answering(there, {"refuse": refuse}):
        asker = Asker(here.call, service="market", wait_s=2.0)
        with pytest.raises(UnknownInstrumentError, match="not gold"):
            await asker.ask("refuse", "gold")
        with pytest.raises(InputError, match="knows no question 'other'"):
            await asker.ask("other", None)


async def test_with_nobody_there_the_question_is_taken_back(empty_redis: RealRedis) -> None:
    asked: list[object] = []

    async def note(body: object) -> object:
        asked.append(body)
        return None

    async with control_of(empty_redis) as here, control_of(empty_redis) as there:
        with pytest.raises(TransientError, match=r"did not answer within 0\.2 s; is it running\? Nothing was done"):
            await Asker(here.call, service="market", wait_s=0.2).ask("note", "late")
        async with answering(there, {"note": note, "echo": echo}):
            await Asker(here.call, service="market", wait_s=2.0).ask("echo", 1)

    assert asked == []


async def test_what_has_begun_is_not_called_undone(empty_redis: RealRedis) -> None:
    async def hang(_: object) -> object:
        return await asyncio.Event().wait()

    async with control_of(empty_redis) as here, control_of(empty_redis) as there, answering(there, {"hang": hang}):
        with pytest.raises(TransientError, match="look before you repeat it"):
            await Asker(here.call, service="market", wait_s=0.3).ask("hang", None)


async def test_without_redis_nobody_can_be_asked() -> None:
    with pytest.raises(TransientError, match="Redis is away"):
        await Asker(Control(timeout_s=1.0).call, service="market", wait_s=1.0).ask("echo", None)


async def test_garbage_in_the_list_stops_nobody(empty_redis: RealRedis) -> None:
    with empty_redis.client as client:
        client.lpush("tradewind:bus:asked:market", b"\xff", b"{}", b'{"id":1}')
    async with control_of(empty_redis) as here, control_of(empty_redis) as there, answering(there, {"echo": echo}):
        assert await Asker(here.call, service="market", wait_s=2.0).ask("echo", 7) == 7


async def test_the_main_contract_is_switched_from_another_process(empty_redis: RealRedis, tmp_path: Path) -> None:
    world = Switching(tmp_path)
    answers = dict(answers_of(world.switch))
    async with control_of(empty_redis) as here, control_of(empty_redis) as there, answering(there, answers):
        remote = RemoteSwitch(Asker(here.call, service="market", wait_s=2.0))
        assert (await remote.status()).main_contract == "au2604"
        state = await remote.switch("au2606", expected="au2604", by="administrator")
        with pytest.raises(StateConflictError):
            await remote.switch("au2606", expected=None, by="administrator")

    assert (state.main_contract, state.is_subscribed) == ("au2606", True)
    assert world.source.subscribed == {"au2606.SHFE", "IF2603.CFFEX"}


@pytest.mark.parametrize(
    ("question", "body", "told"),
    [
        ("send_test_quote", {"instrument_id": ""}, "length >= 1"),
        ("send_test_quote", {"instrument_id": "x" * 65}, "length <= 64"),
        ("send_test_quote", {"instrument": "au2604"}, "unknown field"),
        ("send_test_quote", ["au2604.SHFE"], "Expected `object`"),
        ("replay", {"verb": "rewind"}, "rewind"),
        ("feed_quarantine", {"limit": 501}, "<= 500"),
        ("feed_quarantine", {"limit": "all"}, "Expected `int`"),
        ("feed_quarantine", None, "Expected `object`"),
    ],
)
async def test_a_wrong_body_is_refused_by_name_and_the_next_question_answered(
    empty_redis: RealRedis, question: str, body: object, told: str
) -> None:
    answers = {**MarketAnswers("zeromq", Mute(), quality=Nothing(), tests=Nothing()).table(), "echo": echo}
    async with control_of(empty_redis) as here, control_of(empty_redis) as there, answering(there, answers):
        asker = Asker(here.call, service="market", wait_s=2.0)
        with pytest.raises(InputError, match=told) as refused:
            await asker.ask(question, body)
        assert await asker.ask("echo", 1) == 1
    assert str(refused.value).startswith(f"{question}: ")


@pytest.mark.parametrize("question", ["feed", "feed_quarantine", "replay"])
async def test_a_source_that_cannot_is_named_with_the_one_that_can(empty_redis: RealRedis, question: str) -> None:
    answers = MarketAnswers("simulator", NotingSource(), quality=Nothing(), tests=Nothing()).table()
    body = {"feed": {}, "feed_quarantine": {"limit": 5}, "replay": {"verb": "pause"}}[question]
    async with control_of(empty_redis) as here, control_of(empty_redis) as there, answering(there, dict(answers)):
        with pytest.raises(StateConflictError, match="the source is a simulator, not a"):
            await Asker(here.call, service="market", wait_s=2.0).ask(question, body)


async def test_a_question_that_would_be_answered_for_ever_is_not_kept_for_ever(empty_redis: RealRedis) -> None:
    async with control_of(empty_redis) as here, control_of(empty_redis) as there, answering(there, {"echo": echo}):
        with empty_redis.client as client:
            (seconds, _) = client.time()
            endless = {"id": "endless", "name": "echo", "body": 1, "asked_ms": seconds * 1000, "wait_s": 1e300}
            client.lpush("tradewind:bus:asked:market", json.dumps(endless))
            await eventually(lambda: bool(client.exists("tradewind:bus:answer:endless")))
            assert 0 < client.ttl("tradewind:bus:answer:endless") <= 600
        assert await Asker(here.call, service="market", wait_s=2.0).ask("echo", 2) == 2


class Mute(NotingSource):
    """A live feed of which nothing ever came."""

    name = "zeromq"

    def status(self) -> Any:
        raise NotImplementedError

    def quarantined(self, limit: int = 50) -> list[Any]:
        raise NotImplementedError(limit)


class Nothing:
    """A market that has seen nothing."""

    async def scorecards(self) -> list[object]:
        return []

    async def send(self, instrument_id: str) -> None:
        raise NotImplementedError(instrument_id)
