"""Questions from one process to another over Redis, each answered once: what a topic, which asks nobody, cannot carry.

A question is an entry of a list, its answer a list of its own that nobody keeps for long. Who has waited long enough
takes the question back: if it is still there nothing was done, and that is what is said; if not, that is said too.
Lists are looked at every so often; who cannot wait for that has a connection that is told at once (`prompt`).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from tradewind import errors
from tradewind.bus.redis.keys import SPACE
from tradewind.bus.redis.resp import ReplyError
from tradewind.errors import InputError, TradewindError, TransientError
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.ids import new_epoch
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from tradewind.bus.redis.prompt import Mailbox

_LOG = get_log("bus.redis")
_AWAY: Final = (OSError, TimeoutError, ReplyError)
_POLL_S: Final = 0.05
_WAITING_MAX: Final = 1_000
"""Questions that may wait; the oldest go, and their askers are told that nobody answered."""
_ANSWER_KEPT_S: Final = 600.0
_ERRORS: Final[Mapping[str, type[TradewindError]]] = {
    kind.code: kind
    for kind in vars(errors).values()
    # What a strategy answered is never what a room answers, and its error takes more than a message.
    if isinstance(kind, type) and issubclass(kind, TradewindError) and kind is not errors.AnswerRefusedError
}
"""Every refusal keeps its class on the way."""
INTERNAL: Final = "internal"
"""Code of what should not have happened over there: what failed is in that process' log."""


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
    reply_to: str = ""
    """The list that the answer goes to; empty: one of its own."""


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is answered: a value, or the code and text of a refusal; to which question, in a list of many answers."""

    value: Any = None
    code: str = ""
    message: str = ""
    to: str = ""


class Asker:
    """Asks the process that answers for `service`."""

    def __init__(
        self, call: Call, *, service: str, wait_s: float, mailbox: Mailbox | None = None, patience_s: float = 0.0
    ) -> None:
        """With a `mailbox` an answer is there as soon as it is given.

        Who has taken the question within `wait_s` gets `patience_s` more to answer it.
        """
        self._call = call
        self._service = service
        self._wait_s = wait_s
        self._mailbox = mailbox
        self._patience_s = patience_s

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
        if reply.code == INTERNAL:
            raise RuntimeError(reply.message)
        if reply.code:
            raise _ERRORS.get(reply.code, TransientError)(reply.message)
        return reply.value

    async def _exchange(self, name: str, body: object) -> Reply:
        mailbox = self._mailbox
        reply_to = "" if mailbox is None else mailbox.key
        question = Question(new_epoch(), name, body, await _now_ms(self._call), self._wait_s, reply_to)
        asked, encoded = asked_key(self._service), msgspec.json.encode(question)
        look = self._look if mailbox is None else mailbox.expect(question.id)
        try:
            await asyncio.gather(self._call("LPUSH", asked, encoded), self._call("LTRIM", asked, 0, _WAITING_MAX - 1))
            if (reply := await look(question.id, self._wait_s)) is not None:
                return reply
            if await self._call("LREM", asked, 1, encoded):
                message = f"{self._service} did not answer within {self._wait_s:g} s; is it running? Nothing was done"
                raise TransientError(message)
            if self._patience_s and (reply := await look(question.id, self._patience_s)) is not None:
                return reply
        finally:
            if mailbox is not None:
                mailbox.forget(question.id)
        waited_s = self._wait_s + self._patience_s
        message = f"{self._service} has begun and not ended within {waited_s:g} s; look before you repeat it"
        raise TransientError(message)

    async def _look(self, question_id: str, patience_s: float) -> Reply | None:
        """Look for an answer until it is there or patience is over."""
        until_s = monotonic_s() + patience_s
        while monotonic_s() < until_s:
            answer = await self._call("RPOP", _answer_key(question_id))
            if answer is not None:
                return msgspec.json.decode(answer, type=Reply)
            await asyncio.sleep(_POLL_S)
        return None


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
                raw = await self._call("RPOP", asked_key(self._service))
                if raw is not None and (question := await self.read(raw)) is not None:
                    await self.answer(question)
                if raw is not None:
                    continue
            except _AWAY:
                pass
            await asyncio.sleep(_POLL_S)

    async def read(self, raw: bytes) -> Question | None:
        """Return the question that an entry holds, `None` where it is none, or nobody waits for it any more."""
        try:
            question = msgspec.json.decode(raw, type=Question)
        except msgspec.DecodeError:
            return None
        is_over = await _now_ms(self._call) - question.asked_ms > question.wait_s * 1e3
        return None if is_over else question

    async def put_back(self, raw: bytes) -> None:
        """Leave a question to somebody else, who finds it first."""
        await self._call("RPUSH", asked_key(self._service), raw)

    async def answer(self, question: Question, *, refusal: str = "") -> None:
        """Answer a question, or refuse to for now.

        Raises: OSError, TimeoutError, ReplyError: Redis does not take the answer.
        """
        reply = await self._reply(question) if not refusal else Reply(code=TransientError.code, message=refusal)
        key = question.reply_to or _answer_key(question.id)
        encoded = msgspec.json.encode(msgspec.structs.replace(reply, to=question.id) if question.reply_to else reply)
        kept_s = round(min(max(question.wait_s * 2, 1.0), _ANSWER_KEPT_S))
        await asyncio.gather(self._call("LPUSH", key, encoded), self._call("EXPIRE", key, kept_s))

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
        except Exception as error:  # noqa: BLE001 - the request handler, one of the three boundaries
            _LOG.exception("question_failed", service=self._service, question=question.name)
            return Reply(code=INTERNAL, message=f"{self._service} failed at this: {type(error).__name__}")


def asked_key(service: str) -> str:
    """Return the list of the questions that a service is asked."""
    return f"{SPACE}:asked:{service}"


def _answer_key(question_id: str) -> str:
    return f"{SPACE}:answer:{question_id}"


async def _now_ms(call: Call) -> int:
    seconds, micros = await call("TIME")
    return int(seconds) * 1000 + int(micros) // 1000
