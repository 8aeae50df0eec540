"""Streams against the real push service: nothing is lost or doubled when it goes away and comes back, or says why."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from private_ports import free_port
from push_builders import make_signal
from push_serving import Serving
from tradewind.client import (
    AwayError,
    Gap,
    InvalidError,
    LinkState,
    NotSignedInError,
    Patience,
    Update,
    Wish,
)
from tradewind.client.following import Following, Place
from tradewind.client.refusals import Problem
from tradewind.client.stream import Stream, Values
from tradewind.errors import TradewindError

from builders import make_tick
from waiting import eventually

SOON = Patience(first_s=0.02, most_s=0.05)
ROOM_S = 5.0


class PushDoor:
    """Says where push is, and who asks; REST itself is not here."""

    address = "http://desk"
    context = None

    def __init__(self, port: int, name: str = "li") -> None:
        self.port = port
        self.name = name
        self.sessions = 0
        self.refusal: Exception | None = None

    def session(self) -> Any:
        self.sessions += 1
        if self.refusal is not None:
            raise self.refusal
        return self

    @property
    def push_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    def socket_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.name}"}


def stream_of(port: int, *, name: str = "li", resume: dict[str, Place] | None = None, **wishes: Wish) -> Stream:
    door: Any = PushDoor(port, name)
    return Stream(door, Following(wishes or {"signals": Wish()}, resume=resume), patience=SOON)


def signals_of(stream: Stream) -> Values[Any]:
    return Values(stream)


async def names(values: Values[Any], count: int) -> list[str]:
    async with asyncio.timeout(ROOM_S):
        return [(await anext(values)).signal_id for _ in range(count)]


async def begun(stream: Stream) -> None:
    """Take the first snapshot."""
    async with asyncio.timeout(ROOM_S):
        assert isinstance(await anext(stream), Update)


@asynccontextmanager
async def serving(**changes: Any) -> AsyncIterator[Serving]:
    server = Serving(**changes)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def test_what_happened_while_the_line_was_cut_comes_once_and_in_order() -> None:
    async with serving(port=free_port()) as server:
        stream = stream_of(server.port)
        await begun(stream)
        values = signals_of(stream)
        server.signal(make_signal(signal_id="a"))
        assert await names(values, 1) == ["a"]
        for away in ("b", "c"):
            await server.stop()
            server.signal(make_signal(signal_id=away))
            await server.start()
        server.signal(make_signal(signal_id="d"))
        assert await names(values, 3) == ["b", "c", "d"]
        assert (stream.recovered, list(values.gaps)) == ({"signals": True}, [])
        await stream.aclose()


async def test_a_program_that_is_started_again_goes_on_from_the_place_it_kept() -> None:
    async with serving() as server:
        server.signal(make_signal(signal_id="a"))
        async with signals_of(stream_of(server.port)) as first:
            assert await names(first, 1) == ["a"]
            server.signal(make_signal(signal_id="b"))
            assert await names(first, 1) == ["b"]
            kept = first.place
        assert kept is not None
        server.signal(make_signal(signal_id="c"))
        async with signals_of(stream_of(server.port, resume={"signals": kept})) as second:
            # `b` was handed out, and nobody said that it was dealt with: it comes again rather than be lost.
            assert await names(second, 2) == ["b", "c"]


async def test_another_life_of_the_publisher_is_a_gap_and_then_all_there_is() -> None:
    first = Serving(epoch="one", port=free_port())
    await first.start()
    stream = stream_of(first.port)
    await begun(stream)
    await first.stop()
    async with serving(epoch="two", port=first.port) as second:
        second.signal(make_signal(signal_id="n"))
        async with asyncio.timeout(ROOM_S):
            assert await anext(stream) == Gap("signals", "not_kept")
            snapshot = await anext(stream)
        assert isinstance(snapshot, Update)
        assert snapshot.is_snapshot
        await stream.aclose()


async def test_values_tell_of_a_gap_before_what_follows_it() -> None:
    told: list[Any] = []
    async with serving(epoch="two") as server:
        server.signal(make_signal(signal_id="n"))
        values = Values[Any](stream_of(server.port, resume={"signals": Place("one", 5)}), told.append)
        async with values:
            told += await names(values, 1)
    assert told == [Gap("signals", "not_kept"), "n"]


async def test_a_reader_that_takes_its_time_loses_nothing_that_is_kept() -> None:
    async with serving() as server:
        stream = stream_of(server.port)
        await begun(stream)
        wanted = [f"s{number}" for number in range(900)]
        for name in wanted:
            server.signal(make_signal(signal_id=name))
            await asyncio.sleep(0)
        link: Any = stream._link
        await eventually(lambda: link._is_resting)
        assert await names(signals_of(stream), 900) == wanted
        await stream.aclose()


async def test_several_topics_come_over_one_connection() -> None:
    async with serving() as server:
        stream = stream_of(server.port, signals=Wish(), quotes=Wish(instruments=("au2604.SHFE",)))
        async with stream, asyncio.timeout(ROOM_S):
            assert {(await anext(stream)).topic for _ in range(2)} == {"signals", "quotes"}
            server.tick(make_tick(instrument_id="ag2604.SHFE"))
            server.tick(make_tick(instrument_id="au2604.SHFE", last_price=952.0))
            update = await anext(stream)
        assert isinstance(update, Update)
        assert [tick.last_price for tick in update.events] == [952.0]


async def test_a_session_that_ended_is_over_once_nobody_lets_us_in_again() -> None:
    async with serving() as server:
        stream = stream_of(server.port)
        await begun(stream)
        door: Any = stream._door
        door.refusal = NotSignedInError(Problem("wrong_key", "this key was revoked"), status=401)
        assert server.service.close_session("session-of-li") == 1
        with pytest.raises(NotSignedInError, match="revoked"):
            async with asyncio.timeout(ROOM_S):
                await anext(stream)


async def test_who_is_not_let_in_is_told_at_once_and_by_name() -> None:
    async with serving() as server:
        with pytest.raises(NotSignedInError) as told:
            await anext(stream_of(server.port, name=""))
        assert told.value.status == 401


async def test_a_wish_that_cannot_be_ends_the_stream_with_what_could() -> None:
    async with serving() as server:
        with pytest.raises(InvalidError, match=r"weather.*allowed: quotes"):
            await anext(stream_of(server.port, weather=Wish()))


async def test_where_push_is_not_there_the_first_try_says_so() -> None:
    with pytest.raises(AwayError, match="nothing answers for push"):
        await anext(stream_of(free_port()))


async def test_a_platform_that_is_not_there_yet_may_be_waited_for() -> None:
    states: list[LinkState] = []
    door: Any = PushDoor(free_port())
    patience = Patience(first_s=0.01, most_s=0.02, waits_first=True)
    stream = Stream(
        door, Following({"signals": Wish()}), patience=patience, on_state=lambda state, _text: states.append(state)
    )
    waiting = asyncio.ensure_future(anext(stream))
    await eventually(lambda: states.count(LinkState.LOST) >= 3)
    async with serving(port=door.port):
        async with asyncio.timeout(ROOM_S):
            await waiting
        assert states[-1] is LinkState.LIVE
        await stream.aclose()


async def test_a_stream_that_was_closed_is_at_its_end() -> None:
    async with serving() as server:
        values = signals_of(stream_of(server.port))
        waiting = asyncio.ensure_future(anext(values, None))
        await eventually(lambda: values.stream._link is not None)
        await values.aclose()
        async with asyncio.timeout(ROOM_S):
            assert await waiting is None
        assert [each async for each in values] == []


class Instances:
    """Instances of push behind one address, whose words are written here: the first asks everybody to move."""

    def __init__(self) -> None:
        self.resumed: list[Any] = []
        self.port = 0

    async def speak(self, socket: ServerConnection) -> None:
        number = len(self.resumed)
        await _tell(socket, type="welcome", protocol=1, topics=["signals"], heartbeat_s=20.0)
        self.resumed.append(json.loads(await socket.recv()).get("resume"))
        place = {"topic": "signals", "epoch": "e", "offset": number}
        await _tell(socket, type="subscribed", **place, mode="every", recovered=number > 0)
        if number == 0:
            await _tell(socket, type="snapshot", **place, data=[])
            await _tell(socket, type="delta", topic="signals", offset=7, data=[make_signal(signal_id="here")])
            await _tell(socket, type="move", within_s=0.05, gone_in_s=60.0)
        else:
            await _tell(socket, type="delta", topic="signals", offset=8, data=[make_signal(signal_id="there")])
        await socket.wait_closed()


async def _tell(socket: ServerConnection, **fields: Any) -> None:
    await socket.send(msgspec.json.encode(fields).decode())


async def test_an_instance_that_is_about_to_stop_is_left_for_another_without_the_ladder() -> None:
    instances, states = Instances(), list[LinkState]()
    async with serve(instances.speak, "127.0.0.1", 0) as server:
        door: Any = PushDoor(server.sockets[0].getsockname()[1])
        slow = Patience(first_s=600.0, most_s=600.0)
        stream = Stream(
            door, Following({"signals": Wish()}), patience=slow, on_state=lambda state, _text: states.append(state)
        )
        assert await names(signals_of(stream), 2) == ["here", "there"]
        await stream.aclose()
    assert instances.resumed == [None, {"epoch": "e", "offset": 7}]
    assert LinkState.LOST not in states


async def test_a_redirect_is_not_followed_with_what_proves_who_we_are() -> None:
    strangers: list[Any] = []

    def note(_socket: ServerConnection, request: Request) -> None:
        strangers.append(request.headers)

    async with serve(Instances().speak, "127.0.0.1", 0, process_request=note) as stranger:
        there = f"ws://127.0.0.1:{stranger.sockets[0].getsockname()[1]}/ws"

        def redirect(socket: ServerConnection, _request: Request) -> Response:
            answer = socket.respond(302, "")
            answer.headers["Location"] = there
            return answer

        async with serve(Instances().speak, "127.0.0.1", 0, process_request=redirect) as server:
            with pytest.raises(TradewindError):
                await anext(stream_of(server.sockets[0].getsockname()[1]))
    assert strangers == []


async def test_a_loop_that_was_left_ends_its_connection() -> None:
    async with serving() as server:
        server.signal(make_signal())
        values = signals_of(stream_of(server.port))
        async for _ in values:
            break
        link: Any = values.stream._link
        del values
        await eventually(lambda: link._is_over)


async def test_being_interrupted_while_waiting_loses_nothing() -> None:
    heard: list[str] = []
    async with serving() as server:
        stream = stream_of(server.port)
        await begun(stream)
        values = signals_of(stream)
        for number in range(50):
            server.signal(make_signal(signal_id=f"s{number}"))
            with suppress(TimeoutError):
                heard.append((await asyncio.wait_for(anext(values), 0.0002)).signal_id)
        heard += await names(values, 50 - len(heard))
        await stream.aclose()
    assert heard == [f"s{number}" for number in range(50)]
