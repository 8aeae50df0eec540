"""How system 004's routes speak to the instruction book: in our messages, whether the desk is here or elsewhere.

A desk in a process of its own answers in plain JSON; what comes out of here are the book's own structs.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from litestar import Request

from tradewind.api.admission import caller_of
from tradewind.api.answers import found
from tradewind.api.desk_door import ask, reach_of, signed, the_desk
from tradewind.api.error_map import InvalidError
from tradewind.api.idempotency import KEY_HEADER
from tradewind.domain import book_messages as book
from tradewind.domain import desk
from tradewind.domain.book import BOOK
from tradewind.domain.book_messages import BOOK_NEEDS
from tradewind.domain.instruction import OVER
from tradewind.domain.rights import lacks
from tradewind.errors import InputError, NotAllowedError
from tradewind.instructions.book_queries import BookEntry, BookPage
from tradewind.kernel.clock import NS_PER_S, SystemClock
from tradewind.kernel.ids import new_epoch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tradewind.api.ports import House
    from tradewind.domain.message import Directive

T = TypeVar("T")
Web = Request[Any, Any, Any]
_NUMBER: Final = re.compile(rf"{BOOK}?0*([1-9][0-9]{{0,11}})")
_DIGITS: Final = 6
_PAGE: Final = 200
_SAME_S: Final = 10
"""Seconds within which the same body from the same person without a key is the same request."""
_RECENT: Final = 20


def instruction_no(name: str) -> str:
    """Return an instruction's own name, `B000012` for `12`. Raises: InvalidError: 404, it cannot be one."""
    number = _NUMBER.fullmatch(name)
    return instruction_named(int(found(number, what="instruction", name=name)[1]))


def instruction_named(number: int) -> str:
    """Return the name of the instruction of that number."""
    return f"{BOOK}{number:0{_DIGITS}d}"


async def answers(request: Web, house: House, question: desk.Question, kind: type[T]) -> T:
    """Return the desk's answer as it is meant. Raises: as `api.ports.TradingDesk.answer`."""
    return as_meant(await ask(request, house, question), kind)


def as_meant(told: object, kind: type[T]) -> T:
    """Return an answer of the desk as a struct, or a list of them, wherever it comes from."""
    return msgspec.convert(told, kind)


async def entry(request: Web, house: House, name: str) -> BookEntry:
    """Return one instruction.

    Raises: InvalidError: 404, there is none at hand. NotAllowedError: it is beyond the reach, or there is none.
    """
    try:
        return await answers(request, house, book.AskBookEntry(instruction_id=name), BookEntry)
    except InputError as error:
        raise InvalidError(str(error), field="id", status=404) from error


async def entries(request: Web, house: House, question: book.AskBook) -> list[BookEntry]:
    """Return every instruction at hand that fits, the newest first."""
    told: list[BookEntry] = []
    after = ""
    while True:
        wanted = msgspec.structs.replace(question, limit=_PAGE, after=after)
        page = await answers(request, house, wanted, BookPage)
        told += page.entries
        after = page.next
        if not after:
            return told


async def give(request: Web, house: House, command: desk.Command) -> BookEntry:
    """Carry a command out and return what came of it. Raises: as `api.ports.TradingDesk.carry_out`."""
    return as_meant(await the_desk(house).carry_out(command, reach_of(request, command)), BookEntry)


def require_may(request: Web, kind: type[Directive]) -> None:
    """Go on only for who may do such a thing with anything. Raises: NotAllowedError: they may not."""
    need = BOOK_NEEDS[kind]
    if not caller_of(request).principal.may_somewhere(need):
        raise NotAllowedError(lacks(need))


def signed_act(request: Web) -> dict[str, str]:
    """Return who does something that can be done once only anyway; without a key under a new one.

    Raises: InvalidError: a key that cannot be.
    """
    return signed(request) if KEY_HEADER in request.headers else _signed(request, _new_key())


async def signed_once(request: Web, house: House) -> dict[str, str]:
    """Return who makes something; without a key the same body within some seconds is the same request.

    Older clients send no key, and their buttons can be pressed twice. Raises: InvalidError: a key that cannot be.
    """
    if KEY_HEADER in request.headers:
        return signed(request)
    keys = keys_of(caller_of(request).identity, request.url.path, await request.body(), SystemClock().now_ns())
    question = book.AskBook(person=caller_of(request).identity, limit=_RECENT)
    recent = {told.cause: told for told in (await answers(request, house, question, BookPage)).entries}
    made = [(key, recent[f"draft:{key}"]) for key in keys if f"draft:{key}" in recent]
    # Written, taken back and written once more is another one.
    is_anew = bool(made) and all(told.status in OVER for _, told in made)
    return _signed(request, _new_key() if is_anew else made[0][0] if made else keys[0])


def keys_of(actor: str, path: str, body: bytes, now_ns: int) -> tuple[str, str]:
    """Return the key that a body stands for now, and the one it stood for some seconds ago."""
    digest = hashlib.sha256(b"\n".join((actor.encode(), path.rstrip("/").encode(), body))).hexdigest()[:32]
    number = now_ns // (_SAME_S * NS_PER_S)
    return f"hsapi {digest} {number}", f"hsapi {digest} {number - 1}"


def names(house: House) -> Callable[[str], str]:
    """Return what knows the names of contracts."""

    def name_of(instrument_id: str) -> str:
        instrument = house.instruments.find(instrument_id)
        return "" if instrument is None else instrument.name

    return name_of


async def instrument_ids(house: House, wanted: Iterable[str]) -> list[str]:
    """Return the ids of contracts named with their exchange or without.

    Raises: InvalidError: a symbol that no contract has, or more than one.
    """
    told = []
    for place, name in enumerate(wanted):
        known = None
        if "." not in name and house.contracts is not None:
            known = await house.contracts.find(name)
        if known is None and "." not in name:
            message = f"positions[{place}].c_instrument_id: no contract, or more than one, is called {name!r}"
            raise InvalidError(message, field=f"positions[{place}].c_instrument_id")
        told.append(name if known is None else known.instrument_id)
    return told


def _new_key() -> str:
    return f"hsapi {new_epoch()}"


def _signed(request: Web, request_id: str) -> dict[str, str]:
    caller = caller_of(request)
    return {"actor": caller.identity, "source": f"api {caller.peer}", "request_id": request_id}
