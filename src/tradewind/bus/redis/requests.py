"""Questions from one process to another over Redis, each answered once: what a topic, which asks nobody, cannot carry.

A question is an entry of a list, its answer a list of its own that nobody keeps for long. Who has waited long enough
takes the question back: if it is still there nothing was done, and that is what is said; if not, that is said too.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from tradewind.bus.redis.keys import SPACE
from tradewind.bus.redis.resp import ReplyError
from tradewind.errors import (
    ConfigError,
    InputError,
    MalformedCommandError,
    StateConflictError,
    TradewindError,
    TransientError,
    UnknownInstrumentError,
)
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.ids import new_epoch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

_AWAY: Final = (OSError, TimeoutError, ReplyError)
_POLL_S: Final = 0.05
_WAITING_MAX: Final = 100
"""Questions that may wait; the oldest go, and their askers are told that nobody answered."""
_ANSWER_KEPT_S: Final = 600.0
_ERRORS: Final[Mapping[str, type[TradewindError]]] = {
    kind.code: kind
    for kind in (
        ConfigError,
        InputError,
        MalformedCommandError,
        StateConflictError,
        TransientError,
        UnknownInstrumentError,
    )
}


class Call(Protocol):
    """Sends one command to Redis and returns its reply (`Control.call`)."""

    def __call__(self, *arguments: str | bytes | float) -> Awaitable[Any]:
        """Raise an `OSError` or `TimeoutError` when there is no answer."""
        ...


class Question(msgspec.Struct, frozen=True):
    """What is asked: `wait_s` is how long the answer is worth anything; Redis' own clock says when it was asked."""

    id: str
    name: str
    body: Any
    asked_ms: int
    wait_s: float


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is answered: a value, or the code and text of a refusal."""

    value: Any = None
    code: str = ""
    message: str = ""


class Asker:
    """Asks the process that answers for `service`."""

    def __init__(self, call: Call, *, service: str, wait_s: float) -> None:
        self._call = call
        self._service = service
        self._wait_s = wait_s

    async def ask(self, name: str, body: object) -> Any:  # noqa: ANN401 - an answer is of any kind
        """Return the answer.

        Raises:
            TransientError: nobody answered in time, or Redis is away; says whether anything may have been done.
            TradewindError: the refusal, as it was raised over there.
        """
        try:
            reply = await self._exchange(name, body)
        except _AWAY as error:
            message = f"Redis is away, so {self._service} cannot be asked; look again before you repeat it"
            raise TransientError(message) from error
        if reply.code:
            raise _ERRORS.get(reply.code, TransientError)(reply.message)
        return reply.value

    async def _exchange(self, name: str, body: object) -> Reply:
        question = Question(new_epoch(), name, body, await _now_ms(self._call), self._wait_s)
        asked, encoded = _asked_key(self._service), msgspec.json.encode(question)
        await self._call("LPUSH", asked, encoded)
        await self._call("LTRIM", asked, 0, _WAITING_MAX - 1)
        until_s = monotonic_s() + self._wait_s
        while monotonic_s() < until_s:
            answer = await self._call("RPOP", _answer_key(question.id))
            if answer is not None:
                return msgspec.json.decode(answer, type=Reply)
            await asyncio.sleep(_POLL_S)
        if await self._call("LREM", asked, 1, encoded):
            message = f"{self._service} did not answer within {self._wait_s:g} s; is it running? Nothing was done"
        else:
            message = f"{self._service} has begun and not ended within {self._wait_s:g} s; look before you repeat it"
        raise TransientError(message)


class Answerer:
    """A service that answers the questions of others; runs beside the room it speaks for."""

    name = "questions"

    def __init__(self, call: Call, *, service: str, answers: Mapping[str, Callable[[Any], Awaitable[object]]]) -> None:
        self._call = call
        self._service = service
        self._answers = answers

    async def run(self) -> None:
        """Answer until cancelled; while Redis is away there is nothing to answer."""
        while True:
            try:
                raw = await self._call("RPOP", _asked_key(self._service))
                if raw is not None:
                    await self._answer(raw)
                    continue
            except _AWAY:
                pass
            await asyncio.sleep(_POLL_S)

    async def _answer(self, raw: bytes) -> None:
        try:
            question = msgspec.json.decode(raw, type=Question)
        except msgspec.DecodeError:
            return
        if await _now_ms(self._call) - question.asked_ms > question.wait_s * 1e3:
            return
        key = _answer_key(question.id)
        await self._call("LPUSH", key, msgspec.json.encode(await self._reply(question)))
        await self._call("EXPIRE", key, round(min(max(question.wait_s * 2, 1.0), _ANSWER_KEPT_S)))

    async def _reply(self, question: Question) -> Reply:
        answer = self._answers.get(question.name)
        if answer is None:
            return Reply(code=InputError.code, message=f"{self._service} knows no question {question.name[:40]!r}")
        try:
            return Reply(await answer(question.body))
        except TradewindError as error:
            return Reply(code=error.code, message=str(error))
        except msgspec.ValidationError as error:
            return Reply(code=InputError.code, message=f"{question.name}: {error}")


def _asked_key(service: str) -> str:
    return f"{SPACE}:asked:{service}"


def _answer_key(question_id: str) -> str:
    return f"{SPACE}:answer:{question_id}"


async def _now_ms(call: Call) -> int:
    seconds, micros = await call("TIME")
    return int(seconds) * 1000 + int(micros) // 1000
