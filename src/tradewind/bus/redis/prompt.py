"""Questions and answers without looking for them: a connection of its own waits at Redis and is told at once.

The answering side takes a question the moment it is asked and works on many at a time, so that a slow one keeps nobody
waiting. Beyond so many at once it refuses; what is urgent it never refuses.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from tradewind.bus.redis.control import Control
from tradewind.bus.redis.keys import SPACE
from tradewind.bus.redis.link import open_link
from tradewind.bus.redis.requests import Reply, asked_key
from tradewind.bus.redis.resp import ReplyError
from tradewind.errors import TransientError
from tradewind.kernel.ids import new_epoch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Coroutine

    from tradewind.bus.redis.address import RedisAddress
    from tradewind.bus.redis.requests import Answerer

_BLOCK_S: Final = 1
_AGAIN_S: Final = 0.1
_AT_ONCE: Final = 200
"""Questions worked on at the same time."""
_AWAY: Final = (TransientError, OSError, TimeoutError, ReplyError)


class Server(Protocol):
    """Which Redis a process talks to now (`bus.redis.links:Links`)."""

    @property
    def address(self) -> RedisAddress:
        """Return where it is."""
        ...

    @property
    def member(self) -> str:
        """Return the name of this process."""
        ...


class Popper:
    """Takes entries off the end of one list as they come, over a connection of its own."""

    def __init__(self, key: str, server: Server, *, timeout_s: float, on_entry: Callable[[bytes], None]) -> None:
        self._key = key
        self._server = server
        self._timeout_s = timeout_s
        self._on_entry = on_entry
        self.is_listening = False
        self.may_take: Callable[[], bool] = lambda: True
        """Asked before each wait: while it says no, entries are for somebody else."""

    async def run(self) -> None:
        """Take until cancelled, over another connection when one is lost.

        Raises: ConfigError: Redis will not have us.
        """
        while True:
            with contextlib.suppress(*_AWAY):
                await self._take()
            await asyncio.sleep(_AGAIN_S)

    async def _take(self) -> None:
        control = Control(timeout_s=_BLOCK_S + self._timeout_s)
        link = await open_link(
            self._server.address,
            name=f"pop {self._key}|{self._server.member}",
            timeout_s=self._timeout_s,
            drain=control.drain,
            on_lost=control.detach,
        )
        control.attach(link)
        self.is_listening = True
        try:
            while self.may_take():
                found: list[Any] | None = await control.call("BRPOP", self._key, _BLOCK_S)
                if found is not None:
                    self._on_entry(found[1])
        finally:
            self.is_listening = False
            link.close()


class Mailbox:
    """Where the answers to one process arrive; a service (`kernel.service`) that waits for them."""

    name = "answers"

    def __init__(self, server: Server, *, timeout_s: float) -> None:
        self.key = f"{SPACE}:answers:{server.member}:{new_epoch()}"
        self._popper = Popper(self.key, server, timeout_s=timeout_s, on_entry=self._take)
        self._expected: dict[str, asyncio.Future[Reply]] = {}

    async def run(self) -> None:
        """Wait for answers until cancelled."""
        await self._popper.run()

    @property
    def is_open(self) -> bool:
        """True while answers arrive as they are given."""
        return self._popper.is_listening

    def expect(self, question_id: str) -> Callable[[str, float], Awaitable[Reply | None]]:
        """Note that an answer will come; return what waits for it.

        Raises: ConnectionError: no answer could arrive now.
        """
        if not self.is_open:
            message = "there is no connection to Redis for answers"
            raise ConnectionResetError(message)
        self._expected[question_id] = asyncio.get_running_loop().create_future()
        return self._wait

    def forget(self, question_id: str) -> None:
        """Wait no longer for an answer."""
        self._expected.pop(question_id, None)

    async def _wait(self, question_id: str, patience_s: float) -> Reply | None:
        done, _ = await asyncio.wait([self._expected[question_id]], timeout=patience_s)
        return done.pop().result() if done else None

    def _take(self, raw: bytes) -> None:
        with contextlib.suppress(msgspec.DecodeError):
            reply = msgspec.json.decode(raw, type=Reply)
            expected = self._expected.get(reply.to)
            if expected is not None and not expected.done():
                expected.set_result(reply)


class PromptAnswerer:
    """Gives the answers of an `Answerer` at once; a service (`kernel.service`)."""

    name = "questions"

    def __init__(
        self, answerer: Answerer, service: str, server: Server, *, timeout_s: float, urgent: Collection[str] = ()
    ) -> None:
        """Questions named in `urgent` are taken however many are under way."""
        self._answerer = answerer
        self._service = service
        self._urgent = frozenset(urgent)
        self._popper = Popper(asked_key(service), server, timeout_s=timeout_s, on_entry=self._take)
        self._tasks: set[asyncio.Task[None]] = set()

    def speak_while(self, may: Callable[[], bool]) -> None:
        """Leave questions to others while `may` says no; one that was being waited for is put back."""
        self._popper.may_take = may

    async def run(self) -> None:
        """Answer until cancelled; what is under way then ends with it."""
        try:
            await self._popper.run()
        finally:
            for task in tuple(self._tasks):
                task.cancel()

    def _take(self, raw: bytes) -> None:
        self._begin(self._answer(raw))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"{self._service}.answer")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, raw: bytes) -> None:
        with contextlib.suppress(*_AWAY):
            if not self._popper.may_take():
                await self._answerer.put_back(raw)
                return
            question = await self._answerer.read(raw)
            if question is None:
                return
            is_too_much = len(self._tasks) > _AT_ONCE and question.name not in self._urgent
            refusal = f"{self._service} has {_AT_ONCE} questions at once; ask again" if is_too_much else ""
            await self._answerer.answer(question, refusal=refusal)
